//! Matrix products.

use octet_graph::{Activation, Constant, DType, FullyConnected};

use super::conv::{Bias, one_each};
use super::site::{Site, affine, clamp_float, clamp_quantized, elements, weight_scales};
use crate::Problem;
use crate::byte::Byte;
use crate::reference::fully_connected::{
    FullyConnectedFloat, FullyConnectedHybrid, FullyConnectedQuantized, Matrix,
};
use crate::requantize::RequantizeReal;
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
            let scales = weight_scales(weights, 0, outputs)?;
            Kernel::FullyConnectedI8(FullyConnectedQuantized {
                matrix,
                weights: numbers.clone(),
                weights_zero_point: 0,
                bias: bias.integer()?,
                input_zero_point: affine(input)?.zero_point,
                requantize: requantize::<i8>(site, &one_each(scales, outputs), op.activation)?,
            })
        }
        (DType::Uint8, Constant::Uint8(numbers), DType::Uint8) => {
            let by = affine(weights)?;
            Kernel::FullyConnectedU8(FullyConnectedQuantized {
                matrix,
                weights: numbers.clone(),
                weights_zero_point: by.zero_point,
                bias: bias.integer()?,
                input_zero_point: affine(input)?.zero_point,
                requantize: requantize::<u8>(site, &vec![by.scale; outputs], op.activation)?,
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

fn requantize<T: Byte>(
    site: &Site<'_>,
    scales: &[f32],
    activation: Activation,
) -> Result<RequantizeReal, Problem> {
    let (from, to) = (affine(site.input(0)?)?, affine(site.output()?)?);
    let ratio = |&scale: &f32| f64::from(from.scale) * f64::from(scale) / f64::from(to.scale);
    Ok(RequantizeReal {
        ratios: scales.iter().map(ratio).collect(),
        zero_point: to.zero_point,
        clamp: clamp_quantized::<T>(activation, to),
    })
}
