//! A matrix product with packed weights: what convolutions and fully-connected layers are.

use std::marker::PhantomData;
use std::ops::Range;

use bytemuck::Pod;

use super::aligned::Aligned;
use super::finish::{Finish, Finishes, Job};
use super::isa::Isa;
use super::product::{Block, MOST_ROWS, Math, Products, Tiles, opaque_zero, pack_tiles};
use super::rows::Rows;

/// The shape of a product, and its packed weights.
#[derive(Clone, Debug)]
pub(crate) struct Product {
    rows: Rows,
    /// How many rows there are.
    count: usize,
    channels: usize,
    /// For each 8 channels, for each group of 4 bytes of a row, that group of each channel's weights; what is
    /// missing is 0.
    weights: Aligned,
}

/// About as many bytes of panels and outputs are worked on at a time: what stays in the first cache.
const BLOCK_BYTES: usize = 24 << 10;

/// Numbers that a product reads while it runs.
#[derive(Clone, Copy)]
pub(crate) struct Given {
    /// All rows, or the whole image.
    pub(crate) input: *const u8,
    /// The byte that stands for 0 outside of an image.
    pub(crate) fill: u8,
    /// What all bytes are xored with.
    pub(crate) flip: u8,
    /// For each channel a number of 4 bytes that its sums start with; as many as a multiple of 8.
    pub(crate) bias: *const u8,
}

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
            channels,
            weights: packed,
        })
    }

    /// Bytes that go in.
    pub(crate) fn input_bytes(&self) -> usize {
        self.rows.input_bytes(self.count)
    }

    /// Numbers that come out.
    pub(crate) fn outputs(&self) -> usize {
        self.count * self.channels
    }

    /// Bytes of the weights.
    pub(crate) fn weights_bytes(&self) -> usize {
        self.weights.bytes().len()
    }

    fn groups(&self) -> usize {
        self.rows.bytes().div_ceil(4)
    }

    /// Tiles worked on at a time, where an output has `size` bytes.
    fn tiles_at_a_time(&self, size: usize) -> usize {
        let row = self.groups() * 4 + self.channels * size;
        (BLOCK_BYTES / row / MOST_ROWS).max(1)
    }

    /// Working memory, where an output has `size` bytes.
    pub(crate) fn scratch_bytes(&self, size: usize) -> usize {
        self.panels_bytes(size) + self.rows.scratch_bytes(MOST_ROWS)
    }

    fn panels_bytes(&self, size: usize) -> usize {
        let rows = (self.tiles_at_a_time(size) * MOST_ROWS).min(self.count);
        (rows * self.groups() * 4).next_multiple_of(16)
    }

    /// All products, finished, `[rows, channels]`.
    ///
    /// # Safety
    /// What is given must be as it says, and readable; `scratch` must have room for [`Product::scratch_bytes`],
    /// `output` for all outputs; all `finishes` holds must be readable for all channels.
    #[inline(always)]
    pub(crate) unsafe fn run<I: Isa, M: Math, E: Finishes>(
        &self,
        given: Given,
        finishes: &E,
        scratch: *mut u8,
        output: *mut u8,
    ) {
        let zero = opaque_zero();
        let groups = self.groups();
        let tiles = Tiles::new(self.count, M::rows::<I>());
        let at_a_time = self.tiles_at_a_time(E::BYTES);
        let stride = self.channels * E::BYTES;
        let mut start = 0;
        while start < tiles.tiles {
            let range = start..(start + at_a_time).min(tiles.tiles);
            start = range.end;
            // SAFETY: the caller's promise; all addresses are of rows and channels that there are.
            unsafe {
                self.pack::<I>(tiles, range.clone(), given, E::BYTES, scratch);
                let mut channel = 0;
                while channel < self.channels {
                    let block = Block {
                        weights: self.weights.bytes()[channel * groups * 4..].as_ptr(),
                        groups,
                        bias: given.bias.add(channel * 4),
                        zero,
                    };
                    let job = Panels::<M> {
                        tiles,
                        range: range.clone(),
                        panels: scratch,
                        block,
                        out: output.add(channel * E::BYTES),
                        stride,
                        channels: (self.channels - channel).min(8),
                        math: PhantomData,
                    };
                    finishes.end::<I, _>(channel, job);
                    channel += 8;
                }
            }
        }
    }

    /// Packs the rows of some tiles into the beginning of `scratch`.
    ///
    /// # Safety
    /// As [`Product::run`]; no more tiles than [`Product::tiles_at_a_time`].
    #[inline(always)]
    unsafe fn pack<I: Isa>(
        &self,
        tiles: Tiles,
        range: Range<usize>,
        given: Given,
        size: usize,
        scratch: *mut u8,
    ) {
        let Given {
            input, fill, flip, ..
        } = given;
        // SAFETY: the caller's promise.
        unsafe {
            let gathered = scratch.add(self.panels_bytes(size));
            let input_bytes = self.input_bytes();
            let rows = |first, count| {
                self.rows
                    .get::<I>((input, input_bytes), first..first + count, fill, gathered)
            };
            pack_tiles::<I>(tiles, range, rows, self.rows.bytes(), flip, scratch);
        }
    }
}

/// Products of packed panels with a block of 8 channels, of which the last block may use fewer.
struct Panels<M> {
    tiles: Tiles,
    range: Range<usize>,
    panels: *const u8,
    block: Block,
    /// The block's channels of the first row of all.
    out: *mut u8,
    stride: usize,
    channels: usize,
    math: PhantomData<M>,
}

impl<M: Math> Job for Panels<M> {
    #[inline(always)]
    unsafe fn end<I: Isa, F: Finish>(self, finish: F) {
        let Self {
            tiles,
            range,
            panels,
            block,
            out,
            stride,
            channels,
            math,
        } = self;
        // SAFETY: as was promised to Product::run.
        unsafe {
            if channels == 8 {
                let out = out.add(tiles.first_row(range.start) * stride);
                return I::run(Products {
                    tiles,
                    range,
                    panels,
                    block,
                    finish,
                    out,
                    stride,
                    math,
                });
            }
            let bytes = F::BYTES / 8 * channels;
            let mut panels = panels;
            for tile in range {
                let mut whole = [0_u8; MOST_ROWS * 32];
                let to = whole.as_mut_ptr();
                I::run(Products {
                    tiles,
                    range: tile..tile + 1,
                    panels,
                    block,
                    finish,
                    out: to,
                    stride: F::BYTES,
                    math,
                });
                let rows = tiles.rows_of(tile);
                for row in 0..rows {
                    let out = out.add((tiles.first_row(tile) + row) * stride);
                    out.copy_from_nonoverlapping(to.add(row * F::BYTES), bytes);
                }
                panels = panels.add(rows * block.groups * 4);
            }
        }
    }
}
