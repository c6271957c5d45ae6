//! A network described in lines, as a graph. Its weights are zeros: neither its memory nor the length of its file
//! depends on them.

use octet_graph::{
    Activation, Constant, Conv2d, DType, DepthwiseConv2d, FullyConnected, Graph, Op,
    Padding as GraphPadding, Pool2d, Tensor, TensorId, fuse_activations,
};
use octet_protocol::LabError;

use crate::integers::cannot_convert;
use crate::layer_lines::{self, Layer, Line, Padding, fault};
use crate::sizes::{Shape, after};

/// Reads the lines; activations are fused into the operator before them, as converters do.
pub(super) fn graph(name: &str, lines: &str) -> Result<Graph, LabError> {
    let mut builder: Option<Builder> = None;
    for line in &layer_lines::parse(lines)? {
        match (&line.layer, &mut builder) {
            (Layer::Input(sides), None) => builder = Some(Builder::new(name, line, *sides)?),
            (_, Some(builder)) => builder.add(line)?,
            (_, None) => {
                let remedy = "Begin with a line such as “input 28x28x1”.";
                return Err(fault(line, "comes before the input", remedy));
            }
        }
    }
    let mut graph = builder.map(|builder| builder.graph).unwrap_or_default();
    // What the last line puts out.
    graph.outputs = graph
        .nodes
        .last()
        .map(|node| node.output)
        .into_iter()
        .collect();
    let (graph, _) = fuse_activations(&graph).map_err(cannot_convert)?;
    Ok(graph)
}

struct Builder {
    graph: Graph,
    last: TensorId,
    shape: Shape,
}

impl Builder {
    fn new(name: &str, line: &Line, sides: [u64; 3]) -> Result<Self, LabError> {
        let shape = Shape::Image(sides);
        let mut graph = Graph {
            name: name.to_owned(),
            ..Graph::default()
        };
        let input = Tensor::activation("input", lengths(line, shape)?, DType::Float32);
        let last = graph.add(input);
        graph.inputs.push(last);
        Ok(Self { graph, last, shape })
    }

    fn add(&mut self, line: &Line) -> Result<(), LabError> {
        let input = self.shape;
        let output = after(line, input)?;
        let channels = match input {
            Shape::Image([_, _, channels]) => channels,
            Shape::Row(values) => values,
        };
        let figure = |figure: u64| usize::try_from(figure).map_err(|_| too_large(line));
        let sides = |sides: [u64; 2]| -> Result<[usize; 2], LabError> {
            Ok([figure(sides[0])?, figure(sides[1])?])
        };
        let activation = Activation::None;
        let (op, constants) = match &line.layer {
            Layer::Conv {
                kernel,
                stride,
                padding,
                outputs,
                ..
            } => (
                Op::Conv2d(Conv2d {
                    padding: padded(*padding),
                    stride: sides([*stride; 2])?,
                    dilation: [1, 1],
                    activation,
                }),
                vec![
                    vec![*outputs, kernel[0], kernel[1], channels],
                    vec![*outputs],
                ],
            ),
            Layer::Depthwise {
                kernel,
                stride,
                padding,
                ..
            } => (
                Op::DepthwiseConv2d(DepthwiseConv2d {
                    padding: padded(*padding),
                    stride: sides([*stride; 2])?,
                    dilation: [1, 1],
                    multiplier: 1,
                    activation,
                }),
                vec![vec![1, kernel[0], kernel[1], channels], vec![channels]],
            ),
            Layer::Dense { outputs, .. } => (
                Op::FullyConnected(FullyConnected {
                    keep_num_dims: false,
                    asymmetric_inputs: false,
                    activation,
                }),
                vec![vec![*outputs, channels], vec![*outputs]],
            ),
            Layer::Pool { kernel } => (
                Op::MaxPool2d(Pool2d {
                    padding: GraphPadding::Valid,
                    stride: sides([kernel[0]; 2])?,
                    filter: sides(*kernel)?,
                    activation,
                }),
                Vec::new(),
            ),
            Layer::GlobalPool => {
                let axes = Constant::Int32([1, 2].into());
                let axes = self.graph.add(Tensor::constant("axes", vec![2], axes));
                let op = Op::Mean { keep_dims: false };
                return self.push(line, op, &[axes], output);
            }
            Layer::Flatten => (Op::Reshape, Vec::new()),
            Layer::Activation => match word(line).as_str() {
                "relu" => (Op::Relu, Vec::new()),
                "relu6" => (Op::Relu6, Vec::new()),
                "softmax" => (Op::Softmax { beta: 1.0 }, Vec::new()),
                // Only training drops anything.
                _ => return Ok(()),
            },
            // Folded into the layer before.
            Layer::BatchNorm => return Ok(()),
            Layer::Input(_) => {
                let remedy = "Keep one input, in the first line.";
                return Err(fault(line, "is a second input", remedy));
            }
        };
        let mut ids = Vec::with_capacity(constants.len());
        for (name, shape) in ["weights", "bias"].into_iter().zip(constants) {
            let shape = shape
                .into_iter()
                .map(figure)
                .collect::<Result<Vec<_>, _>>()?;
            let name = format!("{}.{name}", line.number);
            let mut zeros = Tensor::activation(name, shape, DType::Float32);
            let count = zeros.elements().ok_or_else(|| too_large(line))?;
            zeros.data = Some(Constant::Float32(vec![0.0; count].into()));
            ids.push(self.graph.add(zeros));
        }
        self.push(line, op, &ids, output)
    }

