//! A histogram of absolute values that grows upwards: that of NVIDIA's TensorRT and pytorch-quantization.

use alloc::vec::Vec;

/// How many bins the first batch is cut into.
const BINS: usize = 2048;

/// How many there may be; memory and the entropy search stay small.
const MOST_BINS: usize = 8192;

/// Counts of |x| in bins of one width from 0 upwards, exact zeros apart.
///
/// The first batch that is not all zeros sets the width, its largest magnitude over 2048. Larger magnitudes
/// add bins of the same width, as in pytorch-quantization's `HistogramCalibrator`; what would take more than
/// 8192 bins (there: any number) doubles the width, and neighbours are joined.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Magnitudes {
    /// 0 until a value other than 0 has been observed. Float64, because that of denormals would underflow.
    width: f64,
    counts: Vec<u64>,
    zeros: u64,
    /// The smallest and the largest value, with their signs.
    ends: Option<(f32, f32)>,
}

impl Magnitudes {
    /// Takes in a batch, whose smallest and largest value are `min` and `max`.
    pub(super) fn observe(&mut self, batch: &[f32], (min, max): (f32, f32)) {
        self.widen((min, max));
        self.make_room(max.max(-min));
        let last = self.counts.len().saturating_sub(1);
        for &value in batch {
            if value == 0.0 {
                self.zeros += 1;
                continue;
            }
            let bin = (f64::from(value.abs()) / self.width) as usize;
            if let Some(count) = self.counts.get_mut(bin.min(last)) {
                *count += 1;
            }
        }
    }

    /// Adds the counts of the finer histogram to the bins of the coarser one where the middles of its bins
    /// lie. A value may move by one bin of the coarser; where the widths are the same, nothing moves.
    pub(super) fn merge(&mut self, other: &Self) {
        let Some(ends) = other.ends else {
            return;
        };
        self.widen(ends);
        self.zeros += other.zeros;
        if other.counts.is_empty() {
            return;
        }
        let mut finer = other.clone();
        if self.width < finer.width {
            core::mem::swap(&mut self.width, &mut finer.width);
            core::mem::swap(&mut self.counts, &mut finer.counts);
        }
        self.make_room(self.largest());
        let last = self.counts.len().saturating_sub(1);
        for (i, more) in finer.counts.iter().enumerate() {
            let bin = ((i as f64 + 0.5) * finer.width / self.width) as usize;
            if let Some(count) = self.counts.get_mut(bin.min(last)) {
                *count += more;
            }
        }
    }

    /// The smallest and the largest value seen.
    pub(super) fn ends(&self) -> Option<(f32, f32)> {
        self.ends
    }

    /// The largest magnitude seen.
    pub(super) fn largest(&self) -> f32 {
        self.ends.map_or(0.0, |(min, max)| max.max(-min))
    }

    /// How many magnitudes each bin has, the smallest first; the zeros are in none.
    pub(super) fn counts(&self) -> &[u64] {
        &self.counts
    }

    /// How many values were 0.
    pub(super) fn zeros(&self) -> u64 {
        self.zeros
    }

    /// Width of a bin, in the unit of the values.
    pub(super) fn width(&self) -> f64 {
        self.width
    }

    fn widen(&mut self, (min, max): (f32, f32)) {
        self.ends = Some(match self.ends {
            Some((low, high)) => (low.min(min), high.max(max)),
            None => (min, max),
        });
    }

    /// Adds bins until `magnitude` has one.
    fn make_room(&mut self, magnitude: f32) {
        if magnitude == 0.0 {
            return;
        }
        let magnitude = f64::from(magnitude);
        if self.width == 0.0 {
            self.width = magnitude / BINS as f64;
        }
        while magnitude / self.width > MOST_BINS as f64 {
            self.width *= 2.0;
            self.counts = self
                .counts
                .chunks(2)
                .map(|pair| pair.iter().sum())
                .collect();
        }
        let bins = libm::ceil(magnitude / self.width) as usize;
        if bins > self.counts.len() {
            self.counts.resize(bins, 0);
        }
    }
}
