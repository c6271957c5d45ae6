//! What becomes of a tile of sums: the last step of a convolution or product.

use super::isa::Isa;

/// Turns the sums of 8 channels into outputs.
pub(crate) trait Finish<I: Isa>: Copy {
    /// Bytes of 8 outputs.
    const BYTES: usize;

    /// Writes the outputs of R pixels, `stride` bytes apart.
    ///
    /// # Safety
    /// `BYTES` must be writable at each pixel, and what the finish holds must be readable.
    unsafe fn store<const R: usize>(self, sums: [[I::V; 2]; R], out: *mut u8, stride: usize);
}

/// Sums as they are, float32, clamped.
#[derive(Clone, Copy)]
pub(crate) struct Float {
    pub(crate) least: f32,
    pub(crate) largest: f32,
}

impl<I: Isa> Finish<I> for Float {
    const BYTES: usize = 32;

    #[inline(always)]
    unsafe fn store<const R: usize>(self, sums: [[I::V; 2]; R], out: *mut u8, stride: usize) {
        let (least, largest) = (I::splat_f32(self.least), I::splat_f32(self.largest));
        for (row, sums) in sums.into_iter().enumerate() {
            let [low, high] = sums.map(|sum| I::min_f32(I::max_f32(sum, least), largest));
            // SAFETY: the caller's promise.
            unsafe {
                I::store(out.add(row * stride), low);
                I::store(out.add(row * stride + 16), high);
            }
        }
    }
}

/// int32 sums to float32: `(sum · first) · second + bias`, clamped. Each step is rounded, as TFLite does it.
#[derive(Clone, Copy)]
pub(crate) struct Scaled {
    /// 8 float32.
    pub(crate) first: *const u8,
    pub(crate) second: f32,
    /// 8 float32.
    pub(crate) bias: *const u8,
    pub(crate) float: Float,
}

impl<I: Isa> Finish<I> for Scaled {
    const BYTES: usize = 32;

    #[inline(always)]
    unsafe fn store<const R: usize>(self, sums: [[I::V; 2]; R], out: *mut u8, stride: usize) {
        // SAFETY: the caller's promise.
        unsafe {
            let first = load_pair::<I>(self.first);
            let bias = load_pair::<I>(self.bias);
            let second = I::splat_f32(self.second);
            let reals = sums.map(|sums| {
                std::array::from_fn(|half| {
                    let scaled = I::mul_f32(I::f32_from_i32(sums[half]), first[half]);
                    I::add_f32(I::mul_f32(scaled, second), bias[half])
                })
            });
            Finish::<I>::store(self.float, reals, out, stride);
        }
    }
}

/// int32 sums to int8 through float32: `sum · scale + offset`, cut off to uint8, minus 128. Only where it was
/// proved that this gives what TFLite's integers give.
#[derive(Clone, Copy)]
pub(crate) struct ByFloat {
    /// 8 float32.
    pub(crate) scale: *const u8,
    /// 8 float32.
    pub(crate) offset: *const u8,
    /// 16 int8 each.
    pub(crate) least: *const u8,
    pub(crate) largest: *const u8,
}

/// The integer part, saturated to int16, of two vectors of int32 as they go through float32.
#[inline(always)]
pub(crate) fn by_float<I: Isa>(sums: [I::V; 2], scale: [I::V; 2], offset: [I::V; 2]) -> I::V {
    let [low, high] = std::array::from_fn(|half| {
        let real = I::mul_add_f32(I::f32_from_i32(sums[half]), scale[half], offset[half]);
        I::i32_from_f32(real)
    });
    I::narrow_i32(low, high)
}

impl<I: Isa> Finish<I> for ByFloat {
    const BYTES: usize = 8;

    #[inline(always)]
    unsafe fn store<const R: usize>(self, sums: [[I::V; 2]; R], out: *mut u8, stride: usize) {
        // SAFETY: the caller's promise.
        unsafe {
            let (scale, offset) = (load_pair::<I>(self.scale), load_pair::<I>(self.offset));
            let flip = I::splat_i8(i8::MIN);
            let rows = sums.map(|sums| by_float::<I>(sums, scale, offset));
            let narrow = |a, b| I::xor(I::narrow_i16_u8(a, b), flip);
            store_rows::<I, R>(rows, narrow, [self.least, self.largest], out, stride);
        }
    }
}

