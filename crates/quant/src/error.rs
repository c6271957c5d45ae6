//! How far an approximation lies from what it stands for.

use crate::sqrt::sqrt;

/// Running sums from which the error figures follow, so that layers add up to a whole network.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct ErrorSum {
    count: usize,
    max_abs: f64,
    sum_abs: f64,
    sum_squared: f64,
    signal: f64,
    approximation: f64,
    product: f64,
}

/// The figures.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ErrorFigures {
    /// Largest |r − r̂|.
    pub max_abs: f64,
    /// Mean |r − r̂|.
    pub mean_abs: f64,
    /// Mean (r − r̂)².
    pub mse: f64,
    /// Signal to quantization noise, `10 · log10(Σ r² / Σ (r − r̂)²)` in dB. None where there is no
    /// noise or no signal.
    pub sqnr_db: Option<f64>,
    /// Cosine of the angle between both, `Σ r·r̂ / (‖r‖ ‖r̂‖)`: 1 where they point the same way. None where
    /// one of them is all zero.
    pub cosine: Option<f64>,
}

impl ErrorSum {
    /// Adds the pairs of `reference` and `approximation`; values without a partner are not counted.
    pub fn add(&mut self, reference: &[f32], approximation: &[f32]) {
        for (&r, &a) in reference.iter().zip(approximation) {
            let (r, a) = (f64::from(r), f64::from(a));
            let error = r - a;
            self.count += 1;
            // Not `f64::max`, which is a call in WebAssembly.
            if error.abs() > self.max_abs {
                self.max_abs = error.abs();
            }
            self.sum_abs += error.abs();
            self.sum_squared += error * error;
            self.signal += r * r;
            self.approximation += a * a;
            self.product += r * a;
        }
    }

    /// Adds what another has counted.
    pub fn merge(&mut self, other: &Self) {
        self.count += other.count;
        self.max_abs = self.max_abs.max(other.max_abs);
        self.sum_abs += other.sum_abs;
        self.sum_squared += other.sum_squared;
        self.signal += other.signal;
        self.approximation += other.approximation;
        self.product += other.product;
    }

    /// The figures so far; all zero where nothing has been counted.
    pub fn figures(&self) -> ErrorFigures {
        let count = self.count.max(1) as f64;
        let measurable = self.sum_squared > 0.0 && self.signal > 0.0;
        let lengths = sqrt(self.signal) * sqrt(self.approximation);
        ErrorFigures {
            max_abs: self.max_abs,
            mean_abs: self.sum_abs / count,
            mse: self.sum_squared / count,
            sqnr_db: measurable.then(|| 10.0 * libm::log10(self.signal / self.sum_squared)),
            cosine: (lengths > 0.0).then(|| self.product / lengths),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_by_hand() {
        let mut sum = ErrorSum::default();
        sum.add(&[1.0, -2.0], &[1.5, -2.0]);
        let mut rest = ErrorSum::default();
        rest.add(&[3.0, 4.0], &[3.0, 3.0]);
        sum.merge(&rest);
        let figures = sum.figures();
        assert_eq!(figures.max_abs, 1.0);
        assert_eq!(figures.mean_abs, 0.375);
        assert_eq!(figures.mse, 0.3125);
        // 10 · log10(30 / 1.25)
        assert!((figures.sqnr_db.unwrap() - 13.802_112_417_116_06).abs() < 1e-12);
        let cosine = 26.5 / sqrt(30.0 * 24.25);
        assert!((figures.cosine.unwrap() - cosine).abs() < 1e-15);
    }

    #[test]
    fn nothing_lost_has_no_noise_ratio() {
        let mut sum = ErrorSum::default();
        sum.add(&[1.0], &[1.0]);
        assert_eq!(sum.figures().sqnr_db, None);
        assert_eq!(sum.figures().cosine, Some(1.0));
        assert_eq!(ErrorSum::default().figures().mean_abs, 0.0);
        assert_eq!(ErrorSum::default().figures().cosine, None);
    }
}
