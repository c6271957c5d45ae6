//! x86-64 with AVX2, 16 bytes at a time: so that host programs run what the browser runs, quickly.

use core::arch::x86_64::*;

use super::isa::{Isa, Work};

/// Products by `pmaddwd`, so bytes are widened first, and each sum is kept in two parts. Its methods may only run
/// where [`is_there`].
#[derive(Clone, Copy)]
pub(crate) struct Avx2;

/// Whether this processor has what [`Avx2`] needs.
pub(crate) fn is_there() -> bool {
    is_x86_feature_detected!("avx2")
}

/// Methods that are one instruction.
macro_rules! instructions {
    ($($name:ident($($argument:ident: $type:ty),*) = $instruction:expr;)*) => {
        $(
            #[inline(always)]
            fn $name($($argument: $type),*) -> __m128i {
                // SAFETY: a kernel with these methods runs only where the processor has the instructions.
                unsafe { $instruction }
            }
        )*
    };
}

/// The same on float32.
macro_rules! float_instructions {
    ($($name:ident($($argument:ident),*) = $instruction:ident;)*) => {
        $(
            #[inline(always)]
            fn $name($($argument: __m128i),*) -> __m128i {
                // SAFETY: a kernel with these methods runs only where the processor has the instructions.
                unsafe { _mm_castps_si128($instruction($(_mm_castsi128_ps($argument)),*)) }
            }
        )*
    };
}

/// The two halves of 16 int8, as int16.
#[inline(always)]
fn widen(v: __m128i) -> [__m128i; 2] {
    // SAFETY: a kernel with these methods runs only where the processor has the instructions.
    unsafe {
        [
            _mm_cvtepi8_epi16(v),
            _mm_cvtepi8_epi16(_mm_srli_si128::<8>(v)),
        ]
    }
}

impl Isa for Avx2 {
    type V = __m128i;
    type Sums = [__m128i; 2];
    type Weights = [__m128i; 2];
    type Values = [__m128i; 2];

    const PIXELS: usize = 3;

    unsafe fn run<W: Work>(work: W) {
        #[inline(never)]
        #[target_feature(enable = "avx2")]
        unsafe fn run<W: Work>(work: W) {
            // SAFETY: the caller's promise.
            unsafe { work.on::<Avx2>() }
        }
        // SAFETY: the caller's promise.
        unsafe { run(work) }
    }

    #[inline(always)]
    unsafe fn load(at: *const u8) -> __m128i {
        // SAFETY: the caller's promise.
        unsafe { _mm_loadu_si128(at.cast()) }
    }
    #[inline(always)]
    unsafe fn load_8(at: *const u8) -> __m128i {
        // SAFETY: the caller's promise.
        unsafe { _mm_loadl_epi64(at.cast()) }
    }
    #[inline(always)]
    unsafe fn load_splat_4(at: *const u8) -> __m128i {
        // SAFETY: the caller's promise.
        unsafe { _mm_set1_epi32(at.cast::<i32>().read_unaligned()) }
    }
    #[inline(always)]
    unsafe fn look_up_4(table: &[i32; 256], at: *const u8) -> __m128i {
        // SAFETY: the caller's promise; a byte is less than 256.
        unsafe {
            let bytes = _mm_cvtepu8_epi32(_mm_cvtsi32_si128(at.cast::<i32>().read_unaligned()));
            _mm_i32gather_epi32::<4>(table.as_ptr(), bytes)
        }
    }
    #[inline(always)]
    unsafe fn store(at: *mut u8, v: __m128i) {
        // SAFETY: the caller's promise.
        unsafe { _mm_storeu_si128(at.cast(), v) }
    }
    #[inline(always)]
    unsafe fn store_low(at: *mut u8, v: __m128i) {
        // SAFETY: the caller's promise.
        unsafe { _mm_storel_epi64(at.cast(), v) }
    }
    #[inline(always)]
    unsafe fn store_high(at: *mut u8, v: __m128i) {
        // SAFETY: the caller's promise.
        unsafe { _mm_storel_epi64(at.cast(), _mm_srli_si128::<8>(v)) }
    }
    #[inline(always)]
    fn weights(v: __m128i) -> [__m128i; 2] {
        widen(v)
    }
    #[inline(always)]
    fn values(v: __m128i) -> [__m128i; 2] {
        widen(v)
    }
    #[inline(always)]
    unsafe fn values_splat_4(at: *const u8) -> [__m128i; 2] {
        // SAFETY: the caller's promise.
        let [v, _] = widen(unsafe { Self::load_splat_4(at) });
        [v, v]
    }
    #[inline(always)]
    fn sums(v: __m128i) -> [__m128i; 2] {
        let zero = Self::splat_i32(0);
        [Self::zip_low_32(v, zero), Self::zip_high_32(v, zero)]
    }
    #[inline(always)]
    fn dot(sums: [__m128i; 2], weights: [__m128i; 2], values: [__m128i; 2]) -> [__m128i; 2] {
        // SAFETY: a kernel with these methods runs only where the processor has the instructions.
        unsafe {
            [
                _mm_add_epi32(sums[0], _mm_madd_epi16(weights[0], values[0])),
                _mm_add_epi32(sums[1], _mm_madd_epi16(weights[1], values[1])),
            ]
        }
    }
    #[inline(always)]
    fn mul_high_i32(a: __m128i, b: __m128i) -> __m128i {
        // SAFETY: a kernel with these methods runs only where the processor has the instructions.
        unsafe {
            let even = _mm_srli_epi64::<32>(_mm_mul_epi32(a, b));
            let odd = _mm_mul_epi32(_mm_srli_epi64::<32>(a), _mm_srli_epi64::<32>(b));
            _mm_blend_epi32::<0b1010>(even, odd)
        }
    }

