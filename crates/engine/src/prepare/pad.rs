//! Padding, on its own and as part of the convolution after it.

use octet_graph::{DType, Graph, NodeId, Op, Padding, TensorId};

use super::conv::Extra;
use super::fold::Folded;
use super::site::{Site, affine};
use crate::Problem;
use crate::reference::pad::Pad;
use crate::step::Kernel;

pub(super) fn pad(site: &Site<'_>) -> Result<Kernel, Problem> {
    let (input, output) = (site.input(0)?, site.output()?);
    let mut pads = paddings(site)?;
    let fits = pads.len() == input.shape.len()
        && pads.len() == output.shape.len()
        && (0..pads.len()).all(|axis| {
            let [before, after] = pads[axis];
            let padded = input.shape[axis]
                .checked_add(before)
                .and_then(|length| length.checked_add(after));
            padded == Some(output.shape[axis])
        });
    if !fits {
        return Err(Problem::Shape(format!(
            "the shape {:?} padded by {pads:?} is not {:?}",
            input.shape, output.shape
        )));
    }
    if input.dtype != output.dtype {
        return Err(site.unsupported());
    }
    let value = match output.dtype {
        // An int8 by its bits.
        DType::Int8 | DType::Uint8 => affine(output)?.zero_point as u8,
        _ => 0,
    };
    // The last axis is that of a number's bytes.
    let mut output_shape = output.shape.clone();
    output_shape.push(output.dtype.bytes());
    pads.push([0, 0]);
    Ok(Kernel::Pad(Pad {
        output: output_shape,
        pads,
        value,
    }))
}

/// How many are put before and after each axis.
fn paddings(site: &Site<'_>) -> Result<Vec<[usize; 2]>, Problem> {
    let numbers = site.integers(1)?;
    let pairs = numbers.chunks_exact(2).map(|pair| {
        let length = |length: i64| {
            usize::try_from(length)
                .map_err(|_| Problem::Parameter(format!("a padding of {length}")))
        };
        Ok([length(pair[0])?, length(pair[1])?])
    });
    pairs.collect()
}

/// A Pad that the convolution after it does itself.
pub(crate) struct Fused {
    /// The Pad's place in the graph.
    pub(crate) node: NodeId,
    /// What the Pad reads.
    pub(crate) input: TensorId,
    pub(crate) extra: Extra,
}

/// The Pad before the convolution `id`, where the convolution can do it: it pads height and width only with
/// what counts as 0, and nothing else reads its output.
pub(crate) fn fused(graph: &Graph, folded: &Folded, id: NodeId) -> Option<Fused> {
    let node = graph.node(id).ok()?;
    let padding = match &node.op {
        Op::Conv2d(op) => op.padding,
        Op::DepthwiseConv2d(op) => op.padding,
        _ => return None,
    };
    let padded = node.inputs.first().copied().flatten()?;
    let pad_id = graph.producer(padded)?;
    let pad = graph.node(pad_id).ok()?;
    if padding != Padding::Valid || pad.op != Op::Pad || !graph.has_one_reader(padded) {
        return None;
    }
    let site = Site {
        graph,
        folded,
        index: pad_id.0,
        node: pad,
    };
    let input = site.input_id(0).ok()?;
    let tensor = graph.tensor(input).ok()?;
    if tensor.quantization != graph.tensor(padded).ok()?.quantization {
        return None;
    }
    match paddings(&site).ok()?.as_slice() {
        &[[0, 0], rows, columns, [0, 0]] => Some(Fused {
            node: pad_id,
            input,
            extra: [rows, columns],
        }),
        _ => None,
    }
}
