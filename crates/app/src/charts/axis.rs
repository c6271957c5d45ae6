//! An axis: from where to where, with which ticks, and what is written at them.

use std::ops::Range;

use plotters::coord::ranged1d::{KeyPointHint, NoDefaultFormatting, Ranged, ValueFormatter};

use super::notation;
use crate::format;

/// What stays free between two labels beside each other.
const GAP: f64 = 6.0;
/// The distance of two labels above each other.
const LINE: f64 = 30.0;
/// Whether a span is so narrow that the values in it are all the same, but for rounding.
const SAME: f64 = 1e-9;
/// More ticks than these help nobody.
const MAX_TICKS: usize = 10;

/// What an axis counts, which decides on its ticks and their labels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Numbers of any magnitude.
    Real,
    /// Whole numbers.
    Whole,
    /// How many, from 0.
    Count,
    /// Parts of a whole, from 0 to 1.
    Share,
}

/// An axis of a chart. Always has a span: `lo < hi`.
#[derive(Clone, Debug, PartialEq)]
pub struct Axis {
    /// Left or lower end.
    pub lo: f64,
    /// Right or upper end.
    pub hi: f64,
    /// Where the ticks are.
    pub ticks: Vec<f64>,
    step: f64,
    kind: Kind,
}

impl Axis {
    /// An axis from left to right that is so many CSS pixels long.
    pub fn across(kind: Kind, (lo, hi): (f64, f64), length: f64) -> Self {
        Self::new(kind, (lo, hi), |axis| {
            let widest = axis.widest_label();
            length * axis.step / (axis.hi - axis.lo) >= widest + GAP
        })
    }

    /// An axis from the bottom up that is so many CSS pixels long.
    pub fn up(kind: Kind, (lo, hi): (f64, f64), length: f64) -> Self {
        Self::new(kind, (lo, hi), |axis| {
            length * axis.step / (axis.hi - axis.lo) >= LINE
        })
    }

    /// For counts up to this one, with a little room above it.
    pub fn counts(most: f64, length: f64) -> Self {
        let top = if most > 0.0 { most * 1.06 } else { 1.0 };
        Self::up(Kind::Count, (0.0, top), length)
    }

    /// The finest ticks that fit.
    fn new(kind: Kind, range: (f64, f64), fits: impl Fn(&Self) -> bool) -> Self {
        let (lo, hi) = spread(range);
        let mut axis = Self {
            lo,
            hi,
            ticks: Vec::new(),
            step: hi - lo,
            kind,
        };
        for count in (1..=MAX_TICKS).rev() {
            let step = round_step((hi - lo) / count as f64, kind);
            axis.step = step;
            axis.ticks = ticks(lo, hi, step);
            if fits(&axis) {
                break;
            }
        }
        axis
    }

    /// What is written at a tick.
    pub fn label(&self, value: f64) -> String {
        match self.kind {
            Kind::Real => real(value, self.step, self.lo.abs().max(self.hi.abs())),
            Kind::Whole => notation::whole(value.round() as i64),
            Kind::Count => count(value, self.hi),
            Kind::Share => format!("{:.0} %", value * 100.0),
        }
    }

    /// The width of the widest label, in CSS pixels.
    pub fn widest_label(&self) -> f64 {
        self.ticks
            .iter()
            .map(|&tick| self.label(tick).chars().map(width).sum())
            .fold(0.0, f64::max)
    }

    /// The nearest value on the axis.
    pub fn clamp(&self, value: f64) -> f64 {
        value.max(self.lo).min(self.hi)
    }
}

impl Ranged for Axis {
    type FormatOption = NoDefaultFormatting;
    type ValueType = f64;

    /// What lies outside is moved to the end.
    fn map(&self, value: &f64, (from, to): (i32, i32)) -> i32 {
        let share = (self.clamp(*value) - self.lo) / (self.hi - self.lo);
        from + (f64::from(to - from) * share).round() as i32
    }

    /// The ticks, however many plotters would have.
    fn key_points<Hint: KeyPointHint>(&self, hint: Hint) -> Vec<f64> {
        if hint.weight().allow_light_points() {
            Vec::new()
        } else {
            self.ticks.clone()
        }
    }

    fn range(&self) -> Range<f64> {
        self.lo..self.hi
    }
}

impl ValueFormatter<f64> for Axis {
    fn format_ext(&self, value: &f64) -> String {
        self.label(*value)
    }
}

