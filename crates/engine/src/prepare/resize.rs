//! Images of another height and width.

use octet_graph::{DType, Resize, Tensor};

use super::site::{Site, rank4};
use crate::Problem;
use crate::reference::resize::{Axis, ResizeBilinear, ResizeNearest};
use crate::step::Kernel;

pub(super) fn resize_bilinear(site: &Site<'_>, op: &Resize) -> Result<Kernel, Problem> {
    let (input, output) = (site.input(0)?, site.output()?);
    let [rows, columns] = axes(input, output, op)?;
    let kernel = ResizeBilinear {
        batch: input.shape[0],
        rows,
        columns,
        channels: input.shape[3],
    };
    Ok(match (input.dtype, output.dtype) {
        (DType::Float32, DType::Float32) => Kernel::ResizeBilinearF32(kernel),
        (DType::Int8, DType::Int8) => Kernel::ResizeBilinearI8(kernel),
        (DType::Uint8, DType::Uint8) => Kernel::ResizeBilinearU8(kernel),
        _ => return Err(site.unsupported()),
    })
}

pub(super) fn resize_nearest(site: &Site<'_>, op: &Resize) -> Result<Kernel, Problem> {
    let (input, output) = (site.input(0)?, site.output()?);
    let [rows, columns] = axes(input, output, op)?;
    if input.dtype != output.dtype {
        return Err(site.unsupported());
    }
    Ok(Kernel::ResizeNearest(ResizeNearest {
        batch: input.shape[0],
        rows,
        columns,
        pixel: input.shape[3] * input.dtype.bytes(),
    }))
}

/// Height and width of images of at least one pixel, with no other batch or channels.
fn axes(input: &Tensor, output: &Tensor, op: &Resize) -> Result<[Axis; 2], Problem> {
    let (from, to) = (rank4(input)?, rank4(output)?);
    let empty = from.contains(&0) || to.contains(&0);
    if empty || from[0] != to[0] || from[3] != to[3] {
        return Err(Problem::Shape(format!(
            "{from:?} can’t be resized to {to:?}"
        )));
    }
    Ok([1, 2].map(|axis| Axis {
        input: from[axis],
        output: to[axis],
        align_corners: op.align_corners,
        half_pixel_centers: op.half_pixel_centers,
    }))
}
