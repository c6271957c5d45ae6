//! A plan of memory: time from left to right, addresses from the bottom up, a rectangle for each tensor.

use plotters::style::Color;
use web_sys::HtmlCanvasElement;

use super::{
    Dash, Hue, Sheet,
    axis::{Axis, Kind},
    head::{Head, Look, PALE},
    plot::{self, Axes, Plot},
};

const PLOT: f64 = 260.0;

/// A tensor's place.
pub struct Block {
    /// The operators that need it, the last included.
    pub time: (u32, u32),
    /// From the beginning of the block, in the unit of the axis.
    pub place: (f64, f64),
    /// Whether it is needed when the most is.
    pub at_peak: bool,
}

/// The plan.
pub struct Chart {
    /// What it shows.
    pub title: &'static str,
    /// Of what.
    pub subtitle: String,
    /// What the y axis is.
    pub y_words: &'static str,
    /// The rectangles.
    pub blocks: Vec<Block>,
    /// How many operators run.
    pub operators: usize,
    /// The operator at which the most is needed.
    pub peak: u32,
    /// The size of the block, in the unit of the axis.
    pub size: f64,
    /// The colour.
    pub hue: Hue,
}

/// Paints the plan.
pub fn paint(canvas: &HtmlCanvasElement, chart: &Chart) -> Result<(), String> {
    let width = super::width(canvas);
    let head = Head {
        title: chart.title,
        subtitle: chart.subtitle.clone(),
        legend: vec![
            (Look::Area(chart.hue), "needed at the peak".to_owned()),
            (Look::Pale(chart.hue), "at other times".to_owned()),
            (Look::Line(Hue::Ink, Dash::SHORT), "the peak".to_owned()),
        ],
    };
    let top = head.height(width);
    let bottom = top + plot::TOP + PLOT + plot::FOOT;
    let sheet = Sheet::new(canvas, bottom)?;
    head.draw(&sheet)?;
    let size = if chart.size > 0.0 { chart.size } else { 1.0 };
    let y = Axis::up(Kind::Real, (0.0, size * 1.04), PLOT);
    let left = plot::left(&y);
    let ends = (-0.5, chart.operators.max(1) as f64 - 0.5);
    let x = Axis::across(Kind::Whole, ends, plot::across(width, left));
    let axes = Axes {
        x,
        y,
        x_words: "operator, in the order in which they run",
        y_words: chart.y_words,
    };
    let plot = Plot::new(&sheet, &axes, (top, bottom), left)?;
    let color = sheet.palette.of(chart.hue);
    for block in &chart.blocks {
        let (first, last) = block.time;
        let time = (f64::from(first) - 0.5, f64::from(last) + 0.5);
        let tone = if block.at_peak { 1.0 } else { PALE };
        plot.rectangle(time, block.place, color.mix(tone))?;
    }
    let ink = sheet.palette.ink.to_rgba();
    plot.rule(f64::from(chart.peak), ink, Dash::SHORT)
}
