//! Matrix product: panels of pixels times blocks of 8 output channels.

use std::ops::Range;

use super::finish::Finish;
use super::isa::Isa;
use super::panel::{self, Strip};

/// How groups of 4 bytes are multiplied and added up.
pub(crate) trait Math<I: Isa> {
    type Sums: Copy;
    type Weights: Copy;
    type Values: Copy;

    /// How many rows by 8 channels fit the registers.
    const ROWS: usize;

    fn weights(v: I::V) -> Self::Weights;
    /// # Safety
    /// 4 bytes must be readable.
    unsafe fn values(at: *const u8) -> Self::Values;
    fn start(bias: I::V) -> Self::Sums;
    fn step(sums: Self::Sums, weights: Self::Weights, values: Self::Values) -> Self::Sums;
    /// The sums, where `bias` is what they started with. Integers start from it; reals begin at 0 and end with it, as
    /// TFLite's do.
    fn total(sums: Self::Sums, bias: I::V) -> I::V;
}

/// A group is 4 int8.
pub(crate) struct Int8;

impl<I: Isa> Math<I> for Int8 {
    type Sums = I::Sums;
    type Weights = I::Weights;
    type Values = I::Values;

    const ROWS: usize = I::PIXELS;

    #[inline(always)]
    fn weights(v: I::V) -> I::Weights {
        I::weights(v)
    }
    #[inline(always)]
    unsafe fn values(at: *const u8) -> I::Values {
        // SAFETY: the caller's promise.
        unsafe { I::values_splat_4(at) }
    }
    #[inline(always)]
    fn start(bias: I::V) -> I::Sums {
        I::sums(bias)
    }
    #[inline(always)]
    fn step(sums: I::Sums, weights: I::Weights, values: I::Values) -> I::Sums {
        I::dot(sums, weights, values)
    }
    #[inline(always)]
    fn total(sums: I::Sums, _: I::V) -> I::V {
        I::total(sums)
    }
}

/// A group is one float32.
pub(crate) struct Float32;

impl<I: Isa> Math<I> for Float32 {
    type Sums = I::V;
    type Weights = I::V;
    type Values = I::V;

    const ROWS: usize = 6;

    #[inline(always)]
    fn weights(v: I::V) -> I::V {
        v
    }
    #[inline(always)]
    unsafe fn values(at: *const u8) -> I::V {
        // SAFETY: the caller's promise.
        unsafe { I::load_splat_4(at) }
    }
    #[inline(always)]
    fn start(_: I::V) -> I::V {
        I::splat_f32(0.0)
    }
    #[inline(always)]
    fn step(sums: I::V, weights: I::V, values: I::V) -> I::V {
        I::mul_add_f32(weights, values, sums)
    }
    #[inline(always)]
    fn total(sums: I::V, bias: I::V) -> I::V {
        I::add_f32(sums, bias)
    }
}

/// Rows cut into tiles: `larger` of `rows + 1`, then the others of `rows`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Tiles {
    pub(crate) tiles: usize,
    pub(crate) larger: usize,
    pub(crate) rows: usize,
}

impl Tiles {
    /// As few tiles of at most `most` rows as there can be, all of nearly the same size.
    pub(crate) fn new(rows: usize, most: usize) -> Self {
        let tiles = rows.div_ceil(most);
        let (size, larger) = match tiles {
            0 => (0, 0),
            _ => (rows / tiles, rows % tiles),
        };
        Self {
            tiles,
            larger,
            rows: size,
        }
    }

    /// The rows of a tile.
    #[inline(always)]
    pub(crate) fn rows_of(self, tile: usize) -> usize {
        self.rows + usize::from(tile < self.larger)
    }

    /// The first row of a tile.
    #[inline(always)]
    pub(crate) fn first_row(self, tile: usize) -> usize {
        tile * self.rows + tile.min(self.larger)
    }
}

