//! Quantizing whole tensors, against NumPy and PyTorch (`tests/fixtures/quant/affine.py`).
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use octet_quant::{
    ErrorSum, Granularity, IntRange, QuantParams, Quantized, RandomState, Rounding, Symmetry,
    fake_quantize, min_max_params,
};
use serde::Deserialize;

#[derive(Deserialize)]
struct Fixture {
    listing: Listing,
    cases: Vec<Case>,
}

/// What the lab's listing prints.
#[derive(Deserialize)]
struct Listing {
    scale: String,
    zero_point: i32,
    min: String,
    max: String,
    max_error: String,
    mean_error: String,
    bound: String,
}

#[derive(Deserialize)]
struct Case {
    tensor: String,
    granularity: String,
    bits: u32,
    signed: bool,
    narrow: bool,
    symmetric: bool,
    /// Bits of float32.
    scales: Vec<u32>,
    zero_points: Vec<i32>,
    /// Hashes of the integers, by how halves are rounded.
    even: String,
    away: String,
    /// Hashes of the reals that are left, and PyTorch's.
    reals: String,
    torch: String,
    /// Positions where PyTorch, which multiplies by 1 / scale, ends one step apart, and the bits there.
    torch_differs: Vec<(usize, u32)>,
}

const SHAPE: [usize; 3] = [5, 7, 11];

fn fixture() -> Fixture {
    let text = include_str!("../../../tests/fixtures/quant/affine.json");
    serde_json::from_str(text).unwrap()
}

/// The script's tensors.
fn tensor(name: &str) -> Vec<f32> {
    let mut state = RandomState::new(11);
    let value = |i: usize| match name {
        "normal" => state.randn() * (1 + i % 13) as f64,
        "laplace" => state.laplace(0.0, 0.02),
        "positive" => state.uniform(0.5, 3.0),
        "negative" => state.uniform(-3.0, -0.5),
        "constant" => 0.7,
        _ => panic!("{name}"),
    };
    let count = SHAPE.iter().product();
    (0..count).map(value).map(|value| value as f32).collect()
}

fn granularity(name: &str) -> Granularity {
    match name {
        "tensor" => Granularity::PerTensor,
        "channel0" => Granularity::PerChannel { axis: 0 },
        "channel1" => Granularity::PerChannel { axis: 1 },
        "channel2" => Granularity::PerChannel { axis: 2 },
        "block32" => Granularity::PerBlock { size: 32 },
        _ => panic!("{name}"),
    }
}

/// 64-bit FNV-1a of the little-endian bytes.
fn fnv1a(words: impl Iterator<Item = u32>) -> String {
    let bytes = words.flat_map(u32::to_le_bytes);
    let hash = bytes.fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    format!("{hash:016x}")
}

fn hash_integers(values: &[i32]) -> String {
    fnv1a(values.iter().map(|&q| q as u32))
}

/// Without the sign of zero, as in the script.
fn hash_reals(values: &[f32]) -> String {
    fnv1a(values.iter().map(|&real| (real + 0.0).to_bits()))
}

