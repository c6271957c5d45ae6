//! Figures of the laboratory in the words of its reports.

use octet_protocol::{ErrorKind, Histogram, LabError, LossFigures, Statistics};
use octet_quant::{ErrorSum, QuantError, Summary, counts};

/// Count, mean, spread and ends.
pub(crate) fn statistics<T: Copy + Into<f64>>(values: &[T]) -> Result<Statistics, LabError> {
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

/// All values, or `most` of them at even distances.
pub(crate) fn spread<T: Copy>(values: &[T], most: usize) -> Vec<T> {
    if values.len() <= most {
        return values.to_vec();
    }
    (0..most)
        .filter_map(|i| values.get((i as u64 * values.len() as u64 / most as u64) as usize))
        .copied()
        .collect()
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
    fn a_spread_keeps_both_ends_of_a_long_row() {
        let row: Vec<u32> = (0..1000).collect();
        let picked = spread(&row, 10);
        assert_eq!(picked, [0, 100, 200, 300, 400, 500, 600, 700, 800, 900]);
        assert_eq!(spread(&row, 1000), row);
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
