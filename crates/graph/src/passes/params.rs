//! Scales and zero points as TensorFlow's converter (2.21) chooses them.
//!
//! In float64 and not by `octet_quant::QuantParams::from_range`, which is PyTorch's float32 arithmetic: the
//! same range then gives the same scale and zero point as in a file that the converter wrote.

use crate::Quantization;

/// Ranges narrower than this are widened, so that scales do not vanish.
const NARROWEST: f64 = 1e-6;

/// Scale and zero point of an int8 activation. The scale is rounded to float32 last, in
/// [`Params::quantization`]: that of a bias is a product of two such scales.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Params {
    pub(super) scale: f64,
    pub(super) zero_point: i32,
}

impl Params {
    /// Of logistic and softmax, whose results lie in [0, 1].
    pub(super) const UNIT: Self = Self {
        scale: 1.0 / 256.0,
        zero_point: -128,
    };

    /// Of the hyperbolic tangent.
    pub(super) const TANH: Self = Self {
        scale: 1.0 / 128.0,
        zero_point: 0,
    };

    /// Spreads −128 to 127 over a range of reals, widened to hold 0 and, where it is narrower than 1e-6, by
    /// 1e-6 on both sides.
    pub(super) fn of_range((min, max): (f32, f32)) -> Self {
        let (mut min, mut max) = (f64::from(min.min(0.0)), f64::from(max.max(0.0)));
        if max - min < NARROWEST {
            min -= NARROWEST;
            max += NARROWEST;
        }
        let (lowest, highest) = (-128.0, 127.0);
        let scale = (max - min) / (highest - lowest);
        // From the end where less is rounded.
        let from_min: f64 = lowest - min / scale;
        let from_max: f64 = highest - max / scale;
        let zero_point = if 128.0 + (min / scale).abs() < 127.0 + (max / scale).abs() {
            from_min
        } else {
            from_max
        };
        Self {
            scale,
            zero_point: zero_point.round().clamp(lowest, highest) as i32,
        }
    }

    /// The range of a constant.
    pub(super) fn of_values(values: &[f32]) -> Self {
        let min = values.iter().copied().fold(0.0, f32::min);
        let max = values.iter().copied().fold(0.0, f32::max);
        Self::of_range((min, max))
    }

    pub(super) fn quantization(self) -> Quantization {
        Quantization::per_tensor(self.scale as f32, self.zero_point)
    }

    /// `clamp(round(r / scale) + zero_point)`, halves away from zero.
    pub(super) fn quantize(self, values: &[f32]) -> Vec<i8> {
        let zero_point = f64::from(self.zero_point);
        let steps = values.iter().map(|&value| f64::from(value) / self.scale);
        // `as` keeps to the ends of i8.
        steps
            .map(|step| (step + zero_point).round() as i8)
            .collect()
    }

    /// Whether both are the same in a file.
    pub(super) fn same(self, other: Self) -> bool {
        self.quantization() == other.quantization()
    }
}
