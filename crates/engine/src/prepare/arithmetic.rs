//! Sums, differences and products.

use octet_graph::{Activation, DType};

use super::multipliers::multiplier;
use super::site::{Site, affine, clamp_float, clamp_quantized};
use crate::Problem;
use crate::byte::Byte;
use crate::reference::arithmetic::{
    ADD_SHIFT, AddQuantized, Arithmetic, ArithmeticFloat, Broadcast, MulQuantized,
};
use crate::step::Kernel;

pub(super) fn arithmetic(
    site: &Site<'_>,
    arithmetic: Arithmetic,
    activation: Activation,
) -> Result<Kernel, Problem> {
    let (a, b, output) = (site.input(0)?, site.input(1)?, site.output()?);
    let broadcast = Broadcast::new(&a.shape, &b.shape, &output.shape).ok_or_else(|| {
        Problem::Shape(format!(
            "the shapes {:?} and {:?} do not give {:?}",
            a.shape, b.shape, output.shape
        ))
    })?;
    let add = arithmetic != Arithmetic::Mul;
    Ok(match (a.dtype, b.dtype, output.dtype) {
        (DType::Float32, DType::Float32, DType::Float32) => {
            Kernel::ArithmeticF32(ArithmeticFloat {
                arithmetic,
                broadcast,
                clamp: clamp_float(activation),
            })
        }
        (DType::Int8, DType::Int8, DType::Int8) if add => {
            Kernel::AddI8(sum::<i8>(site, arithmetic, broadcast, activation)?)
        }
        (DType::Uint8, DType::Uint8, DType::Uint8) if add => {
            Kernel::AddU8(sum::<u8>(site, arithmetic, broadcast, activation)?)
        }
        (DType::Int8, DType::Int8, DType::Int8) => {
            Kernel::MulI8(product::<i8>(site, broadcast, activation)?)
        }
        (DType::Uint8, DType::Uint8, DType::Uint8) => {
            Kernel::MulU8(product::<u8>(site, broadcast, activation)?)
        }
        _ => return Err(site.unsupported()),
    })
}

fn sum<T: Byte>(
    site: &Site<'_>,
    arithmetic: Arithmetic,
    broadcast: Broadcast,
    activation: Activation,
) -> Result<AddQuantized, Problem> {
    let inputs = [affine(site.input(0)?)?, affine(site.input(1)?)?];
    let output = affine(site.output()?)?;
    let twice_larger = f64::from(2.0 * inputs[0].scale.max(inputs[1].scale));
    let inputs_multiplier = |i: usize| multiplier(f64::from(inputs[i].scale) / twice_larger);
    let output_scale = (1 << ADD_SHIFT) as f32 * output.scale;
    Ok(AddQuantized {
        broadcast,
        subtract: arithmetic == Arithmetic::Sub,
        zero_points: inputs.map(|input| input.zero_point),
        multipliers: [inputs_multiplier(0)?, inputs_multiplier(1)?],
        output_multiplier: multiplier(twice_larger / f64::from(output_scale))?,
        output_zero_point: output.zero_point,
        clamp: clamp_quantized::<T>(activation, output),
    })
}

fn product<T: Byte>(
    site: &Site<'_>,
    broadcast: Broadcast,
    activation: Activation,
) -> Result<MulQuantized, Problem> {
    let inputs = [affine(site.input(0)?)?, affine(site.input(1)?)?];
    let output = affine(site.output()?)?;
    // In float, as TFLite does.
    let real = inputs[0].scale * inputs[1].scale / output.scale;
    Ok(MulQuantized {
        broadcast,
        zero_points: inputs.map(|input| input.zero_point),
        output_multiplier: multiplier(f64::from(real))?,
        output_zero_point: output.zero_point,
        clamp: clamp_quantized::<T>(activation, output),
    })
}
