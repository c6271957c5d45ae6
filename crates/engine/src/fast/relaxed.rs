//! wasm's `relaxed-simd`: instructions that differ between processors in cases that the kernels avoid.

use core::arch::wasm32::*;
use core::hint::black_box;

use super::isa::{Isa, Work};
use super::machine::Dot;

/// Products by `i32x4.relaxed_dot_i8x16_i7x16_add_s`, where [`super::machine::Dot`] has found that it can be used.
#[derive(Clone, Copy)]
pub(crate) struct Relaxed;

impl Isa for Relaxed {
    type V = v128;
    type Sums = v128;
    type Weights = v128;
    type Values = v128;

    const PIXELS: usize = 6;

    unsafe fn run<W: Work>(work: W) {
        #[inline(never)]
        #[target_feature(enable = "relaxed-simd")]
        unsafe fn run<W: Work>(work: W) {
            // SAFETY: the caller's promise.
            unsafe { work.on::<Relaxed>() }
        }
        // SAFETY: the caller's promise.
        unsafe { run(work) }
    }

    #[inline(always)]
    fn weights(v: v128) -> v128 {
        v
    }
    #[inline(always)]
    fn values(v: v128) -> v128 {
        v
    }
    #[inline(always)]
    unsafe fn values_splat_4(at: *const u8) -> v128 {
        // SAFETY: the caller's promise.
        unsafe { v128_load32_splat(at.cast()) }
    }
    #[inline(always)]
    fn sums(v: v128) -> v128 {
        v
    }
    #[inline(always)]
    fn dot(sums: v128, weights: v128, values: v128) -> v128 {
        i32x4_relaxed_dot_i8x16_i7x16_add(weights, values, sums)
    }
    #[inline(always)]
    fn total(sums: v128) -> v128 {
        sums
    }
    #[inline(always)]
    fn i32_from_f32(v: v128) -> v128 {
        i32x4_relaxed_trunc_f32x4(v)
    }
    #[inline(always)]
    fn mul_add_f32(a: v128, b: v128, c: v128) -> v128 {
        f32x4_relaxed_madd(a, b, c)
    }
    super::wasm::common!();
}

/// How this machine's dot product reads values; None where neither way fits all that the kernels need, as on
/// processors that saturate on the way.
pub(crate) fn probe() -> Option<Dot> {
    let edges = [-128_i8, -127, -1, 0, 1, 127];
    let agrees = |dot: Dot| {
        edges.iter().all(|&weight| {
            (0..=255_u8).all(|value| {
                edges.iter().all(|&other| {
                    let value_of = |byte: u8| match dot {
                        Dot::Signed => i32::from(byte as i8),
                        Dot::Unsigned => i32::from(byte),
                    };
                    // Two of the four products are the other weight's by the same value, so that pairs add up.
                    let expected = 2 * (i32::from(weight) + i32::from(other)) * value_of(value) + 7;
                    let weights = i16x8_splat(i16::from_le_bytes([weight as u8, other as u8]));
                    let sums = one_dot(
                        black_box(i32x4_splat(7)),
                        black_box(weights),
                        black_box(u8x16_splat(value)),
                    );
                    i32x4_all_true(i32x4_eq(sums, i32x4_splat(expected)))
                })
            })
        })
    };
    [Dot::Signed, Dot::Unsigned]
        .into_iter()
        .find(|&dot| agrees(dot))
}

#[target_feature(enable = "relaxed-simd")]
fn one_dot(sums: v128, weights: v128, values: v128) -> v128 {
    Relaxed::dot(sums, weights, values)
}