    #[inline(always)]
    fn mul_add_f32(a: __m128i, b: __m128i, c: __m128i) -> __m128i {
        Self::add_f32(Self::mul_f32(a, b), c)
    }

    instructions! {
        splat_i8(value: i8) = _mm_set1_epi8(value);
        splat_i16(value: i16) = _mm_set1_epi16(value);
        splat_i32(value: i32) = _mm_set1_epi32(value);
        splat_f32(value: f32) = _mm_castps_si128(_mm_set1_ps(value));
        total(sums: [__m128i; 2]) = _mm_hadd_epi32(sums[0], sums[1]);
        and(a: __m128i, b: __m128i) = _mm_and_si128(a, b);
        or(a: __m128i, b: __m128i) = _mm_or_si128(a, b);
        xor(a: __m128i, b: __m128i) = _mm_xor_si128(a, b);
        add_i32(a: __m128i, b: __m128i) = _mm_add_epi32(a, b);
        sub_i32(a: __m128i, b: __m128i) = _mm_sub_epi32(a, b);
        mul_i32(a: __m128i, b: __m128i) = _mm_mullo_epi32(a, b);
        equal_i32(a: __m128i, b: __m128i) = _mm_cmpeq_epi32(a, b);
        shr_i32(v: __m128i, bits: u32) = _mm_sra_epi32(v, _mm_cvtsi32_si128(bits as i32));
        min_i8(a: __m128i, b: __m128i) = _mm_min_epi8(a, b);
        max_i8(a: __m128i, b: __m128i) = _mm_max_epi8(a, b);
        add_sat_i16(a: __m128i, b: __m128i) = _mm_adds_epi16(a, b);
        narrow_i32(a: __m128i, b: __m128i) = _mm_packs_epi32(a, b);
        narrow_i16(a: __m128i, b: __m128i) = _mm_packs_epi16(a, b);
        zip_low_8(a: __m128i, b: __m128i) = _mm_unpacklo_epi8(a, b);
        zip_high_8(a: __m128i, b: __m128i) = _mm_unpackhi_epi8(a, b);
        zip_low_16(a: __m128i, b: __m128i) = _mm_unpacklo_epi16(a, b);
        zip_high_16(a: __m128i, b: __m128i) = _mm_unpackhi_epi16(a, b);
        zip_low_32(a: __m128i, b: __m128i) = _mm_unpacklo_epi32(a, b);
        zip_high_32(a: __m128i, b: __m128i) = _mm_unpackhi_epi32(a, b);
        f32_from_i32(v: __m128i) = _mm_castps_si128(_mm_cvtepi32_ps(v));
        // The instruction takes its second operand where they do not compare.
        min_f32(a: __m128i, b: __m128i) =
            _mm_castps_si128(_mm_min_ps(_mm_castsi128_ps(b), _mm_castsi128_ps(a)));
        max_f32(a: __m128i, b: __m128i) =
            _mm_castps_si128(_mm_max_ps(_mm_castsi128_ps(b), _mm_castsi128_ps(a)));
        i32_from_f32(v: __m128i) = _mm_cvttps_epi32(_mm_castsi128_ps(v));
    }
    float_instructions! {
        add_f32(a, b) = _mm_add_ps;
        sub_f32(a, b) = _mm_sub_ps;
        mul_f32(a, b) = _mm_mul_ps;
        div_f32(a, b) = _mm_div_ps;
        equal_f32(a, b) = _mm_cmpeq_ps;
    }
}
