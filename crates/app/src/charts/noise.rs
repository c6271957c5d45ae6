//! A figure in decibels for each operator, in the order in which they run.

use plotters::style::Color;
use web_sys::HtmlCanvasElement;

use super::{
    Dash, Hue, Sheet,
    axis::{self, Axis, Kind},
    head::Head,
    plot::{self, Axes, Plot},
};

const PLOT: f64 = 190.0;

/// Points joined by a line.
pub struct Chart {
    /// What it shows.
    pub title: &'static str,
    /// Of what.
    pub subtitle: String,
    /// What the x axis is.
    pub x_words: &'static str,
    /// What the y axis is.
    pub y_words: &'static str,
    /// Operator and decibels.
    pub points: Vec<(f64, f64)>,
    /// The colour.
    pub hue: Hue,
}

/// Paints the chart.
pub fn paint(canvas: &HtmlCanvasElement, chart: &Chart) -> Result<(), String> {
    let width = super::width(canvas);
    let head = Head {
        title: chart.title,
        subtitle: chart.subtitle.clone(),
        legend: Vec::new(),
    };
    let top = head.height(width);
    let bottom = top + plot::TOP + PLOT + plot::FOOT;
    let sheet = Sheet::new(canvas, bottom)?;
    head.draw(&sheet)?;
    let y = Axis::up(Kind::Real, axis::padded(range(&chart.points), 0.06), PLOT);
    let left = plot::left(&y);
    let last = chart.points.last().map_or(1.0, |(x, _)| *x);
    let x = Axis::across(Kind::Whole, (-0.5, last + 0.5), plot::across(width, left));
    let axes = Axes {
        x,
        y,
        x_words: chart.x_words,
        y_words: chart.y_words,
    };
    let plot = Plot::new(&sheet, &axes, (top, bottom), left)?;
    let color = sheet.palette.of(chart.hue).to_rgba();
    plot.line(&chart.points, color, 1.5, Dash::NONE)?;
    plot.dots(&chart.points, color, 2.5)
}

/// From zero, or below, to the highest.
fn range(points: &[(f64, f64)]) -> (f64, f64) {
    let values = points.iter().map(|(_, y)| *y);
    let lo = values.clone().fold(0.0, f64::min);
    (lo, values.fold(1.0, f64::max))
}
