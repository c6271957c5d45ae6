//! Matrix product: panels of pixels times blocks of 8 output channels.

use std::marker::PhantomData;
use std::ops::Range;

use super::finish::Finish;
use super::isa::{Isa, Work};
use super::panel::{self, Strip};

/// How groups of 4 bytes are multiplied and added up.
pub(crate) trait Math {
    type Sums<I: Isa>: Copy;
    type Weights<I: Isa>: Copy;
    type Values<I: Isa>: Copy;

    /// How many rows by 8 channels fit the registers.
    fn rows<I: Isa>() -> usize;
    fn weights<I: Isa>(v: I::V) -> Self::Weights<I>;
    /// # Safety
    /// 4 bytes must be readable.
    unsafe fn values<I: Isa>(at: *const u8) -> Self::Values<I>;
    fn start<I: Isa>(bias: I::V) -> Self::Sums<I>;
    fn step<I: Isa>(
        sums: Self::Sums<I>,
        weights: Self::Weights<I>,
        values: Self::Values<I>,
    ) -> Self::Sums<I>;
    /// The sums, where `bias` is what they started with. Integers start from it; reals begin at 0 and end with it, as
    /// TFLite's do.
    fn total<I: Isa>(sums: Self::Sums<I>, bias: I::V) -> I::V;
}

/// A group is 4 int8.
pub(crate) struct Int8;

impl Math for Int8 {
    type Sums<I: Isa> = I::Sums;
    type Weights<I: Isa> = I::Weights;
    type Values<I: Isa> = I::Values;

    #[inline(always)]
    fn rows<I: Isa>() -> usize {
        I::PIXELS
    }
    #[inline(always)]
    fn weights<I: Isa>(v: I::V) -> I::Weights {
        I::weights(v)
    }
    #[inline(always)]
    unsafe fn values<I: Isa>(at: *const u8) -> I::Values {
        // SAFETY: the caller's promise.
        unsafe { I::values_splat_4(at) }
    }
    #[inline(always)]
    fn start<I: Isa>(bias: I::V) -> I::Sums {
        I::sums(bias)
    }
    #[inline(always)]
    fn step<I: Isa>(sums: I::Sums, weights: I::Weights, values: I::Values) -> I::Sums {
        I::dot(sums, weights, values)
    }
    #[inline(always)]
    fn total<I: Isa>(sums: I::Sums, _: I::V) -> I::V {
        I::total(sums)
    }
}

/// A group is one float32.
pub(crate) struct Float32;

impl Math for Float32 {
    type Sums<I: Isa> = I::V;
    type Weights<I: Isa> = I::V;
    type Values<I: Isa> = I::V;

    #[inline(always)]
    fn rows<I: Isa>() -> usize {
        MOST_ROWS
    }
    #[inline(always)]
    fn weights<I: Isa>(v: I::V) -> I::V {
        v
    }
    #[inline(always)]
    unsafe fn values<I: Isa>(at: *const u8) -> I::V {
        // SAFETY: the caller's promise.
        unsafe { I::load_splat_4(at) }
    }
    #[inline(always)]
    fn start<I: Isa>(_: I::V) -> I::V {
        I::splat_f32(0.0)
    }
    #[inline(always)]
    fn step<I: Isa>(sums: I::V, weights: I::V, values: I::V) -> I::V {
        I::mul_add_f32(weights, values, sums)
    }
    #[inline(always)]
    fn total<I: Isa>(sums: I::V, bias: I::V) -> I::V {
        I::add_f32(sums, bias)
    }
}

/// No instruction set has tiles of more rows.
pub(crate) const MOST_ROWS: usize = 6;

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
pub(crate) struct Products<M, F> {
    pub(crate) tiles: Tiles,
    pub(crate) range: Range<usize>,
    /// Those tiles as [`pack_tiles`] leaves them.
    pub(crate) panels: *const u8,
    pub(crate) block: Block,
    pub(crate) finish: F,
    /// Room for what `finish` writes, at `stride` for each row.
    pub(crate) out: *mut u8,
    pub(crate) stride: usize,
    pub(crate) math: PhantomData<M>,
}

impl<M: Math, F: Finish> Work for Products<M, F> {
    #[inline(always)]
    unsafe fn on<I: Isa>(self) {
        let Self {
            tiles,
            range,
            block,
            finish,
            stride,
            ..
        } = self;
        let (mut panel, mut out) = (self.panels, self.out);
        for index in range {
            let rows = tiles.rows_of(index);
            // SAFETY: the maker's promise; no tile has more than M::rows.
            unsafe {
                match rows {
                    1 => tile::<I, M, F, 1>(panel, block, finish, out, stride),
                    2 if M::rows::<I>() > 1 => {
                        tile::<I, M, F, 2>(panel, block, finish, out, stride)
                    }
                    3 if M::rows::<I>() > 2 => {
                        tile::<I, M, F, 3>(panel, block, finish, out, stride)
                    }
                    4 if M::rows::<I>() > 3 => {
                        tile::<I, M, F, 4>(panel, block, finish, out, stride)
                    }
                    5 if M::rows::<I>() > 4 => {
                        tile::<I, M, F, 5>(panel, block, finish, out, stride)
                    }
                    6 if M::rows::<I>() > 5 => {
                        tile::<I, M, F, 6>(panel, block, finish, out, stride)
                    }
                    _ => {}
                }
                panel = panel.add(rows * block.groups * 4);
                out = out.add(rows * stride);
            }
        }
    }
}

/// The products of one panel with a block's channels.
///
/// # Safety
/// As [`Products`].
#[inline(always)]
unsafe fn tile<I: Isa, M: Math, F: Finish, const R: usize>(
    panel: *const u8,
    block: Block,
    finish: F,
    out: *mut u8,
    stride: usize,
) {
    // SAFETY: `groups` steps stay within the panel and the weights.
    unsafe {
        let bias = [I::load(block.bias), I::load(block.bias.add(16))];
        let mut sums = [[M::start::<I>(bias[0]), M::start::<I>(bias[1])]; R];
        let mut values_at = panel.expose_provenance();
        let mut weights_at = block.weights.expose_provenance();
        let end = weights_at + block.groups * 32;
        while weights_at != end {
            let values = std::ptr::with_exposed_provenance::<u8>(values_at);
            let weights = std::ptr::with_exposed_provenance::<u8>(weights_at);
            let low = M::weights::<I>(I::load(weights));
            let high = M::weights::<I>(I::load(weights.add(16)));
            for row in 0..R {
                let values = M::values::<I>(values.add(row * 4));
                sums[row][0] = M::step::<I>(sums[row][0], low, values);
                sums[row][1] = M::step::<I>(sums[row][1], high, values);
            }
            values_at = (values_at + R * 4) ^ block.zero;
            weights_at = (weights_at + 32) ^ block.zero;
        }
        let mut totals = [bias; R];
        for row in 0..R {
            totals[row] = [
                M::total::<I>(sums[row][0], bias[0]),
                M::total::<I>(sums[row][1], bias[1]),
            ];
        }
        finish.store::<I, R>(totals, out, stride);
    }
}
