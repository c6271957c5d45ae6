//! Matrix products.

use octet_graph::{Constant, DType, FullyConnected};

use super::conv::{Bias, one_each};
use super::multipliers::{per_channel, per_tensor};
use super::site::{Site, affine, clamp_float, clamp_quantized, elements, weight_scales};
use crate::Problem;
use crate::reference::fully_connected::{
    FullyConnectedFloat, FullyConnectedHybrid, FullyConnectedQuantized, Matrix,
};
use crate::requantize::Requantize;
use crate::step::Kernel;

pub(super) fn fully_connected(site: &Site<'_>, op: &FullyConnected) -> Result<Kernel, Problem> {
    let (input, weights, output) = (site.input(0)?, site.input(1)?, site.output()?);
    let mismatch = || {
        Problem::Shape(format!(
            "input {:?}, weights {:?} and output {:?} do not go together",
            input.shape, weights.shape, output.shape
        ))
    };
    let &[outputs, inputs] = weights.shape.as_slice() else {
        return Err(mismatch());
    };
    let rows = elements(input)?.checked_div(inputs).ok_or_else(mismatch)?;
    if rows.checked_mul(inputs) != Some(elements(input)?)
        || rows.checked_mul(outputs) != Some(elements(output)?)
        || outputs == 0
    {
        return Err(mismatch());
    }
    let matrix = Matrix {
        rows,
        inputs,
        outputs,
    };
    let bias = Bias::new(site, outputs)?;
    Ok(match (input.dtype, site.constant(1)?, output.dtype) {
        (DType::Float32, Constant::Float32(weights), DType::Float32) => {
            Kernel::FullyConnectedF32(FullyConnectedFloat {
                matrix,
                weights: weights.clone(),
                bias: bias.float()?,
                clamp: clamp_float(op.activation),
            })
        }
        (DType::Int8, Constant::Int8(numbers), DType::Int8) => {
            let (from, to) = (affine(input)?, affine(output)?);
            // With one scale TFLite computes the multiplier differently, and there may be a zero point.
            let (multipliers, weights_zero_point) = match affine(weights) {
                Ok(by) => (per_tensor(from, by.scale, to, outputs)?, by.zero_point),
                Err(_) => {
                    let scales = weight_scales(weights, 0, outputs)?;
                    (per_channel(from, scales, to, outputs)?, 0)
                }
            };
            Kernel::FullyConnectedI8(FullyConnectedQuantized {
                matrix,
                weights: numbers.clone(),
                weights_zero_point,
                bias: bias.integer()?,
                input_zero_point: from.zero_point,
                requantize: Requantize {
                    multipliers,
                    zero_point: to.zero_point,
                    clamp: clamp_quantized::<i8>(op.activation, to),
                },
            })
        }
        (DType::Uint8, Constant::Uint8(numbers), DType::Uint8) => {
            let (from, by, to) = (affine(input)?, affine(weights)?, affine(output)?);
            Kernel::FullyConnectedU8(FullyConnectedQuantized {
                matrix,
                weights: numbers.clone(),
                weights_zero_point: by.zero_point,
                bias: bias.integer()?,
                input_zero_point: from.zero_point,
                requantize: Requantize {
                    multipliers: per_tensor(from, by.scale, to, outputs)?,
                    zero_point: to.zero_point,
                    clamp: clamp_quantized::<u8>(op.activation, to),
                },
            })
        }
        (DType::Float32, Constant::Int8(numbers), DType::Float32) => {
            let scales = weight_scales(weights, 0, outputs)?;
            Kernel::FullyConnectedHybrid(FullyConnectedHybrid {
                matrix,
                weights: numbers.clone(),
                scales: one_each(scales, outputs),
                asymmetric: op.asymmetric_inputs,
                bias: bias.float()?,
                clamp: clamp_float(op.activation),
            })
        }
        _ => return Err(site.unsupported()),
    })
}
