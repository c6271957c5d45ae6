//! How far a share can be from what endlessly many samples would give.

use crate::sqrt::sqrt;

/// The standard normal distribution's 97.5th percentile.
const Z: f64 = 1.959_963_984_540_054;

/// The 95 % interval of a share, `hits` of `count` (Wilson 1927, "Probable Inference, the Law of Succession, and
/// Statistical Inference", Journal of the American Statistical Association 22). From 0 to 1.
pub fn wilson(hits: usize, count: usize) -> (f64, f64) {
    if count == 0 {
        return (0.0, 1.0);
    }
    let (count, share) = (count as f64, hits as f64 / count as f64);
    let z2 = Z * Z / count;
    let middle = (share + z2 / 2.0) / (1.0 + z2);
    let half = Z * sqrt(share * (1.0 - share) / count + z2 / (4.0 * count)) / (1.0 + z2);
    ((middle - half).max(0.0), (middle + half).min(1.0))
}

/// The standard error of the difference of two shares over the same samples, from how many only the first and only
/// the second got right (as McNemar's test uses them).
pub fn paired_error(only_first: usize, only_second: usize, count: usize) -> f64 {
    let (a, b, n) = (only_first as f64, only_second as f64, count.max(1) as f64);
    sqrt(((a + b) - (a - b) * (a - b) / n).max(0.0)) / n
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near((low, high): (f64, f64), expected: (f64, f64)) {
        assert!((low - expected.0).abs() < 5e-5, "{low}");
        assert!((high - expected.1).abs() < 5e-5, "{high}");
    }

    #[test]
    fn as_in_tables() {
        // Newcombe 1998, "Two-sided confidence intervals for the single proportion", table I, method 3.
        near(wilson(81, 263), (0.2553, 0.3662));
        near(wilson(15, 148), (0.0624, 0.1605));
        near(wilson(0, 20), (0.0, 0.1611));
        near(wilson(1, 29), (0.0061, 0.1718));
        assert_eq!(wilson(0, 0), (0.0, 1.0));
    }

    #[test]
    fn pairs_that_agree_have_no_error() {
        assert_eq!(paired_error(0, 0, 300), 0.0);
        assert!((paired_error(10, 5, 300) - sqrt(15.0_f64 - 25.0 / 300.0) / 300.0).abs() < 1e-12);
    }
}