/// The same range, or one around it where it has no width to speak of.
pub fn spread((lo, hi): (f64, f64)) -> (f64, f64) {
    let size = lo.abs().max(hi.abs());
    if !size.is_finite() {
        (-1.0, 1.0)
    } else if hi - lo > size * SAME {
        (lo, hi)
    } else if size > 0.0 {
        (lo - size / 2.0, hi + size / 2.0)
    } else {
        (-1.0, 1.0)
    }
}

/// The smallest and the largest value; from ∞ to −∞ where there are none, for which [`padded`] has a range as well.
pub fn ends(values: impl Iterator<Item = f64>) -> (f64, f64) {
    values.fold((f64::INFINITY, f64::NEG_INFINITY), |(lo, hi), value| {
        (lo.min(value), hi.max(value))
    })
}

/// The range with a share of its span more on both sides.
pub fn padded(range: (f64, f64), share: f64) -> (f64, f64) {
    let (lo, hi) = spread(range);
    let pad = (hi - lo) * share;
    (lo - pad, hi + pad)
}

/// The smallest of 1, 2 and 5 times a power of ten that is no less.
fn round_step(least: f64, kind: Kind) -> f64 {
    if kind == Kind::Share {
        return if least <= 0.25 { 0.25 } else { 0.5 };
    }
    let power = 10f64.powi(least.log10().floor() as i32);
    let step = [1.0, 2.0, 5.0]
        .into_iter()
        .map(|digit| digit * power)
        .find(|step| *step >= least * (1.0 - SAME))
        .unwrap_or(10.0 * power);
    match kind {
        Kind::Whole | Kind::Count => step.max(1.0),
        Kind::Real | Kind::Share => step,
    }
}

/// The width of a character of a label in a wide font, in CSS pixels.
fn width(character: char) -> f64 {
    match character {
        '.' | ',' | ' ' => 4.0,
        '\u{2212}' | '%' | 'M' => 10.5,
        _ => 7.7,
    }
}

fn ticks(lo: f64, hi: f64, step: f64) -> Vec<f64> {
    // A tick at the very end must not be lost to rounding.
    let first = (lo / step - SAME).ceil();
    (0..=2 * MAX_TICKS)
        .map(|i| (first + i as f64) * step)
        .take_while(|tick| *tick <= hi + step * SAME)
        .collect()
}

/// A number with the digits that tell it from the next tick.
fn real(value: f64, step: f64, largest: f64) -> String {
    // What rounding has left of zero is zero.
    if value.abs() < step * SAME {
        return "0".to_owned();
    }
    let step_exponent = (step.log10() + SAME).floor() as i32;
    if (1e-3..1e6).contains(&largest) {
        let decimals = (-step_exponent).clamp(0, 12) as usize;
        notation::plain(value, decimals)
    } else {
        let exponent = (value.abs().log10() + SAME).floor() as i32;
        notation::scientific(value, (exponent - step_exponent).clamp(0, 9) as usize)
    }
}

