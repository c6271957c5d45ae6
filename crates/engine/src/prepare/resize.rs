//! Resizing: where each row and column of the output lies in the input.

use octet_graph::{DType, Resize};

use super::site::{Site, rank4};
use crate::Problem;
use crate::reference::resize::{Between, ResizeBilinear};
use crate::step::Kernel;

pub(super) fn resize_bilinear(site: &Site<'_>, op: &Resize) -> Result<Kernel, Problem> {
    let (input, output) = (site.input(0)?, site.output()?);
    let (from, to) = (rank4(input)?, rank4(output)?);
    check(from, to)?;
    let [batch, height, width, channels] = from;
    let input_shape = [height, width, channels];
    let float = || ResizeBilinear {
        batch,
        input: input_shape,
        rows: between_float(height, to[1], op),
        columns: between_float(width, to[2], op),
    };
    Ok(match (input.dtype, output.dtype) {
        (DType::Float32, DType::Float32) => Kernel::ResizeBilinearF32(float()),
        (DType::Uint8, DType::Uint8) => Kernel::ResizeBilinearU8(float()),
        (DType::Int8, DType::Int8) => Kernel::ResizeBilinearI8(ResizeBilinear {
            batch,
            input: input_shape,
            rows: between_integer(height, to[1], op),
            columns: between_integer(width, to[2], op),
        }),
        _ => return Err(site.unsupported()),
    })
}

/// Images of at least one pixel, and no other batch or channels.
pub(super) fn check(from: [usize; 4], to: [usize; 4]) -> Result<(), Problem> {
    let empty = from.contains(&0) || to.contains(&0);
    if empty || from[0] != to[0] || from[3] != to[3] {
        return Err(Problem::Shape(format!(
            "{from:?} can’t be resized to {to:?}"
        )));
    }
    Ok(())
}

/// Input rows for an output row, in float (TFLite's `ComputeInterpolationValues`).
fn between_float(input: usize, output: usize, op: &Resize) -> Vec<Between<f32>> {
    let scale = float_scale(input, output, op);
    let last = input - 1;
    let between = |row: usize| {
        let at = if op.half_pixel_centers {
            (row as f32 + 0.5) * scale - 0.5
        } else {
            row as f32 * scale
        };
        // Below 0 saturates to 0.
        let lower = (at.floor() as usize).min(last);
        let upper = (at.ceil() as usize).min(last);
        Between {
            rows: [lower, upper],
            weight: at - lower as f32,
        }
    };
    (0..output).map(between).collect()
}

fn float_scale(input: usize, output: usize, op: &Resize) -> f32 {
    if op.align_corners && output > 1 {
        (input - 1) as f32 / (output - 1) as f32
    } else {
        input as f32 / output as f32
    }
}

/// Input rows for an output row, in 1/1024 of a row (TFLite's `ComputeInterpolationValuesInteger`).
fn between_integer(input: usize, output: usize, op: &Resize) -> Vec<Between<i64>> {
    const ONE: i64 = 1 << 10;
    let (from, to) = (input as i64, output as i64);
    let scale = if op.align_corners && to > 1 {
        (ONE * (from - 1) + (to - 1) / 2) / (to - 1)
    } else {
        (ONE * from + to / 2) / to
    };
    let between = |row: i64| {
        let at = if op.half_pixel_centers {
            row * scale + scale / 2 - ONE / 2
        } else {
            row * scale
        };
        // Divisions round to zero.
        let lower = (at / ONE).clamp(0, from - 1);
        let upper = ((at + ONE - 1) / ONE).clamp(0, from - 1);
        Between {
            rows: [lower as usize, upper as usize],
            weight: at - lower * ONE,
        }
    };
    (0..to).map(between).collect()
}

/// The input row nearest to each output row (TFLite's `GetNearestNeighbor`).
pub(super) fn nearest(input: usize, output: usize, op: &Resize) -> Vec<usize> {
    let scale = float_scale(input, output, op);
    let offset = if op.half_pixel_centers { 0.5 } else { 0.0 };
    let row = |row: usize| {
        let at = (row as f32 + offset) * scale;
        let at = if op.align_corners {
            at.round()
        } else {
            at.floor()
        };
        (at as usize).min(input - 1)
    };
    (0..output).map(row).collect()
}
