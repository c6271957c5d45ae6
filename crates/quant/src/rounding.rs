//! What to do with a value that lies between two integers.

/// How a real number becomes an integer. They differ on exact halves alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rounding {
    /// 0.5 → 1, −0.5 → −1: TFLite (`std::round`).
    HalfAwayFromZero,
    /// 0.5 → 0, 1.5 → 2: NumPy and PyTorch (IEEE 754 `roundTiesToEven`).
    HalfToEven,
}

impl Rounding {
    /// The integer next to `value`, as a float. NaN and infinities stay what they are.
    pub fn round(self, value: f32) -> f32 {
        match self {
            Self::HalfAwayFromZero => libm::roundf(value),
            Self::HalfToEven => libm::rintf(value),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Rounding::{HalfAwayFromZero, HalfToEven};

    #[test]
    fn halves() {
        let cases = [
            (0.5, 1.0, 0.0),
            (1.5, 2.0, 2.0),
            (-0.5, -1.0, 0.0),
            (-2.5, -3.0, -2.0),
        ];
        for (value, away, even) in cases {
            assert_eq!(HalfAwayFromZero.round(value), away, "{value}");
            assert_eq!(HalfToEven.round(value), even, "{value}");
        }
    }

    #[test]
    fn the_largest_float_below_a_half_is_zero() {
        assert_eq!(HalfAwayFromZero.round(0.499_999_97), 0.0);
        assert_eq!(HalfToEven.round(0.499_999_97), 0.0);
    }
}
