//! A graph as text.

use std::fmt::{self, Write};

use crate::{Activation, Graph, Node, Op, Padding, Pool2d, Quantization, Resize, TensorId};

impl Graph {
    /// The graph as text, one line an operator: its place, TFLite's name, options, what it reads (constants
    /// with `=`), and what it writes, each with type, shape and quantization.
    pub fn dump(&self) -> String {
        let mut text = String::new();
        // Writing to a String cannot fail.
        let _ = self.write_dump(&mut text);
        text
    }

    fn write_dump(&self, out: &mut impl Write) -> fmt::Result {
        let constants = self.tensors.iter().filter(|tensor| tensor.data.is_some());
        writeln!(
            out,
            "graph “{}”: {} operators, {} tensors, {} of them constants",
            self.name,
            self.nodes.len(),
            self.tensors.len(),
            constants.count()
        )?;
        for &input in &self.inputs {
            writeln!(out, "input  {}", Value(self, input))?;
        }
        for (id, node) in self.numbered() {
            write!(out, "{:>4}  {}", id.0, node.op.name())?;
            write_options(out, &node.op)?;
            self.write_values(out, node)?;
        }
        for &output in &self.outputs {
            writeln!(out, "output {}", Value(self, output))?;
        }
        Ok(())
    }

    fn write_values(&self, out: &mut impl Write, node: &Node) -> fmt::Result {
        for (index, input) in node.inputs.iter().enumerate() {
            out.write_str(if index == 0 { "  " } else { ", " })?;
            match input {
                Some(input) => write!(out, "{}", Value(self, *input))?,
                None => out.write_char('–')?,
            }
        }
        writeln!(out, " → {}", Value(self, node.output))
    }
}

impl Op {
    /// Its options as the dump writes them, for example `SAME stride 2×2 relu6`; empty where it has none.
    pub fn options(&self) -> String {
        let mut text = String::new();
        // Writing to a String cannot fail.
        let _ = write_options(&mut text, self);
        text.trim_start().to_owned()
    }
}

/// A tensor in a line of the dump.
struct Value<'graph>(&'graph Graph, TensorId);

impl fmt::Display for Value<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(graph, id) = self;
        let Some(tensor) = graph.tensors.get(id.0) else {
            return write!(f, "%{} (missing)", id.0);
        };
        let mark = if tensor.data.is_some() { "=" } else { "" };
        write!(f, "%{}{mark} {}{:?}", id.0, tensor.dtype, tensor.shape)?;
        tensor
            .quantization
            .as_ref()
            .map_or(Ok(()), |quantization| write_quantization(f, quantization))
    }
}

fn write_quantization(f: &mut fmt::Formatter<'_>, quantization: &Quantization) -> fmt::Result {
    if let Some((scale, zero_point)) = quantization.single() {
        return write!(f, "·{scale}@{zero_point}");
    }
    let scales = &quantization.scales;
    let least = scales.iter().copied().fold(f32::INFINITY, f32::min);
    let most = scales.iter().copied().fold(0.0, f32::max);
    let (count, axis) = (scales.len(), quantization.axis);
    write!(f, "·({count} scales on axis {axis}: {least} to {most})")
}

fn write_options(out: &mut impl Write, op: &Op) -> fmt::Result {
    match op {
        Op::Conv2d(op) => {
            window(out, op.padding, op.stride)?;
            dilation(out, op.dilation)?;
            activation(out, op.activation)
        }
        Op::DepthwiseConv2d(op) => {
            window(out, op.padding, op.stride)?;
            dilation(out, op.dilation)?;
            if op.multiplier != 1 {
                write!(out, " multiplier {}", op.multiplier)?;
            }
            activation(out, op.activation)
        }
        Op::FullyConnected(op) => activation(out, op.activation),
        Op::Add(end) | Op::Sub(end) | Op::Mul(end) => activation(out, *end),
        Op::AveragePool2d(pool) | Op::MaxPool2d(pool) => write_pool(out, pool),
        Op::Mean { keep_dims: true } => out.write_str(" keeping axes"),
        Op::Concat {
            axis,
            activation: end,
        } => {
            write!(out, " axis {axis}")?;
            activation(out, *end)
        }
        Op::Softmax { beta } if *beta != 1.0 => write!(out, " beta {beta}"),
        Op::ResizeBilinear(resize) | Op::ResizeNearest(resize) => write_resize(out, resize),
        Op::StridedSlice(slice) => {
            for (name, mask) in [
                ("begin_mask", slice.begin_mask),
                ("end_mask", slice.end_mask),
                ("shrink_axis_mask", slice.shrink_axis_mask),
            ] {
                if mask != 0 {
                    write!(out, " {name} {mask:#b}")?;
                }
            }
            Ok(())
        }
        _ => Ok(()),
    }
}

fn write_pool(out: &mut impl Write, pool: &Pool2d) -> fmt::Result {
    let [height, width] = pool.filter;
    write!(out, " {height}×{width}")?;
    window(out, pool.padding, pool.stride)?;
    activation(out, pool.activation)
}

fn write_resize(out: &mut impl Write, resize: &Resize) -> fmt::Result {
    if resize.align_corners {
        out.write_str(" align_corners")?;
    }
    if resize.half_pixel_centers {
        out.write_str(" half_pixel_centers")?;
    }
    Ok(())
}

fn window(out: &mut impl Write, padding: Padding, [down, right]: [usize; 2]) -> fmt::Result {
    let padding = match padding {
        Padding::Same => "SAME",
        Padding::Valid => "VALID",
    };
    write!(out, " {padding} stride {down}×{right}")
}

fn dilation(out: &mut impl Write, [down, right]: [usize; 2]) -> fmt::Result {
    if [down, right] == [1, 1] {
        return Ok(());
    }
    write!(out, " dilation {down}×{right}")
}

fn activation(out: &mut impl Write, activation: Activation) -> fmt::Result {
    out.write_str(match activation {
        Activation::None => "",
        Activation::Relu => " relu",
        Activation::Relu6 => " relu6",
    })
}
