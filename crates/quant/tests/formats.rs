//! The number formats against NumPy, ml_dtypes and a plain implementation (tests/fixtures/quant/formats.py).
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::collections::HashMap;

use octet_quant::{Format, QuantError};
use serde::Deserialize;

#[derive(Deserialize)]
struct Case {
    input: String,
    output: String,
}

#[derive(Deserialize)]
struct Fixture {
    #[serde(rename = "made_with")]
    _made_with: HashMap<String, String>,
    #[serde(flatten)]
    cases: HashMap<String, Vec<Case>>,
}

fn fixture() -> HashMap<String, Vec<Case>> {
    let json = include_str!("../../../tests/fixtures/quant/formats.json");
    serde_json::from_str::<Fixture>(json).unwrap().cases
}

/// Float32 bit patterns, eight hexadecimal digits each.
fn floats(hex: &str) -> Vec<f32> {
    hex.as_bytes()
        .chunks(8)
        .map(|digits| {
            let digits = std::str::from_utf8(digits).unwrap();
            f32::from_bits(u32::from_str_radix(digits, 16).unwrap())
        })
        .collect()
}

fn assert_same_bits(actual: &[f32], expected: &[f32], input: &[f32], what: &str) {
    assert_eq!(actual.len(), expected.len(), "{what}");
    for ((a, e), i) in actual.iter().zip(expected).zip(input) {
        let same = a.to_bits() == e.to_bits() || a.is_nan() && e.is_nan();
        assert!(same, "{what}: {i:e} became {a:e} and not {e:e}");
    }
}

#[test]
fn every_format_gives_the_reference_bits() {
    let fixture = fixture();
    for format in Format::ALL {
        let cases = &fixture[&format!("{format:?}")];
        assert!(!cases.is_empty());
        for case in cases {
            let input = floats(&case.input);
            let output = format.fake_quantize(&input).unwrap();
            assert_same_bits(&output, &floats(&case.output), &input, format.name());
        }
    }
}

#[test]
fn scaled_fp8_gives_the_reference_bits() {
    let fixture = fixture();
    for format in [Format::Fp8E4M3, Format::Fp8E5M2] {
        for case in &fixture[&format!("{format:?} scaled")] {
            let input = floats(&case.input);
            let output = format.fake_quantize_scaled(&input).unwrap();
            assert_same_bits(&output, &floats(&case.output), &input, format.name());
        }
    }
}

#[test]
fn all_256_bytes_of_fp8_and_all_65536_of_float16_stand_for_themselves() {
    // Every value n · 2^e of the format, built without the code under test.
    let values = |fraction_bits: i32, min: i32, max: i32, largest: f64| {
        let mut values = vec![0.0_f32];
        for exponent in min..=max {
            let first = if exponent == min {
                1
            } else {
                1 << fraction_bits
            };
            for n in first..2 << fraction_bits {
                let value = f64::from(n) * 2_f64.powi(exponent - fraction_bits);
                if value <= largest {
                    values.extend([value as f32, -value as f32]);
                }
            }
        }
        values
    };
    let cases = [
        (Format::Fp8E4M3, values(3, -6, 8, 448.0), 253),
        (Format::Fp8E5M2, values(2, -14, 15, 57_344.0), 247),
        (Format::Float16, values(10, -14, 15, 65_504.0), 63_487),
    ];
    for (format, values, count) in cases {
        assert_eq!(values.len(), count);
        let again = format.fake_quantize(&values).unwrap();
        assert_same_bits(&again, &values, &values, format.name());
    }
}

#[test]
fn once_is_enough_for_the_floats() {
    let input: Vec<f32> = (0..999).map(|i| (i as f32 * 0.37).sin() * 3.0).collect();
    for format in [
        Format::Float16,
        Format::BFloat16,
        Format::Fp8E4M3,
        Format::Fp8E5M2,
        Format::MxFp4,
    ] {
        let once = format.fake_quantize(&input).unwrap();
        let twice = format.fake_quantize(&once).unwrap();
        assert_same_bits(&twice, &once, &input, format.name());
    }
}

#[test]
fn overflow_is_what_the_docs_say() {
    let one = |format: Format, value: f32| format.fake_quantize(&[value]).unwrap()[0];
    assert_eq!(one(Format::Float16, 65_519.9), 65_504.0);
    assert_eq!(one(Format::Float16, -65_520.0), f32::NEG_INFINITY);
    assert_eq!(one(Format::BFloat16, f32::MAX), f32::INFINITY);
    assert_eq!(one(Format::Fp8E4M3, 464.0), 448.0);
    assert!(one(Format::Fp8E4M3, 464.1).is_nan());
    assert_eq!(one(Format::Fp8E5M2, 61_439.0), 57_344.0);
    assert_eq!(one(Format::Fp8E5M2, 61_440.0), f32::INFINITY);
    assert_eq!(one(Format::Int4Block, 5e5), 458_528.0);
}

#[test]
fn scaled_fp8_neither_overflows_nor_underflows() {
    for format in Format::ALL {
        assert_eq!(
            format.fake_quantize_scaled(&[0.0, 0.0]).unwrap(),
            [0.0, 0.0]
        );
        assert!(format.fake_quantize_scaled(&[]).unwrap().is_empty());
    }
    for format in [Format::Fp8E4M3, Format::Fp8E5M2] {
        for size in [1e-30_f32, 1.0, 1e38] {
            let input = [size, -size / 3.0, size / 17.0];
            for (back, value) in format
                .fake_quantize_scaled(&input)
                .unwrap()
                .iter()
                .zip(input)
            {
                assert!((back - value).abs() <= value.abs() / 8.0, "{back} {value}");
            }
        }
        // The scale would be denormal: it is 1.
        assert_eq!(format.fake_quantize_scaled(&[1e-40]).unwrap(), [0.0]);
    }
}

#[test]
fn bad_input_is_named_and_none_is_fine() {
    for format in Format::ALL {
        for bad in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
            let error = Err(QuantError::NotFinite { index: 1 });
            assert_eq!(format.fake_quantize(&[1.0, bad]), error);
            assert_eq!(format.fake_quantize_scaled(&[1.0, bad]), error);
        }
        assert!(format.fake_quantize(&[]).unwrap().is_empty());
        assert_eq!(format.bytes(0), 0);
    }
}

#[test]
fn bytes_are_counted_with_their_scales() {
    let bytes = |n| Format::ALL.map(|format| format.bytes(n));
    assert_eq!(bytes(1), [2, 2, 1, 1, 1 + 2, 1 + 4, 1 + 1]);
    assert_eq!(bytes(64), [128, 128, 64, 64, 32 + 4, 32 + 4, 32 + 2]);
    assert_eq!(bytes(65), [130, 130, 65, 65, 33 + 6, 33 + 8, 33 + 3]);
    for format in Format::ALL {
        assert_eq!(format.bits_per_value(), format.bytes(640) as f32 / 80.0);
        assert!(format.bytes(usize::MAX) > 0);
    }
}
