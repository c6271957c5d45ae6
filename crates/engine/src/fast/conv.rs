//! Convolutions and fully-connected layers as matrix products.

use std::ops::Range;

use bytemuck::Pod;

use super::aligned::Aligned;
use super::finish::Finish;
use super::isa::Isa;
use super::machine::{Machine, kernel};
use super::product::{Block, Int8, Math, Tiles, opaque_zero, pack_tiles, product};
use super::requantize::{Channel, Exact, Requantizer, Way};
use super::rows::Rows;
use crate::reference::conv::ConvQuantized;
use crate::reference::fully_connected::{FullyConnectedQuantized, Matrix};
use crate::requantize::{Requantize, RequantizeReal};

/// The shape of a product, and its packed weights.
#[derive(Clone, Debug)]
pub(crate) struct Product {
    pub(crate) rows: Rows,
    /// How many rows there are.
    pub(crate) count: usize,
    /// Output channels.
    pub(crate) outputs: usize,
    /// For each 8 channels, for each group of 4 bytes of a row, that group of each channel's weights; what is
    /// missing is 0.
    pub(crate) weights: Aligned,
}

/// About as many bytes of panels and outputs are worked on at a time: what stays in the first cache.
const BLOCK_BYTES: usize = 24 << 10;

impl Product {
    /// `weights` are `[channels, numbers of a row]`. None where there is nothing to add up.
    pub(crate) fn new<T: Pod>(
        rows: Rows,
        count: usize,
        channels: usize,
        weights: &[T],
    ) -> Option<Self> {
        let weights: &[u8] = bytemuck::cast_slice(weights);
        let bytes = rows.bytes();
        if bytes == 0 || weights.len() != channels * bytes {
            return None;
        }
        let groups = bytes.div_ceil(4);
        let mut packed = Aligned::zeroed(channels.div_ceil(8) * groups * 32);
        let to = packed.bytes_mut();
        for (channel, row) in weights.chunks_exact(bytes).enumerate() {
            for (group, four) in row.chunks(4).enumerate() {
                let at = ((channel / 8 * groups + group) * 8 + channel % 8) * 4;
                to[at..at + four.len()].copy_from_slice(four);
            }
        }
        Some(Self {
            rows,
            count,
            outputs: channels,
            weights: packed,
        })
    }

    /// What is known of the output channels of int8 weights.
    fn channels(
        &self,
        machine: Machine,
        weights: &[i8],
        bias: Option<&[i32]>,
        input_zero_point: i32,
        exact: impl Iterator<Item = Exact>,
    ) -> Vec<Channel> {
        let rows = weights.chunks_exact(self.rows.bytes());
        let known = rows.zip(exact).enumerate().map(|(channel, (row, exact))| {
            let bias = bias.map_or(0, |bias| bias[channel]);
            Channel::new(machine, exact, row.iter().copied(), bias, input_zero_point)
        });
        known.collect()
    }

    fn groups(&self) -> usize {
        self.rows.bytes().div_ceil(4)
    }

    /// Tiles worked on at a time, where an output pixel has `out` bytes.
    fn tiles_at_a_time(&self, out: usize) -> usize {
        (BLOCK_BYTES / (self.groups() * 4 + out).max(1) / MOST_ROWS).max(1)
    }

    /// Working memory, where an output pixel has `out` bytes.
    pub(crate) fn scratch_bytes(&self, out: usize) -> usize {
        self.panels_bytes(out) + self.rows.scratch_bytes(MOST_ROWS)
    }

    fn panels_bytes(&self, out: usize) -> usize {
        let rows = (self.tiles_at_a_time(out) * MOST_ROWS).min(self.count);
        (rows * self.groups() * 4).next_multiple_of(16)
    }

    /// Packs the rows of some tiles into the beginning of `scratch`.
    ///
    /// # Safety
    /// `input` must hold all rows, `scratch` [`Product::scratch_bytes`]; no more tiles than
    /// [`Product::tiles_at_a_time`].
    #[inline(always)]
    unsafe fn pack<I: Isa>(
        &self,
        tiles: Tiles,
        range: Range<usize>,
        input: *const u8,
        out: usize,
        flip: u8,
        scratch: *mut u8,
    ) {
        // SAFETY: the caller's promise.
        unsafe {
            let gathered = scratch.add(self.panels_bytes(out));
            let rows = |first, count| self.rows.get(input, first, count, gathered);
            pack_tiles::<I>(tiles, range, rows, self.rows.bytes(), flip, scratch);
        }
    }

    /// The weights of the channels from `channel` on, and their bias.
    #[inline(always)]
    fn block(&self, channel: usize, bias: *const u8, zero: usize) -> Block {
        let groups = self.groups();
        Block {
            weights: self.weights.bytes()[channel * groups * 4..].as_ptr(),
            groups,
            bias,
            zero,
        }
    }
}

/// No instruction set has tiles of more rows.
const MOST_ROWS: usize = 6;

