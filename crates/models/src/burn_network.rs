//! A network's tensors on a Burn device, and the forward pass. Burn's layout is NCHW.

use burn::tensor::module::{adaptive_avg_pool2d, conv2d};
use burn::tensor::ops::ConvOptions;
use burn::tensor::{Device, Tensor, TensorData};
use octet_quant::PerChannel;

use crate::ModelError;
use crate::network::{Network, Weights};
use crate::spec::{LayerKind, LayerSpec, NetworkSpec};

/// A network whose float32 tensors live on a device. int8 weights stay int8, and are expanded when their
/// layer is run: Burn has no integer kernels, so this is what int8 weights cost there.
pub struct BurnNetwork {
    spec: NetworkSpec,
    layers: Vec<BurnLayer>,
    device: Device,
}

struct BurnLayer {
    spec: LayerSpec,
    weights: Stored,
    bias: Tensor<1>,
    /// Whether the block's input is kept from here on.
    opens_skip: bool,
    /// Whether that input is added to the output.
    closes_skip: bool,
}

#[allow(
    clippy::large_enum_variant,
    reason = "there is one a layer, and it stays where it is"
)]
enum Stored {
    Float(Tensor<4>),
    Int8(PerChannel),
}

/// One layer's weights, ready to multiply with.
pub struct LayerWeights(Tensor<4>);

/// A forward pass under way. Call [`Pass::weights`] and [`Pass::apply`] in turn until the first returns
/// None, then [`Pass::logits`].
pub struct Pass<'network> {
    network: &'network BurnNetwork,
    next: usize,
    activations: Tensor<4>,
    skip: Option<Tensor<4>>,
}

impl BurnNetwork {
    /// Hands the weights over to the device.
    pub fn new(network: Network, device: &Device) -> Self {
        let mut layers = Vec::with_capacity(network.layers.len());
        let mut numbers = network.layers.into_iter();
        let mut push = |spec: &LayerSpec, opens_skip, closes_skip| {
            let Some(layer) = numbers.next() else { return };
            let weights = match layer.weights {
                Weights::Float(weights) => Stored::Float(weight_tensor(weights, spec, device)),
                Weights::Int8(weights) => Stored::Int8(weights),
            };
            let bias = Tensor::from_data(TensorData::new(layer.bias, [spec.outputs]), device);
            layers.push(BurnLayer {
                spec: spec.clone(),
                weights,
                bias,
                opens_skip,
                closes_skip,
            });
        };
        for block in &network.spec.blocks {
            let last = block.layers.len() - 1;
            for (position, layer) in block.layers.iter().enumerate() {
                push(
                    layer,
                    block.skip && position == 0,
                    block.skip && position == last,
                );
            }
        }
        push(&network.spec.classifier, false, false);
        Self {
            spec: network.spec,
            layers,
            device: device.clone(),
        }
    }

    /// Layers that a pass runs.
    pub fn len(&self) -> usize {
        self.layers.len()
    }

    /// Whether there is nothing to run.
    pub fn is_empty(&self) -> bool {
        self.layers.is_empty()
    }

    /// Starts a forward pass over one photo: `height · width · 3` values, red, green, blue, row by row,
    /// from 0 to 255.
    ///
    /// # Errors
    /// [`ModelError::InputLength`].
    pub fn start(&self, pixels: &[f32]) -> Result<Pass<'_>, ModelError> {
        let size = self.spec.input_size;
        let expected = size * size * 3;
        if pixels.len() != expected {
            return Err(ModelError::InputLength {
                expected,
                found: pixels.len(),
            });
        }
        let (rgb, _) = pixels.as_chunks::<3>();
        let normalization = self.spec.normalization;
        let planes: Vec<f32> = (0..3)
            .flat_map(|c| {
                let (mean, std) = (normalization.mean[c], normalization.std[c]);
                rgb.iter().map(move |pixel| (pixel[c] - mean) / std)
            })
            .collect();
        let input = TensorData::new(planes, [1, 3, size, size]);
        let activations = Tensor::from_data(input, &self.device);
        Ok(Pass {
            network: self,
            next: 0,
            activations,
            skip: None,
        })
    }
}

impl Pass<'_> {
    /// The next layer's weights, expanded to float32 where they are int8; None when all layers have run.
    pub fn weights(&self) -> Option<LayerWeights> {
        let layer = self.network.layers.get(self.next)?;
        Some(LayerWeights(match &layer.weights {
            Stored::Float(weights) => weights.clone(),
            Stored::Int8(weights) => {
                weight_tensor(weights.dequantize(), &layer.spec, &self.network.device)
            }
        }))
    }

    /// Runs the next layer.
    pub fn apply(mut self, LayerWeights(weights): LayerWeights) -> Self {
        let Some(layer) = self.network.layers.get(self.next) else {
            return self;
        };
        self.next += 1;
        let spec = &layer.spec;
        let input = match spec.kind {
            LayerKind::Dense => adaptive_avg_pool2d(self.activations, [1, 1]),
            LayerKind::Conv | LayerKind::Depthwise => self.activations,
        };
        if layer.opens_skip {
            self.skip = Some(input.clone());
        }
        let [_, _, height, width] = input.dims();
        let pad = |length| spec.padding.zeros(length, spec.kernel, spec.stride);
        let options = ConvOptions::new_with_padding(
            [spec.stride; 2],
            [pad(height), pad(width)],
            [1; 2],
            if spec.kind == LayerKind::Depthwise {
                spec.outputs
            } else {
                1
            },
        );
        let mut output = conv2d(input, weights, Some(layer.bias.clone()), options);
        if spec.relu6 {
            output = output.clamp(0.0, 6.0);
        }
        if layer.closes_skip
            && let Some(skip) = self.skip.take()
        {
            output = output + skip;
        }
        self.activations = output;
        self
    }

    /// The classifier's outputs before softmax, one a class.
    ///
    /// # Errors
    /// [`ModelError::Backend`].
    pub fn logits(self) -> Result<Vec<f32>, ModelError> {
        self.activations
            .try_into_data()
            .map_err(|error| ModelError::Backend(error.to_string()))?
            .try_into_vec()
            .map_err(|error| ModelError::Backend(format!("{error:?}")))
    }
}

/// Weights as a convolution takes them; a dense layer is a 1×1 convolution.
fn weight_tensor(weights: Vec<f32>, spec: &LayerSpec, device: &Device) -> Tensor<4> {
    let shape = match spec.kind {
        LayerKind::Depthwise => [spec.outputs, 1, spec.kernel, spec.kernel],
        LayerKind::Conv | LayerKind::Dense => [spec.outputs, spec.inputs, spec.kernel, spec.kernel],
    };
    Tensor::from_data(TensorData::new(weights, shape), device)
}
