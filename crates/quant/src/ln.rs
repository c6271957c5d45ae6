//! The natural logarithm, equal to glibc's to the last bit, which NumPy's random numbers depend on.
//!
//! The algorithm is that of Arm Optimized Routines' `log` (2018), which glibc has used since 2.28: x = 2^k · z,
//! ln x = k · ln 2 + ln c + ln(z / c) with c from a table. On processors with fused multiply-add glibc takes a
//! variant compiled for it, and the compiler fuses wherever it can; [`fused`] does the same in the same places.
//! WebAssembly has no such instruction and emulating it is slow, so `ln` first computes without, and asks
//! `fused` only where that could change the rounding of the result.

use crate::ln_table::{LN2_HI, LN2_LO, POLY, POLY_NEAR_ONE, TABLE};

/// Where the table's parts begin: 0.6875.
const OFFSET: u64 = 0x3fe6_0000_0000_0000;
/// 1 − 1/16 and 1 + 0x1.09p-4: between them a polynomial around 1 is used.
const NEAR_ONE: core::ops::Range<u64> = 0x3fee_0000_0000_0000..0x3ff1_0900_0000_0000;

/// The natural logarithm of a positive, finite, normal number (anything else: what `libm` says).
#[inline]
pub(crate) fn ln(x: f64) -> f64 {
    if !(x.is_normal() && x > 0.0) {
        return libm::log(x);
    }
    // The part that is added last differs from the fused one by a few units in its own last place.
    let (rest, hi) = parts(x, |a, b, c| a * b + c);
    let slack = rest.abs() * 2e-15;
    let (below, above) = (rest - slack + hi, rest + slack + hi);
    if below == above {
        return below;
    }
    fused(x)
}

/// The slow way; out of the way, since it is seldom taken.
#[cold]
#[inline(never)]
fn fused(x: f64) -> f64 {
    let (rest, hi) = parts(x, libm::fma);
    rest + hi
}

/// ln x as a small part and a large part. `fma` is a · b + c, rounded once or twice.
#[inline(always)]
fn parts(x: f64, fma: impl Fn(f64, f64, f64) -> f64) -> (f64, f64) {
    let bits = x.to_bits();
    if NEAR_ONE.contains(&bits) {
        let b = POLY_NEAR_ONE.map(f64::from_bits);
        let r = x - 1.0;
        let r2 = r * r;
        let r3 = r * r2;
        let tail = fma(r3, b[10], fma(r2, b[9], fma(r, b[8], b[7])));
        let middle = fma(r3, tail, fma(r2, b[6], fma(r, b[5], b[4])));
        let head = fma(r3, middle, fma(r2, b[3], fma(r, b[2], b[1])));
        // r − r²/2 in two parts, the square of r's upper half being exact.
        let w = r * 134_217_728.0;
        let r_hi = r + w - w;
        let r_lo = r - r_hi;
        let w = r_hi * r_hi * b[0];
        let hi = r + w;
        let lo = fma(b[0] * r_lo, r_hi + r, r - hi + w);
        return (fma(r3, head, lo), hi);
    }
    let offset = bits.wrapping_sub(OFFSET);
    let k = ((offset as i64) >> 52) as f64;
    let z = f64::from_bits(bits.wrapping_sub(offset & (0xfff << 52)));
    let [inverse, ln_c] = TABLE[(offset >> 45) as usize % TABLE.len()].map(f64::from_bits);
    let r = product_minus_one(z, inverse);
    let a = POLY.map(f64::from_bits);
    let w = fma(k, f64::from_bits(LN2_HI), ln_c);
    let hi = w + r;
    let lo = fma(k, f64::from_bits(LN2_LO), w - hi + r);
    let r2 = r * r;
    let tail = fma(r2, fma(r, a[4], a[3]), fma(r, a[2], a[1]));
    (fma(r * r2, tail, fma(r2, a[0], lo)), hi)
}

/// a · b − 1, rounded once, for a product near 1: Dekker's exact product (1971), minus 1, which is exact too.
fn product_minus_one(a: f64, b: f64) -> f64 {
    let halves = |x: f64| {
        let c = x * 134_217_729.0;
        let hi = c - (c - x);
        (hi, x - hi)
    };
    let (a_hi, a_lo) = halves(a);
    let (b_hi, b_lo) = halves(b);
    let product = a * b;
    let error = a_lo * b_lo - (product - a_hi * b_hi - a_lo * b_hi - a_hi * b_lo);
    (product - 1.0) + error
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The host's own logarithm is glibc's on the machines that run these tests.
    #[cfg(all(target_os = "linux", target_env = "gnu", target_arch = "x86_64"))]
    #[test]
    fn equals_glibc_on_the_unit_interval() {
        extern crate std;
        if !std::arch::is_x86_feature_detected!("fma") {
            return;
        }
        let mut random = crate::RandomState::new(7);
        for _ in 0..2_000_000 {
            let x = random.rand() + 5e-17;
            assert_eq!(ln(x).to_bits(), x.ln().to_bits(), "{x:e}");
        }
    }

    #[test]
    fn the_fused_product_is_rounded_once() {
        for i in 0..1000 {
            let a = 1.0 + f64::from(i) * 1.234_567_890_123e-4;
            let b = 1.0 / a + 3e-17;
            assert_eq!(product_minus_one(a, b), libm::fma(a, b, -1.0), "{i}");
        }
    }

    #[test]
    fn what_has_no_logarithm_is_as_in_libm() {
        assert_eq!(ln(0.0), f64::NEG_INFINITY);
        assert!(ln(-1.0).is_nan() && ln(f64::NAN).is_nan());
        assert_eq!(ln(f64::INFINITY), f64::INFINITY);
        assert_eq!(ln(1.0), 0.0);
    }
}
