//! What becomes of a tile of sums: the last step of a convolution or product.

use super::isa::Isa;

/// Turns the sums of 8 channels into outputs.
pub(crate) trait Finish: Copy {
    /// Bytes of 8 outputs.
    const BYTES: usize;

    /// Writes the outputs of R pixels, `stride` bytes apart.
    ///
    /// # Safety
    /// `BYTES` must be writable at each pixel, and what the finish holds must be readable.
    unsafe fn store<I: Isa, const R: usize>(
        self,
        sums: [[I::V; 2]; R],
        out: *mut u8,
        stride: usize,
    );
}

/// Work on 8 channels that ends with some [`Finish`].
pub(crate) trait Job {
    /// # Safety
    /// What was promised where the job was made, and what the finish holds must be readable.
    unsafe fn end<I: Isa, F: Finish>(self, finish: F);
}

/// Knows how each 8 channels are finished.
pub(crate) trait Finishes {
    /// Bytes of an output.
    const BYTES: usize;

    /// Ends a job on the 8 channels from `channel` on, a multiple of 8.
    ///
    /// # Safety
    /// As [`Job::end`].
    unsafe fn end<I: Isa, J: Job>(&self, channel: usize, job: J);
}

/// Sums as they are, float32, clamped.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Float {
    pub(crate) least: f32,
    pub(crate) largest: f32,
}

impl Float {
    /// Clamps to `(least, largest)`.
    pub(crate) fn new((least, largest): (f32, f32)) -> Self {
        Self { least, largest }
    }
}

impl Finish for Float {
    const BYTES: usize = 32;

    #[inline(always)]
    unsafe fn store<I: Isa, const R: usize>(
        self,
        sums: [[I::V; 2]; R],
        out: *mut u8,
        stride: usize,
    ) {
        let (least, largest) = (I::splat_f32(self.least), I::splat_f32(self.largest));
        for row in 0..R {
            for half in 0..2 {
                let real = I::min_f32(I::max_f32(sums[row][half], least), largest);
                // SAFETY: the caller's promise.
                unsafe { I::store(out.add(row * stride + half * 16), real) };
            }
        }
    }
}

impl Finishes for Float {
    const BYTES: usize = 4;

    #[inline(always)]
    unsafe fn end<I: Isa, J: Job>(&self, _: usize, job: J) {
        // SAFETY: the caller's promise.
        unsafe { job.end::<I, _>(*self) }
    }
}

/// int32 sums to float32: `(sum · first) · second + bias`, clamped. Each step is rounded, as TFLite does it.
#[derive(Clone, Copy)]
pub(crate) struct Scaled {
    /// 8 float32, or as a [`Finishes`] those of all channels.
    pub(crate) first: *const u8,
    pub(crate) second: f32,
    /// Like `first`.
    pub(crate) bias: *const u8,
    pub(crate) float: Float,
}

impl Finish for Scaled {
    const BYTES: usize = 32;

    #[inline(always)]
    unsafe fn store<I: Isa, const R: usize>(
        self,
        sums: [[I::V; 2]; R],
        out: *mut u8,
        stride: usize,
    ) {
        // SAFETY: the caller's promise.
        unsafe {
            let first = load_pair::<I>(self.first);
            let bias = load_pair::<I>(self.bias);
            let second = I::splat_f32(self.second);
            let mut reals = sums;
            for row in 0..R {
                for half in 0..2 {
                    let scaled = I::mul_f32(I::f32_from_i32(sums[row][half]), first[half]);
                    reals[row][half] = I::add_f32(I::mul_f32(scaled, second), bias[half]);
                }
            }
            self.float.store::<I, R>(reals, out, stride);
        }
    }
}

impl Finishes for Scaled {
    const BYTES: usize = 4;

    #[inline(always)]
    unsafe fn end<I: Isa, J: Job>(&self, channel: usize, job: J) {
        // SAFETY: the caller's promise; there are numbers for all channels.
        unsafe {
            job.end::<I, _>(Self {
                first: self.first.add(channel * 4),
                bias: self.bias.add(channel * 4),
                ..*self
            })
        }
    }
}

/// int32 sums to int8 through float32: `sum · scale + offset` cut off, and then `after` added, saturated. Only where it
/// was proved that this gives what TFLite's integers give, but for as many sums as FIXED says, which are put right.
///
/// Where no output is less than the zero point, all that matters is positive, and the offset may shift it. Else, SIGNED,
/// the offset takes the product's sign, so that what is cut off rounds halves away from zero.
#[derive(Clone, Copy)]
pub(crate) struct ByFloat<const SIGNED: bool, const FIXED: usize> {
    /// 8 of each: scale and offset, float32; the sum that comes out one too high, and that one too low, int32.
    pub(crate) constants: *const [[i32; 8]; 4],
    /// 8 int16.
    pub(crate) after: *const u8,
    /// 16 int8 each.
    pub(crate) least: *const u8,
    pub(crate) largest: *const u8,
}

/// The sign of four float32. In memory, since V8 would build it of smaller constants each time.
static SIGN: [u32; 4] = [1 << 31; 4];

