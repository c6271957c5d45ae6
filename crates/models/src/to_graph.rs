//! From PyTorch's layout to TFLite's: the network as a graph. The only place where layouts are translated.

use octet_graph::{
    Activation, Constant, Conv2d, DType, DepthwiseConv2d, FullyConnected, Graph, Normal, Op,
    Padding, PassError, Statistics, Tensor, TensorId,
};

use crate::network::{Layer, Network, Weights};
use crate::spec::{LayerKind, LayerSpec, Padding as SpecPadding};

impl Network {
    /// The network as a float32 graph of TFLite's operators: input `[1, size, size, 3]` (NHWC, normalized pixels),
    /// output `[1, classes]`, the classifier's numbers before softmax. int8 weights are expanded.
    ///
    /// Paddings that are not TFLite's "SAME" become a `PAD` before the convolution. Tensors are named after the
    /// layers: `features.0.0` is what the layer gives, `features.0.0.weight` and `features.0.0.bias` its numbers.
    pub fn to_graph(&self) -> Graph {
        self.build().graph
    }

    /// The same, with what batch normalization knew of each layer's output.
    ///
    /// # Errors
    /// [`PassError::Statistics`], naming the layer, where a network that was put together by hand has other
    /// statistics than its layers have channels.
    pub fn to_graph_with_statistics(&self) -> Result<(Graph, Statistics), PassError> {
        let Builder { graph, normals, .. } = self.build();
        let mut statistics = Statistics::new(&graph);
        for (output, normal) in normals {
            statistics.set(&graph, output, normal)?;
        }
        Ok((graph, statistics))
    }

    fn build(&self) -> Builder {
        let size = self.spec.input_size;
        let mut builder = Builder::new(self.spec.name, size);
        let mut layers = self.layers.iter();
        for (number, block) in self.spec.blocks.iter().enumerate() {
            let begin = builder.last;
            for (spec, layer) in block.layers.iter().zip(&mut layers) {
                builder.convolution(spec, layer);
            }
            if block.skip {
                builder.add(begin, format!("block.{number}.add"));
            }
        }
        builder.mean();
        if let Some(layer) = layers.next() {
            builder.dense(&self.spec.classifier, layer);
        }
        builder.graph.outputs = vec![builder.last];
        builder
    }
}

/// A graph whose last tensor is still to be used.
struct Builder {
    graph: Graph,
    last: TensorId,
    /// Height and width of the last tensor.
    size: usize,
    channels: usize,
    /// What is known of layers' outputs.
    normals: Vec<(TensorId, Normal)>,
}

impl Builder {
    fn new(name: &str, size: usize) -> Self {
        let mut graph = Graph {
            name: name.to_owned(),
            ..Graph::default()
        };
        let input = Tensor::activation("input", vec![1, size, size, 3], DType::Float32);
        let last = graph.add(input);
        graph.inputs.push(last);
        Self {
            graph,
            last,
            size,
            channels: 3,
            normals: Vec::new(),
        }
    }

    /// Adds an operator that reads the last tensor and then `constants`.
    fn push(&mut self, op: Op, constants: &[TensorId], name: String, shape: Vec<usize>) {
        let inputs = [&[self.last], constants].concat();
        let output = Tensor::activation(name, shape, DType::Float32);
        self.last = self.graph.push(op, inputs, output);
    }

    fn constant(&mut self, name: String, shape: Vec<usize>, values: Vec<f32>) -> TensorId {
        let data = Constant::Float32(values.into());
        self.graph.add(Tensor::constant(name, shape, data))
    }

    fn image(&self) -> Vec<usize> {
        vec![1, self.size, self.size, self.channels]
    }

    fn convolution(&mut self, spec: &LayerSpec, layer: &Layer) {
        let padding = self.padding(spec);
        let (kernel, stride) = (spec.kernel, [spec.stride; 2]);
        let activation = if spec.relu6 {
            Activation::Relu6
        } else {
            Activation::None
        };
        let weights = floats(&layer.weights);
        let (op, shape, weights) = match spec.kind {
            LayerKind::Depthwise => (
                Op::DepthwiseConv2d(DepthwiseConv2d {
                    padding,
                    stride,
                    dilation: [1, 1],
                    multiplier: 1,
                    activation,
                }),
                vec![1, kernel, kernel, spec.outputs],
                // Each channel's taps in a row become each tap's channels in a row.
                transposed(&weights, spec.outputs, kernel * kernel),
            ),
            LayerKind::Conv | LayerKind::Dense => (
                Op::Conv2d(Conv2d {
                    padding,
                    stride,
                    dilation: [1, 1],
                    activation,
                }),
                vec![spec.outputs, kernel, kernel, spec.inputs],
                // The same in each output channel.
                weights
                    .chunks(spec.inputs * kernel * kernel)
                    .flat_map(|filter| transposed(filter, spec.inputs, kernel * kernel))
                    .collect(),
            ),
        };
        let weights = self.constant(spec.weight_name(), shape, weights);
        let bias = self.constant(spec.bias_name(), vec![spec.outputs], layer.bias.clone());
        self.size = match padding {
            Padding::Same => self.size.div_ceil(spec.stride),
            Padding::Valid => (self.size - kernel) / spec.stride + 1,
        };
        self.channels = spec.outputs;
        self.push(op, &[weights, bias], spec.name.clone(), self.image());
        let normal = layer.normal.clone();
        self.normals
            .extend(normal.map(|normal| (self.last, normal)));
    }

