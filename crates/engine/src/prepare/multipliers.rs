//! Fixed-point multipliers from scales, in TFLite's mixture of float and double.

use octet_quant::{Multiplier, MultiplierRounding};

use super::site::Affine;
use crate::Problem;

/// A multiplier as TFLite makes it.
pub(crate) fn multiplier(real: f64) -> Result<Multiplier, Problem> {
    Ok(Multiplier::from_real(real, MultiplierRounding::Double)?)
}

/// One multiplier for each of `channels`, from the product of the scales in double.
pub(crate) fn per_channel(
    input: Affine,
    weights: &[f32],
    output: Affine,
    channels: usize,
) -> Result<Vec<Multiplier>, Problem> {
    let one = |&weight: &f32| {
        multiplier(f64::from(input.scale) * f64::from(weight) / f64::from(output.scale))
    };
    match weights {
        [weight] => Ok(vec![one(weight)?; channels]),
        _ => weights.iter().map(one).collect(),
    }
}

/// The same multiplier for each of `channels`, from the product of the scales in float (TFLite's
/// `GetQuantizedConvolutionMultipler`).
pub(crate) fn per_tensor(
    input: Affine,
    weights: f32,
    output: Affine,
    channels: usize,
) -> Result<Vec<Multiplier>, Problem> {
    let one = multiplier(f64::from(input.scale * weights) / f64::from(output.scale))?;
    Ok(vec![one; channels])
}
