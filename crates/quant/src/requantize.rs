//! Multiplying by a real number with integers alone, as TFLite's kernels turn an int32 sum into the next
//! layer's int8.

use crate::QuantError;

/// How often the product is rounded. They differ by 1 now and then.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MultiplierRounding {
    /// Twice: half up after the multiplication, then half away from zero after the right shift. What
    /// TFLite does unless it is told otherwise (gemmlowp's `SaturatingRoundingDoublingHighMul` and
    /// `RoundingDivideByPOT`).
    Double,
    /// Once, half up (`TFLITE_SINGLE_ROUNDING`).
    Single,
}

/// A real number as `multiplier / 2^31 · 2^shift`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Multiplier {
    multiplier: i32,
    shift: i32,
    rounding: MultiplierRounding,
}

/// The shifts for which the multiplication is defined.
const SHIFTS: core::ops::RangeInclusive<i32> = -31..=30;

impl Multiplier {
    /// Takes both numbers as they stand.
    ///
    /// # Errors
    /// [`QuantError::Multiplier`] where `shift` is not within −31 to 30, or where `multiplier` is negative
    /// and rounding single.
    pub fn new(
        multiplier: i32,
        shift: i32,
        rounding: MultiplierRounding,
    ) -> Result<Self, QuantError> {
        let negative = multiplier < 0 && rounding == MultiplierRounding::Single;
        if negative || !SHIFTS.contains(&shift) {
            return Err(QuantError::Multiplier);
        }
        Ok(Self {
            multiplier,
            shift,
            rounding,
        })
    }

    /// The real that it stands for, `multiplier · 2^(shift − 31)`.
    pub fn real(self) -> f64 {
        f64::from(self.multiplier) * libm::exp2(f64::from(self.shift - 31))
    }

    /// The nearest to a real, as TFLite's `QuantizeMultiplier`: the multiplier has 31 significant bits,
    /// its last rounded half away from zero. Reals nearer to 0 than 2^−32 become 0. With single rounding,
    /// those of 2^30 and more become the largest there is, (2^31 − 1) / 2.
    ///
    /// # Errors
    /// [`QuantError::Multiplier`] for NaN and infinities; with single rounding for negative reals; with
    /// double rounding for reals of 2^30 and more, on which TFLite's multiplication is not defined.
    pub fn from_real(real: f64, rounding: MultiplierRounding) -> Result<Self, QuantError> {
        if !real.is_finite() {
            return Err(QuantError::Multiplier);
        }
        if real == 0.0 {
            return Self::new(0, 0, rounding);
        }
        let (fraction, mut shift) = libm::frexp(real);
        let mut multiplier = libm::round(fraction * TWO_POW_31) as i64;
        // Rounded up to 1.
        if multiplier == 1 << 31 {
            multiplier /= 2;
            shift += 1;
        }
        if shift < *SHIFTS.start() {
            (multiplier, shift) = (0, 0);
        }
        if shift > *SHIFTS.end() && rounding == MultiplierRounding::Single && real > 0.0 {
            (multiplier, shift) = (i64::from(i32::MAX), *SHIFTS.end());
        }
        let multiplier = i32::try_from(multiplier).map_err(|_| QuantError::Multiplier)?;
        Self::new(multiplier, shift, rounding)
    }

    /// The real's 31 significant bits.
    pub fn multiplier(&self) -> i32 {
        self.multiplier
    }

    /// The power of two, positive to the left; −31 to 30.
    pub fn shift(&self) -> i32 {
        self.shift
    }

    /// How products are rounded.
    pub fn rounding(&self) -> MultiplierRounding {
        self.rounding
    }

    /// `x` times the real, rounded: TFLite's `MultiplyByQuantizedMultiplier`, bit by bit. TFLite leaves
    /// open what happens where a result does not fit; here, as on its usual machines, the bits that do not
    /// fit are dropped: with double rounding those of `x · 2^shift`, with single rounding those of the
    /// result.
    #[inline]
    pub fn apply(&self, x: i32) -> i32 {
        match self.rounding {
            MultiplierRounding::Double => {
                let x = x.wrapping_shl(self.shift.max(0) as u32);
                let product = rounding_doubling_high_mul(x, self.multiplier);
                rounding_divide_by_power_of_two(product, (-self.shift).max(0) as u32)
            }
            MultiplierRounding::Single => {
                let total = 31 - self.shift;
                let product = i64::from(x) * i64::from(self.multiplier);
                ((product + (1 << (total - 1))) >> total) as i32
            }
        }
    }
}

