//! What goes into a layer, and what comes out, at some places of each image.

use octet_quant::RandomState;

use super::layer::Contraction;
use crate::{Graph, Node, Op, Padding};

/// The geometry of a layer's inputs and outputs.
#[derive(Clone, Copy)]
pub(super) struct Places {
    pub(super) contraction: Contraction,
    /// Places an image: where the layer's outputs lie.
    count: usize,
    /// None for dense layers.
    window: Option<Window>,
}

#[derive(Clone, Copy)]
struct Window {
    /// Height, width and channels of what is read.
    input: [usize; 3],
    /// Height and width of the window.
    size: [usize; 2],
    stride: [usize; 2],
    dilation: [usize; 2],
    /// Rows and columns of zeros before the first.
    before: [usize; 2],
    /// Height and width of what comes out.
    output: [usize; 2],
}

impl Places {
    /// None where the node is no layer, or its tensors have other axes than the operator needs.
    pub(super) fn new(graph: &Graph, node: &Node) -> Option<Self> {
        let shape = |id: crate::TensorId| Some(graph.tensors.get(id.0)?.shape.as_slice());
        let input = shape(node.inputs.first().copied().flatten()?)?;
        let weights = shape(node.inputs.get(1).copied().flatten()?)?;
        let output = shape(node.output)?;
        let (padding, stride, dilation, multiplier) = match node.op {
            Op::Conv2d(op) => (op.padding, op.stride, op.dilation, None),
            Op::DepthwiseConv2d(op) => (op.padding, op.stride, op.dilation, Some(op.multiplier)),
            Op::FullyConnected(_) => {
                let &[outputs, inputs] = weights else {
                    return None;
                };
                let all: usize = input.iter().product();
                return Some(Self {
                    contraction: Contraction::Full { inputs, outputs },
                    count: all.checked_div(inputs)?,
                    window: None,
                });
            }
            _ => return None,
        };
        let &[batch, in_height, in_width, channels] = input else {
            return None;
        };
        let &[outputs, tall, wide, _] = weights else {
            return None;
        };
        let &[_, out_height, out_width, _] = output else {
            return None;
        };
        let before = |axis: usize, input: usize, size: usize, output: usize| match padding {
            Padding::Valid => 0,
            Padding::Same => {
                let span = (size - 1) * dilation[axis] + 1;
                ((output - 1) * stride[axis] + span).saturating_sub(input) / 2
            }
        };
        let contraction = match multiplier {
            None => Contraction::Full {
                inputs: tall * wide * channels,
                outputs,
            },
            Some(multiplier) => Contraction::Depthwise {
                taps: tall * wide,
                channels,
                multiplier,
            },
        };
        Some(Self {
            contraction,
            count: batch * out_height * out_width,
            window: Some(Window {
                input: [in_height, in_width, channels],
                size: [tall, wide],
                stride,
                dilation,
                before: [
                    before(0, in_height, tall, out_height),
                    before(1, in_width, wide, out_width),
                ],
                output: [out_height, out_width],
            }),
        })
    }

    /// At most so many places, at random, none twice.
    pub(super) fn draw(&self, most: usize, random: &mut RandomState) -> Vec<usize> {
        let mut places = random.permutation(self.count);
        places.truncate(most);
        places
    }

    /// Appends a layer's outputs at some places.
    pub(super) fn outputs(&self, values: &[f32], places: &[usize], to: &mut Vec<f32>) {
        let outputs = self.contraction.outputs();
        for &place in places {
            let row = values.get(place * outputs..(place + 1) * outputs);
            to.extend_from_slice(row.unwrap_or_default());
        }
    }

    /// Appends what the layer's weights meet at some places (im2col), zeros where the window reaches beyond the edge.
    pub(super) fn inputs(&self, values: &[f32], places: &[usize], to: &mut Vec<f32>) {
        for &place in places {
            match &self.window {
                None => {
                    let inputs = self.contraction.inputs();
                    let row = values.get(place * inputs..(place + 1) * inputs);
                    to.extend_from_slice(row.unwrap_or_default());
                }
                Some(window) => window.read(values, place, to),
            }
        }
    }
}

impl Window {
    fn read(&self, values: &[f32], place: usize, to: &mut Vec<f32>) {
        let [in_height, in_width, channels] = self.input;
        let [out_height, out_width] = self.output;
        let image = place / (out_height * out_width);
        let [row, column] = [place / out_width % out_height, place % out_width];
        // None before the first and behind the last.
        let along = |axis: usize, at: usize, tap: usize, length: usize| {
            let at = at * self.stride[axis] + tap * self.dilation[axis];
            let at = at.checked_sub(self.before[axis])?;
            (at < length).then_some(at)
        };
        for down in 0..self.size[0] {
            for right in 0..self.size[1] {
                let y = along(0, row, down, in_height);
                let x = along(1, column, right, in_width);
                let pixel = y.zip(x).and_then(|(y, x)| {
                    let begin = ((image * in_height + y) * in_width + x) * channels;
                    values.get(begin..begin + channels)
                });
                match pixel {
                    Some(pixel) => to.extend_from_slice(pixel),
                    None => to.extend(std::iter::repeat_n(0.0, channels)),
                }
            }
        }
    }
}
