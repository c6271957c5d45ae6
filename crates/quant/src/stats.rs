//! What a distribution of values looks like in numbers, as NumPy counts them.

use alloc::vec::Vec;

use crate::{
    QuantError,
    ends::{ends, refuse_not_finite},
    sqrt::sqrt,
};

/// The figures that describe a set of values.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Summary {
    /// How many values there are; at least 1.
    pub count: usize,
    /// Their mean.
    pub mean: f64,
    /// Their standard deviation √(Σ (x − mean)² / count), as `np.std`.
    pub std: f64,
    /// The smallest.
    pub min: f64,
    /// The largest.
    pub max: f64,
}

impl Summary {
    /// Describes values; None where there are none.
    ///
    /// # Errors
    /// [`QuantError::NotFinite`].
    pub fn of<T: Copy + PartialOrd + Into<f64>>(values: &[T]) -> Result<Option<Self>, QuantError> {
        refuse_not_finite(values)?;
        let Some((min, max)) = ends(values) else {
            return Ok(None);
        };
        let count = values.len();
        let mean = sum(values, |value| value) / count as f64;
        let squares = sum(values, |value| (value - mean) * (value - mean));
        Ok(Some(Self {
            count,
            mean,
            std: sqrt(squares / count as f64),
            min: min.into(),
            max: max.into(),
        }))
    }
}

/// The values below which `percents` (0 to 100 each) of all lie, between two values by linear
/// interpolation, as `np.percentile`. None where there are no values.
///
/// # Errors
/// [`QuantError::NotFinite`], or [`QuantError::Range`] for a percentage outside of 0 to 100.
pub fn percentiles<T: Copy + Into<f64>>(
    values: &[T],
    percents: &[f64],
) -> Result<Option<Vec<f64>>, QuantError> {
    refuse_not_finite(values)?;
    if percents.iter().any(|p| !(0.0..=100.0).contains(p)) {
        return Err(QuantError::Range);
    }
    let mut sorted: Vec<f64> = values.iter().map(|&value| value.into()).collect();
    sorted.sort_unstable_by(f64::total_cmp);
    let of_each = percents.iter().map(|&percent| percentile(&sorted, percent));
    Ok(of_each.collect())
}

fn percentile(sorted: &[f64], percent: f64) -> Option<f64> {
    let last = sorted.len().checked_sub(1)?;
    let place = last as f64 * (percent / 100.0);
    let below = (place as usize).min(last);
    let (a, b) = (*sorted.get(below)?, *sorted.get((below + 1).min(last))?);
    let share = place - below as f64;
    // From the nearer end, which is how NumPy keeps it monotone.
    Some(if share < 0.5 {
        a + (b - a) * share
    } else {
        b - (b - a) * (1.0 - share)
    })
}

/// The share (0 to 1) of values from −`limit` to `limit`, both included. None where there are no values;
/// NaN lies nowhere.
pub fn share_within<T: Copy + Into<f64>>(values: &[T], limit: f64) -> Option<f64> {
    let within = values.iter().filter(|&&value| value.into().abs() <= limit);
    (!values.is_empty()).then(|| within.count() as f64 / values.len() as f64)
}

/// How many values fall into each of `bins` bins of equal width from `low` to `high`, as `np.histogram`:
/// a bin holds its lower end and not its upper one, but the last holds both; values outside, infinities
/// too, are not counted. Where `low` equals `high`, the bins reach 0.5 to either side.
///
/// # Errors
/// [`QuantError::Range`] where the ends are not finite or the wrong way round, or so far apart that their
/// distance is not finite; [`QuantError::NotFinite`] for NaN.
pub fn counts<T: Copy + Into<f64>>(
    values: &[T],
    low: f64,
    high: f64,
    bins: usize,
) -> Result<Vec<u64>, QuantError> {
    if !((high - low).is_finite() && low <= high) {
        return Err(QuantError::Range);
    }
    let (low, high) = if low == high {
        (low - 0.5, high + 0.5)
    } else {
        (low, high)
    };
    let mut counts = alloc::vec![0; bins];
    let width = high - low;
    let step = width / bins as f64;
    let edges: Vec<f64> = (0..=bins).map(|bin| bin as f64 * step + low).collect();
    let per_unit = bins as f64 / width;
    // A division for each value would cost more than all the rest.
    let place = |distance: f64| {
        if per_unit.is_finite() {
            distance * per_unit
        } else {
            distance / width * bins as f64
        }
    };
    for (index, &value) in values.iter().enumerate() {
        let value = value.into();
        if value.is_nan() {
            return Err(QuantError::NotFinite { index });
        }
        if !(low..=high).contains(&value) {
            continue;
        }
        // This can be off by a hair, so the edges decide.
        let mut bin = (place(value - low) as u32 as usize).min(bins.saturating_sub(1));
        match edges.get(bin..bin + 2) {
            Some(&[lower, _]) if value < lower => bin = bin.saturating_sub(1),
            Some(&[_, upper]) if value >= upper && bin + 1 < bins => bin += 1,
            _ => {}
        }
        if let Some(count) = counts.get_mut(bin) {
            *count += 1;
        }
    }
    Ok(counts)
}

