//! Quantizing floats on the fly, for int8 weights (TFLite's `SymmetricQuantizeFloats` and
//! `AsymmetricQuantizeFloats`, in the mixture of float and double that LiteRT 2.3 has).

use crate::byte::Byte;

/// Quantizes to int8 over the values' own range; returns scale and zero point. Symmetric: to [−127, 127] with
/// a zero point of 0. Values that are all 0 have scale 1.
pub(crate) fn quantize(values: &[f32], quantized: &mut [i8], asymmetric: bool) -> (f32, i32) {
    let range = values.iter().fold((0.0_f32, 0.0_f32), |(least, most), &x| {
        (least.min(x), most.max(x))
    });
    let Some(steps) = Steps::over(range, asymmetric) else {
        quantized.fill(0);
        return (1.0, 0);
    };
    for (q, &x) in quantized.iter_mut().zip(values) {
        *q = steps.quantize(x);
    }
    (steps.scale, steps.zero_point)
}

/// How reals become int8.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Steps {
    pub(crate) scale: f32,
    /// What reals are multiplied by.
    pub(crate) inverse: f32,
    pub(crate) zero_point: i32,
    /// The least that comes out.
    pub(crate) least: i8,
}

impl Steps {
    /// For reals from `least` to `most`, between which 0 must be; None where that is all there is.
    pub(crate) fn over((least, most): (f32, f32), asymmetric: bool) -> Option<Self> {
        if least == most {
            return None;
        }
        if !asymmetric {
            let largest = most.max(-least);
            return Some(Self {
                scale: largest / 127.0,
                inverse: 127.0 / largest,
                zero_point: 0,
                least: -127,
            });
        }
        let scale = f64::from(most - least) / 255.0;
        let (least, most) = (f64::from(least), f64::from(most));
        // Counted from the end that is nearer to the zero point, where less is lost.
        let from_least = -128.0 - least / scale;
        let from_most = 127.0 - most / scale;
        let least_is_nearer = 128.0 + (least / scale).abs() < 127.0 + (most / scale).abs();
        let zero_point = if least_is_nearer {
            from_least
        } else {
            from_most
        };
        let scale = scale as f32;
        Some(Self {
            scale,
            inverse: 1.0 / scale,
            zero_point: zero_point.round().clamp(-128.0, 127.0) as i32,
            least: -128,
        })
    }

    pub(crate) fn quantize(self, x: f32) -> i8 {
        // Rounded before the zero point is added; what is too large for an i32 saturates.
        let steps = (x * self.inverse).round() as i32;
        i8::saturate(steps.saturating_add(self.zero_point)).max(self.least)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn by_hand() {
        let mut quantized = [0; 4];
        let values = [-1.0, 0.0, 0.5, 1.0];
        assert_eq!(quantize(&values, &mut quantized, false), (1.0 / 127.0, 0));
        assert_eq!(quantized, [-127, 0, 64, 127]);
        let values = [0.0, 51.0, 127.5, 255.0];
        assert_eq!(quantize(&values, &mut quantized, true), (1.0, -128));
        // 127.5 is half-way, and goes away from 0 before 128 is taken off.
        assert_eq!(quantized, [-128, -77, 0, 127]);
        for asymmetric in [false, true] {
            assert_eq!(quantize(&[0.0; 4], &mut quantized, asymmetric), (1.0, 0));
            assert_eq!(quantized, [0; 4]);
        }
    }

    #[test]
    fn no_value_is_out_of_reach() {
        let mut quantized = [0; 3];
        for asymmetric in [false, true] {
            let (scale, _) = quantize(&[f32::MIN, f32::NAN, f32::MAX], &mut quantized, asymmetric);
            assert!(scale > 0.0);
        }
    }
}