/// `2,000`; where the axis goes further, `250k` or `1.5M`.
fn count(value: f64, largest: f64) -> String {
    let units = [(1e12, "T"), (1e9, "G"), (1e6, "M"), (1e4, "k")];
    match units.into_iter().find(|(from, _)| largest >= *from) {
        Some((from, letter)) if value > 0.0 => {
            let unit = if letter == "k" { 1e3 } else { from };
            let text = format!("{:.2}", value / unit);
            let text = text.trim_end_matches('0').trim_end_matches('.');
            format!("{text}{letter}")
        }
        _ => format::grouped(value.max(0.0).round() as u64),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(axis: &Axis) -> Vec<String> {
        axis.ticks.iter().map(|&tick| axis.label(tick)).collect()
    }

    #[test]
    fn ticks_are_round_numbers_within_the_axis() {
        let axis = Axis::across(Kind::Real, (-1.62, 1.93), 400.0);
        assert_eq!(
            labels(&axis),
            [
                "\u{2212}1.5",
                "\u{2212}1.0",
                "\u{2212}0.5",
                "0",
                "0.5",
                "1.0",
                "1.5"
            ]
        );
        assert!(axis.ticks.iter().all(|&t| (axis.lo..=axis.hi).contains(&t)));
    }

    #[test]
    fn a_narrow_chart_has_fewer_ticks() {
        let wide = Axis::across(Kind::Real, (-1.62, 1.93), 600.0);
        let narrow = Axis::across(Kind::Real, (-1.62, 1.93), 200.0);
        assert!(narrow.ticks.len() < wide.ticks.len());
        assert!(!narrow.ticks.is_empty());
    }

    #[test]
    fn labels_never_overlap() {
        for range in [
            (-1.0, 1.0),
            (0.0, 1e-30),
            (-3.4e38, 3.4e38),
            (-1e-45, 1e-45),
            (1000.001, 1000.002),
            (-0.006_955, 0.006_955),
            (1e6, 1e6 + 1.0),
        ] {
            for length in [120.0, 280.0, 600.0] {
                let axis = Axis::across(Kind::Real, range, length);
                let distance = length * axis.step / (axis.hi - axis.lo);
                assert!(
                    axis.ticks.len() < 2 || distance >= axis.widest_label(),
                    "{range:?} on {length} px: {:?}",
                    labels(&axis)
                );
                let mut different = labels(&axis);
                different.dedup();
                assert_eq!(different.len(), axis.ticks.len(), "{:?}", labels(&axis));
            }
        }
    }

    #[test]
    fn huge_and_tiny_magnitudes_have_exponents() {
        let tiny = Axis::across(Kind::Real, (0.0, 1.6e-30), 400.0);
        assert_eq!(
            labels(&tiny),
            ["0", "5e\u{2212}31", "1.0e\u{2212}30", "1.5e\u{2212}30"]
        );
        let huge = Axis::across(Kind::Real, (-1e30, 1e30), 400.0);
        assert!(
            labels(&huge).contains(&"1.0e30".to_owned()),
            "{:?}",
            labels(&huge)
        );
    }

    #[test]
    fn a_range_without_width_gets_one() {
        assert_eq!(spread((0.0, 0.0)), (-1.0, 1.0));
        assert_eq!(spread((2.0, 2.0)), (1.0, 3.0));
        assert_eq!(spread((-1.0, 3.0)), (-1.0, 3.0));
        assert_eq!(spread((f64::INFINITY, f64::NAN)), (-1.0, 1.0));
        let (lo, hi) = spread((1e30, 1e30));
        assert!(lo < hi);
        for value in [0.0, 1e30, -1e-30, 1e-45, 5.0] {
            let axis = Axis::across(Kind::Real, (value, value), 300.0);
            assert!(axis.lo < axis.hi && !axis.ticks.is_empty(), "{value}");
        }
        assert_eq!(padded((0.0, 10.0), 0.1), (-1.0, 11.0));
    }

    #[test]
    fn whole_numbers_have_whole_ticks() {
        let axis = Axis::across(Kind::Whole, (-2.5, 1.5), 600.0);
        assert_eq!(labels(&axis), ["\u{2212}2", "\u{2212}1", "0", "1"]);
        let axis = Axis::across(Kind::Whole, (-32_768.5, 32_767.5), 300.0);
        assert!(axis.ticks.len() >= 3);
    }

    #[test]
    fn counts_are_short() {
        assert_eq!(labels(&Axis::counts(2.0, 200.0)), ["0", "1", "2"]);
        assert_eq!(count(2_000.0, 9_000.0), "2,000");
        assert_eq!(count(5_000.0, 20_000.0), "5k");
        assert_eq!(count(250_000.0, 600_000.0), "250k");
        assert_eq!(count(500_000.0, 1_500_000.0), "0.5M");
        assert_eq!(count(0.0, 1_500_000.0), "0");
        assert!(Axis::counts(0.0, 200.0).hi > 0.0);
    }

    #[test]
    fn shares_are_quarters() {
        assert_eq!(
            labels(&Axis::up(Kind::Share, (0.0, 1.0), 220.0)),
            ["0 %", "25 %", "50 %", "75 %", "100 %"]
        );
    }

    #[test]
    fn values_outside_are_moved_to_the_end() {
        let axis = Axis::up(Kind::Real, (-1.0, 1.0), 200.0);
        assert_eq!(axis.clamp(1e300), 1.0);
        assert_eq!(axis.clamp(-7.0), -1.0);
        assert_eq!(axis.map(&0.0, (100, 0)), 50);
        assert_eq!(axis.map(&f64::INFINITY, (0, 100)), 100);
    }
}