#[test]
fn integers_and_reals_are_numpys_and_pytorchs() {
    let cases = fixture().cases;
    assert_eq!(cases.len(), 185);
    for case in cases {
        let what = format!(
            "{} {}, {} bits, signed {}, narrow {}, symmetric {}",
            case.tensor, case.granularity, case.bits, case.signed, case.narrow, case.symmetric
        );
        let values = tensor(&case.tensor);
        let granularity = granularity(&case.granularity);
        let range = IntRange::new(case.bits, case.signed, case.narrow).unwrap();
        let symmetry = if case.symmetric {
            Symmetry::Symmetric
        } else {
            Symmetry::Affine
        };
        let quantize = |rounding| {
            Quantized::quantize(&values, &SHAPE, granularity, symmetry, range, rounding).unwrap()
        };

        let even = quantize(Rounding::HalfToEven);
        let scales: Vec<u32> = even.params().iter().map(|p| p.scale().to_bits()).collect();
        let zero_points: Vec<i32> = even.params().iter().map(|p| p.zero_point()).collect();
        assert_eq!(
            (scales, zero_points),
            (case.scales, case.zero_points),
            "{what}"
        );
        assert_eq!(hash_integers(even.values()), case.even, "{what}");

        let params = even.params().to_vec();
        let away = Quantized::with_params(
            &values,
            &SHAPE,
            granularity,
            params.clone(),
            Rounding::HalfAwayFromZero,
        );
        assert_eq!(hash_integers(away.unwrap().values()), case.away, "{what}");

        let mut reals = even.dequantize();
        assert_eq!(hash_reals(&reals), case.reals, "{what}");
        let rounding = Rounding::HalfToEven;
        let fake = fake_quantize(&values, &SHAPE, granularity, &params, rounding).unwrap();
        assert_eq!(fake, reals, "{what}");

        for (index, bits) in case.torch_differs {
            let group = even.groups().of(index).unwrap();
            let scale = params[group].scale();
            let torchs = f32::from_bits(bits);
            assert!((torchs - reals[index]).abs() <= 1.001 * scale, "{what}");
            // Only where the value lies between two steps, as near as float32 can tell.
            let steps = values[index] / scale;
            let fraction = (steps - steps.floor() - 0.5).abs();
            assert!(fraction <= steps.abs() * f32::EPSILON, "{what}: {steps}");
            reals[index] = torchs;
        }
        assert_eq!(hash_reals(&reals), case.torch, "{what}");
    }
}

#[test]
fn the_listing_prints_the_same_digits() {
    let listing = fixture().listing;
    let mut state = RandomState::new(42);
    let weights: Vec<f32> = (0..1000).map(|_| (state.randn() * 0.5) as f32).collect();
    let quantized = Quantized::quantize(
        &weights,
        &[1000],
        Granularity::PerTensor,
        Symmetry::Affine,
        IntRange::INT8,
        Rounding::HalfToEven,
    )
    .unwrap();
    let params = quantized.params()[0];
    let mut error = ErrorSum::default();
    error.add(&weights, &quantized.dequantize());
    let figures = error.figures();
    let min = weights.iter().copied().fold(f32::INFINITY, f32::min);
    let max = weights.iter().copied().fold(f32::NEG_INFINITY, f32::max);

    assert_eq!(format!("{:.6}", params.scale()), listing.scale);
    assert_eq!(params.zero_point(), listing.zero_point);
    assert_eq!(format!("{min:.4}"), listing.min);
    assert_eq!(format!("{max:.4}"), listing.max);
    assert_eq!(format!("{:.6}", figures.max_abs), listing.max_error);
    assert_eq!(format!("{:.6}", figures.mean_abs), listing.mean_error);
    assert_eq!(format!("{:.6}", params.scale() / 2.0), listing.bound);
    // As the page states them.
    assert_eq!(
        (listing.scale.as_str(), listing.zero_point),
        ("0.013910", -11)
    );
    assert_eq!(listing.max_error, "0.006953");
}

/// Every setting, for properties.
fn settings() -> impl Iterator<Item = (Granularity, Symmetry, IntRange)> {
    let granularities = ["tensor", "channel0", "channel1", "channel2", "block32"];
    let ranges = [2, 3, 4, 8, 16].into_iter().flat_map(|bits| {
        [(true, false), (true, true), (false, false)]
            .map(|(signed, narrow)| IntRange::new(bits, signed, narrow).unwrap())
    });
    ranges.flat_map(move |range| {
        granularities.into_iter().flat_map(move |name| {
            [Symmetry::Affine, Symmetry::Symmetric]
                .map(|symmetry| (granularity(name), symmetry, range))
        })
    })
}

fn rounding_modes() -> [Rounding; 3] {
    [
        Rounding::HalfAwayFromZero,
        Rounding::HalfToEven,
        Rounding::Stochastic { seed: 3 },
    ]
}

