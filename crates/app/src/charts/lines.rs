//! Lines that can be told apart without colour.

use plotters::style::Color;
use web_sys::HtmlCanvasElement;

use super::{
    Dash, Hue, Sheet,
    axis::{self, Axis, Kind},
    bins::{self, Bin},
    head::{Head, Look},
    plot::{self, Axes, Plot},
};

const PLOT: f64 = 220.0;

/// At most so many lines can be told apart.
pub const MOST: usize = 6;

/// Colour, strokes and width (in CSS pixels) of each line.
pub(super) const STYLES: [(Hue, Dash, f64); MOST] = [
    (Hue::Fp32, Dash::NONE, 2.0),
    (Hue::Ink, Dash(&[9.0, 4.0]), 1.5),
    (Hue::Soft, Dash(&[2.0, 2.5]), 2.0),
    (Hue::Fp32, Dash(&[10.0, 3.0, 2.0, 3.0]), 1.5),
    (Hue::Ink, Dash::NONE, 1.0),
    (Hue::Soft, Dash(&[5.0, 3.0]), 1.5),
];

/// Some lines over the same axis, all between 0 and 1.
pub struct Chart {
    /// What it shows.
    pub title: &'static str,
    /// Of what.
    pub subtitle: String,
    /// The range of the x axis.
    pub range: (f64, f64),
    /// What the x axis is.
    pub x_words: &'static str,
    /// What the y axis is.
    pub y_words: &'static str,
    /// The lines: a name and points.
    pub lines: Vec<(String, Vec<(f64, f64)>)>,
    /// Marked points, and what they are.
    pub dots: Option<(String, Vec<(f64, f64)>)>,
}

/// Paints the chart.
pub fn paint(canvas: &HtmlCanvasElement, chart: &Chart) -> Result<(), String> {
    let width = super::width(canvas);
    let head = head(chart);
    let top = head.height(width);
    let bottom = top + plot::TOP + PLOT + plot::FOOT;
    let sheet = Sheet::new(canvas, bottom)?;
    head.draw(&sheet)?;
    let y = Axis::up(Kind::Share, (0.0, 1.03), PLOT);
    let left = plot::left(&y);
    let range = axis::padded(chart.range, 0.02);
    let x = Axis::across(Kind::Real, range, plot::across(width, left));
    let axes = Axes {
        x,
        y,
        x_words: chart.x_words,
        y_words: chart.y_words,
    };
    let plot = Plot::new(&sheet, &axes, (top, bottom), left)?;
    for ((_, points), (hue, dash, width)) in chart.lines.iter().zip(STYLES) {
        let color = sheet.palette.of(hue).to_rgba();
        plot.line(&within(points, range), color, width, dash)?;
    }
    if let Some((_, points)) = &chart.dots {
        plot.dots(&marked(points, range), sheet.palette.ink.to_rgba(), 3.0)?;
    }
    Ok(())
}

fn head(chart: &Chart) -> Head {
    let mut legend: Vec<_> = chart
        .lines
        .iter()
        .zip(STYLES)
        .map(|((name, _), (hue, dash, _))| (Look::Line(hue, dash), name.clone()))
        .collect();
    if let Some((name, _)) = &chart.dots {
        legend.push((Look::Dots(Hue::Ink), name.clone()));
    }
    Head {
        title: chart.title,
        subtitle: chart.subtitle.clone(),
        legend,
    }
}

/// The part of a line that the axis has. What lies beyond is not moved to its end: that would draw a wall.
fn within(points: &[(f64, f64)], (lo, hi): (f64, f64)) -> Vec<(f64, f64)> {
    let mut part = Vec::new();
    for (i, &point) in points.iter().enumerate() {
        let before = i.checked_sub(1).and_then(|i| points.get(i));
        for edge in [lo, hi] {
            part.extend(before.and_then(|&before| crossing(before, point, edge)));
        }
        if (lo..=hi).contains(&point.0) {
            part.push(point);
        }
    }
    part
}

