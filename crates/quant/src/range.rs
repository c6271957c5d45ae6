//! The integers that a bit width offers.

use crate::QuantError;

/// The integers from `qmin` to `qmax`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IntRange {
    qmin: i32,
    qmax: i32,
}

impl IntRange {
    /// −128 to 127: TFLite's activations.
    pub const INT8: Self = Self {
        qmin: -128,
        qmax: 127,
    };
    /// −127 to 127: TFLite's weights.
    pub const INT8_NARROW: Self = Self {
        qmin: -127,
        qmax: 127,
    };
    /// 0 to 255.
    pub const UINT8: Self = Self { qmin: 0, qmax: 255 };

    /// All integers of `bits` bits (2 to 16), signed or not; `narrow` leaves the smallest out, which makes
    /// a signed range symmetric around 0 (and an unsigned one around its middle).
    ///
    /// # Errors
    /// [`QuantError::Bits`].
    pub fn new(bits: u32, signed: bool, narrow: bool) -> Result<Self, QuantError> {
        if !(2..=16).contains(&bits) {
            return Err(QuantError::Bits { bits });
        }
        let levels = 1 << bits;
        let lowest = if signed { -levels / 2 } else { 0 };
        Ok(Self {
            qmin: lowest + i32::from(narrow),
            qmax: lowest + levels - 1,
        })
    }

    /// Smallest integer.
    pub fn qmin(&self) -> i32 {
        self.qmin
    }

    /// Largest integer.
    pub fn qmax(&self) -> i32 {
        self.qmax
    }

    /// `qmax − qmin`: how many steps there are, one fewer than integers.
    pub fn steps(&self) -> i32 {
        self.qmax - self.qmin
    }

    /// The integer in the middle, where symmetric schemes put zero: 0 for signed ranges, 2^(bits − 1) for
    /// unsigned ones.
    pub fn middle(&self) -> i32 {
        (self.qmin + self.qmax + 1).div_euclid(2)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ranges_everybody_knows() {
        assert_eq!(IntRange::new(8, true, false), Ok(IntRange::INT8));
        assert_eq!(IntRange::new(8, true, true), Ok(IntRange::INT8_NARROW));
        assert_eq!(IntRange::new(8, false, false), Ok(IntRange::UINT8));
        let narrow_unsigned = IntRange::new(8, false, true).unwrap();
        assert_eq!((narrow_unsigned.qmin(), narrow_unsigned.qmax()), (1, 255));
        let two = IntRange::new(2, true, false).unwrap();
        assert_eq!((two.qmin(), two.qmax(), two.steps()), (-2, 1, 3));
        let sixteen = IntRange::new(16, true, false).unwrap();
        assert_eq!((sixteen.qmin(), sixteen.qmax()), (-32_768, 32_767));
    }

    #[test]
    fn the_middle_is_where_symmetric_schemes_put_zero() {
        for bits in 2..=16 {
            for narrow in [false, true] {
                let signed = IntRange::new(bits, true, narrow).unwrap();
                let unsigned = IntRange::new(bits, false, narrow).unwrap();
                assert_eq!(signed.middle(), 0, "{bits} {narrow}");
                assert_eq!(unsigned.middle(), 1 << (bits - 1), "{bits} {narrow}");
            }
        }
    }

    #[test]
    fn other_widths_are_refused() {
        for bits in [0, 1, 17, u32::MAX] {
            assert_eq!(
                IntRange::new(bits, true, false),
                Err(QuantError::Bits { bits })
            );
        }
    }
}