    fn push(
        &mut self,
        line: &Line,
        op: Op,
        constants: &[TensorId],
        output: Shape,
    ) -> Result<(), LabError> {
        let inputs = [&[self.last], constants].concat();
        let tensor = Tensor::activation(line.text.clone(), lengths(line, output)?, DType::Float32);
        self.last = self.graph.push(op, inputs, tensor);
        self.shape = output;
        Ok(())
    }
}

/// The first word of a line.
fn word(line: &Line) -> String {
    let word = line.text.split_whitespace().next();
    word.unwrap_or_default().to_ascii_lowercase()
}

fn padded(padding: Padding) -> GraphPadding {
    match padding {
        Padding::Same => GraphPadding::Same,
        Padding::Valid => GraphPadding::Valid,
    }
}

fn lengths(line: &Line, shape: Shape) -> Result<Vec<usize>, LabError> {
    let lengths = [1].into_iter().chain(shape.list());
    let lengths = lengths.map(|length| usize::try_from(length).map_err(|_| too_large(line)));
    lengths.collect()
}

fn too_large(line: &Line) -> LabError {
    fault(line, "is larger than memory", "Use smaller figures.")
}

#[cfg(test)]
mod tests {
    #![allow(
        clippy::unwrap_used,
        reason = "a test stops where something is missing"
    )]

    use super::*;

    #[test]
    fn lines_become_operators_and_activations_are_fused() {
        let lines = "input 8x8x1\nconv 3x3 out 4 stride 2\nrelu\ndepthwise 3x3\nbatchnorm\npool 2x2\nglobal pool\ndense out 3\ndropout\nsoftmax";
        let graph = graph("net", lines).unwrap();
        assert_eq!(graph.validate(), Ok(()));
        let names: Vec<_> = graph.nodes.iter().map(|node| node.op.name()).collect();
        assert_eq!(
            names,
            [
                "CONV_2D",
                "DEPTHWISE_CONV_2D",
                "MAX_POOL_2D",
                "MEAN",
                "FULLY_CONNECTED",
                "SOFTMAX"
            ]
        );
        let Op::Conv2d(conv) = graph.nodes[0].op else {
            panic!("no convolution")
        };
        assert_eq!(conv.activation, Activation::Relu);
        assert_eq!(graph.tensor(graph.outputs[0]).unwrap().shape, [1, 3]);
    }

    #[test]
    fn lines_that_make_no_network_are_named() {
        for (lines, part) in [
            ("conv 3x3 out 4", "comes before the input"),
            ("input 4x4x1\ninput 4x4x1", "second input"),
            ("input 4x4x1\ndense out 3", "needs values in a row"),
        ] {
            let error = graph("net", lines).unwrap_err();
            assert!(error.message.contains(part), "{error}");
        }
    }
}
