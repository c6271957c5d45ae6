//! Images of another height and width.

use crate::byte::{Byte, part};

/// Where an output row or column lies in the input: between two rows, `weight` of the way to the second.
/// float32 in rows, int32 in 1/1024 of a row; outside of [0, 1] near the edges, where both rows are the same.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Between<W> {
    pub(crate) rows: [usize; 2],
    pub(crate) weight: W,
}

/// Bilinear interpolation. The weights are float for float32 and uint8, integers for int8.
#[derive(Clone, Debug)]
pub(crate) struct ResizeBilinear<W> {
    pub(crate) batch: usize,
    /// Height, width and channels of what goes in.
    pub(crate) input: [usize; 3],
    /// For each row of the output.
    pub(crate) rows: Vec<Between<W>>,
    /// For each column of the output.
    pub(crate) columns: Vec<Between<W>>,
}

impl<W: Copy> ResizeBilinear<W> {
    /// Calls `visit` for each output number, in order, with the places of the four that it lies between (upper
    /// left, lower left, upper right, lower right) and the weights down and to the right.
    fn corners(&self, mut visit: impl FnMut([usize; 4], W, W)) {
        let [height, width, channels] = self.input;
        for batch in 0..self.batch {
            for row in &self.rows {
                for column in &self.columns {
                    for channel in 0..channels {
                        let place = |y: usize, x: usize| {
                            ((batch * height + row.rows[y]) * width + column.rows[x]) * channels
                                + channel
                        };
                        let corners = [place(0, 0), place(1, 0), place(0, 1), place(1, 1)];
                        visit(corners, row.weight, column.weight);
                    }
                }
            }
        }
    }
}

impl ResizeBilinear<f32> {
    /// In TFLite's order of additions.
    fn interpolate(corners: [f32; 4], down: f32, right: f32) -> f32 {
        let [upper_left, lower_left, upper_right, lower_right] = corners;
        upper_left * (1.0 - down) * (1.0 - right)
            + lower_left * down * (1.0 - right)
            + upper_right * (1.0 - down) * right
            + lower_right * down * right
    }

    pub(crate) fn run_float(&self, input: &[f32], output: &mut [f32]) {
        let mut numbers = output.iter_mut();
        self.corners(|corners, down, right| {
            if let Some(y) = numbers.next() {
                *y = Self::interpolate(corners.map(|corner| input[corner]), down, right);
            }
        });
    }

    pub(crate) fn run_u8(&self, input: &[u8], output: &mut [u8]) {
        let mut numbers = output.iter_mut();
        self.corners(|corners, down, right| {
            if let Some(y) = numbers.next() {
                let corners = corners.map(|corner| f32::from(input[corner]));
                *y = (Self::interpolate(corners, down, right) + 0.5) as u8;
            }
        });
    }
}

impl ResizeBilinear<i64> {
    pub(crate) fn run_i8(&self, input: &[i8], output: &mut [i8]) {
        const ONE: i64 = 1 << 10;
        let mut numbers = output.iter_mut();
        self.corners(|corners, down, right| {
            let [upper_left, lower_left, upper_right, lower_right] =
                corners.map(|corner| i64::from(input[corner]));
            let sum = upper_left * (ONE - down) * (ONE - right)
                + lower_left * down * (ONE - right)
                + upper_right * (ONE - down) * right
                + lower_right * down * right;
            // Half away from zero.
            let half = if sum > 0 { 1 << 19 } else { -(1 << 19) };
            if let Some(y) = numbers.next() {
                *y = i8::saturate(((sum + half) / (1 << 20)) as i32);
            }
        });
    }
}

/// The nearest pixel. Numbers of any type, as bytes.
#[derive(Clone, Debug)]
pub(crate) struct ResizeNearest {
    pub(crate) batch: usize,
    /// Height and width of what goes in.
    pub(crate) input: [usize; 2],
    /// Bytes of a pixel.
    pub(crate) pixel: usize,
    /// For each row of the output, the input's.
    pub(crate) rows: Vec<usize>,
    /// For each column of the output, the input's.
    pub(crate) columns: Vec<usize>,
}

impl ResizeNearest {
    pub(crate) fn run(&self, input: &[u8], output: &mut [u8]) {
        let [height, width] = self.input;
        let mut pixels = output.chunks_exact_mut(self.pixel);
        for batch in 0..self.batch {
            for row in &self.rows {
                for column in &self.columns {
                    let pixel = (batch * height + row) * width + column;
                    if let Some(y) = pixels.next() {
                        y.copy_from_slice(&input[part(pixel, self.pixel)]);
                    }
                }
            }
        }
    }
}
