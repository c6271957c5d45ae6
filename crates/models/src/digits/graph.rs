//! The digit network as a graph of TFLite's operators.

use octet_graph::{
    Activation, Constant, Conv2d, DType, FullyConnected, Graph, Op, Padding, Pool2d, Tensor,
    TensorId,
};

use super::data::{CLASSES, SIDE};
use super::weights::{DIGIT_LAYERS, DigitLayer, DigitWeights, LayerNumbers};

/// Tensors whose ranges a full-integer network has: its input and what its three layers give.
pub const DIGIT_ACTIVATIONS: [&str; 4] = ["input", "conv1", "conv2", "dense"];

/// The tensor of that name.
pub fn tensor(graph: &Graph, name: &str) -> Option<TensorId> {
    let place = graph.tensors.iter().position(|tensor| tensor.name == name);
    place.map(TensorId)
}

impl DigitWeights {
    /// The network in float32: input `[1, 28, 28, 1]` (NHWC, 0 to 1), output `[1, 10]`, before softmax. Tensors are
    /// named as in [`DIGIT_ACTIVATIONS`]; weights as in the file.
    pub fn to_graph(&self) -> Graph {
        let mut builder = Builder {
            graph: Graph {
                name: "digits".to_owned(),
                labels: (0..CLASSES).map(|digit| digit.to_string()).collect(),
                ..Graph::default()
            },
            last: TensorId(0),
        };
        let [conv1, conv2, dense] = &self.layers();
        let [conv1_layer, conv2_layer, dense_layer] = &DIGIT_LAYERS;
        let input = Tensor::activation("input", vec![1, SIDE, SIDE, 1], DType::Float32);
        builder.last = builder.graph.add(input);
        builder.graph.inputs = vec![builder.last];
        builder.convolution(conv1_layer, conv1, 26);
        builder.pool("pool1", [1, 13, 13, 16]);
        builder.convolution(conv2_layer, conv2, 11);
        builder.pool("pool2", [1, 5, 5, 32]);
        let shape = Constant::Int32([1, 800].into());
        let shape = builder
            .graph
            .add(Tensor::constant("flatten.shape", vec![2], shape));
        builder.push(Op::Reshape, &[shape], "flatten", vec![1, 800]);
        let op = Op::FullyConnected(FullyConnected {
            keep_num_dims: false,
            asymmetric_inputs: false,
            activation: Activation::None,
        });
        let constants = builder.constants(dense_layer, dense);
        builder.push(op, &constants, dense_layer.name, vec![1, CLASSES]);
        builder.graph.outputs = vec![builder.last];
        builder.graph
    }
}

/// A graph whose last tensor is still to be used.
struct Builder {
    graph: Graph,
    last: TensorId,
}

impl Builder {
    fn push(&mut self, op: Op, constants: &[TensorId], name: &str, shape: Vec<usize>) {
        let inputs = [self.last].into_iter().chain(constants.iter().copied());
        let output = Tensor::activation(name, shape, DType::Float32);
        self.last = self.graph.push(op, inputs, output);
    }

    fn constants(&mut self, layer: &DigitLayer, numbers: &LayerNumbers) -> [TensorId; 2] {
        let mut add = |name, shape, values: &[f32]| {
            let data = Constant::Float32(values.into());
            self.graph.add(Tensor::constant(name, shape, data))
        };
        [
            add(layer.weight_name(), layer.shape.to_vec(), &numbers.weights),
            add(layer.bias_name(), vec![layer.outputs()], &numbers.bias),
        ]
    }

    fn convolution(&mut self, layer: &DigitLayer, numbers: &LayerNumbers, size: usize) {
        let constants = self.constants(layer, numbers);
        let op = Op::Conv2d(Conv2d {
            padding: Padding::Valid,
            stride: [1, 1],
            dilation: [1, 1],
            activation: Activation::Relu,
        });
        self.push(
            op,
            &constants,
            layer.name,
            vec![1, size, size, layer.outputs()],
        );
    }

    fn pool(&mut self, name: &str, shape: [usize; 4]) {
        let op = Op::MaxPool2d(Pool2d {
            padding: Padding::Valid,
            stride: [2, 2],
            filter: [2, 2],
            activation: Activation::None,
        });
        self.push(op, &[], name, shape.to_vec());
    }
}

#[cfg(test)]
mod tests {
    use octet_quant::RandomState;

    use super::*;

    #[test]
    fn the_graph_is_valid_and_has_the_named_tensors() {
        let graph = DigitWeights::random(&mut RandomState::new(1)).to_graph();
        assert_eq!(graph.validate(), Ok(()));
        for name in DIGIT_ACTIVATIONS {
            assert_eq!(graph.tensors.iter().filter(|t| t.name == name).count(), 1);
        }
    }
}
