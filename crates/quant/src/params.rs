//! Scale and zero point.

use crate::{IntRange, QuantError, Rounder, Rounding};

/// Where the zero point may lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Symmetry {
    /// The zero point is wherever the range needs it.
    Affine,
    /// The zero point is the middle of the integers: 0 where they are signed.
    Symmetric,
}

/// What turns reals into integers and back: `q = clamp(round(r / scale) + zero_point, qmin, qmax)` and
/// `r ≈ scale · (q − zero_point)` (Jacob et al. 2018, arXiv 1712.05877, equation 1).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct QuantParams {
    scale: f32,
    zero_point: i32,
    range: IntRange,
}

impl QuantParams {
    /// Takes scale and zero point as they are.
    ///
    /// # Errors
    /// [`QuantError::Scale`] or [`QuantError::ZeroPoint`].
    pub fn new(scale: f32, zero_point: i32, range: IntRange) -> Result<Self, QuantError> {
        if !(scale.is_finite() && scale > 0.0) {
            return Err(QuantError::Scale { channel: 0 });
        }
        if !(range.qmin()..=range.qmax()).contains(&zero_point) {
            return Err(QuantError::ZeroPoint {
                zero_point,
                qmin: range.qmin(),
                qmax: range.qmax(),
            });
        }
        Ok(Self {
            scale,
            zero_point,
            range,
        })
    }

    /// The scale and zero point that spread the integers over the reals from `min` to `max`.
    ///
    /// The range is first widened to hold 0, which must be exact. Affine: `scale = (max − min) / (qmax −
    /// qmin)`, `zero_point = qmin − round(min / scale)`. Symmetric: `scale = max(|min|, |max|) / ((qmax −
    /// qmin) / 2)`, `zero_point` in the middle. All in float32, as PyTorch's
    /// `UniformQuantizationObserverBase._calculate_qparams`; with a narrow signed range the symmetric form
    /// is TFLite's `max |w| / 127`.
    ///
    /// Where the range is so small that the scale would not be a normal float32 (a range of nothing but 0,
    /// say), the scale is 1 and everything becomes 0.
    ///
    /// `rounding` is for the zero point; where it is stochastic, the zero point is rounded half to even.
    ///
    /// # Errors
    /// [`QuantError::Range`].
    pub fn from_range(
        min: f32,
        max: f32,
        symmetry: Symmetry,
        range: IntRange,
        rounding: Rounding,
    ) -> Result<Self, QuantError> {
        if !(min.is_finite() && max.is_finite() && min <= max) {
            return Err(QuantError::Range);
        }
        let (min, max) = (min.min(0.0), max.max(0.0));
        let steps = range.steps() as f32;
        let scale = match symmetry {
            // The widest ranges overflow a float32; they are cut to what it holds.
            Symmetry::Affine => (max - min).min(f32::MAX) / steps,
            Symmetry::Symmetric => max.max(-min) / (steps / 2.0),
        };
        let scale = if scale.is_normal() { scale } else { 1.0 };
        let zero_point = match symmetry {
            Symmetry::Affine => {
                let offset = rounding.nearest(min / scale) as i32;
                range
                    .qmin()
                    .saturating_sub(offset)
                    .clamp(range.qmin(), range.qmax())
            }
            Symmetry::Symmetric => range.middle(),
        };
        Ok(Self {
            scale,
            zero_point,
            range,
        })
    }

    /// The distance between two neighbouring steps; positive and finite.
    pub fn scale(&self) -> f32 {
        self.scale
    }

    /// The integer that stands for 0.
    pub fn zero_point(&self) -> i32 {
        self.zero_point
    }

    /// The integers in use.
    pub fn range(&self) -> IntRange {
        self.range
    }

    /// The smallest and the largest real that the integers stand for.
    pub fn real_range(&self) -> (f32, f32) {
        (
            self.dequantize(self.range.qmin()),
            self.dequantize(self.range.qmax()),
        )
    }

    /// The integer for a real. Infinities go to the end of the range; NaN becomes the zero point.
    #[inline]
    pub fn quantize(&self, real: f32, rounder: &mut Rounder) -> i32 {
        self.quantize_with(real, |value| rounder.round(value))
    }

