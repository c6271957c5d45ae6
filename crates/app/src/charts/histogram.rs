//! A histogram: bars, marks on its axis, and a curve over it.

use octet_protocol::{Histogram, Statistics};
use octet_quant::gaussian_pdf;
use plotters::style::Color;
use web_sys::HtmlCanvasElement;

use super::{
    Dash, Hue, Sheet,
    axis::{self, Axis, Kind},
    bins::{self, Bin},
    head::{Head, Look},
    plot::{self, Axes, Plot},
};

const PLOT: f64 = 190.0;
/// The distance between two points of the curve, in CSS pixels.
const CURVE_STEP: f64 = 5.0;
/// A curve may be this much higher than the highest bar, and is cut off above.
const CURVE_ROOM: f64 = 1.6;

/// A histogram and what is marked in it.
pub struct Chart {
    /// Title and subtitle; the legend is made of the parts.
    pub title: &'static str,
    /// Of what.
    pub subtitle: String,
    /// What falls into the bins, for the legend.
    pub name: &'static str,
    /// What the x axis is.
    pub x_words: &'static str,
    /// What the y axis is.
    pub y_words: &'static str,
    /// The bins.
    pub histogram: Histogram,
    /// Whether the bins are whole numbers.
    pub whole: bool,
    /// The colour of the bars.
    pub hue: Hue,
    /// Values that are marked by upright lines, and what they are.
    pub marks: Option<Marks>,
    /// A normal distribution with these statistics.
    pub curve: Option<Statistics>,
}

/// Marked values.
pub struct Marks {
    /// Where.
    pub at: [f64; 2],
    /// What they are.
    pub name: String,
    /// Their colour.
    pub hue: Hue,
}

/// Paints the chart.
pub fn paint(canvas: &HtmlCanvasElement, chart: &Chart) -> Result<(), String> {
    let width = super::width(canvas);
    let head = head(chart);
    let top = head.height(width);
    let bottom = top + plot::TOP + PLOT + plot::FOOT;
    let sheet = Sheet::new(canvas, bottom)?;
    head.draw(&sheet)?;

    // A bar has at least a pixel.
    let bins = bins::bins(&chart.histogram, (width * 0.8) as usize);
    let marks = chart.marks.as_ref().map_or(&[][..], |marks| &marks.at);
    let range = x_range(bins::range(&bins), marks);
    let peak = chart
        .curve
        .as_ref()
        .map_or(0.0, |curve| normal(curve, curve.mean, bin_width(&bins)));
    let y = Axis::counts(y_top(&bins, peak), PLOT);
    let left = plot::left(&y);
    let across = plot::across(width, left);
    let kind = if chart.whole { Kind::Whole } else { Kind::Real };
    let x = Axis::across(kind, range, across);
    let axes = Axes {
        x,
        y,
        x_words: chart.x_words,
        y_words: chart.y_words,
    };
    let plot = Plot::new(&sheet, &axes, (top, bottom), left)?;
    let palette = &sheet.palette;
    plot.bars(&bins, palette.of(chart.hue).to_rgba())?;
    if let Some(marks) = &chart.marks {
        for at in marks.at {
            plot.rule(at, palette.of(marks.hue).to_rgba(), Dash::SHORT)?;
        }
    }
    if let Some(statistics) = chart.curve.as_ref().filter(|curve| curve.std > 0.0) {
        let steps = (across / CURVE_STEP) as usize;
        let points = curve(statistics, (axes.x.lo, axes.x.hi), bin_width(&bins), steps);
        plot.line(&points, palette.ink.to_rgba(), 1.5, Dash::NONE)?;
    }
    Ok(())
}

fn head(chart: &Chart) -> Head {
    let mut legend = Vec::new();
    if chart.marks.is_some() || chart.curve.is_some() {
        legend.push((Look::Area(chart.hue), chart.name.to_owned()));
    }
    if let Some(marks) = &chart.marks {
        legend.push((Look::Line(marks.hue, Dash::SHORT), marks.name.clone()));
    }
    if chart.curve.as_ref().is_some_and(|curve| curve.std > 0.0) {
        let words = "a normal distribution with their mean and σ".to_owned();
        legend.push((Look::Line(Hue::Ink, Dash::NONE), words));
    }
    Head {
        title: chart.title,
        subtitle: chart.subtitle.clone(),
        legend,
    }
}

/// The bins and the marks, with a little room.
fn x_range((lo, hi): (f64, f64), marks: &[f64]) -> (f64, f64) {
    let lo = marks.iter().copied().fold(lo, f64::min);
    let hi = marks.iter().copied().fold(hi, f64::max);
    axis::padded((lo, hi), 0.02)
}

/// The highest bar, and the curve as far as it does not make the bars small.
fn y_top(bins: &[Bin], peak: f64) -> f64 {
    let bars = bins::fullest(bins).map_or(0, |bin| bin.count) as f64;
    bars.max(peak.min(bars * CURVE_ROOM))
}

fn bin_width(bins: &[Bin]) -> f64 {
    bins.first().map_or(0.0, |bin| bin.to - bin.from)
}

/// How many values a bin of this width would hold around `x`, were they normally distributed.
fn normal(statistics: &Statistics, x: f64, width: f64) -> f64 {
    let Statistics {
        count, mean, std, ..
    } = *statistics;
    if std <= 0.0 {
        return 0.0;
    }
    count as f64 * width * gaussian_pdf(x, mean, std)
}

fn curve(
    statistics: &Statistics,
    (lo, hi): (f64, f64),
    width: f64,
    steps: usize,
) -> Vec<(f64, f64)> {
    let steps = steps.max(2);
    (0..=steps)
        .map(|i| {
            let x = lo + (hi - lo) * i as f64 / steps as f64;
            (x, normal(statistics, x, width))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn statistics(count: u64, std: f64) -> Statistics {
        Statistics {
            count,
            mean: 0.0,
            std,
            min: -3.0 * std,
            max: 3.0 * std,
        }
    }

    #[test]
    fn the_curve_holds_as_many_values_as_the_bins() {
        let points = curve(&statistics(10_500, 0.4), (-2.0, 2.0), 0.05, 80);
        let sum: f64 = points.iter().map(|(_, count)| count).sum();
        assert!((sum - 10_500.0).abs() < 10.0, "{sum}");
    }

    #[test]
    fn a_curve_never_makes_the_bars_small() {
        let bins = [Bin {
            from: 0.0,
            to: 1.0,
            count: 100,
        }];
        assert_eq!(y_top(&bins, 120.0), 120.0);
        assert_eq!(y_top(&bins, 1e9), 160.0);
        assert_eq!(y_top(&bins, 0.0), 100.0);
        assert_eq!(y_top(&[], 5.0), 0.0);
    }

    #[test]
    fn values_that_are_all_the_same_have_no_curve() {
        assert_eq!(normal(&statistics(10, 0.0), 0.0, 1.0), 0.0);
        assert!(normal(&statistics(10, 1e-30), 0.0, 1e-31).is_finite());
    }

    #[test]
    fn marks_are_on_the_axis() {
        let (lo, hi) = x_range((-1.0, 1.0), &[-3.0, 0.5]);
        assert!(lo < -3.0 && hi > 1.0);
    }
}
