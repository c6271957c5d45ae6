//! Octet's own model files: safetensors with one `<layer>.weight` and `<layer>.bias` a layer. Where the
//! weights are int8, `<layer>.weight_scale` holds one scale an output channel.

use octet_quant::PerChannel;
use safetensors::tensor::Dtype;

use crate::ModelError;
use crate::network::{Layer, Network, Weights};
use crate::spec::{LayerSpec, NetworkSpec};
use crate::tensors::{OutTensor, TensorFile, write};

impl Network {
    /// The bytes of a file from which [`Network::from_file`] makes the same network, without what
    /// batch normalization knew of it.
    ///
    /// # Errors
    /// [`ModelError::NotSafetensors`], were a layer's shape not to fit its weights.
    pub fn to_file(&self) -> Result<Vec<u8>, ModelError> {
        let mut tensors = Vec::with_capacity(self.layers.len() * 3);
        let mut scheme = "float32";
        for (spec, layer) in self.pairs() {
            let shape = spec.weight_shape();
            match &layer.weights {
                Weights::Float(weights) => {
                    tensors.push((spec.weight_name(), OutTensor::f32(shape, weights)));
                }
                Weights::Int8(weights) => {
                    scheme = "int8 weights, symmetric in [-127, 127], one scale an output channel";
                    let scales = OutTensor::f32(vec![spec.outputs], weights.scales());
                    tensors.push((spec.weight_name(), OutTensor::i8(shape, weights.values())));
                    tensors.push((spec.scale_name(), scales));
                }
            }
            tensors.push((
                spec.bias_name(),
                OutTensor::f32(vec![spec.outputs], &layer.bias),
            ));
        }
        write(tensors, format!("{}, {scheme}", self.spec.name))
    }

    /// Reads what [`Network::to_file`] wrote.
    ///
    /// # Errors
    /// Any [`ModelError`] that a file can cause.
    pub fn from_file(spec: NetworkSpec, bytes: &[u8]) -> Result<Self, ModelError> {
        let file = TensorFile::parse(bytes)?;
        let layers = spec
            .layers()
            .map(|layer| {
                let weights = read_weights(&file, layer)?;
                let bias = file.f32(&layer.bias_name(), &[layer.outputs])?;
                Ok(Layer {
                    weights,
                    bias,
                    normal: None,
                })
            })
            .collect::<Result<_, ModelError>>()?;
        Ok(Self { spec, layers })
    }
}

fn read_weights(file: &TensorFile<'_>, layer: &LayerSpec) -> Result<Weights, ModelError> {
    let (name, shape) = (layer.weight_name(), layer.weight_shape());
    if file.dtype(&name) != Some(Dtype::I8) {
        return Ok(Weights::Float(file.f32(&name, &shape)?));
    }
    let values = file.i8(&name, &shape)?;
    let scales = file.f32(&layer.scale_name(), &[layer.outputs])?;
    PerChannel::from_parts(values, scales)
        .map(Weights::Int8)
        .map_err(|source| ModelError::Quantize {
            layer: layer.name.clone(),
            source,
        })
}
