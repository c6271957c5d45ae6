//! Figures of the laboratory in the words of its reports.

use octet_protocol::{ErrorKind, Histogram, LabError, LossFigures, Statistics};
use octet_quant::{ErrorSum, QuantError, Summary, counts};

/// Count, mean, spread and ends.
pub(crate) fn statistics<T: Copy + PartialOrd + Into<f64>>(
    values: &[T],
) -> Result<Statistics, LabError> {
    let summary = Summary::of(values).map_err(|error| unfit(&error))?;
    let Some(summary) = summary else {
        return Err(unfit(&QuantError::NothingObserved));
    };
    Ok(Statistics {
        count: summary.count as u64,
        mean: summary.mean,
        std: summary.std,
        min: summary.min,
        max: summary.max,
    })
}

/// Values counted in `bins` bins from `lo` to `hi`.
pub(crate) fn histogram<T: Copy + Into<f64>>(
    values: &[T],
    lo: f64,
    hi: f64,
    bins: usize,
) -> Result<Histogram, LabError> {
    // Nothing has a width of its own where all values are equal.
    let (lo, hi) = if lo < hi {
        (lo, hi)
    } else {
        let room = (lo.abs() * 0.5).max(f64::from(f32::MIN_POSITIVE));
        (lo - room, lo + room)
    };
    Ok(Histogram {
        lo,
        hi,
        counts: counts(values, lo, hi, bins).map_err(|error| unfit(&error))?,
    })
}

/// What an approximation loses.
pub(crate) fn loss(values: &[f32], approximation: &[f32]) -> LossFigures {
    let mut sum = ErrorSum::default();
    sum.add(values, approximation);
    let figures = sum.figures();
    LossFigures {
        max_abs: figures.max_abs,
        mean_abs: figures.mean_abs,
        mse: figures.mse,
        sqnr_db: figures.sqnr_db,
        cosine: figures.cosine,
    }
}

/// All values, or one of each of `most` equal parts.
pub(crate) fn spread<T: Copy>(values: &[T], most: usize) -> Vec<T> {
    places(values.len(), most)
        .filter_map(|place| values.get(place))
        .copied()
        .collect()
}

/// All places of a row, or one in each of `most` equal parts; not always the same place of its part, so that
/// nothing which repeats is missed.
pub(crate) fn places(count: usize, most: usize) -> impl Iterator<Item = usize> {
    let part = (count as f64 / most.max(1) as f64).max(1.0);
    (0..count.min(most)).map(move |i| {
        // The golden ratio's multiples fill the unit interval evenly.
        let place = (i as f64 * 0.618_033_988_749_895).fract();
        ((i as f64 + place) * part) as usize
    })
}

/// What the arithmetic refuses, in the reader's words.
pub(crate) fn unfit(error: &QuantError) -> LabError {
    let (message, remedy) = match error {
        QuantError::Axis { axis, rank } => (
            format!("There is no axis {axis}: these weights have {rank}, counted from 0."),
            "Choose a smaller axis, or one scale per tensor or per block.",
        ),
        QuantError::Bits { bits } => (
            format!("{bits} bits are not offered."),
            "Choose from 2 to 16.",
        ),
        QuantError::Block => (
            "A block of 0 weights cannot be quantized.".to_owned(),
            "Choose a block of at least 1.",
        ),
        other => (
            format!("These weights cannot be quantized: {other}."),
            "Choose other weights or another scheme.",
        ),
    };
    LabError::new(ErrorKind::BadInput, message, remedy)
}

#[cfg(test)]
mod tests {
    #![allow(
        clippy::unwrap_used,
        reason = "a test stops where something is missing"
    )]

    use super::*;

    #[test]
    fn a_spread_covers_a_long_row() {
        let row: Vec<u32> = (0..1000).collect();
        let picked = spread(&row, 10);
        assert_eq!(picked.len(), 10);
        assert!((0..).zip(&picked).all(|(i, value)| value / 100 == i));
        assert_eq!(spread(&row, 1000), row);
    }

    #[test]
    fn a_spread_misses_nothing_that_repeats() {
        let row: Vec<bool> = (0..100_000).map(|i| i % 100 == 99).collect();
        let found = spread(&row, 2000).into_iter().filter(|&is| is).count();
        assert!((10..40).contains(&found), "{found}");
    }

    #[test]
    fn equal_values_have_a_histogram() {
        for value in [0.0_f32, 1e-30, -7.0, 1e30] {
            let x = f64::from(value);
            let histogram = histogram(&[value; 5], x, x, 11).unwrap();
            assert!(histogram.lo < histogram.hi);
            assert_eq!(histogram.counts.iter().sum::<u64>(), 5, "{value}");
        }
    }
}
