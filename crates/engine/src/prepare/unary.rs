//! Operators that look at one number at a time.

use octet_graph::{Activation, DType, Tensor};

use super::multipliers::multiplier;
use super::site::{Affine, Site, affine, clamp_float, clamp_quantized, same_elements};
use crate::Problem;
use crate::byte::Byte;
use crate::reference::hard_swish::HardSwish;
use crate::reference::quantize::{Dequantize, Quantize};
use crate::reference::softmax::{SoftmaxFloat, SoftmaxQuantized};
use crate::reference::unary::{Function, Lookup, UnaryFloat};
use crate::step::Kernel;

/// Relu and Relu6.
pub(super) fn clamp(site: &Site<'_>, activation: Activation) -> Result<Kernel, Problem> {
    let (input, output) = in_and_out(site)?;
    Ok(match (input.dtype, output.dtype) {
        (DType::Float32, DType::Float32) => {
            let (least, largest) = clamp_float(activation);
            Kernel::UnaryF32(UnaryFloat {
                function: Function::Clamp(least, largest),
            })
        }
        (DType::Int8, DType::Int8) => Kernel::Lookup(clamp_table::<i8>(activation, input, output)?),
        (DType::Uint8, DType::Uint8) => {
            Kernel::Lookup(clamp_table::<u8>(activation, input, output)?)
        }
        _ => return Err(site.unsupported()),
    })
}

fn clamp_table<T: Byte>(
    activation: Activation,
    input: &Tensor,
    output: &Tensor,
) -> Result<Lookup, Problem> {
    let (from, to) = (affine(input)?, affine(output)?);
    // The ratio in float, as TFLite computes it here.
    let ratio = multiplier(f64::from(from.scale / to.scale))?;
    let (least, largest) = clamp_quantized::<T>(activation, to);
    Ok(Lookup::new::<T, T>(|value| {
        let scaled = ratio.apply(value - from.zero_point);
        T::saturate(scaled.wrapping_add(to.zero_point).max(least).min(largest))
    }))
}

/// Logistic and tanh; bytes by a table that is made in float.
pub(super) fn curve(site: &Site<'_>, function: Function) -> Result<Kernel, Problem> {
    let (input, output) = in_and_out(site)?;
    Ok(match (input.dtype, output.dtype) {
        (DType::Float32, DType::Float32) => Kernel::UnaryF32(UnaryFloat { function }),
        (DType::Int8, DType::Int8) => {
            Kernel::Lookup(curve_table::<i8>(function, affine(input)?, affine(output)?))
        }
        (DType::Uint8, DType::Uint8) => {
            Kernel::Lookup(curve_table::<u8>(function, affine(input)?, affine(output)?))
        }
        _ => return Err(site.unsupported()),
    })
}

fn curve_table<T: Byte>(function: Function, from: Affine, to: Affine) -> Lookup {
    let inverse = 1.0 / to.scale;
    Lookup::new::<T, T>(|value| {
        let real = from.scale * (value - from.zero_point) as f32;
        let steps = (function.apply(real) * inverse).round();
        T::saturate((steps + to.zero_point as f32) as i32)
    })
}

pub(super) fn hard_swish(site: &Site<'_>) -> Result<Kernel, Problem> {
    let (input, output) = in_and_out(site)?;
    let parameters = || {
        let (from, to) = (affine(input)?, affine(output)?);
        // All in float, as TFLite does.
        let fine_scale = (1.0_f32 / 128.0) * from.scale;
        let hard_swish = HardSwish {
            input_zero_point: from.zero_point,
            output_zero_point: to.zero_point,
            output: multiplier(f64::from(fine_scale / to.scale))?,
            reluish: multiplier(f64::from(fine_scale / (3.0_f32 / 32768.0)))?,
        };
        if hard_swish.output.shift() > 0 {
            return Err(Problem::Quantization(
                "the output’s scale is too small for the input’s".to_owned(),
            ));
        }
        Ok(hard_swish)
    };
    Ok(match (input.dtype, output.dtype) {
        (DType::Float32, DType::Float32) => Kernel::UnaryF32(UnaryFloat {
            function: Function::HardSwish,
        }),
        (DType::Int8, DType::Int8) => {
            let hard_swish = parameters()?;
            Kernel::Lookup(Lookup::new::<i8, i8>(|value| hard_swish.apply(value)))
        }
        (DType::Uint8, DType::Uint8) => {
            let hard_swish = parameters()?;
            Kernel::Lookup(Lookup::new::<u8, u8>(|value| hard_swish.apply(value)))
        }
        _ => return Err(site.unsupported()),
    })
}

