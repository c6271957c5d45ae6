//! What both of wasm's instruction sets do alike.

/// The methods of [`super::isa::Isa`] that are one instruction of `simd128`.
macro_rules! common {
    () => {
        #[inline(always)]
        unsafe fn load(at: *const u8) -> v128 {
            // SAFETY: the caller's promise.
            unsafe { v128_load(at.cast()) }
        }
        #[inline(always)]
        unsafe fn load_8(at: *const u8) -> v128 {
            // SAFETY: the caller's promise.
            unsafe { v128_load64_zero(at.cast()) }
        }
        #[inline(always)]
        unsafe fn load_splat_4(at: *const u8) -> v128 {
            // SAFETY: the caller's promise.
            unsafe { v128_load32_splat(at.cast()) }
        }
        #[inline(always)]
        unsafe fn look_up_4(table: &[i32; 256], at: *const u8) -> v128 {
            // SAFETY: the caller's promise; a byte is less than 256.
            unsafe {
                let table = table.as_ptr().cast::<u32>();
                let v = v128_load32_zero(table.add(at.read().into()));
                let v = v128_load32_lane::<1>(v, table.add(at.add(1).read().into()));
                let v = v128_load32_lane::<2>(v, table.add(at.add(2).read().into()));
                v128_load32_lane::<3>(v, table.add(at.add(3).read().into()))
            }
        }
        #[inline(always)]
        unsafe fn store(at: *mut u8, v: v128) {
            // SAFETY: the caller's promise.
            unsafe { v128_store(at.cast(), v) }
        }
        #[inline(always)]
        unsafe fn store_low(at: *mut u8, v: v128) {
            // SAFETY: the caller's promise.
            unsafe { v128_store64_lane::<0>(v, at.cast()) }
        }
        #[inline(always)]
        unsafe fn store_high(at: *mut u8, v: v128) {
            // SAFETY: the caller's promise.
            unsafe { v128_store64_lane::<1>(v, at.cast()) }
        }
        #[inline(always)]
        fn splat_i8(value: i8) -> v128 {
            i8x16_splat(value)
        }
        #[inline(always)]
        fn splat_i16(value: i16) -> v128 {
            i16x8_splat(value)
        }
        #[inline(always)]
        fn splat_i32(value: i32) -> v128 {
            i32x4_splat(value)
        }
        #[inline(always)]
        fn splat_f32(value: f32) -> v128 {
            f32x4_splat(value)
        }
        #[inline(always)]
        fn shr_i32(v: v128, bits: u32) -> v128 {
            i32x4_shr(v, bits)
        }
        #[inline(always)]
        fn mul_high_i32(a: v128, b: v128) -> v128 {
            i32x4_shuffle::<1, 3, 5, 7>(i64x2_extmul_low_i32x4(a, b), i64x2_extmul_high_i32x4(a, b))
        }
        #[inline(always)]
        fn zip_low_8(a: v128, b: v128) -> v128 {
            i8x16_shuffle::<0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23>(a, b)
        }
        #[inline(always)]
        fn zip_high_8(a: v128, b: v128) -> v128 {
            i8x16_shuffle::<8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31>(a, b)
        }
        #[inline(always)]
        fn zip_low_16(a: v128, b: v128) -> v128 {
            i16x8_shuffle::<0, 8, 1, 9, 2, 10, 3, 11>(a, b)
        }
        #[inline(always)]
        fn zip_high_16(a: v128, b: v128) -> v128 {
            i16x8_shuffle::<4, 12, 5, 13, 6, 14, 7, 15>(a, b)
        }
        #[inline(always)]
        fn zip_low_32(a: v128, b: v128) -> v128 {
            i32x4_shuffle::<0, 4, 1, 5>(a, b)
        }
        #[inline(always)]
        fn zip_high_32(a: v128, b: v128) -> v128 {
            i32x4_shuffle::<2, 6, 3, 7>(a, b)
        }
        #[inline(always)]
        fn f32_from_i32(v: v128) -> v128 {
            f32x4_convert_i32x4(v)
        }
        $crate::fast::wasm::binary! {
            and = v128_and, or = v128_or, xor = v128_xor,
            add_i32 = i32x4_add, sub_i32 = i32x4_sub, mul_i32 = i32x4_mul, equal_i32 = i32x4_eq,
            min_i8 = i8x16_min, max_i8 = i8x16_max,
            add_sat_i16 = i16x8_add_sat,
            narrow_i32 = i16x8_narrow_i32x4, narrow_i16 = i8x16_narrow_i16x8,
            add_f32 = f32x4_add, sub_f32 = f32x4_sub, mul_f32 = f32x4_mul, div_f32 = f32x4_div,
            equal_f32 = f32x4_eq,
            min_f32 = f32x4_pmin, max_f32 = f32x4_pmax
        }
    };
}

/// Methods of two vectors by the name of their instruction.
macro_rules! binary {
    ($($name:ident = $instruction:ident),*) => {
        $(
            #[inline(always)]
            fn $name(a: v128, b: v128) -> v128 {
                $instruction(a, b)
            }
        )*
    };
}

pub(super) use {binary, common};
