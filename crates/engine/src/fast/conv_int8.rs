//! Convolutions and fully-connected layers of int8.

use super::isa::Isa;
use super::machine::{Machine, kernel};
use super::packed::{Given, Product};
use super::product::Int8;
use super::requantize::{Channel, Exact, Requantizer};
use super::rows::Rows;
use crate::reference::conv::ConvQuantized;
use crate::reference::fully_connected::FullyConnectedQuantized;

/// int8 in, int8 out.
#[derive(Clone, Debug)]
pub(crate) struct ConvInt8 {
    machine: Machine,
    product: Product,
    requantizer: Requantizer,
    input_zero_point: i8,
}

impl ConvInt8 {
    /// None where the weights have a zero point, or there is nothing to add up.
    pub(crate) fn new(machine: Machine, conv: &ConvQuantized<i8>) -> Option<Self> {
        if conv.weights_zero_point != 0 {
            return None;
        }
        let geometry = &conv.geometry;
        let count = geometry.batch * geometry.output[0] * geometry.output[1];
        let rows = Rows::new(geometry, 1);
        let product = Product::new(rows, count, geometry.output[2], &conv.weights)?;
        let exact = conv
            .requantize
            .multipliers
            .iter()
            .copied()
            .map(Exact::Fixed);
        let channels = channels(
            machine,
            &conv.weights,
            conv.bias.as_deref(),
            conv.input_zero_point,
            exact,
        );
        let (zero_point, clamp) = (conv.requantize.zero_point, conv.requantize.clamp);
        Some(Self {
            machine,
            product,
            requantizer: Requantizer::new(machine, &channels, zero_point, clamp),
            input_zero_point: conv.input_zero_point as i8,
        })
    }

    /// None where the weights have a zero point, or there is nothing to add up.
    pub(crate) fn of_matrix(machine: Machine, dense: &FullyConnectedQuantized<i8>) -> Option<Self> {
        if dense.weights_zero_point != 0 {
            return None;
        }
        let matrix = dense.matrix;
        let rows = Rows::Pixels {
            bytes: matrix.inputs,
        };
        let product = Product::new(rows, matrix.rows, matrix.outputs, &dense.weights)?;
        let exact = dense.requantize.ratios.iter().copied().map(Exact::Real);
        let channels = channels(
            machine,
            &dense.weights,
            dense.bias.as_deref(),
            dense.input_zero_point,
            exact,
        );
        let (zero_point, clamp) = (dense.requantize.zero_point, dense.requantize.clamp);
        Some(Self {
            machine,
            product,
            requantizer: Requantizer::new(machine, &channels, zero_point, clamp),
            input_zero_point: dense.input_zero_point as i8,
        })
    }

    pub(crate) fn scratch_bytes(&self) -> usize {
        self.product.scratch_bytes(1)
    }

    pub(crate) fn weights_bytes(&self) -> usize {
        self.product.weights_bytes() + self.requantizer.bytes()
    }

    /// None where a length is wrong.
    pub(crate) fn run(&self, input: &[i8], output: &mut [i8], scratch: &mut [u8]) -> Option<()> {
        let is_whole = input.len() == self.product.input_bytes()
            && output.len() == self.product.outputs()
            && scratch.len() >= self.scratch_bytes();
        if !is_whole {
            return None;
        }
        let given = Given {
            input: input.as_ptr().cast(),
            fill: self.input_zero_point as u8,
            flip: self.machine.dot().flip(),
            bias: self.requantizer.bias().as_ptr().cast(),
        };
        let (scratch, output) = (scratch.as_mut_ptr(), output.as_mut_ptr().cast());
        // SAFETY: the lengths are as they must be.
        unsafe { run(self.machine, self, given, scratch, output) };
        Some(())
    }
}

/// What is known of the output channels of weights `[channels, …]`, which are not empty.
fn channels(
    machine: Machine,
    weights: &[i8],
    bias: Option<&[i32]>,
    input_zero_point: i32,
    exact: impl ExactSizeIterator<Item = Exact>,
) -> Vec<Channel> {
    let rows = weights.chunks_exact((weights.len() / exact.len().max(1)).max(1));
    let channels = rows.zip(exact).enumerate().map(|(channel, (row, exact))| {
        let bias = bias.map_or(0, |bias| bias[channel]);
        Channel::new(machine, exact, row.iter().copied(), bias, input_zero_point)
    });
    channels.collect()
}

kernel!(
    unsafe fn run(conv: &ConvInt8, given: Given, scratch: *mut u8, output: *mut u8) = run_on
);

#[inline(always)]
unsafe fn run_on<I: Isa>(conv: &ConvInt8, given: Given, scratch: *mut u8, output: *mut u8) {
    // SAFETY: the caller's promise.
    unsafe {
        conv.product
            .run::<I, Int8, _>(given, &conv.requantizer, scratch, output);
    }
}
