//! The shape that an operator gives, from the shapes and constants that it is applied to.

mod slice;
mod window;

pub use slice::AxisSlice;

use crate::error::OperatorProblem;
use crate::{Graph, GraphError, Node, Op, Tensor, TensorId};
use window::Window;

/// Tensors with more axes are refused.
pub const MAX_RANK: usize = 8;

/// Tensors of this many numbers or bytes and more are refused.
pub(crate) const TOO_LARGE: u64 = 1 << 31;

type Shape = Vec<usize>;

impl Graph {
    /// The shape of what an operator gives, by TFLite's rules. A reshape gives the shape that its output
    /// tensor has. `node` need not be in the graph; its tensors must.
    ///
    /// # Errors
    /// [`GraphError::Operator`] where the inputs or options do not fit.
    pub fn output_shape(&self, node: &Node) -> Result<Vec<usize>, GraphError> {
        Inference { graph: self, node }
            .shape()
            .and_then(within_memory)
            .map_err(|problem| self.at(node, problem))
    }

    /// What a strided slice takes of each axis of its input.
    ///
    /// # Errors
    /// [`GraphError::Operator`] where the node is no strided slice, or its inputs do not fit.
    pub fn slices(&self, node: &Node) -> Result<Vec<AxisSlice>, GraphError> {
        let slices = match node.op {
            Op::StridedSlice(options) => Inference { graph: self, node }.slices(options),
            _ => Err(OperatorProblem::Option("no slices")),
        };
        slices.map_err(|problem| self.at(node, problem))
    }
}

/// Refuses what holds nothing, and what no memory holds (with 8 bytes a number at most, later checked
/// exactly).
fn within_memory(shape: Shape) -> Result<Shape, OperatorProblem> {
    let elements = shape
        .iter()
        .try_fold(1_u64, |product, &length| product.checked_mul(length as u64));
    match elements {
        Some(1..TOO_LARGE) if shape.len() <= MAX_RANK => Ok(shape),
        _ => Err(OperatorProblem::OutputSize(shape)),
    }
}

/// One operator in its graph.
struct Inference<'graph> {
    graph: &'graph Graph,
    node: &'graph Node,
}

impl<'graph> Inference<'graph> {
    fn shape(&self) -> Result<Shape, OperatorProblem> {
        match self.node.op {
            Op::Conv2d(op) => {
                let window = |height, width| Window {
                    size: [height, width],
                    stride: op.stride,
                    dilation: op.dilation,
                    padding: op.padding,
                };
                let [batch, height, width, channels] = self.image(0)?;
                let [outputs, tall, wide, inputs] = self.axes(1, "four axes")?;
                if inputs != channels {
                    return Err(self.misfit(1, format!("{channels} input channels")));
                }
                self.bias(outputs)?;
                let [height, width] = window(tall, wide).output([height, width])?;
                Ok(vec![batch, height, width, outputs])
            }
            Op::DepthwiseConv2d(op) => {
                let [batch, height, width, channels] = self.image(0)?;
                let [one, tall, wide, outputs] = self.axes(1, "four axes")?;
                if one != 1 || channels.checked_mul(op.multiplier) != Some(outputs) {
                    let multiplier = op.multiplier;
                    let expected = format!("[1, height, width, {channels} · {multiplier}]");
                    return Err(self.misfit(1, expected));
                }
                self.bias(outputs)?;
                let window = Window {
                    size: [tall, wide],
                    stride: op.stride,
                    dilation: op.dilation,
                    padding: op.padding,
                };
                let [height, width] = window.output([height, width])?;
                Ok(vec![batch, height, width, outputs])
            }
            Op::FullyConnected(op) => self.fully_connected(op.keep_num_dims),
            Op::Add(_) | Op::Sub(_) | Op::Mul(_) => {
                broadcast(&self.input(0)?.shape, &self.input(1)?.shape)
            }
            Op::AveragePool2d(op) | Op::MaxPool2d(op) => {
                let [batch, height, width, channels] = self.image(0)?;
                let window = Window {
                    size: op.filter,
                    stride: op.stride,
                    dilation: [1, 1],
                    padding: op.padding,
                };
                let [height, width] = window.output([height, width])?;
                Ok(vec![batch, height, width, channels])
            }
            Op::Mean { keep_dims } => self.mean(keep_dims),
            Op::Pad => self.pad(),
            Op::Concat { axis, .. } => self.concat(axis),
            Op::Reshape => self.reshape(),
            Op::Softmax { .. } if self.input(0)?.shape.is_empty() => {
                Err(self.misfit(0, "at least one axis".into()))
            }
            Op::Softmax { .. }
            | Op::Logistic
            | Op::HardSwish
            | Op::Tanh
            | Op::Relu
            | Op::Relu6
            | Op::Quantize
            | Op::Dequantize => Ok(self.input(0)?.shape.clone()),
            Op::ResizeBilinear(op) | Op::ResizeNearest(op) => {
                if op.align_corners && op.half_pixel_centers {
                    let problem = "both align_corners and half_pixel_centers";
                    return Err(OperatorProblem::Option(problem));
                }
                self.resize()
            }
            Op::Transpose => self.transpose(),
            Op::StridedSlice(op) => {
                let slices = self.slices(op)?;
                let kept = slices.iter().filter(|slice| !slice.dropped);
                Ok(kept.map(|slice| slice.length).collect())
            }
        }
    }

