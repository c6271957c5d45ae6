//! The clipping range with the smallest mean squared error.

use alloc::vec::Vec;

use super::values::Values;
use crate::rounding::half_to_even;
use crate::{IntRange, QuantParams, Rounding, Symmetry};

/// Fractions of the observed ends are counted in thousandths.
const WHOLE: u32 = 1000;

/// Thousandths between two candidates of the coarse search.
const COARSE: u32 = 10;

/// Searches the fractions of the observed ends (widened to hold 0) that make the squared error of quantizing
/// and dequantizing the middles of all bins, weighted by their counts, the smallest.
///
/// First both ends shrink together, by hundredths. Then, in an affine scheme whose ends lie on both sides of
/// 0, each end is searched through all hundredths while the other stays, the lower first, twice. Last, all
/// thousandths nearer to the winner than the next hundredth are tried, for both ends together or one after
/// the other as before. The wider range wins where two are equally good.
pub(super) fn range(values: &Values, symmetry: Symmetry, integers: IntRange) -> Option<(f32, f32)> {
    let (min, max) = values.range()?;
    let mut search = Search {
        ends: (min.min(0.0), max.max(0.0)),
        middles: middles(values),
        symmetry,
        integers,
        best: (WHOLE, WHOLE),
        error: f64::INFINITY,
    };
    let hundredths = || (COARSE..=WHOLE).rev().step_by(COARSE as usize);
    hundredths().for_each(|part| search.attempt(part, part));
    let apart = symmetry == Symmetry::Affine && min < 0.0 && max > 0.0;
    if apart {
        for _ in 0..2 {
            let (_, high) = search.best;
            hundredths().for_each(|low| search.attempt(low, high));
            let (low, _) = search.best;
            hundredths().for_each(|high| search.attempt(low, high));
        }
        let (low, high) = search.best;
        around(low).for_each(|low| search.attempt(low, high));
        let (low, high) = search.best;
        around(high).for_each(|high| search.attempt(low, high));
    } else {
        let (both, _) = search.best;
        around(both).for_each(|part| search.attempt(part, part));
    }
    Some(search.range(search.best))
}

/// The thousandths between the hundredths next to `part`, the largest first.
fn around(part: u32) -> impl Iterator<Item = u32> {
    (part.saturating_sub(COARSE - 1)..=(part + COARSE - 1).min(WHOLE)).rev()
}

/// The middle of each bin that is not empty, with its count.
fn middles(values: &Values) -> Vec<(f32, f64)> {
    let Some((min, max)) = values.range() else {
        return Vec::new();
    };
    let bins = values.counts().len() as f64;
    let width = (f64::from(max) - f64::from(min)) / bins;
    let counts = values.counts().iter().enumerate();
    counts
        .filter(|(_, count)| **count > 0.0)
        .map(|(i, &count)| {
            let middle = f64::from(min) + (i as f64 + 0.5) * width;
            (middle as f32, f64::from(count))
        })
        .collect()
}

struct Search {
    ends: (f32, f32),
    middles: Vec<(f32, f64)>,
    symmetry: Symmetry,
    integers: IntRange,
    /// Thousandths of both ends.
    best: (u32, u32),
    error: f64,
}

impl Search {
    fn attempt(&mut self, low: u32, high: u32) {
        let (min, max) = self.range((low, high));
        let rounding = Rounding::HalfToEven;
        let Ok(params) = QuantParams::from_range(min, max, self.symmetry, self.integers, rounding)
        else {
            return;
        };
        let error = self.error_of(&params);
        if error < self.error {
            self.error = error;
            self.best = (low, high);
        }
    }

    fn range(&self, (low, high): (u32, u32)) -> (f32, f32) {
        let part = |thousandths: u32| thousandths as f32 / WHOLE as f32;
        (self.ends.0 * part(low), self.ends.1 * part(high))
    }

    /// Squared error summed over all values.
    fn error_of(&self, params: &QuantParams) -> f64 {
        let zero_point = params.zero_point() as f32;
        let lowest = params.range().qmin() as f32 - zero_point;
        let highest = params.range().qmax() as f32 - zero_point;
        let errors = self.middles.iter().map(|&(middle, count)| {
            let steps = half_to_even(middle / params.scale()).clamp(lowest, highest);
            let error = f64::from(middle) - f64::from(steps * params.scale());
            count * error * error
        });
        errors.sum()
    }
}
