//! Several lines over the same axes, told apart without colour.

use plotters::style::Color;
use web_sys::HtmlCanvasElement;

use super::{
    Hue, Sheet,
    axis::{self, Axis, Kind},
    head::{Head, Look},
    lines::STYLES,
    plot::{self, Axes, Plot},
};

// CSS pixels.
const PLOT: f64 = 220.0;

/// What is drawn.
pub struct Bundle {
    /// What it shows.
    pub title: &'static str,
    /// Of what.
    pub subtitle: String,
    /// What the x axis is.
    pub x_words: &'static str,
    /// What the y axis is.
    pub y_words: &'static str,
    /// The lines: a name and points. At most [`MOST`](super::lines::MOST).
    pub lines: Vec<(String, Vec<(f64, f64)>)>,
    /// Whether each point is marked as well.
    pub has_dots: bool,
}

/// Paints the chart.
pub fn paint(canvas: &HtmlCanvasElement, bundle: &Bundle) -> Result<(), String> {
    let width = super::width(canvas);
    let styled = || bundle.lines.iter().zip(STYLES);
    let head = Head {
        title: bundle.title,
        subtitle: bundle.subtitle.clone(),
        legend: styled()
            .map(|((name, _), (hue, dash, _))| (Look::Line(hue, dash), name.clone()))
            .collect(),
    };
    let top = head.height(width);
    let bottom = top + plot::TOP + PLOT + plot::FOOT;
    let sheet = Sheet::new(canvas, bottom)?;
    head.draw(&sheet)?;
    let points = || bundle.lines.iter().flat_map(|(_, points)| points);
    let range = |of: fn(&(f64, f64)) -> f64| {
        let (low, high) = axis::ends(points().map(of));
        if low <= high { (low, high) } else { (0.0, 1.0) }
    };
    let y = Axis::up(Kind::Real, axis::padded(range(|point| point.1), 0.05), PLOT);
    let left = plot::left(&y);
    let across = axis::padded(range(|point| point.0), 0.02);
    let axes = Axes {
        x: Axis::across(Kind::Real, across, plot::across(width, left)),
        y,
        x_words: bundle.x_words,
        y_words: bundle.y_words,
    };
    let plot = Plot::new(&sheet, &axes, (top, bottom), left)?;
    for ((_, points), (hue, dash, width)) in styled() {
        let color = sheet.palette.of(hue).to_rgba();
        plot.line(points, color, width, dash)?;
        if bundle.has_dots {
            plot.dots(points, sheet.palette.of(Hue::Ink).to_rgba(), 2.5)?;
        }
    }
    Ok(())
}
