//! The statistics against NumPy (`tests/fixtures/quant/stats.py`).
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::collections::HashMap;

use octet_quant::{RandomState, Summary, counts, percentiles, share_within};
use serde::Deserialize;

#[derive(Deserialize)]
struct Case {
    name: String,
    mean: f64,
    std: f64,
    min: f64,
    max: f64,
    percents: Vec<f64>,
    percentiles: Vec<f64>,
    limit: f64,
    share: f64,
    low: f64,
    high: f64,
    /// By the number of bins, from `low` to `high`.
    counts: HashMap<usize, Vec<u64>>,
    /// In 50 bins from `min` to `max`.
    all: Vec<u64>,
}

/// The script's tensors.
fn values(name: &str) -> Vec<f64> {
    match name {
        "normal" => {
            let mut state = RandomState::new(42);
            (0..1000).map(|_| state.randn() * 0.5).collect()
        }
        "grid" => (-300..=300).map(|i| f64::from(i) * 0.1).collect(),
        "offset" => {
            let mut state = RandomState::new(1);
            (0..10_001).map(|_| state.laplace(1e6, 1e-3)).collect()
        }
        _ => panic!("{name}"),
    }
}

#[test]
fn as_numpy_counts() {
    let text = include_str!("../../../tests/fixtures/quant/stats.json");
    let cases: Vec<Case> = serde_json::from_str(text).unwrap();
    assert_eq!(cases.len(), 3);
    for case in cases {
        let name = &case.name;
        let values = values(name);
        let summary = Summary::of(&values).unwrap().unwrap();
        assert_eq!(summary.count, values.len());
        assert_eq!((summary.min, summary.max), (case.min, case.max), "{name}");
        // The grid's mean is 0, and NumPy's sum of it not quite.
        let close = |ours: f64, numpys: f64| (ours - numpys).abs() <= 1e-9 * numpys.abs() + 1e-15;
        assert!(close(summary.mean, case.mean), "{name}: {}", summary.mean);
        assert!(close(summary.std, case.std), "{name}: {}", summary.std);
        let found = percentiles(&values, &case.percents).unwrap().unwrap();
        assert_eq!(found, case.percentiles, "{name}");
        assert_eq!(
            share_within(&values, case.limit),
            Some(case.share),
            "{name}"
        );
        for (bins, expected) in case.counts {
            let found = counts(&values, case.low, case.high, bins).unwrap();
            assert_eq!(found, expected, "{name}: {bins} bins");
        }
        let found = counts(&values, case.min, case.max, 50).unwrap();
        assert_eq!(found, case.all, "{name}");
    }
}
