//! wasm's `simd128`: every browser of today.

use core::arch::wasm32::*;

use super::isa::{Isa, Work};

/// Products by `i32x4.dot_i16x8_s`, so bytes are widened first, and each sum is kept in two parts.
#[derive(Clone, Copy)]
pub(crate) struct Simd128;

impl Isa for Simd128 {
    type V = v128;
    type Sums = [v128; 2];
    type Weights = [v128; 2];
    type Values = [v128; 2];

    const PIXELS: usize = 3;

    #[inline(never)]
    unsafe fn run<W: Work>(work: W) {
        // SAFETY: the caller's promise.
        unsafe { work.on::<Self>() }
    }

    #[inline(always)]
    fn weights(v: v128) -> [v128; 2] {
        [i16x8_extend_low_i8x16(v), i16x8_extend_high_i8x16(v)]
    }
    #[inline(always)]
    fn values(v: v128) -> [v128; 2] {
        [i16x8_extend_low_i8x16(v), i16x8_extend_high_i8x16(v)]
    }
    #[inline(always)]
    unsafe fn values_splat_4(at: *const u8) -> [v128; 2] {
        // SAFETY: the caller's promise.
        let v = i16x8_extend_low_i8x16(unsafe { v128_load32_splat(at.cast()) });
        [v, v]
    }
    #[inline(always)]
    fn sums(v: v128) -> [v128; 2] {
        let zero = i32x4_splat(0);
        [
            i32x4_shuffle::<0, 4, 1, 5>(v, zero),
            i32x4_shuffle::<2, 4, 3, 5>(v, zero),
        ]
    }
    #[inline(always)]
    fn dot(sums: [v128; 2], weights: [v128; 2], values: [v128; 2]) -> [v128; 2] {
        [
            i32x4_add(sums[0], i32x4_dot_i16x8(weights[0], values[0])),
            i32x4_add(sums[1], i32x4_dot_i16x8(weights[1], values[1])),
        ]
    }
    #[inline(always)]
    fn total(sums: [v128; 2]) -> v128 {
        i32x4_add(
            i32x4_shuffle::<0, 2, 4, 6>(sums[0], sums[1]),
            i32x4_shuffle::<1, 3, 5, 7>(sums[0], sums[1]),
        )
    }
    #[inline(always)]
    fn i32_from_f32(v: v128) -> v128 {
        i32x4_trunc_sat_f32x4(v)
    }
    #[inline(always)]
    fn mul_add_f32(a: v128, b: v128, c: v128) -> v128 {
        f32x4_add(f32x4_mul(a, b), c)
    }
    super::wasm::common!();
}
