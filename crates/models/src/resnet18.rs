//! ResNet-18 (He et al. 2015, arXiv 1512.03385), as torchvision has it.

use octet_graph::{
    Activation, Constant, Conv2d, DType, FullyConnected, Graph, Op, Padding, Pool2d, Tensor,
    TensorId,
};
use octet_quant::RandomState;

use crate::ModelError;
use crate::fold::{Norm, fold};
use crate::tensors::TensorFile;
use crate::to_graph::transposed;

const CLASSES: usize = 1000;
const FEATURES: usize = 512;
/// PyTorch's default, which torchvision's ResNets have.
const EPSILON: f64 = 1e-5;
/// Channels and stride of each of the four stages; each has two blocks.
const STAGES: [(usize, usize); 4] = [(64, 1), (128, 2), (256, 2), (512, 2)];

/// The network with its weights. Batch normalization is folded into the convolutions.
#[derive(Clone, Debug, PartialEq)]
pub struct ResNet18 {
    /// In the order of a state dict: what a block has around its convolutions comes behind them.
    convs: Vec<Conv>,
    weights: Vec<f32>,
    bias: Vec<f32>,
}

/// A convolution, its batch normalization folded in.
#[derive(Clone, Debug, PartialEq)]
struct Conv {
    /// What it is.
    spec: ResNetConv,
    /// [out, in, kernel, kernel].
    weights: Vec<f32>,
    bias: Vec<f32>,
}

/// Where a convolution stands and what it does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResNetConv {
    /// Its name in torchvision: `layer1.0.conv1`.
    pub name: String,
    /// The name of its batch normalization.
    pub norm: String,
    /// Input channels.
    pub inputs: usize,
    /// Output channels.
    pub outputs: usize,
    /// Kernel height and width.
    pub kernel: usize,
    /// Step in both directions.
    pub stride: usize,
    /// Whether a ReLU follows at once.
    pub relu: bool,
}

impl ResNetConv {
    /// Zeros on each side.
    pub fn padding(&self) -> usize {
        (self.kernel - 1) / 2
    }

    fn shape(&self) -> [usize; 4] {
        [self.outputs, self.inputs, self.kernel, self.kernel]
    }
}

/// Two convolutions and the way around them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResNetBlock {
    /// `layer1.0`.
    pub name: String,
    /// With a ReLU.
    pub first: ResNetConv,
    /// Without.
    pub second: ResNetConv,
    /// On the way around, where channels or size change.
    pub downsample: Option<ResNetConv>,
}

/// The first convolution.
pub fn resnet18_stem() -> ResNetConv {
    ResNetConv {
        name: "conv1".to_owned(),
        norm: "bn1".to_owned(),
        inputs: 3,
        outputs: 64,
        kernel: 7,
        stride: 2,
        relu: true,
    }
}

/// The eight blocks.
pub fn resnet18_blocks() -> Vec<ResNetBlock> {
    let mut inputs = 64;
    let mut blocks = Vec::new();
    for (stage, (outputs, first_stride)) in (1..).zip(STAGES) {
        for (place, stride) in [first_stride, 1].into_iter().enumerate() {
            let name = format!("layer{stage}.{place}");
            let conv =
                |part: &str, norm: &str, [inputs, kernel, stride]: [usize; 3], relu| ResNetConv {
                    name: format!("{name}.{part}"),
                    norm: format!("{name}.{norm}"),
                    inputs,
                    outputs,
                    kernel,
                    stride,
                    relu,
                };
            let changes = stride != 1 || inputs != outputs;
            blocks.push(ResNetBlock {
                first: conv("conv1", "bn1", [inputs, 3, stride], true),
                second: conv("conv2", "bn2", [outputs, 3, 1], false),
                downsample: changes
                    .then(|| conv("downsample.0", "downsample.1", [inputs, 1, stride], false)),
                name,
            });
            inputs = outputs;
        }
    }
    blocks
}

