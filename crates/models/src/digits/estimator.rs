//! The straight-through estimator, looked at on its own.

use burn::tensor::{Device, Tensor};
use octet_quant::{Granularity, QuantParams};

use super::fake_quantize::{Steps, fake_quantize};
use super::forward::to_vec;
use crate::ModelError;

/// For each value: what it is rounded to, and the gradient that comes back where 1 goes in.
///
/// # Errors
/// [`ModelError::Backend`].
pub fn straight_through(
    values: &[f32],
    params: QuantParams,
    device: &Device,
) -> Result<Vec<(f32, f32)>, ModelError> {
    let device = device.clone().autodiff();
    let steps = Steps {
        granularity: Granularity::PerTensor,
        params: vec![params],
    };
    let x = Tensor::<1>::from_floats(values, &device).require_grad();
    let y = fake_quantize(x.clone(), &steps);
    let rounded = to_vec(y.clone().without_autodiff())?;
    let gradients = y.sum().backward();
    let gradient = x.grad(&gradients).map_or_else(|| Ok(Vec::new()), to_vec)?;
    Ok(rounded.into_iter().zip(gradient).collect())
}