/// Packs the rows of the tiles of `range` into panels, one behind the other. `rows` tells where so many rows from some
/// row on are.
///
/// # Safety
/// Of each row, `bytes` must be readable; `panels` must have room for `bytes`, rounded up to 4, of each.
#[inline(always)]
pub(crate) unsafe fn pack_tiles<I: Isa>(
    tiles: Tiles,
    range: Range<usize>,
    mut rows: impl FnMut(usize, usize) -> Strip,
    bytes: usize,
    flip: u8,
    panels: *mut u8,
) {
    let mut panel = panels;
    for tile in range {
        let count = tiles.rows_of(tile);
        let rows = rows(tiles.first_row(tile), count);
        // SAFETY: the caller's promise.
        unsafe {
            match count {
                1 => panel::pack::<I, 1>(rows, bytes, flip, panel),
                2 => panel::pack::<I, 2>(rows, bytes, flip, panel),
                3 => panel::pack::<I, 3>(rows, bytes, flip, panel),
                4 => panel::pack::<I, 4>(rows, bytes, flip, panel),
                5 => panel::pack::<I, 5>(rows, bytes, flip, panel),
                _ => panel::pack::<I, 6>(rows, bytes, flip, panel),
            }
            panel = panel.add(count * bytes.next_multiple_of(4));
        }
    }
}

/// What a block of 8 output channels is made from.
#[derive(Clone, Copy)]
pub(crate) struct Block {
    /// `groups` times 8 channels' groups of 4 bytes.
    pub(crate) weights: *const u8,
    pub(crate) groups: usize,
    /// 8 numbers of 4 bytes.
    pub(crate) bias: *const u8,
    /// 0; see [`opaque_zero`].
    pub(crate) zero: usize,
}

/// A 0 that the compiler does not know to be 0. An address that was xored with it is no longer a loop's induction
/// variable: LLVM's loop strength reduction would otherwise keep one pointer for each place that a tile reads, and
/// wasm would lose its constant offsets.
pub(crate) fn opaque_zero() -> usize {
    std::hint::black_box(0)
}

/// The products of the tiles of `range` with a block's channels.
///
/// # Safety
/// `panels` must hold those tiles as [`pack_tiles`] leaves them, the block's pointers must be readable as it says,
/// and `out` must have room for what `finish` writes, at `stride` for each row.
#[inline(always)]
pub(crate) unsafe fn product<I: Isa, M: Math<I>, F: Finish<I>>(
    tiles: Tiles,
    range: Range<usize>,
    panels: *const u8,
    block: Block,
    finish: F,
    out: *mut u8,
    stride: usize,
) {
    let (mut panel, mut out) = (panels, out);
    for index in range {
        let rows = tiles.rows_of(index);
        // SAFETY: the caller's promise; no tile has more than M::ROWS rows.
        unsafe {
            match rows {
                1 => tile::<I, M, F, 1>(panel, block, finish, out, stride),
                2 if M::ROWS > 1 => tile::<I, M, F, 2>(panel, block, finish, out, stride),
                3 if M::ROWS > 2 => tile::<I, M, F, 3>(panel, block, finish, out, stride),
                4 if M::ROWS > 3 => tile::<I, M, F, 4>(panel, block, finish, out, stride),
                5 if M::ROWS > 4 => tile::<I, M, F, 5>(panel, block, finish, out, stride),
                6 if M::ROWS > 5 => tile::<I, M, F, 6>(panel, block, finish, out, stride),
                _ => {}
            }
            panel = panel.add(rows * block.groups * 4);
            out = out.add(rows * stride);
        }
    }
}

/// The products of one panel with a block's channels.
///
/// # Safety
/// As [`product`].
#[inline(always)]
unsafe fn tile<I: Isa, M: Math<I>, F: Finish<I>, const R: usize>(
    panel: *const u8,
    block: Block,
    finish: F,
    out: *mut u8,
    stride: usize,
) {
    // SAFETY: `groups` steps stay within the panel and the weights.
    unsafe {
        let bias = [I::load(block.bias), I::load(block.bias.add(16))];
        let mut sums = [[M::start(bias[0]), M::start(bias[1])]; R];
        let mut values_at = panel.expose_provenance();
        let mut weights_at = block.weights.expose_provenance();
        let end = weights_at + block.groups * 32;
        while weights_at != end {
            let values = std::ptr::with_exposed_provenance::<u8>(values_at);
            let weights = std::ptr::with_exposed_provenance::<u8>(weights_at);
            let low = M::weights(I::load(weights));
            let high = M::weights(I::load(weights.add(16)));
            for row in 0..R {
                let values = M::values(values.add(row * 4));
                sums[row][0] = M::step(sums[row][0], low, values);
                sums[row][1] = M::step(sums[row][1], high, values);
            }
            values_at = (values_at + R * 4) ^ block.zero;
            weights_at = (weights_at + 32) ^ block.zero;
        }
        let mut totals = [bias; R];
        for row in 0..R {
            totals[row] = [
                M::total(sums[row][0], bias[0]),
                M::total(sums[row][1], bias[1]),
            ];
        }
        finish.store(totals, out, stride);
    }
}
