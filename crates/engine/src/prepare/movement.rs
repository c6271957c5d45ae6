//! Operators that move numbers and never look at them: concat, transpose, strided slice. They work on bytes.

use octet_graph::{Activation, DType, Tensor};

use super::site::{Site, affine, elements};
use crate::Problem;
use crate::byte::Byte;
use crate::reference::concat::{Concat, Part};
use crate::reference::strided::Strided;
use crate::reference::unary::Lookup;
use crate::step::Kernel;

pub(super) fn concat(
    site: &Site<'_>,
    axis: usize,
    activation: Activation,
) -> Result<Kernel, Problem> {
    let output = site.output()?;
    let mismatch = || Problem::Shape("the inputs do not join to the output".to_owned());
    if activation != Activation::None {
        return Err(Problem::Parameter(
            "an activation is not supported".to_owned(),
        ));
    }
    let outer = length(output.shape.get(..axis).ok_or_else(mismatch)?)?;
    let mut parts = Vec::new();
    for index in 0..site.node.inputs.len() {
        let input = site.input(index)?;
        if input.dtype != output.dtype || outer == 0 {
            return Err(site.unsupported());
        }
        parts.push(Part {
            bytes: bytes(input)? / outer,
            rescale: rescale(input, output)?,
        });
    }
    let block = bytes(output)? / outer.max(1);
    let joined = parts
        .iter()
        .try_fold(0_usize, |sum, part| sum.checked_add(part.bytes));
    if joined != Some(block) {
        return Err(mismatch());
    }
    Ok(Kernel::Concat(Concat {
        outer,
        block,
        parts,
    }))
}

/// uint8 is brought to the output's scale, in float as TFLite does; other types have the output's scale.
fn rescale(input: &Tensor, output: &Tensor) -> Result<Option<Lookup>, Problem> {
    if input.dtype != DType::Uint8 {
        return Ok(None);
    }
    let (from, to) = (affine(input)?, affine(output)?);
    if from == to {
        return Ok(None);
    }
    let ratio = from.scale * (1.0 / to.scale);
    let offset = -from.zero_point as f32 * ratio;
    Ok(Some(Lookup::new::<u8, u8>(|value| {
        let steps = (value as f32 * ratio + offset).round() as i32;
        u8::saturate(steps.saturating_add(to.zero_point))
    })))
}

pub(super) fn transpose(site: &Site<'_>) -> Result<Kernel, Problem> {
    let (input, output) = (site.input(0)?, site.output()?);
    if input.dtype != output.dtype {
        return Err(site.unsupported());
    }
    let wrong = || Problem::Parameter("the axes are no permutation".to_owned());
    let steps = steps(input)?;
    let mut taken = vec![false; steps.len()];
    let mut axes = Vec::new();
    for (axis, &length) in site.integers(1)?.into_iter().zip(&output.shape) {
        let axis = usize::try_from(axis).map_err(|_| wrong())?;
        let once = taken.get_mut(axis).filter(|taken| !**taken);
        *once.ok_or_else(wrong)? = true;
        if input.shape[axis] != length {
            return Err(Problem::Shape(format!(
                "axis {axis} of {:?} is no axis of {length}",
                input.shape
            )));
        }
        axes.push((length, steps[axis]));
    }
    if axes.len() != steps.len() || axes.len() != output.shape.len() {
        return Err(wrong());
    }
    Ok(strided(0, axes, input.dtype.bytes()))
}

pub(super) fn strided_slice(site: &Site<'_>) -> Result<Kernel, Problem> {
    let (input, output) = (site.input(0)?, site.output()?);
    if input.dtype != output.dtype {
        return Err(site.unsupported());
    }
    let slices = site.graph.slices(site.node);
    let slices = slices.map_err(|error| Problem::Parameter(error.to_string()))?;
    let outside = || Problem::Parameter("the slice reaches outside of the input".to_owned());
    let mut start = 0;
    let mut axes = Vec::new();
    for ((slice, step), &length) in slices.iter().zip(steps(input)?).zip(&input.shape) {
        let stride = isize::try_from(slice.stride).map_err(|_| outside())?;
        let reach = slice.length.saturating_sub(1);
        let last = isize::try_from(reach)
            .ok()
            .and_then(|reach| reach.checked_mul(stride))
            .and_then(|reach| slice.start.checked_add_signed(reach));
        if slice.start >= length || last.is_none_or(|last| last >= length) {
            return Err(outside());
        }
        start += slice.start * step.unsigned_abs();
        // A stride that is never taken may be too large for a product.
        let step = if slice.length == 1 { 0 } else { stride * step };
        axes.push((slice.length, step));
    }
    let taken = length(&axes.iter().map(|axis| axis.0).collect::<Vec<_>>())?;
    if taken != elements(output)? || axes.len() != input.shape.len() {
        return Err(outside());
    }
    Ok(strided(start, axes, input.dtype.bytes()))
}

/// Runs of neighbouring bytes become one.
fn strided(start: usize, mut axes: Vec<(usize, isize)>, bytes: usize) -> Kernel {
    let mut run = bytes;
    while let Some(&(length, step)) = axes.last() {
        if length != 1 && step != run as isize {
            break;
        }
        run *= length;
        axes.pop();
    }
    Kernel::Strided(Strided { start, axes, run })
}

/// How many bytes one index of each axis spans.
fn steps(tensor: &Tensor) -> Result<Vec<isize>, Problem> {
    bytes(tensor)?;
    let mut span = tensor.dtype.bytes();
    let mut steps: Vec<_> = tensor
        .shape
        .iter()
        .rev()
        .map(|length| {
            let step = span as isize;
            span *= length;
            step
        })
        .collect();
    steps.reverse();
    Ok(steps)
}

fn bytes(tensor: &Tensor) -> Result<usize, Problem> {
    let bytes = elements(tensor)?.checked_mul(tensor.dtype.bytes());
    bytes
        .filter(|&bytes| isize::try_from(bytes).is_ok())
        .ok_or_else(|| Problem::Shape(format!("tensor “{}” is too large", tensor.name)))
}

fn length(lengths: &[usize]) -> Result<usize, Problem> {
    let product = lengths
        .iter()
        .try_fold(1_usize, |product, &length| product.checked_mul(length));
    product.ok_or_else(|| Problem::Shape(format!("the shape {lengths:?} is too large")))
}
