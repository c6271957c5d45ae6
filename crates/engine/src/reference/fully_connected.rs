//! Matrix product with weights `[out, in]`.

use std::sync::Arc;

use super::hybrid;
use crate::byte::{Byte, part};
use crate::requantize::RequantizeReal;

/// Rows, numbers in each that goes in, numbers in each that comes out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Matrix {
    pub(crate) rows: usize,
    pub(crate) inputs: usize,
    pub(crate) outputs: usize,
}

impl Matrix {
    /// Products that are added up.
    pub(crate) fn macs(&self) -> u64 {
        (self.rows * self.outputs) as u64 * self.inputs as u64
    }
}

/// float32.
#[derive(Clone, Debug)]
pub(crate) struct FullyConnectedFloat {
    pub(crate) matrix: Matrix,
    pub(crate) weights: Arc<[f32]>,
    pub(crate) bias: Option<Arc<[f32]>>,
    pub(crate) clamp: (f32, f32),
}

impl FullyConnectedFloat {
    pub(crate) fn run(&self, input: &[f32], output: &mut [f32]) {
        let (least, largest) = self.clamp;
        products(self.matrix, |at, row, channel, weights| {
            let pairs = input[row].iter().zip(&self.weights[weights]);
            let sum = pairs.fold(0.0, |sum, (x, w)| sum + x * w);
            let bias = self.bias.as_ref().map_or(0.0, |bias| bias[channel]);
            output[at] = (sum + bias).max(least).min(largest);
        });
    }
}

/// int8 or uint8.
#[derive(Clone, Debug)]
pub(crate) struct FullyConnectedQuantized<T> {
    pub(crate) matrix: Matrix,
    pub(crate) weights: Arc<[T]>,
    /// 0 for int8.
    pub(crate) weights_zero_point: i32,
    pub(crate) bias: Option<Arc<[i32]>>,
    pub(crate) input_zero_point: i32,
    pub(crate) requantize: RequantizeReal,
}

impl<T: Byte> FullyConnectedQuantized<T> {
    pub(crate) fn run(&self, input: &[T], output: &mut [T]) {
        let (input_zero, weights_zero) = (self.input_zero_point, self.weights_zero_point);
        products(self.matrix, |at, row, channel, weights| {
            let pairs = input[row].iter().zip(&self.weights[weights]);
            let sum = pairs.fold(0_i32, |sum, (&x, &w)| {
                let (x, w): (i32, i32) = (x.into(), w.into());
                sum.wrapping_add((x - input_zero) * (w - weights_zero))
            });
            let bias = self.bias.as_ref().map_or(0, |bias| bias[channel]);
            output[at] = self.requantize.apply(channel, sum.wrapping_add(bias));
        });
    }
}

/// float32 with int8 weights: each row is quantized on the fly (TFLite's hybrid kernel).
#[derive(Clone, Debug)]
pub(crate) struct FullyConnectedHybrid {
    pub(crate) matrix: Matrix,
    pub(crate) weights: Arc<[i8]>,
    /// One for each output.
    pub(crate) scales: Vec<f32>,
    /// Whether rows get a zero point.
    pub(crate) asymmetric: bool,
    pub(crate) bias: Option<Arc<[f32]>>,
    pub(crate) clamp: (f32, f32),
}

impl FullyConnectedHybrid {
    /// For one row in int8.
    pub(crate) fn scratch_bytes(&self) -> usize {
        self.matrix.inputs
    }

    pub(crate) fn run(&self, input: &[f32], output: &mut [f32], scratch: &mut [u8]) {
        let (least, largest) = self.clamp;
        let Matrix {
            rows,
            inputs,
            outputs,
        } = self.matrix;
        let quantized: &mut [i8] = bytemuck::cast_slice_mut(scratch);
        let row_matrix = Matrix {
            rows: 1,
            ..self.matrix
        };
        for row in 0..rows {
            let input = &input[part(row, inputs)];
            let output = &mut output[part(row, outputs)];
            let (scale, zero_point) = hybrid::quantize(input, quantized, self.asymmetric);
            products(row_matrix, |at, _, channel, weights| {
                let pairs = quantized.iter().zip(&self.weights[weights]);
                let sum = pairs.fold(0_i32, |sum, (&x, &w)| {
                    sum.wrapping_add((i32::from(x) - zero_point) * i32::from(w))
                });
                let bias = self.bias.as_ref().map_or(0.0, |bias| bias[channel]);
                let real = sum as f32 * (scale * self.scales[channel]);
                output[at] = (bias + real).max(least).min(largest);
            });
        }
    }
}

/// Calls `visit` for every output number with its place, its row's place in the input, its channel, and its
/// weights' place.
fn products(
    matrix: Matrix,
    mut visit: impl FnMut(usize, std::ops::Range<usize>, usize, std::ops::Range<usize>),
) {
    for row in 0..matrix.rows {
        for channel in 0..matrix.outputs {
            visit(
                row * matrix.outputs + channel,
                part(row, matrix.inputs),
                channel,
                part(channel, matrix.inputs),
            );
        }
    }
}
