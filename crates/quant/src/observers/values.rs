//! A histogram of values whose range grows with them: that of PyTorch's `HistogramObserver` (2.15).

use alloc::vec;
use alloc::vec::Vec;

/// How many bins there are; PyTorch's default.
pub(super) const BINS: usize = 2048;

/// Parts that a bin is cut into before it moves to another range.
const PARTS: usize = 16;

/// Counts of values in bins of one width from the smallest to the largest value seen. Counts are float32,
/// and sums are rounded where PyTorch rounds them, so that the same bits come out.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Values {
    min: f32,
    max: f32,
    /// Empty until something has been observed.
    counts: Vec<f32>,
}

impl Values {
    /// Takes in a batch, whose smallest and largest value are `min` and `max`.
    pub(super) fn observe(&mut self, batch: &[f32], (min, max): (f32, f32)) {
        let (min, max) = self
            .range()
            .map_or((min, max), |(low, high)| (low.min(min), high.max(max)));
        let mut counts = count(batch, min, max);
        if !self.is_empty() {
            add(&mut counts, &self.counts_within(min, max));
        }
        *self = Self { min, max, counts };
    }

    /// Brings both histograms to the range that holds both and adds them. The ends are those that observing
    /// everything in one would have given; a value may lie one old bin and one new bin from where it was.
    pub(super) fn merge(&mut self, other: &Self) {
        let Some((other_min, other_max)) = other.range() else {
            return;
        };
        let Some((min, max)) = self.range() else {
            *self = other.clone();
            return;
        };
        let (min, max) = (min.min(other_min), max.max(other_max));
        let mut counts = self.counts_within(min, max);
        add(&mut counts, &other.counts_within(min, max));
        *self = Self { min, max, counts };
    }

    pub(super) fn is_empty(&self) -> bool {
        self.counts.is_empty()
    }

    /// The smallest and the largest value seen.
    pub(super) fn range(&self) -> Option<(f32, f32)> {
        (!self.is_empty()).then_some((self.min, self.max))
    }

    /// How many values each bin has, the lowest first.
    pub(super) fn counts(&self) -> &[f32] {
        &self.counts
    }

    /// Width of a bin, in the unit of the values.
    pub(super) fn width(&self) -> f32 {
        width(self.min, self.max, BINS)
    }

    /// The counts in the bins of a range that holds the present one: each bin is cut into [`PARTS`] equal
    /// parts, which go where their middles lie.
    fn counts_within(&self, min: f32, max: f32) -> Vec<f32> {
        if (min, max) == (self.min, self.max) {
            return self.counts.clone();
        }
        let mut moved = vec![0.0_f32; BINS];
        if self.min == self.max {
            let total: f32 = self.counts.iter().sum();
            if let Some(count) = moved.get_mut(bin(self.min, min, max)) {
                *count = total;
            }
            return moved;
        }
        let parts = BINS * PARTS;
        let half = 0.5 * width(self.min, self.max, parts);
        let mut to = 0;
        for (from, count) in self.counts.iter().enumerate() {
            let part = count / PARTS as f32;
            for i in from * PARTS..(from + 1) * PARTS {
                let middle = edge(self.min, self.max, parts, i) + half;
                // Middles ascend, and so do the bins that they lie in.
                while to + 1 < BINS && edge(min, max, BINS, to + 1) <= middle {
                    to += 1;
                }
                if let Some(count) = moved.get_mut(to) {
                    *count += part;
                }
            }
        }
        moved
    }
}

fn add(counts: &mut [f32], more: &[f32]) {
    for (count, more) in counts.iter_mut().zip(more) {
        *count += more;
    }
}

/// The histogram of a batch that lies within `min` and `max`.
fn count(batch: &[f32], min: f32, max: f32) -> Vec<f32> {
    let mut counts = vec![0_u32; BINS];
    for &value in batch {
        if let Some(count) = counts.get_mut(bin(value, min, max)) {
            *count = count.saturating_add(1);
        }
    }
    counts.iter().map(|&count| count as f32).collect()
}

/// The bin of a value, as `torch.histc` finds it. The last bin holds its upper end; where the range is a
/// single value, that is in the middle.
fn bin(value: f32, min: f32, max: f32) -> usize {
    if min == max {
        return BINS / 2;
    }
    // Ends of opposite sign near the largest float32 are further apart than float32 reaches.
    let shrink = if (max - min).is_finite() { 1.0 } else { 0.5 };
    let share = (value * shrink - min * shrink) / (max * shrink - min * shrink);
    ((share * BINS as f32) as usize).min(BINS - 1)
}

/// Width of each of `parts` equal parts of a range.
fn width(min: f32, max: f32, parts: usize) -> f32 {
    let parts = parts as f32;
    let span = max - min;
    if span.is_finite() {
        span / parts
    } else {
        max / parts - min / parts
    }
}

/// Lower end of part `i`, as `torch.linspace` on CPUs with fused multiply-add: counted from the nearer end
/// of the range, rounded once.
fn edge(min: f32, max: f32, parts: usize, i: usize) -> f32 {
    let width = f64::from(width(min, max, parts));
    if i < parts.div_ceil(2) {
        (f64::from(min) + width * i as f64) as f32
    } else {
        (f64::from(max) - width * (parts - i) as f64) as f32
    }
}