/// Every convolution in the order of a state dict.
fn convs() -> Vec<ResNetConv> {
    let mut convs = vec![resnet18_stem()];
    for block in resnet18_blocks() {
        convs.extend([block.first, block.second]);
        convs.extend(block.downsample);
    }
    convs
}

/// The numbers of a tensor, which its name and shape decide on.
fn drawn(random: &mut RandomState, name: &str, shape: &[usize]) -> Vec<f32> {
    let (low, high) = match shape {
        &[_, inputs, height, width] => {
            let bound = (6.0 / (inputs * height * width) as f64).sqrt();
            (-bound, bound)
        }
        _ if name.starts_with("fc.") => {
            let bound = 1.0 / (FEATURES as f64).sqrt();
            (-bound, bound)
        }
        _ if name.ends_with(".running_mean") || name.ends_with(".bias") => (-0.2, 0.2),
        _ => (0.5, 1.5),
    };
    let count: usize = shape.iter().product();
    let draws = (0..count).map(|_| random.uniform(low, high) as f32);
    draws.collect()
}

impl ResNet18 {
    /// Weights and batch-norm statistics drawn from a seed, in the order of a state dict: convolutions evenly with the
    /// variance 2 / fan-in (He et al. 2015), factors and variances from 0.5 to 1.5, shifts and means from −0.2 to 0.2,
    /// the dense layer within 1 / √512. It has learned nothing.
    ///
    /// # Errors
    /// None that numbers drawn so can cause.
    pub fn seeded(seed: u32) -> Result<Self, ModelError> {
        let mut random = RandomState::new(seed);
        Self::build(|name, shape| Ok(drawn(&mut random, name, shape)))
    }

    /// Reads torchvision's state dict from a safetensors file.
    ///
    /// # Errors
    /// Any [`ModelError`] that a file can cause.
    pub fn from_checkpoint(bytes: &[u8]) -> Result<Self, ModelError> {
        let file = TensorFile::parse(bytes)?;
        Self::build(|name, shape| file.f32(name, shape))
    }

    fn build(
        mut tensor: impl FnMut(&str, &[usize]) -> Result<Vec<f32>, ModelError>,
    ) -> Result<Self, ModelError> {
        let mut built = Vec::new();
        for spec in convs() {
            let mut weights = tensor(&format!("{}.weight", spec.name), &spec.shape())?;
            let mut channel =
                |part: &str| tensor(&format!("{}.{part}", spec.norm), &[spec.outputs]);
            let norm = Norm {
                gamma: channel("weight")?,
                beta: channel("bias")?,
                mean: channel("running_mean")?,
                variance: channel("running_var")?,
            };
            let (bias, _) = fold(&mut weights, &norm, EPSILON);
            let mut values = weights.iter().chain(&bias);
            if values.any(|value| !value.is_finite()) {
                return Err(ModelError::NotFinite(format!("{}.running_var", spec.norm)));
            }
            built.push(Conv {
                spec,
                weights,
                bias,
            });
        }
        Ok(Self {
            convs: built,
            weights: tensor("fc.weight", &[CLASSES, FEATURES])?,
            bias: tensor("fc.bias", &[CLASSES])?,
        })
    }

    /// The network as a float32 graph: input `[1, size, size, 3]`, output `[1, 1000]`. Tensors are named after
    /// torchvision's modules: `layer1.0.conv1` is what that gives behind its ReLU, `layer1.0.add_relu` what the block
    /// gives, `quant` what is put in. `size` is at least 32.
    pub fn to_graph(&self, size: usize) -> Graph {
        let mut builder = Builder {
            graph: Graph {
                name: "resnet18".to_owned(),
                ..Graph::default()
            },
            convs: self.convs.iter(),
        };
        let input = Tensor::activation("quant", vec![1, size, size, 3], DType::Float32);
        let input = builder.graph.add(input);
        builder.graph.inputs.push(input);
        let mut last = builder.conv(At {
            id: input,
            size,
            channels: 3,
        });
        last = builder.pool(last);
        for block in resnet18_blocks() {
            let first = builder.conv(last);
            let second = builder.conv(first);
            let around = match block.downsample {
                Some(_) => builder.conv(last),
                None => last,
            };
            last = builder.add(&block.name, second, around);
        }
        let pooled = builder.average(last);
        let output = builder.dense(pooled, &self.weights, &self.bias);
        builder.graph.outputs = vec![output];
        builder.graph
    }