    /// What a convolution does about its edges; where TFLite has no word for it, zeros are added before.
    fn padding(&mut self, spec: &LayerSpec) -> Padding {
        let zeros = |padding: SpecPadding| padding.zeros(self.size, spec.kernel, spec.stride);
        let (before, after) = zeros(spec.padding);
        if (before, after) == zeros(SpecPadding::Same) {
            return Padding::Same;
        }
        if (before, after) == (0, 0) {
            return Padding::Valid;
        }
        let (b, a) = (before as i32, after as i32);
        let paddings = Constant::Int32([0, 0, b, a, b, a, 0, 0].into());
        let name = format!("{}.paddings", spec.name);
        let paddings = self.graph.add(Tensor::constant(name, vec![4, 2], paddings));
        self.size += before + after;
        self.push(
            Op::Pad,
            &[paddings],
            format!("{}.pad", spec.name),
            self.image(),
        );
        Padding::Valid
    }

    /// Adds what came before a block to what it gives.
    fn add(&mut self, begin: TensorId, name: String) {
        let output = Tensor::activation(name, self.image(), DType::Float32);
        let op = Op::Add(Activation::None);
        self.last = self.graph.push(op, [begin, self.last], output);
    }

    fn mean(&mut self) {
        let axes = Tensor::constant("pool.axes", vec![2], Constant::Int32([1, 2].into()));
        let axes = self.graph.add(axes);
        let op = Op::Mean { keep_dims: false };
        self.push(op, &[axes], "pool".to_owned(), vec![1, self.channels]);
    }

    fn dense(&mut self, spec: &LayerSpec, layer: &Layer) {
        let shape = vec![spec.outputs, spec.inputs];
        let weights = self.constant(spec.weight_name(), shape, floats(&layer.weights));
        let bias = self.constant(spec.bias_name(), vec![spec.outputs], layer.bias.clone());
        let op = Op::FullyConnected(FullyConnected {
            keep_num_dims: false,
            asymmetric_inputs: false,
            activation: if spec.relu6 {
                Activation::Relu6
            } else {
                Activation::None
            },
        });
        self.push(
            op,
            &[weights, bias],
            spec.name.clone(),
            vec![1, spec.outputs],
        );
    }
}

/// Weights as reals.
pub(crate) fn floats(weights: &Weights) -> Vec<f32> {
    match weights {
        Weights::Float(weights) => weights.clone(),
        Weights::Int8(weights) => weights.dequantize(),
    }
}

/// A matrix of so many rows and columns, turned on its diagonal.
pub(crate) fn transposed(values: &[f32], rows: usize, columns: usize) -> Vec<f32> {
    let column = |column: usize| values.iter().skip(column).step_by(columns).take(rows);
    (0..columns).flat_map(|at| column(at).copied()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{efficientnet_lite0, mobilenet_v2};

    #[test]
    fn a_matrix_is_turned() {
        assert_eq!(
            transposed(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0], 2, 3),
            [1.0, 4.0, 2.0, 5.0, 3.0, 6.0]
        );
    }

    #[test]
    fn both_networks_are_valid_graphs() {
        for (spec, pads, adds) in [(mobilenet_v2(), 5, 10), (efficientnet_lite0(), 0, 9)] {
            let layers = spec.layers().map(|layer| {
                let weights = layer.weight_shape().iter().product();
                Layer {
                    weights: Weights::Float(vec![0.0; weights]),
                    bias: vec![0.0; layer.outputs],
                    normal: None,
                }
            });
            let layers = layers.collect();
            let graph = Network { spec, layers }.to_graph();
            assert_eq!(graph.validate(), Ok(()));
            let count = |name| graph.nodes.iter().filter(|n| n.op.name() == name).count();
            assert_eq!((count("PAD"), count("ADD")), (pads, adds));
            let [output] = graph.outputs[..] else {
                panic!("{:?}", graph.outputs)
            };
            assert_eq!(graph.tensors[output.0].shape, [1, 1000]);
        }
    }
}
