//! What to do with a value that lies between two integers.

use alloc::boxed::Box;

use crate::RandomState;

/// How a real number becomes an integer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rounding {
    /// To the nearest; 0.5 → 1, −0.5 → −1: TFLite (`std::round`).
    HalfAwayFromZero,
    /// To the nearest; 0.5 → 0, 1.5 → 2: NumPy and PyTorch (IEEE 754 `roundTiesToEven`).
    HalfToEven,
    /// Up with a probability equal to the fraction, else down, so that the mean is kept: 0.25 becomes 1
    /// once in four times (Gupta et al. 2015, arXiv 1502.02551, section 3.1). Zero points, which must not
    /// depend on luck, are rounded half to even.
    Stochastic {
        /// Of the random numbers; the same seed gives the same integers.
        seed: u32,
    },
}

impl Rounding {
    /// What rounds values in this way, one after the other.
    pub fn rounder(self) -> Rounder {
        match self {
            Self::HalfAwayFromZero => Rounder::HalfAwayFromZero,
            Self::HalfToEven => Rounder::HalfToEven,
            Self::Stochastic { seed } => Rounder::Stochastic(Box::new(RandomState::new(seed))),
        }
    }

    /// The integer nearest to `value`, as a float; without luck, so half to even where it is stochastic.
    pub(crate) fn nearest(self, value: f32) -> f32 {
        match self {
            Self::HalfAwayFromZero => half_away_from_zero(value),
            Self::HalfToEven | Self::Stochastic { .. } => half_to_even(value),
        }
    }
}

/// Rounds values one after the other; made by [`Rounding::rounder`].
#[derive(Clone, Debug)]
pub enum Rounder {
    /// [`Rounding::HalfAwayFromZero`].
    HalfAwayFromZero,
    /// [`Rounding::HalfToEven`].
    HalfToEven,
    /// [`Rounding::Stochastic`], with what its random numbers come from.
    Stochastic(Box<RandomState>),
}

impl Rounder {
    /// The integer for `value`, as a float. NaN and infinities stay what they are. Where it is stochastic
    /// each value takes one random number, whether it needs one or not.
    #[inline]
    pub fn round(&mut self, value: f32) -> f32 {
        match self {
            Self::HalfAwayFromZero => half_away_from_zero(value),
            Self::HalfToEven => half_to_even(value),
            Self::Stochastic(state) => stochastic(value, state.rand()),
        }
    }
}

/// 2^23. Floats from here on have no fraction, and those from 2^23 to 2^24 are all the integers there.
const NO_FRACTION: f32 = 8_388_608.0;

/// `libm::rintf` without a call: the sum has no room for the fraction, and addition rounds half to even.
#[inline]
pub(crate) fn half_to_even(value: f32) -> f32 {
    let large = NO_FRACTION.copysign(value);
    let rounded = ((value + large) - large).copysign(value);
    // Written so that NaN stays.
    if value.abs() < NO_FRACTION {
        rounded
    } else {
        value
    }
}

/// `libm::roundf` without a call.
#[inline]
pub(crate) fn half_away_from_zero(value: f32) -> f32 {
    let rounded = half_to_even(value);
    // The difference is exact, so this finds the halves that went toward zero, and nothing else.
    if value - rounded == 0.5_f32.copysign(value) {
        rounded + 1.0_f32.copysign(value)
    } else {
        rounded
    }
}

/// `floor(value + random)` for a `random` in [0, 1), but exact: a sum would be rounded, and then integers
/// would go up once in a while.
pub(crate) fn stochastic(value: f32, random: f64) -> f32 {
    let nearest = half_to_even(value);
    let floor = if nearest > value {
        nearest - 1.0
    } else {
        nearest
    };
    let fraction = f64::from(value) - f64::from(floor);
    if random >= 1.0 - fraction {
        floor + 1.0
    } else {
        floor
    }
}

