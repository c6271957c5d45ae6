//! [`Multiplier`] against exact fractions (`tests/fixtures/quant/requantize.py`).
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use octet_quant::{Multiplier, MultiplierRounding};
use serde::Deserialize;

/// Multiplier and shift; None where the multiplication is not defined.
type Fixed = Option<(i32, i32)>;

#[derive(Deserialize)]
struct Fixture {
    /// x, multiplier, shift, and the results of double and of single rounding.
    apply: Vec<(i32, i32, i32, i32, Option<i32>)>,
    /// Bits of a double, and its multiplier and shift for double and for single rounding.
    quantize: Vec<(String, Fixed, Fixed)>,
}

fn fixture() -> Fixture {
    let text = include_str!("../../../tests/fixtures/quant/requantize.json");
    serde_json::from_str(text).unwrap()
}

#[test]
fn products() {
    let mut differ = 0;
    for (x, multiplier, shift, double, single) in fixture().apply {
        let apply = |rounding| {
            Multiplier::new(multiplier, shift, rounding)
                .ok()
                .map(|multiplier| multiplier.apply(x))
        };
        let case = format!("{x} {multiplier} {shift}");
        assert_eq!(apply(MultiplierRounding::Double), Some(double), "{case}");
        if single.is_some() {
            assert_eq!(apply(MultiplierRounding::Single), single, "{case}");
            differ += usize::from(single != Some(double));
        }
    }
    // Else the cases would not tell the roundings apart.
    assert!(differ > 50, "{differ}");
}

#[test]
fn multipliers_of_reals() {
    for (bits, double, single) in fixture().quantize {
        let real = f64::from_bits(u64::from_str_radix(&bits, 16).unwrap());
        let of = |rounding| {
            let found = Multiplier::from_real(real, rounding).ok()?;
            Some((found.multiplier(), found.shift()))
        };
        assert_eq!(of(MultiplierRounding::Double), double, "{real:e}");
        assert_eq!(of(MultiplierRounding::Single), single, "{real:e}");
    }
}