const TWO_POW_31: f64 = 2_147_483_648.0;

/// `a · b / 2^31`, half up. The one result that does not fit, of −2^31 squared, becomes 2^31 − 1.
fn rounding_doubling_high_mul(a: i32, b: i32) -> i32 {
    let product = i64::from(a) * i64::from(b);
    ((product + (1 << 30)) >> 31).min(i64::from(i32::MAX)) as i32
}

/// `x / 2^exponent` for an exponent of 0 to 31, half away from zero.
fn rounding_divide_by_power_of_two(x: i32, exponent: u32) -> i32 {
    let x = i64::from(x);
    let half = (1 << exponent) >> 1;
    // The shift rounds down, so a negative half is first pushed below itself.
    ((x + half - i64::from(x < 0 && exponent > 0)) >> exponent) as i32
}

#[cfg(test)]
mod tests {
    use super::MultiplierRounding::{Double, Single};
    use super::*;

    #[test]
    fn halves_by_hand() {
        // 1/2 is 2^30 / 2^31 with shift 0: one rounding after the product, half up.
        let half = Multiplier::from_real(0.5, Double).unwrap();
        assert_eq!((half.multiplier(), half.shift()), (1 << 30, 0));
        assert_eq!([3, -3].map(|x| half.apply(x)), [2, -1]);
        // 1/4 is shifted right by 1, which is where it is rounded: half away from zero.
        let quarter = Multiplier::from_real(0.25, Double).unwrap();
        assert_eq!((quarter.multiplier(), quarter.shift()), (1 << 30, -1));
        assert_eq!([4, 6, -6, -4].map(|x| quarter.apply(x)), [1, 2, -2, -1]);
        // 5 is halved and rounded to 3, halved again and rounded to 2.
        assert_eq!(quarter.apply(5), 2);
        let quarter = Multiplier::from_real(0.25, Single).unwrap();
        assert_eq!([5, 6, -6, -7].map(|x| quarter.apply(x)), [1, 2, -1, -2]);
    }

    #[test]
    fn the_only_product_that_does_not_fit_is_saturated() {
        let minus_one = Multiplier::new(i32::MIN, 0, Double).unwrap();
        assert_eq!(minus_one.apply(i32::MIN), i32::MAX);
        assert_eq!(minus_one.apply(i32::MAX), -i32::MAX);
    }

    #[test]
    fn within_one_of_the_real_product() {
        let mut state = crate::RandomState::new(5);
        for _ in 0..20_000 {
            let real = libm::exp2(state.uniform(-20.0, 0.0));
            let x = state.uniform(-1e9, 1e9) as i32;
            for (rounding, bound) in [(Double, 1.0), (Single, 0.5)] {
                let result = Multiplier::from_real(real, rounding).unwrap().apply(x);
                let error = (f64::from(result) - f64::from(x) * real).abs();
                // The multiplier itself is off by up to 2^−32 of its size.
                assert!(error <= bound + 0.25, "{x} {real} {rounding:?}: {error}");
            }
        }
    }

    #[test]
    fn what_has_no_multiplier_is_refused() {
        for rounding in [Double, Single] {
            for real in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
                let multiplier = Multiplier::from_real(real, rounding);
                assert_eq!(multiplier, Err(QuantError::Multiplier));
            }
            for shift in [-32, 31, i32::MIN, i32::MAX] {
                let multiplier = Multiplier::new(1, shift, rounding);
                assert_eq!(multiplier, Err(QuantError::Multiplier));
            }
        }
        assert!(Multiplier::from_real(-0.5, Double).is_ok());
        assert!(Multiplier::from_real(-0.5, Single).is_err());
        assert!(Multiplier::from_real(1e10, Double).is_err());
        assert_eq!(
            Multiplier::from_real(1e10, Single),
            Multiplier::new(i32::MAX, 30, Single)
        );
        for tiny in [0.0, -0.0, f64::from_bits(1), -1e-300, 1e-10] {
            assert_eq!(
                Multiplier::from_real(tiny, Double),
                Multiplier::new(0, 0, Double)
            );
        }
    }
}