#[test]
fn values_come_back_within_half_a_step_and_zeros_exactly() {
    let mut values = tensor("normal");
    values.iter_mut().step_by(17).for_each(|value| *value = 0.0);
    for (granularity, symmetry, range) in settings() {
        for rounding in rounding_modes() {
            let quantized =
                Quantized::quantize(&values, &SHAPE, granularity, symmetry, range, rounding)
                    .unwrap();
            let steps = match rounding {
                Rounding::Stochastic { .. } => 1.0,
                _ => 0.5,
            };
            for (index, (&value, back)) in values.iter().zip(quantized.dequantize()).enumerate() {
                let params = quantized.params()[quantized.groups().of(index).unwrap()];
                if value == 0.0 {
                    assert_eq!(back, 0.0);
                }
                // What lies outside of what the integers reach is cut to it; the zero point, which is
                // rounded, moves the ends by up to half a step, and a symmetric range that is not narrow
                // or not signed lacks half a step at the top.
                let (low, high) = params.real_range();
                let reachable = value.clamp(low, high);
                // The quotient and the product are each rounded to float32.
                let slack = value.abs() * 2.0 * f32::EPSILON;
                assert!(
                    (reachable - back).abs() <= steps * params.scale() + slack,
                    "{value} {back} {params:?} {rounding:?}"
                );
                assert!((value - reachable).abs() <= 0.5 * params.scale() + slack);
            }
        }
    }
}

#[test]
fn order_is_kept() {
    let mut values = tensor("normal");
    values.sort_by(f32::total_cmp);
    let shape = [values.len()];
    for (_, symmetry, range) in settings() {
        for rounding in [Rounding::HalfAwayFromZero, Rounding::HalfToEven] {
            let tensor = Granularity::PerTensor;
            let quantized =
                Quantized::quantize(&values, &shape, tensor, symmetry, range, rounding).unwrap();
            assert!(quantized.values().is_sorted());
            assert!(quantized.dequantize().is_sorted());
        }
    }
}

#[test]
fn quantizing_what_is_left_changes_nothing() {
    let values = tensor("normal");
    for (granularity, symmetry, range) in settings() {
        for rounding in [Rounding::HalfAwayFromZero, Rounding::HalfToEven] {
            let params =
                min_max_params(&values, &SHAPE, granularity, symmetry, range, rounding).unwrap();
            let again = |values: &[f32]| {
                fake_quantize(values, &SHAPE, granularity, &params, rounding).unwrap()
            };
            let once = again(&values);
            assert_eq!(again(&once), once);
        }
    }
}

#[test]
fn luck_is_fair_and_can_be_repeated() {
    let params = QuantParams::new(0.25, 3, IntRange::INT8).unwrap();
    let draws = 40_000;
    for (seed, steps) in [(1, 0.3), (2, -0.3), (3, 10.9), (4, -7.5), (5, 0.01)] {
        let values = vec![steps * 0.25; draws];
        let quantize = |seed| {
            Quantized::with_params(
                &values,
                &[draws],
                Granularity::PerTensor,
                vec![params],
                Rounding::Stochastic { seed },
            )
            .unwrap()
        };
        let quantized = quantize(seed);
        let sum: i64 = quantized.values().iter().map(|&q| i64::from(q - 3)).sum();
        let mean = sum as f64 / draws as f64;
        let fraction = f64::from(steps) - f64::from(steps).floor();
        let standard_error = (fraction * (1.0 - fraction) / draws as f64).sqrt();
        assert!(
            (mean - f64::from(steps)).abs() <= 4.0 * standard_error,
            "{steps}: {mean}"
        );
        assert_eq!(quantized, quantize(seed));
        assert_ne!(quantized, quantize(seed + 100));
    }
}

#[test]
fn halves_are_rounded_as_named() {
    let values: Vec<f32> = (-6..=6).map(|i| i as f32 * 0.25).collect();
    let quantize = |rounding| {
        let params = vec![QuantParams::new(0.5, 0, IntRange::INT8).unwrap()];
        let shape = [values.len()];
        let tensor = Granularity::PerTensor;
        Quantized::with_params(&values, &shape, tensor, params, rounding).unwrap()
    };
    assert_eq!(
        quantize(Rounding::HalfAwayFromZero).values(),
        [-3, -3, -2, -2, -1, -1, 0, 1, 1, 2, 2, 3, 3]
    );
    assert_eq!(
        quantize(Rounding::HalfToEven).values(),
        [-3, -2, -2, -2, -1, 0, 0, 0, 1, 2, 2, 2, 3]
    );
}