/// Products of all panels with one block of 8 channels, of which the last block may use fewer.
///
/// # Safety
/// As [`product`]; `out` is the whole output, whose pixels have `stride` bytes.
#[allow(
    clippy::too_many_arguments,
    reason = "all of them are different things"
)]
#[inline(always)]
unsafe fn block<I: Isa, M: Math<I>, F: Finish<I>>(
    tiles: Tiles,
    range: Range<usize>,
    panels: *const u8,
    block: Block,
    finish: F,
    out: *mut u8,
    stride: usize,
    channels: usize,
) {
    // SAFETY: the caller's promise.
    unsafe {
        if channels == 8 {
            let out = out.add(tiles.first_row(range.start) * stride);
            return product::<I, M, F>(tiles, range, panels, block, finish, out, stride);
        }
        let bytes = F::BYTES / 8 * channels;
        let mut panel = panels;
        for tile in range {
            let mut whole = [0_u8; MOST_ROWS * 32];
            let to = whole.as_mut_ptr();
            product::<I, M, F>(tiles, tile..tile + 1, panel, block, finish, to, F::BYTES);
            let rows = tiles.rows_of(tile);
            for row in 0..rows {
                let out = out.add((tiles.first_row(tile) + row) * stride);
                out.copy_from_nonoverlapping(to.add(row * F::BYTES), bytes);
            }
            panel = panel.add(rows * block.groups * 4);
        }
    }
}

/// int8 in, int8 out.
#[derive(Clone, Debug)]
pub(crate) struct ConvInt8 {
    pub(crate) machine: Machine,
    pub(crate) product: Product,
    pub(crate) requantizer: Requantizer,
}

impl ConvInt8 {
    /// None where the weights have a zero point.
    pub(crate) fn new(machine: Machine, conv: &ConvQuantized<i8>) -> Option<Self> {
        let geometry = &conv.geometry;
        let Requantize {
            multipliers,
            zero_point,
            clamp,
        } = &conv.requantize;
        if conv.weights_zero_point != 0 {
            return None;
        }
        let rows = Rows::new(geometry, 1, conv.input_zero_point as i8 as u8);
        let count = geometry.batch * geometry.output[0] * geometry.output[1];
        let product = Product::new(rows, count, geometry.output[2], &conv.weights)?;
        let channels = multipliers.iter().copied().map(Exact::Fixed);
        let channels = product.channels(
            machine,
            &conv.weights,
            conv.bias.as_deref(),
            conv.input_zero_point,
            channels,
        );
        Some(Self {
            machine,
            product,
            requantizer: Requantizer::new(machine, &channels, *zero_point, *clamp),
        })
    }

    /// None where the weights have a zero point.
    pub(crate) fn of_matrix(machine: Machine, dense: &FullyConnectedQuantized<i8>) -> Option<Self> {
        let RequantizeReal {
            ratios,
            zero_point,
            clamp,
        } = &dense.requantize;
        if dense.weights_zero_point != 0 {
            return None;
        }
        let Matrix {
            rows,
            inputs,
            outputs,
        } = dense.matrix;
        let product = Product::new(
            Rows::Pixels { bytes: inputs },
            rows,
            outputs,
            &dense.weights,
        )?;
        let channels = ratios.iter().copied().map(Exact::Real);
        let channels = product.channels(
            machine,
            &dense.weights,
            dense.bias.as_deref(),
            dense.input_zero_point,
            channels,
        );
        Some(Self {
            machine,
            product,
            requantizer: Requantizer::new(machine, &channels, *zero_point, *clamp),
        })
    }

    pub(crate) fn scratch_bytes(&self) -> usize {
        self.product.scratch_bytes(self.product.outputs)
    }

    pub(crate) fn weights_bytes(&self) -> usize {
        self.product.weights.bytes().len() + self.requantizer.bytes()
    }

    /// None where a length is wrong.
    pub(crate) fn run(&self, input: &[i8], output: &mut [i8], scratch: &mut [u8]) -> Option<()> {
        let is_whole = input.len() == self.product.rows.input_bytes(self.product.count)
            && output.len() == self.product.count * self.product.outputs
            && scratch.len() >= self.scratch_bytes();
        if !is_whole {
            return None;
        }
        let (input, output) = (input.as_ptr().cast(), output.as_mut_ptr().cast());
        // SAFETY: the lengths are as they must be.
        unsafe { conv_int8(self.machine, self, input, output, scratch.as_mut_ptr()) };
        Some(())
    }
}

kernel!(
    unsafe fn conv_int8(conv: &ConvInt8, input: *const u8, output: *mut u8, scratch: *mut u8) = conv_int8_on
);

#[inline(always)]
unsafe fn conv_int8_on<I: Isa>(
    conv: &ConvInt8,
    input: *const u8,
    output: *mut u8,
    scratch: *mut u8,
) {
    let (product, requantizer) = (&conv.product, &conv.requantizer);
    let stride = product.outputs;
    let zero = opaque_zero();
    let flip = conv.machine.dot().flip();
    let tiles = Tiles::new(product.count, <Int8 as Math<I>>::ROWS);
    let at_a_time = product.tiles_at_a_time(stride);
    let mut start = 0;
    while start < tiles.tiles {
        let range = start..(start + at_a_time).min(tiles.tiles);
        start = range.end;
        // SAFETY: the caller's promise.
        unsafe { product.pack::<I>(tiles, range.clone(), input, stride, flip, scratch) };
        let mut channel = 0;
        while channel < product.outputs {
            let weights = product.block(channel, requantizer.bias(channel), zero);
            let channels = (product.outputs - channel).min(8);
            macro_rules! with {
                ($finish:expr) => {
                    // SAFETY: the caller's promise.
                    unsafe {
                        let out = output.add(channel);
                        block::<I, Int8, _>(
                            tiles,
                            range.clone(),
                            scratch,
                            weights,
                            $finish,
                            out,
                            stride,
                            channels,
                        )
                    }
                };
            }
            match requantizer.way(channel) {
                Way::Float(finish) => with!(finish),
                Way::Integer(finish) => with!(finish),
                Way::Slow(finish) => with!(finish),
            }
            channel += 8;
        }
    }
}
