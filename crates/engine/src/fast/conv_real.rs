//! Convolutions and fully-connected layers of float32.

use std::sync::Arc;

use super::finish::Float;
use super::isa::Isa;
use super::machine::{Machine, kernel};
use super::packed::{Given, Product};
use super::product::Float32;
use super::rows::Rows;
use crate::reference::conv::ConvFloat;
use crate::reference::fully_connected::FullyConnectedFloat;

/// float32 in, float32 out.
#[derive(Clone, Debug)]
pub(crate) struct ConvReal {
    machine: Machine,
    product: Product,
    bias: Vec<f32>,
    clamp: Float,
}

/// The bias of each of `channels`, filled up with zeros to a multiple of 8.
pub(super) fn padded_bias(bias: Option<&Arc<[f32]>>, channels: usize) -> Vec<f32> {
    let mut padded = bias.map_or(Vec::new(), |bias| bias.to_vec());
    padded.resize(channels.next_multiple_of(8), 0.0);
    padded
}

impl ConvReal {
    /// None where there is nothing to add up.
    pub(crate) fn new(machine: Machine, conv: &ConvFloat) -> Option<Self> {
        let geometry = &conv.geometry;
        let count = geometry.batch * geometry.output[0] * geometry.output[1];
        let channels = geometry.output[2];
        Some(Self {
            machine,
            product: Product::new(Rows::new(geometry, 4), count, channels, &conv.weights)?,
            bias: padded_bias(conv.bias.as_ref(), channels),
            clamp: Float::new(conv.clamp),
        })
    }

    /// None where there is nothing to add up.
    pub(crate) fn of_matrix(machine: Machine, dense: &FullyConnectedFloat) -> Option<Self> {
        let matrix = dense.matrix;
        let rows = Rows::Pixels {
            bytes: matrix.inputs.checked_mul(4)?,
        };
        Some(Self {
            machine,
            product: Product::new(rows, matrix.rows, matrix.outputs, &dense.weights)?,
            bias: padded_bias(dense.bias.as_ref(), matrix.outputs),
            clamp: Float::new(dense.clamp),
        })
    }

    pub(crate) fn scratch_bytes(&self) -> usize {
        self.product.scratch_bytes(4)
    }

    pub(crate) fn weights_bytes(&self) -> usize {
        self.product.weights_bytes() + size_of_val(self.bias.as_slice())
    }

    /// None where a length is wrong.
    pub(crate) fn run(&self, input: &[f32], output: &mut [f32], scratch: &mut [u8]) -> Option<()> {
        let is_whole = size_of_val(input) == self.product.input_bytes()
            && output.len() == self.product.outputs()
            && scratch.len() >= self.scratch_bytes();
        if !is_whole {
            return None;
        }
        let given = Given {
            input: input.as_ptr().cast(),
            fill: 0,
            flip: 0,
            bias: self.bias.as_ptr().cast(),
        };
        let (scratch, output) = (scratch.as_mut_ptr(), output.as_mut_ptr().cast());
        // SAFETY: the lengths are as they must be.
        unsafe { run(self.machine, self, given, scratch, output) };
        Some(())
    }
}

kernel!(
    unsafe fn run(conv: &ConvReal, given: Given, scratch: *mut u8, output: *mut u8) = run_on
);

#[inline(always)]
unsafe fn run_on<I: Isa>(conv: &ConvReal, given: Given, scratch: *mut u8, output: *mut u8) {
    // SAFETY: the caller's promise.
    unsafe {
        conv.product
            .run::<I, Float32, _>(given, &conv.clamp, scratch, output);
    }
}
