//! [`RandomState`] against NumPy, to the last bit (`tests/fixtures/quant/random_state.py`).
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use octet_quant::RandomState;
use serde::Deserialize;

#[derive(Deserialize)]
struct Seeded {
    seed: u32,
    rand: Record,
    randn: Record,
    uniform: Record,
    laplace: Record,
    permutation_1000: Record,
    permutation_100003: Record,
    mixed: Record,
}

/// Some of the values as bits, and a hash of all.
#[derive(Deserialize)]
struct Record {
    count: usize,
    first: Vec<String>,
    last: Vec<String>,
    hash: String,
}

impl Record {
    fn assert_equals(&self, values: &[u64], what: &str) {
        let hex = |bits: &[u64]| -> Vec<String> {
            bits.iter().map(|bits| format!("{bits:016x}")).collect()
        };
        assert_eq!(values.len(), self.count, "{what}");
        assert_eq!(hex(&values[..8]), self.first, "{what}: first");
        assert_eq!(hex(&values[values.len() - 8..]), self.last, "{what}: last");
        assert_eq!(format!("{:016x}", fnv1a(values)), self.hash, "{what}: all");
    }

    fn assert_draws(&self, seed: u32, what: &str, mut draw: impl FnMut(&mut RandomState) -> f64) {
        let mut state = RandomState::new(seed);
        let values: Vec<u64> = (0..self.count)
            .map(|_| draw(&mut state).to_bits())
            .collect();
        self.assert_equals(&values, what);
    }

    fn assert_permutation(&self, seed: u32) {
        let order = RandomState::new(seed).permutation(self.count);
        let order: Vec<u64> = order.into_iter().map(|index| index as u64).collect();
        self.assert_equals(&order, "permutation");
    }
}

/// 64-bit FNV-1a of the little-endian bytes.
fn fnv1a(values: &[u64]) -> u64 {
    let bytes = values.iter().flat_map(|value| value.to_le_bytes());
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

#[test]
fn every_bit_is_numpys() {
    let text = include_str!("../../../tests/fixtures/quant/random_state.json");
    let seeds: Vec<Seeded> = serde_json::from_str(text).unwrap();
    assert_eq!(seeds.len(), 4);
    for seeded in &seeds {
        let seed = seeded.seed;
        seeded.rand.assert_draws(seed, "rand", RandomState::rand);
        seeded.randn.assert_draws(seed, "randn", RandomState::randn);
        seeded
            .uniform
            .assert_draws(seed, "uniform", |state| state.uniform(-3.0, 7.5));
        seeded
            .laplace
            .assert_draws(seed, "laplace", |state| state.laplace(0.25, 1.5));
        seeded.permutation_1000.assert_permutation(seed);
        seeded.permutation_100003.assert_permutation(seed);
        seeded.mixed.assert_equals(&mixed(seed), "mixed");
    }
}

/// The calls of the script's `mixed`.
fn mixed(seed: u32) -> Vec<u64> {
    let mut state = RandomState::new(seed);
    let mut values = Vec::new();
    for _ in 0..500 {
        values.extend((0..3).map(|_| state.randn()));
        values.push(state.rand());
        values.extend(state.permutation(7).into_iter().map(|index| index as f64));
        values.push(state.laplace(0.25, 1.5));
        values.push(state.uniform(-3.0, 7.5));
    }
    values.into_iter().map(f64::to_bits).collect()
}
