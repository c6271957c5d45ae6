//! From an int32 sum to the 8-bit integer of the next layer.

use octet_quant::Multiplier;

use crate::byte::Byte;

/// From int32 sums to 8-bit integers: multiplied by the ratio of the scales, moved by the zero point, clamped.
#[derive(Clone, Debug)]
pub(crate) struct Requantize {
    /// One for each output channel.
    pub(crate) multipliers: Vec<Multiplier>,
    /// Of the output.
    pub(crate) zero_point: i32,
    /// Of the output, with the activation.
    pub(crate) clamp: (i32, i32),
}

impl Requantize {
    /// Of the multipliers.
    pub(crate) fn bytes(&self) -> usize {
        size_of_val(self.multipliers.as_slice())
    }

    /// The 8-bit integer for a sum in `channel`.
    #[inline]
    pub(crate) fn apply<T: Byte>(&self, channel: usize, sum: i32) -> T {
        let value = self.multipliers[channel].apply(sum);
        let (least, largest) = self.clamp;
        T::saturate(value.wrapping_add(self.zero_point).clamp(least, largest))
    }
}

/// The same in double precision, rounded half away from zero: what LiteRT's reference kernel of a matrix
/// product does.
#[derive(Clone, Debug)]
pub(crate) struct RequantizeReal {
    /// The ratio of the scales for each output channel.
    pub(crate) ratios: Vec<f64>,
    /// Of the output.
    pub(crate) zero_point: i32,
    /// Of the output, with the activation.
    pub(crate) clamp: (i32, i32),
}

impl RequantizeReal {
    /// Of the ratios.
    pub(crate) fn bytes(&self) -> usize {
        size_of_val(self.ratios.as_slice())
    }

    /// The 8-bit integer for a sum in `channel`.
    #[inline]
    pub(crate) fn apply<T: Byte>(&self, channel: usize, sum: i32) -> T {
        // What does not fit an i32 saturates.
        let value = libm::round(f64::from(sum) * self.ratios[channel]) as i32;
        let (least, largest) = self.clamp;
        T::saturate(value.saturating_add(self.zero_point).clamp(least, largest))
    }
}
