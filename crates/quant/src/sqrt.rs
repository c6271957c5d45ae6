//! The square root.

/// √x, rounded once, as IEEE 754 has it. WebAssembly has an instruction for it, which `libm` does not use and
/// which is reached without `std` only through SIMD; `libm`'s steps took two fifths of the time of `randn`.
#[inline]
pub(crate) fn sqrt(x: f64) -> f64 {
    #[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
    {
        use core::arch::wasm32::{f64x2_extract_lane, f64x2_splat, f64x2_sqrt};
        f64x2_extract_lane::<0>(f64x2_sqrt(f64x2_splat(x)))
    }
    #[cfg(not(all(target_arch = "wasm32", target_feature = "simd128")))]
    libm::sqrt(x)
}
