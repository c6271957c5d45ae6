//! The range of each channel of a layer as an upright bar, in one panel or in two, one below the other.

use plotters::style::Color;
use web_sys::HtmlCanvasElement;

use super::{
    Dash, Hue, Sheet,
    axis::{Axis, Kind},
    head::{Head, Look},
    plot::{self, Axes, Plot},
};

// CSS pixels.
const PANEL: f64 = 230.0;
/// Bars are at most this wide.
const WIDEST: f64 = 6.0;
/// The ends of int8, with a little room.
const ENDS: (f64, f64) = (-136.0, 136.0);
/// Channels of one value, in steps: a bar is always seen.
const LEAST: f64 = 1.5;

/// A panel.
pub struct Panel {
    /// What its y axis is.
    pub words: &'static str,
    /// Whether it has been prepared for int8.
    pub is_quantized: bool,
    /// The ends of each channel, in steps.
    pub channels: Vec<(f64, f64)>,
}

/// Paints the chart.
pub fn paint(canvas: &HtmlCanvasElement, subtitle: &str, panels: &[Panel]) -> Result<(), String> {
    let width = super::width(canvas);
    let hue = |is_quantized| if is_quantized { Hue::Int8 } else { Hue::Fp32 };
    let head = Head {
        title: "Channels of a layer on one scale",
        subtitle: subtitle.to_owned(),
        legend: panels
            .iter()
            .map(|panel| {
                let words = match panel.is_quantized {
                    true => "behind equalization",
                    false => "as trained",
                };
                (Look::Area(hue(panel.is_quantized)), words.to_owned())
            })
            .collect(),
    };
    let top = head.height(width);
    let sheet = Sheet::new(canvas, top + PANEL * panels.len() as f64)?;
    head.draw(&sheet)?;
    for (i, panel) in panels.iter().enumerate() {
        let top = top + PANEL * i as f64;
        let y = Axis::up(Kind::Whole, ENDS, PANEL - plot::TOP - plot::FOOT);
        let left = plot::left(&y);
        let length = plot::across(width, left);
        let count = panel.channels.len().max(1) as f64;
        let axes = Axes {
            x: Axis::across(Kind::Whole, (0.0, count), length),
            y,
            x_words: "channel",
            y_words: panel.words,
        };
        let plot = Plot::new(&sheet, &axes, (top, top + PANEL), left)?;
        let color = sheet.palette.of(hue(panel.is_quantized)).to_rgba();
        let bar = (length / count * 0.7).clamp(1.0, WIDEST);
        for (channel, &(low, high)) in panel.channels.iter().enumerate() {
            let x = channel as f64 + 0.5;
            let high = high.max(low + LEAST);
            plot.line(&[(x, low), (x, high)], color, bar, Dash::NONE)?;
        }
    }
    Ok(())
}
