//! Floats of fewer bits than 32.

use crate::rounding::half_to_even;

/// What becomes of a finite value that rounds past the largest one.
#[derive(Clone, Copy)]
enum Overflow {
    Infinity,
    NotANumber,
    Saturate,
}

/// A binary float with a sign bit, denormals, and at most the exponents of float32.
#[derive(Clone, Copy)]
pub(super) struct Minifloat {
    /// Bits behind the point.
    fraction_bits: i32,
    /// Exponent of the smallest normal value; denormals are spaced as the values above it.
    min_exponent: i32,
    largest: f32,
    overflow: Overflow,
}

pub(super) const FLOAT16: Minifloat = Minifloat {
    fraction_bits: 10,
    min_exponent: -14,
    largest: 65_504.0,
    overflow: Overflow::Infinity,
};

pub(super) const BFLOAT16: Minifloat = Minifloat {
    fraction_bits: 7,
    min_exponent: -126,
    // 2^128 − 2^120
    largest: f32::from_bits(0x7f7f_0000),
    overflow: Overflow::Infinity,
};

pub(super) const E4M3: Minifloat = Minifloat {
    fraction_bits: 3,
    min_exponent: -6,
    largest: 448.0,
    overflow: Overflow::NotANumber,
};

pub(super) const E5M2: Minifloat = Minifloat {
    fraction_bits: 2,
    min_exponent: -14,
    largest: 57_344.0,
    overflow: Overflow::Infinity,
};

/// The elements of MXFP4. They have neither infinity nor NaN.
pub(super) const E2M1: Minifloat = Minifloat {
    fraction_bits: 1,
    min_exponent: 0,
    largest: 6.0,
    overflow: Overflow::Saturate,
};

impl Minifloat {
    pub(super) fn largest(&self) -> f32 {
        self.largest
    }

    /// The nearest value of the format, halves to the one with an even last bit; the sign survives, that of
    /// zero too. `value` is finite.
    pub(super) fn round(&self, value: f32) -> f32 {
        let exponent = exponent(value).max(self.min_exponent);
        // Powers of two leave the digits alone in float64. Back in float32 the quotient may lose some, where
        // it is so small that it rounds to 0.
        let quotient = f64::from(value) * power_of_two(self.fraction_bits - exponent);
        let steps = half_to_even(quotient as f32);
        let rounded = f64::from(steps) * power_of_two(exponent - self.fraction_bits);
        if rounded.abs() <= f64::from(self.largest) {
            return rounded as f32;
        }
        match self.overflow {
            Overflow::Infinity => f32::INFINITY.copysign(value),
            Overflow::NotANumber => f32::NAN,
            Overflow::Saturate => self.largest.copysign(value),
        }
    }
}

/// The exponent of a normal float32, `floor(log2 |value|)`; −127 for denormals and 0.
pub(super) fn exponent(value: f32) -> i32 {
    (value.to_bits() >> 23 & 0xff) as i32 - 127
}

/// `2^exponent`, for the exponents of normal float64.
pub(super) fn power_of_two(exponent: i32) -> f64 {
    f64::from_bits(((exponent + 1023) as u64) << 52)
}
