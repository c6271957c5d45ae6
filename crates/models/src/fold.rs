//! Folding batch normalization into the convolution before it.

use octet_graph::Normal;

use crate::ModelError;
use crate::network::{Layer, Weights};
use crate::spec::LayerSpec;
use crate::tensors::TensorFile;

/// The convolution that does what `layer` and its batch normalization do together:
/// `w' = w · γ / √(σ² + ε)` for each output channel, `b' = β − μ · γ / √(σ² + ε)` (Jacob et al. 2018,
/// arXiv 1712.05877, section 3.2). Computed in float64, rounded once. With it comes what the normalization knew: the
/// output has mean β and standard deviation |γ| · √(σ² / (σ² + ε)).
pub(crate) fn fold_batch_norm(
    file: &TensorFile<'_>,
    layer: &LayerSpec,
    norm: &str,
    epsilon: f64,
) -> Result<Layer, ModelError> {
    let mut weights = file.f32(&layer.weight_name(), &layer.weight_shape())?;
    let channel = |part: &str| file.f32(&format!("{norm}.{part}"), &[layer.outputs]);
    let (gamma, beta) = (channel("weight")?, channel("bias")?);
    let (mean, variance) = (channel("running_mean")?, channel("running_var")?);

    let mut bias = Vec::with_capacity(layer.outputs);
    let mut deviation = Vec::with_capacity(layer.outputs);
    let per_channel = weights.len() / layer.outputs;
    let channels = weights.chunks_exact_mut(per_channel);
    for ((((weights, gamma), beta), mean), variance) in
        channels.zip(gamma).zip(&beta).zip(mean).zip(variance)
    {
        let (gamma, variance) = (f64::from(gamma), f64::from(variance));
        let factor = gamma / (variance + epsilon).sqrt();
        for weight in weights {
            *weight = (f64::from(*weight) * factor) as f32;
        }
        bias.push((f64::from(*beta) - f64::from(mean) * factor) as f32);
        deviation.push((gamma.abs() * (variance / (variance + epsilon)).sqrt()) as f32);
    }
    // A negative variance, which no training leaves behind, would have made a NaN.
    let mut values = weights.iter().chain(&bias).chain(&deviation);
    if values.any(|value| !value.is_finite()) {
        return Err(ModelError::NotFinite(format!("{norm}.running_var")));
    }
    Ok(Layer {
        weights: Weights::Float(weights),
        bias,
        normal: Some(Normal {
            mean: beta,
            deviation,
        }),
    })
}
