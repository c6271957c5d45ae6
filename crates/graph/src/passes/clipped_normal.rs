//! What becomes of normally distributed values behind a clamp.

use std::f64::consts::{PI, SQRT_2};

use crate::Activation;

/// Mean and variance of a value.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Moments {
    pub(super) mean: f64,
    pub(super) variance: f64,
}

impl Moments {
    /// Of `clamp(x, low, high)` for normally distributed x with these moments (Nagel et al. 2019, arXiv
    /// 1906.04721, appendix C). `low` may be −∞ and `high` ∞.
    pub(super) fn clipped(self, low: f64, high: f64) -> Self {
        let Self { mean, variance } = self;
        let deviation = variance.sqrt();
        let (from, to) = ((low - mean) / deviation, (high - mean) / deviation);
        if deviation == 0.0 || from.is_nan() || to.is_nan() {
            return Self {
                mean: mean.max(low).min(high),
                variance: 0.0,
            };
        }
        // A weight times an infinite end: nothing lies there.
        let times = |weight: f64, end: f64| if weight == 0.0 { 0.0 } else { weight * end };
        let (below, above) = (below(from), below(-to));
        let between = between(from, to);
        let (density, density_to) = (density(from), density(to));
        // Moments of the distance from the mean, so that nothing large cancels.
        let (low, high) = (low - mean, high - mean);
        let first = deviation * (density - density_to) + times(below, low) + times(above, high);
        let second = variance * between
            + deviation * (times(density, low) - times(density_to, high))
            + times(times(below, low), low)
            + times(times(above, high), high);
        Self {
            mean: mean + first,
            variance: (second - first * first).max(0.0),
        }
    }

    /// Behind an operator that ends so.
    pub(super) fn behind(self, activation: Activation) -> Self {
        match limits(activation) {
            (None, _) => self,
            (Some(low), high) => self.clipped(low, high.unwrap_or(f64::INFINITY)),
        }
    }
}

/// What an activation clamps to.
pub(super) fn limits(activation: Activation) -> (Option<f64>, Option<f64>) {
    match activation {
        Activation::None => (None, None),
        Activation::Relu => (Some(0.0), None),
        Activation::Relu6 => (Some(0.0), Some(6.0)),
    }
}

/// The standard normal density.
fn density(x: f64) -> f64 {
    libm::exp(-x * x / 2.0) / (2.0 * PI).sqrt()
}

/// How much of the standard normal distribution lies below.
fn below(x: f64) -> f64 {
    libm::erfc(-x / SQRT_2) / 2.0
}

/// How much of it lies between, from the side where little lies.
fn between(from: f64, to: f64) -> f64 {
    if from > 0.0 {
        below(-from) - below(-to)
    } else {
        below(to) - below(from)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `tests/fixtures/graph/clipped_normal.py`: lines of mean, deviation, low, high, then mean and variance by
    /// quadrature.
    #[test]
    fn as_by_quadrature() {
        let fixture = include_str!("../../../../tests/fixtures/graph/clipped_normal.txt");
        let mut lines = 0;
        for line in fixture.lines().filter(|line| !line.starts_with('#')) {
            let numbers: Vec<f64> = line
                .split_whitespace()
                .map(|word| word.parse().unwrap())
                .collect();
            let [mean, deviation, low, high, clipped_mean, clipped_variance] = numbers[..] else {
                panic!("{line}")
            };
            let moments = Moments {
                mean,
                variance: deviation * deviation,
            };
            let clipped = moments.clipped(low, high);
            let near =
                |found: f64, expected: f64, unit: f64| (found - expected).abs() < 1e-9 * unit;
            assert!(
                near(clipped.mean, clipped_mean, deviation + mean.abs()),
                "{line}: {clipped:?}"
            );
            assert!(
                near(clipped.variance, clipped_variance, deviation * deviation),
                "{line}: {clipped:?}"
            );
            lines += 1;
        }
        assert!(lines > 50);
    }

    #[test]
    fn without_deviation_it_is_a_clamp() {
        for (mean, expected) in [(-1.0, 0.0), (0.0, 0.0), (2.0, 2.0), (7.0, 6.0)] {
            let moments = Moments {
                mean,
                variance: 0.0,
            };
            let clipped = moments.behind(Activation::Relu6);
            assert_eq!((clipped.mean, clipped.variance), (expected, 0.0));
        }
    }

    #[test]
    fn far_from_the_ends_nothing_changes() {
        let moments = Moments {
            mean: 100.0,
            variance: 1.0,
        };
        assert_eq!(moments.behind(Activation::Relu), moments);
        assert_eq!(moments.behind(Activation::None), moments);
        let moments = Moments {
            mean: -100.0,
            variance: 1.0,
        };
        assert_eq!(moments.behind(Activation::Relu), Moments::default());
        let wide = Moments {
            mean: 0.0,
            variance: 1e6,
        };
        let clipped = wide.behind(Activation::Relu6);
        assert!((clipped.mean - 3.0).abs() < 0.05, "{clipped:?}");
        assert!((clipped.variance - 9.0).abs() < 0.05, "{clipped:?}");
    }
}
