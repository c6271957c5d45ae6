//! Scales and zero points as TensorFlow's converter (2.21) chooses them.
//!
//! Scales are float32 numbers, as in the file; what is divided by them here is divided in float64. That is not
//! quite `octet_quant::QuantParams`, PyTorch's arithmetic in float32: where a value lies half-way between two
//! integers, this gives the one that is in a file which the converter wrote.

use crate::Quantization;

/// Ranges narrower than this are widened, so that scales do not vanish.
const NARROWEST: f32 = 1e-6;

/// Scale and zero point of an int8 activation.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Params {
    pub(super) scale: f32,
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
        let (mut min, mut max) = (min.min(0.0), max.max(0.0));
        if max - min < NARROWEST {
            min -= NARROWEST;
            max += NARROWEST;
        }
        let scale = (max - min) / 255.0;
        let zero_point = -128.0 - f64::from(min) / f64::from(scale);
        Self {
            scale,
            zero_point: zero_point.round().clamp(-128.0, 127.0) as i32,
        }
    }

    /// The range of a constant.
    pub(super) fn of_values(values: &[f32]) -> Self {
        let min = values.iter().copied().fold(0.0, f32::min);
        let max = values.iter().copied().fold(0.0, f32::max);
        Self::of_range((min, max))
    }

    pub(super) fn quantization(self) -> Quantization {
        Quantization::per_tensor(self.scale, self.zero_point)
    }

    /// `clamp(round(r / scale) + zero_point)`, halves away from zero.
    pub(super) fn quantize(self, values: &[f32]) -> Vec<i8> {
        let zero_point = f64::from(self.zero_point);
        let steps = values
            .iter()
            .map(|&value| f64::from(value) / f64::from(self.scale));
        // `as` keeps to the ends of i8.
        steps
            .map(|step| (step + zero_point).round() as i8)
            .collect()
    }
}
