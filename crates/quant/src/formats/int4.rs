//! int4, symmetric, a float16 scale for each block.

use super::minifloat::FLOAT16;
use crate::ends::max_abs;
use crate::rounding::half_to_even;

pub(super) const BLOCK: usize = 32;

/// −8 is left out so that the range is symmetric.
const QMAX: f32 = 7.0;

/// Takes a block to `scale · clamp(round(w / scale), −7, 7)` with `scale = max |w| / 7` rounded to float16.
/// A scale that float16 cannot hold becomes its largest value, one that it takes to 0 makes the block 0.
pub(super) fn fake_quantize(block: &mut [f32]) {
    let scale = FLOAT16.round(max_abs(block) / QMAX).min(FLOAT16.largest());
    for value in block {
        *value = if scale > 0.0 {
            // The integer between keeps no sign of zero.
            let q = half_to_even(*value / scale).clamp(-QMAX, QMAX) as i8;
            f32::from(q) * scale
        } else {
            0.0
        };
    }
}