    /// [`QuantParams::quantize`] for loops that have chosen how to round once for all.
    #[inline]
    pub(crate) fn quantize_with(&self, real: f32, round: impl FnOnce(f32) -> f32) -> i32 {
        let steps = round(real / self.scale);
        // Clamped as floats, which hold these integers exactly: twice as fast as behind the conversion.
        // `as` takes NaN, which is not below or above anything, to 0.
        let lowest = (self.range.qmin() - self.zero_point) as f32;
        let highest = (self.range.qmax() - self.zero_point) as f32;
        let steps = if steps < lowest { lowest } else { steps };
        let steps = if steps > highest { highest } else { steps };
        steps as i32 + self.zero_point
    }

    /// Whether a real lies so far outside of what the integers stand for that it loses more than rounding
    /// takes (half a step, and what float32 itself rounds).
    pub fn clips(&self, real: f32) -> bool {
        let (lo, hi) = self.real_range();
        let slack = self.scale * 0.501;
        real < lo - slack || real > hi + slack
    }

    /// The real that an integer stands for.
    #[inline]
    pub fn dequantize(&self, q: i32) -> f32 {
        (q - self.zero_point) as f32 * self.scale
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Rounding::HalfToEven;

    #[test]
    fn a_range_is_widened_to_hold_zero() {
        let params =
            QuantParams::from_range(1.0, 2.55, Symmetry::Affine, IntRange::UINT8, HalfToEven)
                .unwrap();
        assert_eq!((params.scale(), params.zero_point()), (0.01, 0));
        let params =
            QuantParams::from_range(-2.55, -1.0, Symmetry::Affine, IntRange::UINT8, HalfToEven)
                .unwrap();
        assert_eq!((params.scale(), params.zero_point()), (0.01, 255));
    }

    #[test]
    fn nothing_but_zero_has_scale_one() {
        for (min, max) in [(0.0, 0.0), (-0.0, 1e-44), (-1e-40, 1e-40)] {
            for symmetry in [Symmetry::Affine, Symmetry::Symmetric] {
                let params =
                    QuantParams::from_range(min, max, symmetry, IntRange::INT8, HalfToEven)
                        .unwrap();
                assert_eq!(params.scale(), 1.0);
                assert_eq!(
                    params.dequantize(params.quantize(max, &mut HalfToEven.rounder())),
                    0.0
                );
            }
        }
    }

    #[test]
    fn the_widest_range_does_not_overflow() {
        let params = QuantParams::from_range(
            f32::MIN,
            f32::MAX,
            Symmetry::Affine,
            IntRange::INT8,
            HalfToEven,
        )
        .unwrap();
        assert!(params.scale().is_finite());
        assert_eq!(
            params.dequantize(params.quantize(0.0, &mut HalfToEven.rounder())),
            0.0
        );
    }

    #[test]
    fn nonsense_is_refused() {
        let from = |min, max| {
            QuantParams::from_range(min, max, Symmetry::Affine, IntRange::INT8, HalfToEven)
        };
        for (min, max) in [
            (1.0, -1.0),
            (f32::NAN, 1.0),
            (0.0, f32::INFINITY),
            (0.0, f32::NAN),
        ] {
            assert_eq!(from(min, max), Err(QuantError::Range));
        }
        for scale in [0.0, -1.0, f32::NAN, f32::INFINITY] {
            assert_eq!(
                QuantParams::new(scale, 0, IntRange::INT8),
                Err(QuantError::Scale { channel: 0 })
            );
        }
        assert!(QuantParams::new(1.0, 128, IntRange::INT8).is_err());
    }

    #[test]
    fn what_is_no_number_has_a_place_all_the_same() {
        let params = QuantParams::new(0.5, 3, IntRange::INT8).unwrap();
        assert_eq!(params.quantize(f32::NAN, &mut HalfToEven.rounder()), 3);
        assert_eq!(
            params.quantize(f32::INFINITY, &mut HalfToEven.rounder()),
            127
        );
        assert_eq!(
            params.quantize(f32::NEG_INFINITY, &mut HalfToEven.rounder()),
            -128
        );
    }
}
