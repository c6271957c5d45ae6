//! Folding batch normalization into the convolution before it.

use octet_graph::Normal;

use crate::ModelError;
use crate::network::{Layer, Weights};
use crate::spec::LayerSpec;
use crate::tensors::TensorFile;

/// What a batch normalization holds, one of each a channel.
pub(crate) struct Norm {
    pub(crate) gamma: Vec<f32>,
    pub(crate) beta: Vec<f32>,
    pub(crate) mean: Vec<f32>,
    pub(crate) variance: Vec<f32>,
}

/// Makes the convolution do what it and its batch normalization do together:
/// `w' = w · γ / √(σ² + ε)` for each output channel, `b' = β − μ · γ / √(σ² + ε)` (Jacob et al. 2018,
/// arXiv 1712.05877, section 3.2). Computed in float64, rounded once. Gives b' and each channel's standard deviation
/// behind it, |γ| · √(σ² / (σ² + ε)).
pub(crate) fn fold(weights: &mut [f32], norm: &Norm, epsilon: f64) -> (Vec<f32>, Vec<f32>) {
    let outputs = norm.gamma.len();
    let mut bias = Vec::with_capacity(outputs);
    let mut deviation = Vec::with_capacity(outputs);
    let per_channel = (weights.len() / outputs.max(1)).max(1);
    let channels = weights.chunks_exact_mut(per_channel);
    for ((((weights, gamma), beta), mean), variance) in channels
        .zip(&norm.gamma)
        .zip(&norm.beta)
        .zip(&norm.mean)
        .zip(&norm.variance)
    {
        let (gamma, variance) = (f64::from(*gamma), f64::from(*variance));
        let factor = gamma / (variance + epsilon).sqrt();
        for weight in weights {
            *weight = (f64::from(*weight) * factor) as f32;
        }
        bias.push((f64::from(*beta) - f64::from(*mean) * factor) as f32);
        deviation.push((gamma.abs() * (variance / (variance + epsilon)).sqrt()) as f32);
    }
    (bias, deviation)
}

/// The layer with its batch normalization folded in, and what the normalization knew of its output: mean β and the
/// standard deviation that [`fold`] gives.
pub(crate) fn fold_batch_norm(
    file: &TensorFile<'_>,
    layer: &LayerSpec,
    norm: &str,
    epsilon: f64,
) -> Result<Layer, ModelError> {
    let mut weights = file.f32(&layer.weight_name(), &layer.weight_shape())?;
    let channel = |part: &str| file.f32(&format!("{norm}.{part}"), &[layer.outputs]);
    let numbers = Norm {
        gamma: channel("weight")?,
        beta: channel("bias")?,
        mean: channel("running_mean")?,
        variance: channel("running_var")?,
    };
    let (bias, deviation) = fold(&mut weights, &numbers, epsilon);
    // A negative variance, which no training leaves behind, would have made a NaN.
    let mut values = weights.iter().chain(&bias).chain(&deviation);
    if values.any(|value| !value.is_finite()) {
        return Err(ModelError::NotFinite(format!("{norm}.running_var")));
    }
    Ok(Layer {
        weights: Weights::Float(weights),
        bias,
        normal: Some(Normal {
            mean: numbers.beta,
            deviation,
        }),
    })
}
