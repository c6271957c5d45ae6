//! `x · relu6(x + 3) / 6` in 16-bit fixed point, as TFLite's reference kernel.

use octet_quant::Multiplier;

use super::fixed_point::divide_by_power_of_two_i16;
use crate::byte::Byte;

/// The scales of a hard-swish.
#[derive(Clone, Copy, Debug)]
pub(crate) struct HardSwish {
    pub(crate) input_zero_point: i32,
    pub(crate) output_zero_point: i32,
    /// From 1/128 of the input's scale to the output's; its shift is at most 0.
    pub(crate) output: Multiplier,
    /// From 1/128 of the input's scale to 3/32768.
    pub(crate) reluish: Multiplier,
}

impl HardSwish {
    /// The value for an int8 or uint8.
    pub(crate) fn apply<T: Byte>(&self, value: i32) -> T {
        let fine = saturate((value - self.input_zero_point) << 7);
        let scaled = rounding_high_mul(fine, to_i16(self.output));
        // relu6(x + 3) / 6 as a 16-bit number within [0, 1]: x is brought from [−3, 3] to [−1, 1], saturated
        // by the last of the shifts to the left, then to [0, 1].
        let shift = self.reluish.shift();
        let mut reluish = fine;
        if shift > 0 {
            reluish = shift_left(reluish, shift - 1);
        }
        reluish = rounding_high_mul(reluish, to_i16(self.reluish));
        if shift > 0 {
            reluish = shift_left(reluish, 1);
        }
        if shift < 0 {
            reluish = divide_by_power_of_two_i16(reluish, shift.unsigned_abs());
        }
        let gate = ((i32::from(reluish) + (1 << 15)) >> 1) as i16;
        // Rounded to zero: this takes away the bias of the other roundings.
        let product = saturate(i32::from(gate) * i32::from(scaled) / (1 << 15));
        let result = divide_by_power_of_two_i16(product, self.output.shift().unsigned_abs());
        T::saturate(i32::from(
            result.wrapping_add(self.output_zero_point as i16),
        ))
    }
}

/// The upper 16 bits of a multiplier, rounded (`DownScaleInt32ToInt16Multiplier`).
fn to_i16(multiplier: Multiplier) -> i16 {
    let rounded = (i64::from(multiplier.multiplier()) + (1 << 15)) >> 16;
    rounded.min(i64::from(i16::MAX)) as i16
}

/// `a · b / 2^15`, half up, saturated (`SaturatingRoundingDoublingHighMul` for 16 bits).
fn rounding_high_mul(a: i16, b: i16) -> i16 {
    saturate((i32::from(a) * i32::from(b) + (1 << 14)) >> 15)
}

fn shift_left(value: i16, amount: i32) -> i16 {
    let shifted = i64::from(value) << amount;
    shifted.clamp(i64::from(i16::MIN), i64::from(i16::MAX)) as i16
}

fn saturate(value: i32) -> i16 {
    value.clamp(i32::from(i16::MIN), i32::from(i16::MAX)) as i16
}
