//! NF4, the 4-bit NormalFloat of QLoRA (Dettmers et al. 2023, arXiv 2305.14314).

use crate::ends::max_abs;

/// bitsandbytes' default.
pub(super) const BLOCK: usize = 64;

/// The 16 values of the paper's appendix E: quantiles of the normal distribution, 8 of them above 0 and 7
/// below, scaled to end at ±1.
const VALUES: [f32; 16] = [
    -1.0,
    -0.696_192_8,
    -0.525_073_05,
    -0.394_917_5,
    -0.284_441_38,
    -0.184_773_43,
    -0.091_050_036,
    0.0,
    0.079_580_3,
    0.160_930_2,
    0.246_112_3,
    0.337_915_24,
    0.440_709_83,
    0.562_617,
    0.722_956_84,
    1.0,
];

/// Takes each `w` of a block to `max |w|` times the value nearest to `w / max |w|`; halfway between two, to
/// the lower one, as bitsandbytes. (Its CUDA kernel multiplies by a rounded `1 / max |w|` where this divides,
/// so that a value within one float32 step of halfway may go the other way there.)
pub(super) fn fake_quantize(block: &mut [f32]) {
    let scale = max_abs(block);
    for value in block {
        *value = if scale > 0.0 {
            nearest(*value / scale) * scale
        } else {
            0.0
        };
    }
}

fn nearest(value: f32) -> f32 {
    let mut nearest = -1.0;
    for (&below, &above) in VALUES.iter().zip(VALUES.iter().skip(1)) {
        if value > (below + above) / 2.0 {
            nearest = above;
        }
    }
    nearest
}
