//! A network with its weights, as plain data.

use octet_graph::Normal;
use octet_quant::{PerChannel, QuantError, Rounding};

use crate::ModelError;
use crate::fold::fold_batch_norm;
use crate::spec::{LayerSpec, NetworkSpec};
use crate::tensors::TensorFile;

/// A network with its weights. Batch normalization is gone: every layer has a bias instead.
#[derive(Clone, Debug, PartialEq)]
pub struct Network {
    /// What it is made of.
    pub spec: NetworkSpec,
    /// As [`NetworkSpec::layers`] orders them.
    pub layers: Vec<Layer>,
}

/// One layer's numbers.
#[derive(Clone, Debug, PartialEq)]
pub struct Layer {
    /// Laid out as [`LayerSpec::weight_shape`] says.
    pub weights: Weights,
    /// One for each output channel, always float32.
    pub bias: Vec<f32>,
    /// How its output is distributed before the activation, where batch normalization knew it. Our own files do not
    /// hold it.
    pub normal: Option<Normal>,
}

/// Weights in one of the forms in which a file holds them.
#[derive(Clone, Debug, PartialEq)]
pub enum Weights {
    /// float32.
    Float(Vec<f32>),
    /// int8, symmetric, one scale an output channel.
    Int8(PerChannel),
}

impl Network {
    /// Reads a training checkpoint (safetensors, PyTorch's layout) and folds batch normalization.
    ///
    /// # Errors
    /// Any [`ModelError`] that a file can cause.
    pub fn from_checkpoint(spec: NetworkSpec, bytes: &[u8]) -> Result<Self, ModelError> {
        let file = TensorFile::parse(bytes)?;
        let layers = spec
            .layers()
            .map(|layer| {
                if let Some(norm) = &layer.norm {
                    return fold_batch_norm(&file, layer, norm, spec.norm_epsilon);
                }
                let weights = file.f32(&layer.weight_name(), &layer.weight_shape())?;
                Ok(Layer {
                    weights: Weights::Float(weights),
                    bias: file.f32(&layer.bias_name(), &[layer.outputs])?,
                    normal: None,
                })
            })
            .collect::<Result<_, ModelError>>()?;
        Ok(Self { spec, layers })
    }

    /// The same network with int8 weights: symmetric, per output channel; biases stay float32.
    ///
    /// # Errors
    /// [`ModelError::Quantize`], naming the layer.
    pub fn quantize_weights(&self, rounding: Rounding) -> Result<Self, ModelError> {
        let layers = self
            .pairs()
            .map(|(spec, layer)| {
                let weights = quantize_layer(spec, layer, rounding).map_err(|source| {
                    ModelError::Quantize {
                        layer: spec.name.clone(),
                        source,
                    }
                })?;
                Ok(Layer {
                    weights: Weights::Int8(weights),
                    bias: layer.bias.clone(),
                    // It was the float32 network's.
                    normal: None,
                })
            })
            .collect::<Result<_, ModelError>>()?;
        Ok(Self {
            spec: self.spec.clone(),
            layers,
        })
    }

    /// Each layer with what it is.
    pub fn pairs(&self) -> impl Iterator<Item = (&LayerSpec, &Layer)> {
        self.spec.layers().zip(&self.layers)
    }

    /// Weights and biases in all.
    pub fn parameters(&self) -> usize {
        self.layers
            .iter()
            .map(|layer| layer.weights.len() + layer.bias.len())
            .sum()
    }
}

/// One layer's weights in int8; those that are int8 already stay as they are.
fn quantize_layer(
    spec: &LayerSpec,
    layer: &Layer,
    rounding: Rounding,
) -> Result<PerChannel, QuantError> {
    match &layer.weights {
        Weights::Float(weights) => PerChannel::quantize(weights, spec.outputs, rounding),
        Weights::Int8(weights) => Ok(weights.clone()),
    }
}

impl Weights {
    /// How many there are.
    pub fn len(&self) -> usize {
        match self {
            Self::Float(weights) => weights.len(),
            Self::Int8(weights) => weights.values().len(),
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}
