//! The magnitude that a given share of the values does not exceed.

use super::magnitudes::Magnitudes;

/// The upper end of the first bin at which at least `percent` % of all values (zeros too) have been counted,
/// at most the largest magnitude seen.
///
/// This is the percentile of pytorch-quantization's `HistogramCalibrator`, but for one bin: its
/// `_compute_amax_percentile` returns the lower end, below which fewer than `percent` % lie.
pub(super) fn threshold(magnitudes: &Magnitudes, percent: f32) -> f32 {
    let counted: u64 = magnitudes.counts().iter().sum();
    let total = counted + magnitudes.zeros();
    let enough = f64::from(percent) / 100.0 * total as f64;
    let mut sum = magnitudes.zeros();
    for (i, count) in magnitudes.counts().iter().enumerate() {
        sum += count;
        if sum as f64 >= enough {
            let end = (i + 1) as f64 * magnitudes.width();
            return (end as f32).min(magnitudes.largest());
        }
    }
    magnitudes.largest()
}
