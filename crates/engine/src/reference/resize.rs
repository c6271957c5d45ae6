//! Images of another height and width.

use crate::byte::{Byte, part};

/// How the rows (or columns) of the output lie in the input.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Axis {
    /// How many go in, at least 1.
    pub(crate) input: usize,
    /// How many come out, at least 1.
    pub(crate) output: usize,
    /// Whether the first and last of both coincide.
    pub(crate) align_corners: bool,
    /// Whether a row's place is its middle.
    pub(crate) half_pixel_centers: bool,
}

/// Between two rows of the input, `weight` of the way to the second: in rows, or in 1/1024 of a row. The weight
/// may be outside of [0, 1] at the edges, where both rows are the same.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Between<W> {
    rows: [usize; 2],
    weight: W,
}

impl Axis {
    fn scale(&self) -> f32 {
        if self.align_corners && self.output > 1 {
            (self.input - 1) as f32 / (self.output - 1) as f32
        } else {
            self.input as f32 / self.output as f32
        }
    }

    /// TFLite's `ComputeInterpolationValues`.
    fn between_float(&self, row: usize) -> Between<f32> {
        let at = if self.half_pixel_centers {
            (row as f32 + 0.5) * self.scale() - 0.5
        } else {
            row as f32 * self.scale()
        };
        // Below 0 saturates to 0.
        let lower = (at.floor() as usize).min(self.input - 1);
        let upper = (at.ceil() as usize).min(self.input - 1);
        Between {
            rows: [lower, upper],
            weight: at - lower as f32,
        }
    }

    /// TFLite's `ComputeInterpolationValuesInteger`.
    fn between_integer(&self, row: usize) -> Between<i64> {
        let (input, output) = (self.input as i64, self.output as i64);
        let scale = if self.align_corners && output > 1 {
            (ONE * (input - 1) + (output - 1) / 2) / (output - 1)
        } else {
            (ONE * input + output / 2) / output
        };
        let at = if self.half_pixel_centers {
            row as i64 * scale + scale / 2 - ONE / 2
        } else {
            row as i64 * scale
        };
        // Divisions round to zero.
        let lower = (at / ONE).clamp(0, input - 1);
        let upper = ((at + ONE - 1) / ONE).clamp(0, input - 1);
        Between {
            rows: [lower as usize, upper as usize],
            weight: at - lower * ONE,
        }
    }

    /// TFLite's `GetNearestNeighbor`.
    fn nearest(&self, row: usize) -> usize {
        let offset = if self.half_pixel_centers { 0.5 } else { 0.0 };
        let at = (row as f32 + offset) * self.scale();
        let at = if self.align_corners {
            at.round()
        } else {
            at.floor()
        };
        (at as usize).min(self.input - 1)
    }
}

/// A row in 1/1024 of a row.
const ONE: i64 = 1 << 10;

/// Bilinear interpolation: in float for float32 and uint8, in integers for int8.
#[derive(Clone, Debug)]
pub(crate) struct ResizeBilinear {
    pub(crate) batch: usize,
    pub(crate) rows: Axis,
    pub(crate) columns: Axis,
    pub(crate) channels: usize,
}

impl ResizeBilinear {
    pub(crate) fn run_float(&self, input: &[f32], output: &mut [f32]) {
        let mut numbers = output.iter_mut();
        self.corners(Axis::between_float, |corners, down, right| {
            if let Some(y) = numbers.next() {
                *y = interpolate(corners.map(|corner| input[corner]), down, right);
            }
        });
    }

    pub(crate) fn run_u8(&self, input: &[u8], output: &mut [u8]) {
        let mut numbers = output.iter_mut();
        self.corners(Axis::between_float, |corners, down, right| {
            if let Some(y) = numbers.next() {
                let corners = corners.map(|corner| f32::from(input[corner]));
                *y = (interpolate(corners, down, right) + 0.5) as u8;
            }
        });
    }

    pub(crate) fn run_i8(&self, input: &[i8], output: &mut [i8]) {
        let mut numbers = output.iter_mut();
        self.corners(Axis::between_integer, |corners, down, right| {
            let [upper_left, lower_left, upper_right, lower_right] =
                corners.map(|corner| i64::from(input[corner]));
            let sum = upper_left * (ONE - down) * (ONE - right)
                + lower_left * down * (ONE - right)
                + upper_right * (ONE - down) * right
                + lower_right * down * right;
            // Half away from zero.
            let half = if sum > 0 { 1 << 19 } else { -(1 << 19) };
            if let Some(y) = numbers.next() {
                *y = i8::saturate(((sum + half) / (ONE * ONE)) as i32);
            }
        });
    }

    /// Calls `visit` for each output number, in order, with the places of the four that it lies between (upper
    /// left, lower left, upper right, lower right) and the weights down and to the right.
    fn corners<W: Copy>(
        &self,
        between: impl Fn(&Axis, usize) -> Between<W>,
        mut visit: impl FnMut([usize; 4], W, W),
    ) {
        for batch in 0..self.batch {
            for row in 0..self.rows.output {
                let row = between(&self.rows, row);
                for column in 0..self.columns.output {
                    let column = between(&self.columns, column);
                    let pixel = |y: usize, x: usize| {
                        let row = batch * self.rows.input + row.rows[y];
                        (row * self.columns.input + column.rows[x]) * self.channels
                    };
                    let pixels = [pixel(0, 0), pixel(1, 0), pixel(0, 1), pixel(1, 1)];
                    for channel in 0..self.channels {
                        let corners = pixels.map(|pixel| pixel + channel);
                        visit(corners, row.weight, column.weight);
                    }
                }
            }
        }
    }
}

/// In TFLite's order of additions.
fn interpolate(corners: [f32; 4], down: f32, right: f32) -> f32 {
    let [upper_left, lower_left, upper_right, lower_right] = corners;
    upper_left * (1.0 - down) * (1.0 - right)
        + lower_left * down * (1.0 - right)
        + upper_right * (1.0 - down) * right
        + lower_right * down * right
}

/// The nearest pixel. Numbers of any type, as bytes.
#[derive(Clone, Debug)]
pub(crate) struct ResizeNearest {
    pub(crate) batch: usize,
    pub(crate) rows: Axis,
    pub(crate) columns: Axis,
    /// Bytes of a pixel.
    pub(crate) pixel: usize,
}

impl ResizeNearest {
    pub(crate) fn run(&self, input: &[u8], output: &mut [u8]) {
        let mut pixels = output.chunks_exact_mut(self.pixel);
        for batch in 0..self.batch {
            for row in 0..self.rows.output {
                let row = batch * self.rows.input + self.rows.nearest(row);
                for column in 0..self.columns.output {
                    let pixel = row * self.columns.input + self.columns.nearest(column);
                    if let Some(y) = pixels.next() {
                        y.copy_from_slice(&input[part(pixel, self.pixel)]);
                    }
                }
            }
        }
    }
}
