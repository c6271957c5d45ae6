//! The threshold that loses the least information: TensorRT's calibration (S. Migacz, "8-bit Inference with
//! TensorRT", GTC 2017).

use alloc::vec::Vec;

use super::magnitudes::Magnitudes;

/// Fewest bins that a candidate keeps.
const FEWEST_BINS: usize = 128;

/// Divergences closer than this are one: they differ by rounding.
const SAME: f64 = 1e-10;

/// For every number of bins to keep, from 128 upwards: P is the kept part of the histogram with all that
/// lies beyond put into its last bin; Q is the kept part without those outliers, merged into `levels` runs
/// of bins and spread evenly over the bins of each run that are not empty. The number with the smallest
/// Kullback-Leibler divergence KL(P‖Q) wins, the largest where several have it; the threshold is the middle
/// of the bin that follows, at most the largest magnitude seen.
///
/// Two things are not as in the talk. Keeping all bins is a candidate too, so that there always is one with
/// a finite divergence. And exact zeros are left out: any zero point represents them without loss, but the
/// half of a ReLU's output that is 0 would be spread over the first run and drown everything else.
/// (pytorch-quantization overwrites the first bin with the second for the same reason.)
pub(super) fn threshold(magnitudes: &Magnitudes, levels: usize) -> f32 {
    let counts = magnitudes.counts();
    let sums = Sums::new(counts);
    let mut best = (f64::INFINITY, counts.len());
    for kept in (FEWEST_BINS.max(levels)..=counts.len()).rev() {
        let divergence = sums.divergence(kept, levels);
        if divergence < best.0 - SAME {
            best = (divergence, kept);
        }
    }
    let (_, kept) = best;
    let middle = (kept as f64 + 0.5) * magnitudes.width();
    (middle as f32).min(magnitudes.largest())
}

/// Sums over the bins below each bin, so that a candidate costs as much as it has levels, not bins.
struct Sums {
    /// Of the counts.
    count: Vec<f64>,
    /// Of `count · ln(count)`.
    entropy: Vec<f64>,
    /// Of the bins that are not empty.
    filled: Vec<f64>,
}

impl Sums {
    fn new(counts: &[u64]) -> Self {
        let below = |value: fn(f64) -> f64| {
            let mut sum = 0.0;
            let mut sums = Vec::with_capacity(counts.len() + 1);
            sums.push(sum);
            sums.extend(counts.iter().map(|&count| {
                sum += value(count as f64);
                sum
            }));
            sums
        };
        Self {
            count: below(|count| count),
            entropy: below(x_ln_x),
            filled: below(|count| if count > 0.0 { 1.0 } else { 0.0 }),
        }
    }

    /// KL(P‖Q) = Σ p · ln p − Σ p · ln q for a candidate; infinite where a bin of P has no counterpart in Q.
    fn divergence(&self, kept: usize, levels: usize) -> f64 {
        let bins = self.count.len() - 1;
        let total = self.count[bins];
        let inside = self.count[kept];
        let outliers = total - inside;
        let last = inside - self.count[kept - 1];
        if inside == 0.0 || outliers > 0.0 && last == 0.0 {
            return f64::INFINITY;
        }
        // Of counts, not shares: the difference is the factor `total` and a term `ln total`.
        let own = self.entropy[kept - 1] + x_ln_x(last + outliers);
        let mut crossed = 0.0;
        for level in 0..levels {
            let from = (level * kept).div_ceil(levels);
            let to = ((level + 1) * kept).div_ceil(levels);
            let count = self.count[to] - self.count[from];
            if count == 0.0 {
                continue;
            }
            let filled = self.filled[to] - self.filled[from];
            let of_p = if to == kept { count + outliers } else { count };
            crossed += of_p * libm::log(count / (filled * inside));
        }
        own / total - libm::log(total) - crossed / total
    }
}

fn x_ln_x(x: f64) -> f64 {
    if x > 0.0 { x * libm::log(x) } else { 0.0 }
}
