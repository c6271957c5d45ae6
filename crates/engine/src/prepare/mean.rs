//! Means over axes.

use octet_graph::DType;
use octet_quant::{Multiplier, MultiplierRounding};

use super::multipliers::multiplier;
use super::site::{Affine, Site, affine, elements};
use crate::Problem;
use crate::reference::mean::{MeanFloat, MeanQuantized, Reduction};
use crate::step::Kernel;

pub(super) fn mean(site: &Site<'_>) -> Result<Kernel, Problem> {
    let (input, output) = (site.input(0)?, site.output()?);
    let rank = input.shape.len();
    let mut averaged = vec![false; rank];
    for axis in site.integers(1)? {
        let counted = usize::try_from(axis).ok();
        let from_end = || rank.checked_sub(usize::try_from(axis.unsigned_abs()).ok()?);
        let flag = counted
            .or_else(from_end)
            .and_then(|axis| averaged.get_mut(axis));
        *flag.ok_or_else(|| Problem::Parameter(format!("there is no axis {axis}")))? = true;
    }
    let count = elements(input)?;
    let reduction = Reduction::new(&input.shape, &averaged);
    if count == 0 || elements(output)?.checked_mul(reduction.count) != Some(count) {
        return Err(Problem::Shape(format!(
            "the means of {:?} do not have the shape {:?}",
            input.shape, output.shape
        )));
    }
    Ok(match (input.dtype, output.dtype) {
        (DType::Float32, DType::Float32) => Kernel::MeanF32(MeanFloat { reduction }),
        (DType::Int8, DType::Int8) => Kernel::MeanI8(quantized(site, reduction)?),
        (DType::Uint8, DType::Uint8) => Kernel::MeanU8(quantized(site, reduction)?),
        _ => return Err(site.unsupported()),
    })
}

fn quantized(site: &Site<'_>, reduction: Reduction) -> Result<MeanQuantized, Problem> {
    let (from, to) = (affine(site.input(0)?)?, affine(site.output()?)?);
    Ok(MeanQuantized {
        multiplier: with_count(ratio(from, to)?, reduction.count)?,
        reduction,
        input_zero_point: from.zero_point,
        output_zero_point: to.zero_point,
    })
}

fn ratio(from: Affine, to: Affine) -> Result<Multiplier, Problem> {
    multiplier(f64::from(from.scale) / f64::from(to.scale))
}

/// The multiplier over the count, which loses as few bits as the shift allows.
fn with_count(multiplier: Multiplier, count: usize) -> Result<Multiplier, Problem> {
    let count = count as i64;
    let shift = (63 - count.leading_zeros() as i32)
        .min(32)
        .min(31 + multiplier.shift());
    let divided = (i64::from(multiplier.multiplier()) << shift) / count;
    Ok(Multiplier::new(
        divided as i32,
        multiplier.shift() - shift,
        MultiplierRounding::Double,
    )?)
}