    /// Weights and biases in all.
    pub fn parameters(&self) -> usize {
        let convs = self.convs.iter();
        let convs = convs.map(|conv| conv.weights.len() + conv.bias.len());
        convs.sum::<usize>() + self.weights.len() + self.bias.len()
    }
}

/// A square tensor on its way.
#[derive(Clone, Copy)]
struct At {
    id: TensorId,
    size: usize,
    channels: usize,
}

struct Builder<'network> {
    graph: Graph,
    convs: std::slice::Iter<'network, Conv>,
}

impl Builder<'_> {
    fn constant(&mut self, name: String, shape: Vec<usize>, data: Constant) -> TensorId {
        self.graph.add(Tensor::constant(name, shape, data))
    }

    fn push(
        &mut self,
        op: Op,
        inputs: &[TensorId],
        name: String,
        size: usize,
        channels: usize,
    ) -> At {
        let shape = vec![1, size, size, channels];
        let output = Tensor::activation(name, shape, DType::Float32);
        let id = self.graph.push(op, inputs.iter().copied(), output);
        At { id, size, channels }
    }

    /// Zeros on all sides. TFLite has no word for padding that is the same on both sides of an even length.
    fn pad(&mut self, from: At, zeros: usize, name: &str) -> At {
        if zeros == 0 {
            return from;
        }
        let n = zeros as i32;
        let paddings = Constant::Int32([0, 0, n, n, n, n, 0, 0].into());
        let paddings = self.constant(format!("{name}.paddings"), vec![4, 2], paddings);
        let size = from.size + 2 * zeros;
        let name = format!("{name}.pad");
        self.push(Op::Pad, &[from.id, paddings], name, size, from.channels)
    }

    /// The next convolution.
    fn conv(&mut self, from: At) -> At {
        let Some(conv) = self.convs.next() else {
            return from;
        };
        let spec = &conv.spec;
        let padded = self.pad(from, spec.padding(), &spec.name);
        let taps = spec.kernel * spec.kernel;
        let filters = conv.weights.chunks(spec.inputs * taps);
        let weights: Vec<f32> = filters
            .flat_map(|filter| transposed(filter, spec.inputs, taps))
            .collect();
        let shape = vec![spec.outputs, spec.kernel, spec.kernel, spec.inputs];
        let data = Constant::Float32(weights.into());
        let weights = self.constant(format!("{}.weight", spec.name), shape, data);
        let data = Constant::Float32(conv.bias.as_slice().into());
        let bias = self.constant(format!("{}.bias", spec.name), vec![spec.outputs], data);
        let op = Op::Conv2d(Conv2d {
            padding: Padding::Valid,
            stride: [spec.stride; 2],
            dilation: [1, 1],
            activation: if spec.relu {
                Activation::Relu
            } else {
                Activation::None
            },
        });
        let size = (padded.size - spec.kernel) / spec.stride + 1;
        let inputs = [padded.id, weights, bias];
        self.push(op, &inputs, spec.name.clone(), size, spec.outputs)
    }

    /// 3×3, stride 2. What comes in is behind a ReLU, so that padding with zeros changes no maximum.
    fn pool(&mut self, from: At) -> At {
        let padded = self.pad(from, 1, "maxpool");
        let op = Op::MaxPool2d(Pool2d {
            padding: Padding::Valid,
            stride: [2, 2],
            filter: [3, 3],
            activation: Activation::None,
        });
        let size = (padded.size - 3) / 2 + 1;
        self.push(op, &[padded.id], "maxpool".to_owned(), size, from.channels)
    }

    fn add(&mut self, block: &str, inside: At, around: At) -> At {
        let op = Op::Add(Activation::Relu);
        let name = format!("{block}.add_relu");
        let inputs = [inside.id, around.id];
        self.push(op, &inputs, name, inside.size, inside.channels)
    }

    /// Over all that is left of the picture. Not TFLite's MEAN, which rounds means of few integers up.
    fn average(&mut self, from: At) -> TensorId {
        let op = Op::AveragePool2d(Pool2d {
            padding: Padding::Valid,
            stride: [1, 1],
            filter: [from.size; 2],
            activation: Activation::None,
        });
        let inputs = [from.id];
        self.push(op, &inputs, "avgpool".to_owned(), 1, from.channels)
            .id
    }

    fn dense(&mut self, from: TensorId, weights: &[f32], bias: &[f32]) -> TensorId {
        let shape = vec![CLASSES, FEATURES];
        let data = Constant::Float32(weights.into());
        let weights = self.constant("fc.weight".to_owned(), shape, data);
        let data = Constant::Float32(bias.into());
        let bias = self.constant("fc.bias".to_owned(), vec![CLASSES], data);
        let op = Op::FullyConnected(FullyConnected {
            keep_num_dims: false,
            asymmetric_inputs: false,
            activation: Activation::None,
        });
        let output = Tensor::activation("fc", vec![1, CLASSES], DType::Float32);
        self.graph.push(op, [from, weights, bias], output)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;
    use crate::tensors::OutTensor;

    #[test]
    fn it_has_torchvisions_parameters() {
        let network = ResNet18::seeded(0).unwrap();
        // 11,689,512, of which each batch normalization has two a channel; a folded bias is one.
        let channels: usize = network.convs.iter().map(|conv| conv.bias.len()).sum();
        assert_eq!(network.parameters(), 11_689_512 - channels);
        assert_eq!(network.convs.len(), 20);
    }

    #[test]
    fn it_is_a_valid_graph_at_any_size() {
        let network = ResNet18::seeded(0).unwrap();
        for size in [32, 56, 64, 224] {
            let graph = network.to_graph(size);
            assert_eq!(graph.validate(), Ok(()));
            assert_eq!(graph.tensor(graph.outputs[0]).unwrap().shape, [1, 1000]);
        }
    }

    /// A state dict with the numbers of a seed, and what `change` makes of it.
    fn checkpoint(seed: u32, change: impl Fn(&str, &mut Vec<f32>) -> bool) -> Vec<u8> {
        let mut random = RandomState::new(seed);
        let mut tensors = Vec::new();
        ResNet18::build(|name, shape| {
            let values = drawn(&mut random, name, shape);
            let mut written = values.clone();
            if change(name, &mut written) {
                let tensor = OutTensor::f32(shape.to_vec(), &written);
                tensors.push((name.to_owned(), tensor));
            }
            Ok(values)
        })
        .unwrap();
        crate::tensors::write(tensors, String::new()).unwrap()
    }

    #[test]
    fn a_checkpoint_is_read_by_torchvisions_names() {
        let file = checkpoint(3, |_, _| true);
        assert!(ResNet18::from_checkpoint(&file) == ResNet18::seeded(3));
    }

    #[test]
    fn a_checkpoint_that_does_not_fit_is_refused_by_the_tensors_name() {
        let name = "layer2.0.downsample.1.running_var";
        let without = checkpoint(3, |other, _| other != name);
        assert_eq!(
            ResNet18::from_checkpoint(&without),
            Err(ModelError::MissingTensor(name.to_owned()))
        );
        let negative = checkpoint(3, |other, values| {
            if other == name {
                values.fill(-1.0);
            }
            true
        });
        assert_eq!(
            ResNet18::from_checkpoint(&negative),
            Err(ModelError::NotFinite(name.to_owned()))
        );
        assert!(ResNet18::from_checkpoint(b"no file").is_err());
    }
}
