//! MXFP4, of the OCP Microscaling Formats (MX) Specification v1.0.

use super::minifloat::{E2M1, exponent, power_of_two};
use crate::ends::max_abs;

pub(super) const BLOCK: usize = 32;

/// Exponent of the largest power of two that an element holds: 4.
const ELEMENT_EXPONENT: i32 = 2;

/// Smallest exponent of E8M0, the scale's format.
const SMALLEST_SCALE: i32 = -127;

/// Takes a block to `scale · e` with the elements `e` nearest to `w / scale`, at most ±6, and
/// `scale = 2^(floor(log2(max |w|)) − 2)`, at least 2^−127; that smallest scale serves blocks of zeros too.
pub(super) fn fake_quantize(block: &mut [f32]) {
    // Denormals count as 2^−127, which changes nothing: their scale is the smallest one.
    let scale = power_of_two((exponent(max_abs(block)) - ELEMENT_EXPONENT).max(SMALLEST_SCALE));
    for value in block {
        // What float32 cannot hold here is so small that it rounds to 0.
        let element = E2M1.round((f64::from(*value) / scale) as f32);
        *value = (f64::from(element) * scale) as f32;
    }
}