/// Where the line between two points, from left to right, crosses an upright line.
fn crossing(from: (f64, f64), to: (f64, f64), x: f64) -> Option<(f64, f64)> {
    (from.0 < x && x < to.0).then(|| {
        let share = (x - from.0) / (to.0 - from.0);
        (x, from.1 + (to.1 - from.1) * share)
    })
}

/// The marked points that the axis has.
fn marked(points: &[(f64, f64)], (lo, hi): (f64, f64)) -> Vec<(f64, f64)> {
    let on_axis = |(x, _): &&(f64, f64)| (lo..=hi).contains(x);
    points.iter().filter(on_axis).copied().collect()
}

/// A density over bins as a line from 0 up and back: its largest value is 1.
pub fn outline(bins: &[Bin], density: &[f64]) -> Vec<(f64, f64)> {
    let (lo, hi) = bins::range(bins);
    let peak = density.iter().copied().fold(0.0, f64::max);
    if peak <= 0.0 {
        return Vec::new();
    }
    let inner = bins
        .iter()
        .zip(density)
        .map(|(bin, value)| ((bin.from + bin.to) / 2.0, value / peak));
    [(lo, 0.0)]
        .into_iter()
        .chain(inner)
        .chain([(hi, 0.0)])
        .collect()
}

/// The means of neighbours, joined as [`bins::bins`] joins them.
pub fn joined(density: &[f64], most: usize) -> Vec<f64> {
    let joined = density.len().div_ceil(most.max(1)).max(1);
    density
        .chunks(joined)
        .map(|part| part.iter().sum::<f64>() / part.len() as f64)
        .collect()
}

/// Indices of at most `most` of `count` things at even distances, the first and the last among them.
pub fn evenly(count: usize, most: usize) -> Vec<usize> {
    if count <= most {
        return (0..count).collect();
    }
    let steps = most.saturating_sub(1).max(1);
    (0..most).map(|i| i * (count - 1) / steps).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn things_are_chosen_at_even_distances() {
        assert_eq!(evenly(3, 6), [0, 1, 2]);
        assert_eq!(evenly(6, 6), [0, 1, 2, 3, 4, 5]);
        assert_eq!(evenly(53, 6), [0, 10, 20, 31, 41, 52]);
        assert_eq!(evenly(9, 1), [0]);
        assert!(evenly(0, 6).is_empty());
    }

    #[test]
    fn every_line_looks_different_without_colour() {
        for (i, (_, dash, width)) in STYLES.iter().enumerate() {
            assert!(
                STYLES[..i]
                    .iter()
                    .all(|(_, other, thick)| (other, thick) != (dash, width)),
                "{i}"
            );
        }
    }

    #[test]
    fn an_outline_starts_and_ends_at_zero() {
        let bins = [(0.0, 2.0), (2.0, 4.0)].map(|(from, to)| Bin { from, to, count: 1 });
        let line = outline(&bins, &[0.5, 2.0]);
        assert_eq!(line, [(0.0, 0.0), (1.0, 0.25), (3.0, 1.0), (4.0, 0.0)]);
        assert!(outline(&[], &[]).is_empty());
        assert!(outline(&bins, &[0.0, 0.0]).is_empty());
    }

    #[test]
    fn densities_are_joined_as_bins_are() {
        assert_eq!(joined(&[1.0, 3.0, 5.0], 2), [2.0, 5.0]);
        assert_eq!(joined(&[1.0, 3.0], 40), [1.0, 3.0]);
        assert!(joined(&[], 40).is_empty());
    }

    #[test]
    fn a_line_ends_where_the_axis_ends() {
        let points = [(-10.0, 0.0), (10.0, 1.0)];
        assert_eq!(within(&points, (0.0, 5.0)), [(0.0, 0.5), (5.0, 0.75)]);
        assert_eq!(within(&points, (-20.0, 20.0)), points);
        assert!(within(&points, (20.0, 30.0)).is_empty());
        assert!(within(&[], (0.0, 1.0)).is_empty());
        assert_eq!(marked(&points, (0.0, 20.0)), [(10.0, 1.0)]);
    }
}