/// The density of the normal distribution, `exp(−((x − mean) / std)² / 2) / (std √(2π))`; `std` must be
/// positive.
pub fn gaussian_pdf(x: f64, mean: f64, std: f64) -> f64 {
    let z = (x - mean) / std;
    libm::exp(-0.5 * z * z) / (std * sqrt(core::f64::consts::TAU))
}

/// The sum of what `f` makes of each value. Blocks are added up in lanes, which a processor does at once,
/// and the blocks' sums by Neumaier's method (1974): what each addition loses is added at the end.
fn sum<T: Copy + Into<f64>>(values: &[T], f: impl Fn(f64) -> f64) -> f64 {
    let (mut sum, mut lost) = (0.0_f64, 0.0);
    for block in values.chunks(BLOCK) {
        let mut lanes = [0.0_f64; LANES];
        for row in block.chunks(LANES) {
            for (lane, &value) in lanes.iter_mut().zip(row) {
                *lane += f(value.into());
            }
        }
        let value: f64 = lanes.iter().sum();
        let next = sum + value;
        lost += if sum.abs() >= value.abs() {
            (sum - next) + value
        } else {
            (value - next) + sum
        };
        sum = next;
    }
    sum + lost
}

/// Values that are added up plainly.
const BLOCK: usize = 256;
/// Sums that run side by side.
const LANES: usize = 8;

#[cfg(test)]
mod tests {
    use alloc::vec;

    use super::*;

    #[test]
    fn figures_by_hand() {
        let summary = Summary::of(&[2.0_f32, 4.0, 4.0, 4.0, 5.0, 5.0, 7.0, 9.0]);
        let expected = Summary {
            count: 8,
            mean: 5.0,
            std: 2.0,
            min: 2.0,
            max: 9.0,
        };
        assert_eq!(summary, Ok(Some(expected)));
        // A plain sum of these is off in the eleventh digit.
        let mean = Summary::of(&[0.1; 1_000_000]).unwrap().unwrap().mean;
        assert!((mean - 0.1).abs() < 1e-15, "{mean:e}");
    }

    #[test]
    fn percentiles_by_hand() {
        let all = percentiles(&[4.0, 1.0, 3.0, 2.0], &[0.0, 25.0, 50.0, 100.0]);
        assert_eq!(all, Ok(Some(vec![1.0, 1.75, 2.5, 4.0])));
        assert_eq!(percentiles(&[7.0], &[33.0]), Ok(Some(vec![7.0])));
        for percent in [-1.0, 100.5, f64::NAN] {
            assert_eq!(percentiles(&[7.0], &[percent]), Err(QuantError::Range));
        }
    }

    #[test]
    fn bins_by_hand() {
        let values = [0.0, 0.5, 1.0, 1.5, 2.0, 2.1, -0.1, f64::INFINITY];
        assert_eq!(counts(&values, 0.0, 2.0, 2), Ok(vec![2, 3]));
        assert_eq!(counts(&[3.0, 2.4], 3.0, 3.0, 2), Ok(vec![0, 1]));
        assert_eq!(counts(&values, 0.0, 2.0, 0), Ok(vec![]));
        for (low, high) in [(1.0, 0.0), (f64::NAN, 1.0), (0.0, f64::INFINITY)] {
            assert_eq!(counts(&values, low, high, 2), Err(QuantError::Range));
        }
    }

    #[test]
    fn nothing_and_nan() {
        let nothing: [f32; 0] = [];
        assert_eq!(Summary::of(&nothing), Ok(None));
        assert_eq!(percentiles(&nothing, &[50.0]), Ok(None));
        assert_eq!(share_within(&nothing, 1.0), None);
        assert_eq!(counts(&nothing, 0.0, 1.0, 3), Ok(vec![0, 0, 0]));
        let nan = [1.0, f32::NAN];
        let error = QuantError::NotFinite { index: 1 };
        assert_eq!(Summary::of(&nan), Err(error.clone()));
        assert_eq!(percentiles(&nan, &[50.0]), Err(error.clone()));
        assert_eq!(counts(&nan, 0.0, 1.0, 3), Err(error));
        assert_eq!(share_within(&nan, 1.0), Some(0.5));
    }

    #[test]
    fn the_density_of_the_normal_distribution() {
        assert!((gaussian_pdf(0.0, 0.0, 1.0) - 0.398_942_280_401_432_7).abs() < 1e-16);
        assert!((gaussian_pdf(3.0, 1.0, 2.0) - 0.120_985_362_259_571_68).abs() < 1e-16);
    }
}