/// `sum · scale + offset`, cut off.
#[inline(always)]
pub(crate) fn through_float<I: Isa, const SIGNED: bool>(
    sum: I::V,
    scale: I::V,
    offset: I::V,
) -> I::V {
    let sum = I::f32_from_i32(sum);
    if SIGNED {
        // SAFETY: it has 16 bytes.
        let sign = unsafe { I::load(SIGN.as_ptr().cast()) };
        let product = I::mul_f32(sum, scale);
        let offset = I::or(I::and(product, sign), offset);
        I::i32_from_f32(I::add_f32(product, offset))
    } else {
        I::i32_from_f32(I::mul_add_f32(sum, scale, offset))
    }
}

impl<const SIGNED: bool, const FIXED: usize> Finish for ByFloat<SIGNED, FIXED> {
    const BYTES: usize = 8;

    #[inline(always)]
    unsafe fn store<I: Isa, const R: usize>(
        self,
        sums: [[I::V; 2]; R],
        out: *mut u8,
        stride: usize,
    ) {
        // SAFETY: the caller's promise.
        unsafe {
            let constants = self.constants.cast::<u8>();
            let scale = load_pair::<I>(constants);
            let offset = load_pair::<I>(constants.add(32));
            let high = load_pair::<I>(constants.add(64));
            let low = load_pair::<I>(constants.add(96));
            let after = I::load(self.after);
            let mut rows = [after; R];
            for row in 0..R {
                let mut wide = sums[row];
                for half in 0..2 {
                    let sum = sums[row][half];
                    wide[half] = through_float::<I, SIGNED>(sum, scale[half], offset[half]);
                    // What is equal is −1.
                    if FIXED > 0 {
                        wide[half] = I::add_i32(wide[half], I::equal_i32(sum, high[half]));
                    }
                    if FIXED > 1 {
                        wide[half] = I::sub_i32(wide[half], I::equal_i32(sum, low[half]));
                    }
                }
                rows[row] = I::add_sat_i16(I::narrow_i32(wide[0], wide[1]), after);
            }
            store_rows::<I, R>(rows, [self.least, self.largest], out, stride);
        }
    }
}

/// int32 sums to int8 by TFLite's two roundings, in 64-bit products.
///
/// With a multiplier `m / 2^31` and a shift to the right by e, TFLite computes
/// `(x·m + 2^30 + 2^(e+30) − 2^31·[x < 0]) >> (31 + e)` for e ≥ 1 and `(x·m + 2^30) >> 31` for e = 0: what it rounds
/// first and second, in one sum. Times 2^(s + 1 − e) for an s above e, everything is shifted by 32 + s, and all but the
/// product is a multiple of 2^32.
#[derive(Clone, Copy)]
pub(crate) struct ByInteger {
    /// s.
    pub(crate) shift: u32,
    /// 8 int32 each.
    pub(crate) constants: *const [[i32; 8]; 4],
    /// 8 int16.
    pub(crate) zero_point: *const u8,
    /// 16 int8 each.
    pub(crate) least: *const u8,
    pub(crate) largest: *const u8,
}

impl Finish for ByInteger {
    const BYTES: usize = 8;

    #[inline(always)]
    unsafe fn store<I: Isa, const R: usize>(
        self,
        sums: [[I::V; 2]; R],
        out: *mut u8,
        stride: usize,
    ) {
        // SAFETY: the caller's promise.
        unsafe {
            let constants = self.constants.cast::<u8>();
            let power = load_pair::<I>(constants);
            let multiplier = load_pair::<I>(constants.add(32));
            let halves = load_pair::<I>(constants.add(64));
            let negative = load_pair::<I>(constants.add(96));
            let zero_point = I::load(self.zero_point);
            let mut rows = [zero_point; R];
            for row in 0..R {
                let mut halves_of_row = sums[row];
                for half in 0..2 {
                    let sum = sums[row][half];
                    let product = I::mul_high_i32(I::mul_i32(sum, power[half]), multiplier[half]);
                    let rounded = I::add_i32(product, halves[half]);
                    let rounded = I::sub_i32(rounded, I::and(I::shr_i32(sum, 31), negative[half]));
                    halves_of_row[half] = I::shr_i32(rounded, self.shift);
                }
                let narrow = I::narrow_i32(halves_of_row[0], halves_of_row[1]);
                rows[row] = I::add_sat_i16(narrow, zero_point);
            }
            store_rows::<I, R>(rows, [self.least, self.largest], out, stride);
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

/// Narrows rows of 8 int16 to int8, two rows at a time, clamps and stores them.
///
/// # Safety
/// As [`Finish::store`]; 16 bytes must be readable at each of `clamp`.
#[inline(always)]
unsafe fn store_rows<I: Isa, const R: usize>(
    rows: [I::V; R],
    clamp: [*const u8; 2],
    out: *mut u8,
    stride: usize,
) {
    // SAFETY: the caller's promise.
    unsafe {
        let (least, largest) = (I::load(clamp[0]), I::load(clamp[1]));
        let mut row = 0;
        while row < R {
            let next = if row + 1 < R { row + 1 } else { row };
            let bytes = I::narrow_i16(rows[row], rows[next]);
            let bytes = I::min_i8(I::max_i8(bytes, least), largest);
            I::store_low(out.add(row * stride), bytes);
            if row + 1 < R {
                I::store_high(out.add((row + 1) * stride), bytes);
            }
            row += 2;
        }
    }
}