#[cfg(test)]
mod tests {
    use super::Rounding::{HalfAwayFromZero, HalfToEven, Stochastic};
    use super::*;

    #[test]
    fn halves() {
        let cases = [
            (0.5, 1.0, 0.0),
            (1.5, 2.0, 2.0),
            (-0.5, -1.0, 0.0),
            (-2.5, -3.0, -2.0),
        ];
        for (value, away, even) in cases {
            assert_eq!(HalfAwayFromZero.rounder().round(value), away, "{value}");
            assert_eq!(HalfToEven.rounder().round(value), even, "{value}");
            assert_eq!(Stochastic { seed: 0 }.nearest(value), even, "{value}");
        }
    }

    #[test]
    fn the_largest_float_below_a_half_is_zero() {
        assert_eq!(half_away_from_zero(0.499_999_97), 0.0);
        assert_eq!(half_to_even(0.499_999_97), 0.0);
    }

    /// Every bit as `libm` has it, the sign of zero included.
    fn assert_as_libm(value: f32) {
        let away = libm::roundf(value);
        let even = libm::rintf(value);
        assert_eq!(
            half_away_from_zero(value).to_bits(),
            away.to_bits(),
            "{value}"
        );
        assert_eq!(half_to_even(value).to_bits(), even.to_bits(), "{value}");
    }

    #[test]
    fn as_libm_rounds() {
        // Every 997th float of all, which reaches every exponent.
        for bits in (0..=u32::MAX).step_by(997) {
            let value = f32::from_bits(bits);
            if !value.is_nan() {
                assert_as_libm(value);
            }
        }
        // Halves and their neighbours, small and at the end of the fractions.
        for whole in (0..5_000)
            .chain(4_190_000..4_195_000)
            .chain(8_388_000..8_389_000)
        {
            for value in [whole as f32, whole as f32 + 0.5] {
                for value in [value.next_down(), value, value.next_up()] {
                    assert_as_libm(value);
                    assert_as_libm(-value);
                }
            }
        }
        for value in [
            f32::MAX,
            f32::INFINITY,
            f32::MIN_POSITIVE,
            f32::from_bits(1),
        ] {
            assert_as_libm(value);
            assert_as_libm(-value);
        }
        assert!(half_to_even(f32::NAN).is_nan());
        assert!(half_away_from_zero(f32::NAN).is_nan());
    }

    #[test]
    fn luck_decides_between_the_two_neighbours() {
        for value in [0.25_f32, -0.25, 7.75, -3.5, 1e-30, -1e-30, 100_000.01] {
            let fraction = f64::from(value) - libm::floor(f64::from(value));
            let floor = libm::floorf(value);
            for random in [0.0, 0.1, 0.3, 0.6, 0.9, 1.0 - f64::EPSILON / 2.0] {
                let expected = if random >= 1.0 - fraction {
                    floor + 1.0
                } else {
                    floor
                };
                assert_eq!(stochastic(value, random), expected, "{value} {random}");
            }
        }
    }

    #[test]
    fn integers_are_never_moved_by_luck() {
        let last = 1.0 - f64::EPSILON / 2.0;
        for value in [
            0.0,
            5.0,
            -5.0,
            4_194_304.0,
            f32::MAX,
            f32::INFINITY,
            f32::NEG_INFINITY,
        ] {
            assert_eq!(stochastic(value, 0.0), value);
            assert_eq!(stochastic(value, last), value);
        }
        assert!(stochastic(f32::NAN, 0.5).is_nan());
    }

    #[test]
    fn each_value_takes_one_random_number() {
        let mut one = Stochastic { seed: 7 }.rounder();
        let mut other = one.clone();
        for value in [1.0, f32::NAN, 0.3, 1e30] {
            one.round(value);
            other.round(0.7);
        }
        for _ in 0..100 {
            assert_eq!(one.round(0.5), other.round(0.5));
        }
    }
}