pub(super) fn softmax(site: &Site<'_>, beta: f32) -> Result<Kernel, Problem> {
    let (input, output) = in_and_out(site)?;
    let depth = input.shape.last().copied().unwrap_or(1);
    if depth == 0 {
        return Err(Problem::Shape("there is nothing to normalize".to_owned()));
    }
    let quantized = || {
        let real = f64::from(beta) * f64::from(affine(input)?.scale) * f64::from(1 << 26);
        let largest = f64::from(i32::MAX);
        Ok::<_, Problem>(SoftmaxQuantized::new(depth, multiplier(real.min(largest))?))
    };
    Ok(match (input.dtype, output.dtype) {
        (DType::Float32, DType::Float32) => Kernel::SoftmaxF32(SoftmaxFloat { depth, beta }),
        (DType::Int8, DType::Int8) => Kernel::SoftmaxI8(quantized()?),
        (DType::Uint8, DType::Uint8) => Kernel::SoftmaxU8(quantized()?),
        _ => return Err(site.unsupported()),
    })
}

/// Reals to integers, or integers to others.
pub(super) fn quantize(site: &Site<'_>) -> Result<Kernel, Problem> {
    let (input, output) = in_and_out(site)?;
    let to = affine(output)?;
    let kernel = Quantize {
        scale: to.scale,
        zero_point: to.zero_point,
    };
    Ok(match (input.dtype, output.dtype) {
        (DType::Float32, DType::Int8) => Kernel::QuantizeI8(kernel),
        (DType::Float32, DType::Uint8) => Kernel::QuantizeU8(kernel),
        (DType::Int8, DType::Int8) => Kernel::Lookup(requantize::<i8, i8>(affine(input)?, to)?),
        (DType::Int8, DType::Uint8) => Kernel::Lookup(requantize::<i8, u8>(affine(input)?, to)?),
        (DType::Uint8, DType::Int8) => Kernel::Lookup(requantize::<u8, i8>(affine(input)?, to)?),
        (DType::Uint8, DType::Uint8) => Kernel::Lookup(requantize::<u8, u8>(affine(input)?, to)?),
        _ => return Err(site.unsupported()),
    })
}

fn requantize<A: Byte, B: Byte>(from: Affine, to: Affine) -> Result<Lookup, Problem> {
    let ratio = multiplier(f64::from(from.scale) / f64::from(to.scale))?;
    Ok(Lookup::new::<A, B>(|value| {
        let scaled = ratio.apply(value - from.zero_point);
        B::saturate(scaled.wrapping_add(to.zero_point))
    }))
}

pub(super) fn dequantize(site: &Site<'_>) -> Result<Kernel, Problem> {
    let (input, output) = in_and_out(site)?;
    let kernel = || {
        let from = affine(input)?;
        Ok::<_, Problem>(Dequantize {
            scale: from.scale,
            zero_point: from.zero_point,
        })
    };
    Ok(match (input.dtype, output.dtype) {
        (DType::Int8, DType::Float32) => Kernel::DequantizeI8(kernel()?),
        (DType::Uint8, DType::Float32) => Kernel::DequantizeU8(kernel()?),
        _ => return Err(site.unsupported()),
    })
}

/// The same bytes in another shape.
pub(super) fn reshape(site: &Site<'_>) -> Result<Kernel, Problem> {
    let (input, output) = in_and_out(site)?;
    if input.dtype != output.dtype {
        return Err(site.unsupported());
    }
    Ok(Kernel::Copy)
}

/// Input and output, which have as many numbers.
fn in_and_out<'a>(site: &Site<'a>) -> Result<(&'a Tensor, &'a Tensor), Problem> {
    let (input, output) = (site.input(0)?, site.output()?);
    same_elements(input, output)?;
    Ok((input, output))
}
