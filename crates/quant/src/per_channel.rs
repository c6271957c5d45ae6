//! int8 weights, symmetric, one scale an output channel: TFLite's scheme for convolution and dense
//! weights (TFLite 8-bit quantization specification, "Symmetric vs asymmetric").

use alloc::vec::Vec;

use crate::ends::{max_abs, refuse_not_finite};
use crate::{IntRange, QuantError, QuantParams, Rounding, Symmetry};

/// Weights as int8 values, the slowest axis split into channels with a scale each; zero point 0.
#[derive(Clone, Debug, PartialEq)]
pub struct PerChannel {
    values: Vec<i8>,
    scales: Vec<f32>,
}

impl PerChannel {
    /// Quantizes `weights`, laid out channel by channel: `scale = max |w| / 127` in each channel, and
    /// `q = clamp(round(w / scale), −127, 127)`.
    ///
    /// A channel whose largest magnitude is zero, or so small that the scale would underflow, gets
    /// scale 1 and zeros.
    ///
    /// # Errors
    /// [`QuantError::Channels`] or [`QuantError::NotFinite`].
    pub fn quantize(
        weights: &[f32],
        channels: usize,
        rounding: Rounding,
    ) -> Result<Self, QuantError> {
        let per_channel = channel_len(weights.len(), channels)?;
        refuse_not_finite(weights)?;
        let mut rounder = rounding.rounder();
        let mut values = Vec::with_capacity(weights.len());
        let mut scales = Vec::with_capacity(channels);
        for channel in weights.chunks_exact(per_channel) {
            let max_abs = max_abs(channel);
            let params = QuantParams::from_range(
                -max_abs,
                max_abs,
                Symmetry::Symmetric,
                IntRange::INT8_NARROW,
                rounding,
            )?;
            scales.push(params.scale());
            // The narrow range fits an i8.
            values.extend(
                channel
                    .iter()
                    .map(|&w| params.quantize(w, &mut rounder) as i8),
            );
        }
        Ok(Self { values, scales })
    }

    /// Takes values and scales as they stand in a file.
    ///
    /// # Errors
    /// [`QuantError::Channels`] or [`QuantError::Scale`].
    pub fn from_parts(values: Vec<i8>, scales: Vec<f32>) -> Result<Self, QuantError> {
        channel_len(values.len(), scales.len())?;
        if let Some(channel) = scales.iter().position(|s| !(s.is_finite() && *s > 0.0)) {
            return Err(QuantError::Scale { channel });
        }
        Ok(Self { values, scales })
    }

    /// The int8 values, channel by channel.
    pub fn values(&self) -> &[i8] {
        &self.values
    }

    /// One scale a channel.
    pub fn scales(&self) -> &[f32] {
        &self.scales
    }

    /// `scale · q` for every weight.
    pub fn dequantize(&self) -> Vec<f32> {
        let per_channel = self.values.len() / self.scales.len();
        let mut weights = Vec::with_capacity(self.values.len());
        for (channel, &scale) in self.values.chunks_exact(per_channel).zip(&self.scales) {
            weights.extend(channel.iter().map(|&q| f32::from(q) * scale));
        }
        weights
    }
}

/// Weights in each channel; at least 1.
fn channel_len(weights: usize, channels: usize) -> Result<usize, QuantError> {
    match weights.checked_div(channels) {
        Some(len) if len > 0 && len * channels == weights => Ok(len),
        _ => Err(QuantError::Channels { weights, channels }),
    }
}

#[cfg(test)]
mod tests {
    use alloc::vec;

    use super::*;
    use crate::Rounding::HalfAwayFromZero;

    #[test]
    fn each_channel_uses_its_own_range() {
        let q = PerChannel::quantize(&[1.27, -0.5, 0.0, 127.0, 63.5, -127.0], 2, HalfAwayFromZero)
            .unwrap();
        assert_eq!(q.values(), [127, -50, 0, 127, 64, -127]);
        assert_eq!(q.scales(), [0.01, 1.0]);
    }

    #[test]
    fn error_stays_within_half_a_step_and_zero_is_exact() {
        // A low-discrepancy sweep over several magnitudes stands in for random weights.
        let weights: Vec<f32> = (0..4096)
            .map(|i| {
                ((i as f32 * 0.618_034) % 1.0 - 0.5) * libm::powf(10.0, (i / 512) as f32 - 4.0)
            })
            .chain([0.0; 4])
            .collect();
        let q = PerChannel::quantize(&weights, 4, HalfAwayFromZero).unwrap();
        let per_channel = weights.len() / 4;
        for (i, (w, back)) in weights.iter().zip(q.dequantize()).enumerate() {
            let half_step = q.scales()[i / per_channel] / 2.0;
            assert!((w - back).abs() <= half_step * 1.000_01, "{i}: {w} {back}");
        }
        assert_eq!(q.dequantize()[weights.len() - 1], 0.0);
    }

    #[test]
    fn quantizing_twice_changes_nothing() {
        let once = PerChannel::quantize(&[0.3, -0.7, 0.11, 0.05], 2, HalfAwayFromZero).unwrap();
        let twice = PerChannel::quantize(&once.dequantize(), 2, HalfAwayFromZero).unwrap();
        assert_eq!(once.values(), twice.values());
    }

    #[test]
    fn a_channel_of_zeros_or_denormals_becomes_zeros() {
        let q = PerChannel::quantize(&[0.0, -0.0, 1e-40, -1e-41], 2, HalfAwayFromZero).unwrap();
        assert_eq!(q.values(), [0, 0, 0, 0]);
        assert_eq!(q.scales(), [1.0, 1.0]);
    }

    #[test]
    fn bad_input_is_named() {
        let quantize = |w: &[f32], c| PerChannel::quantize(w, c, HalfAwayFromZero);
        assert_eq!(
            quantize(&[1.0, 2.0, 3.0], 2),
            Err(QuantError::Channels {
                weights: 3,
                channels: 2
            })
        );
        assert_eq!(
            quantize(&[1.0], 0),
            Err(QuantError::Channels {
                weights: 1,
                channels: 0
            })
        );
        assert_eq!(
            quantize(&[], 1),
            Err(QuantError::Channels {
                weights: 0,
                channels: 1
            })
        );
        assert_eq!(
            quantize(&[1.0, f32::NAN], 1),
            Err(QuantError::NotFinite { index: 1 })
        );
        assert_eq!(
            PerChannel::from_parts(vec![1, 2], vec![1.0, f32::NAN]),
            Err(QuantError::Scale { channel: 1 })
        );
    }
}