    fn input_id(&self, index: usize) -> Result<TensorId, OperatorProblem> {
        let input = self.node.inputs.get(index).copied().flatten();
        input.ok_or(OperatorProblem::MissingInput(index))
    }

    fn input(&self, index: usize) -> Result<&'graph Tensor, OperatorProblem> {
        let id = self.input_id(index)?;
        let tensor = self.graph.tensors.get(id.0);
        tensor.ok_or(OperatorProblem::NoTensor(id.0))
    }

    /// An input's shape where it has as many axes as that.
    fn axes<const RANK: usize>(
        &self,
        index: usize,
        expected: &str,
    ) -> Result<[usize; RANK], OperatorProblem> {
        let shape = self.input(index)?.shape.as_slice();
        shape
            .try_into()
            .map_err(|_| self.misfit(index, expected.into()))
    }

    /// Batch, height, width, channels.
    fn image(&self, index: usize) -> Result<[usize; 4], OperatorProblem> {
        self.axes(index, "batch, height, width and channels")
    }

    /// The numbers of a constant input.
    fn numbers(&self, index: usize, what: &'static str) -> Result<Vec<i64>, OperatorProblem> {
        let constant = self.input(index)?.data.as_ref();
        let numbers = constant.and_then(|constant| constant.to_i64s());
        numbers.ok_or(OperatorProblem::NotConstant {
            tensor: self.graph.label(self.input_id(index)?),
            what,
        })
    }

    /// The error for an input of the wrong shape.
    fn misfit(&self, index: usize, expected: String) -> OperatorProblem {
        let id = self.input_id(index).unwrap_or(TensorId(usize::MAX));
        let shape = self.graph.tensors.get(id.0).map(|t| t.shape.clone());
        OperatorProblem::Shape {
            tensor: self.graph.label(id),
            shape: shape.unwrap_or_default(),
            expected,
        }
    }

    /// Checks the optional bias.
    fn bias(&self, outputs: usize) -> Result<(), OperatorProblem> {
        if self.node.inputs.get(2).copied().flatten().is_none() {
            return Ok(());
        }
        if self.input(2)?.elements() == Some(outputs) {
            Ok(())
        } else {
            Err(self.misfit(2, format!("a bias for {outputs} outputs")))
        }
    }

    fn fully_connected(&self, keep_num_dims: bool) -> Result<Shape, OperatorProblem> {
        let shape = &self.input(0)?.shape;
        let [outputs, inputs] = self.axes(1, "[out, in]")?;
        self.bias(outputs)?;
        if keep_num_dims {
            return match shape.split_last() {
                Some((&last, rest)) if last == inputs => Ok([rest, &[outputs]].concat()),
                _ => Err(self.misfit(0, format!("a last axis of {inputs}"))),
            };
        }
        let elements = self.input(0)?.elements().unwrap_or(0);
        match elements.checked_rem(inputs) {
            Some(0) => Ok(vec![elements / inputs, outputs]),
            _ => Err(self.misfit(0, format!("rows of {inputs}"))),
        }
    }

    fn mean(&self, keep_dims: bool) -> Result<Shape, OperatorProblem> {
        let shape = &self.input(0)?.shape;
        let axes = self.numbers(1, "the axes")?;
        let mut reduced = vec![false; shape.len()];
        for &axis in &axes {
            let place = from_end(axis, shape.len());
            let Some(flag) = place.and_then(|place| reduced.get_mut(place)) else {
                return Err(OperatorProblem::Argument {
                    what: "the axes",
                    expected: format!("the input has {} axes", shape.len()),
                    values: axes,
                });
            };
            *flag = true;
        }
        let lengths = shape.iter().zip(reduced);
        Ok(lengths
            .filter(|(_, reduced)| keep_dims || !reduced)
            .map(|(&length, reduced)| if reduced { 1 } else { length })
            .collect())
    }

    fn pad(&self) -> Result<Shape, OperatorProblem> {
        let shape = &self.input(0)?.shape;
        let paddings = self.numbers(1, "the paddings")?;
        let wrong = |paddings| OperatorProblem::Argument {
            what: "the paddings",
            values: paddings,
            expected: format!(
                "two for each of the input's {} axes are needed, none below 0",
                shape.len()
            ),
        };
        let (pairs, rest) = paddings.as_chunks::<2>();
        if pairs.len() != shape.len() || !rest.is_empty() {
            return Err(wrong(paddings));
        }
        let padded = shape.iter().zip(pairs).map(|(&length, [before, after])| {
            let before = usize::try_from(*before).ok()?;
            let after = usize::try_from(*after).ok()?;
            length.checked_add(before)?.checked_add(after)
        });
        padded
            .collect::<Option<_>>()
            .ok_or_else(|| wrong(paddings.clone()))
    }

    fn concat(&self, axis: usize) -> Result<Shape, OperatorProblem> {
        let mut joined = self.input(0)?.shape.clone();
        if axis >= joined.len() {
            return Err(self.misfit(0, format!("an axis {axis}")));
        }
        for index in 1..self.node.inputs.len() {
            let shape = &self.input(index)?.shape;
            let same = shape.len() == joined.len()
                && (0..shape.len()).all(|i| i == axis || shape.get(i) == joined.get(i));
            if !same {
                let expected = format!("{joined:?} but for axis {axis}");
                return Err(self.misfit(index, expected));
            }
            if let (Some(sum), Some(&length)) = (joined.get_mut(axis), shape.get(axis)) {
                // What saturates is too large in any case.
                *sum = sum.saturating_add(length);
            }
        }
        Ok(joined)
    }

    fn reshape(&self) -> Result<Shape, OperatorProblem> {
        let output = self.graph.tensors.get(self.node.output.0);
        let output = output.ok_or(OperatorProblem::NoTensor(self.node.output.0))?;
        let elements = self.input(0)?.elements();
        if elements.is_none() || elements != output.elements() {
            let expected = format!("as many numbers as {:?} holds", output.shape);
            return Err(self.misfit(0, expected));
        }
        Ok(output.shape.clone())
    }

    fn resize(&self) -> Result<Shape, OperatorProblem> {
        let [batch, _, _, channels] = self.image(0)?;
        let size = self.numbers(1, "the new size")?;
        let lengths: Vec<_> = size.iter().map(|&l| usize::try_from(l).ok()).collect();
        match lengths.as_slice() {
            &[Some(height @ 1..), Some(width @ 1..)] => Ok(vec![batch, height, width, channels]),
            _ => Err(OperatorProblem::Argument {
                what: "the new size",
                values: size,
                expected: "height and width are needed, 1 or more each".into(),
            }),
        }
    }

    fn transpose(&self) -> Result<Shape, OperatorProblem> {
        let shape = &self.input(0)?.shape;
        let order = self.numbers(1, "the order of axes")?;
        let places = order.iter().map(|&axis| from_end(axis, shape.len()));
        let places: Vec<usize> = places.flatten().collect();
        let all = (0..shape.len()).all(|axis| places.contains(&axis));
        if order.len() != shape.len() || !all {
            return Err(OperatorProblem::Argument {
                what: "the order of axes",
                expected: format!("each of the input's {} axes once", shape.len()),
                values: order,
            });
        }
        Ok(places
            .iter()
            .filter_map(|&axis| shape.get(axis).copied())
            .collect())
    }
}

/// An axis that may be counted from the end, as −1 for the last; None where there is no such axis.
fn from_end(axis: i64, rank: usize) -> Option<usize> {
    let rank = i64::try_from(rank).ok()?;
    let axis = if axis < 0 {
        axis.checked_add(rank)?
    } else {
        axis
    };
    usize::try_from(axis).ok().filter(|_| axis < rank)
}

/// NumPy's rule: aligned at the end; lengths are equal, or one of them is 1.
fn broadcast(left: &[usize], right: &[usize]) -> Result<Shape, OperatorProblem> {
    let rank = left.len().max(right.len());
    let aligned = |shape: &[usize]| {
        let missing = rank - shape.len();
        let mut lengths = vec![1; missing];
        lengths.extend(shape);
        lengths
    };
    aligned(left)
        .into_iter()
        .zip(aligned(right))
        .map(|pair| match pair {
            (left, right) if left == right => Some(left),
            (1, other) | (other, 1) => Some(other),
            _ => None,
        })
        .collect::<Option<_>>()
        .ok_or_else(|| OperatorProblem::Broadcast(left.into(), right.into()))
}
