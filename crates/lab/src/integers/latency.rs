//! Many runs' times in figures.

use octet_protocol::Latency;

/// Mean, spread and quartiles. Quartiles lie on the line between the two nearest values, as NumPy's
/// `percentile` has it by default. All figures are 0 where there are no times.
pub(crate) fn latency(mut times_ms: Vec<f64>, warm_ups: u32) -> Latency {
    times_ms.sort_by(f64::total_cmp);
    let runs = times_ms.len();
    let mean = times_ms.iter().sum::<f64>() / runs.max(1) as f64;
    let squares: f64 = times_ms.iter().map(|time| (time - mean).powi(2)).sum();
    Latency {
        runs: runs as u32,
        warm_ups,
        mean_ms: mean,
        std_ms: (squares / runs.saturating_sub(1).max(1) as f64).sqrt(),
        min_ms: quantile(&times_ms, 0.0),
        q1_ms: quantile(&times_ms, 0.25),
        median_ms: quantile(&times_ms, 0.5),
        q3_ms: quantile(&times_ms, 0.75),
        max_ms: quantile(&times_ms, 1.0),
    }
}

fn quantile(sorted: &[f64], share: f64) -> f64 {
    let place = share * sorted.len().saturating_sub(1) as f64;
    let at = |place: f64| sorted.get(place as usize).copied().unwrap_or(0.0);
    let (low, high) = (at(place.floor()), at(place.ceil()));
    low + (high - low) * place.fract()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `np.mean`, `np.std(ddof=1)` and `np.percentile` of the same numbers.
    #[test]
    fn figures_are_those_of_numpy() {
        let figures = latency(vec![4.0, 1.0, 7.0, 2.0], 10);
        assert_eq!((figures.runs, figures.warm_ups), (4, 10));
        assert_eq!(figures.mean_ms, 3.5);
        assert!((figures.std_ms - 2.645_751_311_064_590_7).abs() < 1e-12);
        assert_eq!(figures.q1_ms, 1.75);
        assert_eq!(figures.median_ms, 3.0);
        assert_eq!(figures.q3_ms, 4.75);
        assert_eq!((figures.min_ms, figures.max_ms), (1.0, 7.0));
    }

    #[test]
    fn one_run_has_no_spread_and_none_has_nothing() {
        let one = latency(vec![5.0], 1);
        assert_eq!((one.mean_ms, one.std_ms, one.q3_ms), (5.0, 0.0, 5.0));
        let none = latency(Vec::new(), 0);
        assert_eq!((none.runs, none.mean_ms, none.max_ms), (0, 0.0, 0.0));
    }
}