/// int32 sums to int8 by TFLite's two roundings, in 64-bit products.
///
/// With a multiplier `m / 2^31` and a shift to the right by e, TFLite computes
/// `(x·m + 2^30 + 2^(e+30) − 2^31·[x < 0]) >> (31 + e)` for e ≥ 1 and `(x·m + 2^30) >> 31` for e = 0: what it rounds
/// first and second, in one sum. Times 2^(17 − e), everything is shifted by 48, and all but the product is a
/// multiple of 2^32.
#[derive(Clone, Copy)]
pub(crate) struct ByInteger {
    /// 8 int32 each.
    pub(crate) constants: *const [[i32; 8]; 4],
    /// 8 int16.
    pub(crate) zero_point: *const u8,
    /// 16 int8 each.
    pub(crate) least: *const u8,
    pub(crate) largest: *const u8,
}

impl<I: Isa> Finish<I> for ByInteger {
    const BYTES: usize = 8;

    #[inline(always)]
    unsafe fn store<const R: usize>(self, sums: [[I::V; 2]; R], out: *mut u8, stride: usize) {
        // SAFETY: the caller's promise.
        unsafe {
            let constants = self.constants.cast::<u8>();
            let power = load_pair::<I>(constants);
            let multiplier = load_pair::<I>(constants.add(32));
            let halves = load_pair::<I>(constants.add(64));
            let negative = load_pair::<I>(constants.add(96));
            let zero_point = I::load(self.zero_point);
            let rows = sums.map(|sums| {
                let [low, high] = std::array::from_fn(|half| {
                    let sum = sums[half];
                    let product = I::mul_high_i32(I::mul_i32(sum, power[half]), multiplier[half]);
                    let rounded = I::add_i32(product, halves[half]);
                    let rounded = I::sub_i32(rounded, I::and(I::shr_i32(sum, 31), negative[half]));
                    I::shr_i32(rounded, 16)
                });
                I::add_sat_i16(I::narrow_i32(low, high), zero_point)
            });
            store_rows::<I, R>(rows, I::narrow_i16, [self.least, self.largest], out, stride);
        }
    }
}

/// Sums as they are, int32.
#[derive(Clone, Copy)]
pub(crate) struct Raw;

impl<I: Isa> Finish<I> for Raw {
    const BYTES: usize = 32;

    #[inline(always)]
    unsafe fn store<const R: usize>(self, sums: [[I::V; 2]; R], out: *mut u8, stride: usize) {
        for (row, [low, high]) in sums.into_iter().enumerate() {
            // SAFETY: the caller's promise.
            unsafe {
                I::store(out.add(row * stride), low);
                I::store(out.add(row * stride + 16), high);
            }
        }
    }
}

/// # Safety
/// 32 bytes must be readable.
#[inline(always)]
unsafe fn load_pair<I: Isa>(at: *const u8) -> [I::V; 2] {
    // SAFETY: the caller's promise.
    unsafe { [I::load(at), I::load(at.add(16))] }
}

/// Narrows rows of 8 int16 to bytes, two rows at a time, clamps and stores them.
///
/// # Safety
/// As [`Finish::store`]; 16 bytes must be readable at each of `clamp`.
#[inline(always)]
unsafe fn store_rows<I: Isa, const R: usize>(
    rows: [I::V; R],
    narrow: impl Fn(I::V, I::V) -> I::V,
    clamp: [*const u8; 2],
    out: *mut u8,
    stride: usize,
) {
    // SAFETY: the caller's promise.
    unsafe {
        let [least, largest] = clamp.map(|at| I::load(at));
        let mut row = 0;
        while row < R {
            let next = (row + 1).min(R - 1);
            let bytes = narrow(rows[row], rows[next]);
            let bytes = I::min_i8(I::max_i8(bytes, least), largest);
            I::store_low(out.add(row * stride), bytes);
            if row + 1 < R {
                I::store_high(out.add((row + 1) * stride), bytes);
            }
            row += 2;
        }
    }
}
