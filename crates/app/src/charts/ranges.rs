//! Ranges as they grow: a line for the low end and one for the high end of each.

use plotters::style::Color;
use web_sys::HtmlCanvasElement;

use super::{
    Sheet,
    axis::{self, Axis, Kind},
    head::{Head, Look},
    lines::STYLES,
    plot::{self, Axes, Plot},
};

const PLOT: f64 = 240.0;

/// At an x, the low and the high end.
pub type Ends = (f64, [f64; 2]);

/// Some ranges over the same axis; at most [`MOST`](super::lines::MOST).
pub struct Chart {
    /// What it shows.
    pub title: &'static str,
    /// Of what.
    pub subtitle: String,
    /// What the x axis is.
    pub x_words: &'static str,
    /// What the y axis is.
    pub y_words: &'static str,
    /// Each with its name.
    pub ranges: Vec<(String, Vec<Ends>)>,
}

/// Paints the chart.
pub fn paint(canvas: &HtmlCanvasElement, chart: &Chart) -> Result<(), String> {
    let width = super::width(canvas);
    let head = Head {
        title: chart.title,
        subtitle: chart.subtitle.clone(),
        legend: chart
            .ranges
            .iter()
            .zip(STYLES)
            .map(|((name, _), (hue, dash, _))| (Look::Line(hue, dash), name.clone()))
            .collect(),
    };
    let top = head.height(width);
    let bottom = top + plot::TOP + PLOT + plot::FOOT;
    let sheet = Sheet::new(canvas, bottom)?;
    head.draw(&sheet)?;
    let points = || chart.ranges.iter().flat_map(|(_, points)| points);
    let last = points().map(|(x, _)| *x).fold(1.0, f64::max);
    let low = points().map(|(_, ends)| ends[0]).fold(0.0, f64::min);
    let high = points().map(|(_, ends)| ends[1]).fold(0.0, f64::max);
    let y = Axis::up(Kind::Real, axis::padded((low, high), 0.06), PLOT);
    let left = plot::left(&y);
    let across = plot::across(width, left);
    let x = Axis::across(Kind::Whole, (0.0, last + 0.5), across);
    let axes = Axes {
        x,
        y,
        x_words: chart.x_words,
        y_words: chart.y_words,
    };
    let plot = Plot::new(&sheet, &axes, (top, bottom), left)?;
    for ((_, points), (hue, dash, width)) in chart.ranges.iter().zip(STYLES) {
        let color = sheet.palette.of(hue).to_rgba();
        for end in [0, 1] {
            let line: Vec<(f64, f64)> = points.iter().map(|(x, ends)| (*x, ends[end])).collect();
            plot.line(&line, color, width, dash)?;
            plot.dots(&line, color, 2.0)?;
        }
    }
    Ok(())
}
