//! A line learned, and the staircase that int8 makes of it.

use plotters::style::Color;
use web_sys::HtmlCanvasElement;

use super::{
    Dash, Hue, Sheet,
    axis::{self, Axis, Kind},
    head::{Head, Look},
    plot::{self, Axes, Plot},
};

// CSS pixels.
const PLOT: f64 = 280.0;

/// What both networks answer.
pub struct Chart {
    /// The line in words.
    pub subtitle: String,
    /// °C and °F.
    pub float32: Vec<(f64, f64)>,
    /// °C and °F.
    pub int8: Vec<(f64, f64)>,
    /// What was learned from.
    pub points: Vec<(f64, f64)>,
    /// The temperature that was followed, and its answer in int8.
    pub followed: (f64, f64),
    /// What the input's integers reach, °C.
    pub range: (f64, f64),
}

/// Paints the chart.
pub fn paint(canvas: &HtmlCanvasElement, chart: &Chart) -> Result<(), String> {
    let width = super::width(canvas);
    let head = Head {
        title: "What it answers",
        subtitle: chart.subtitle.clone(),
        legend: vec![
            (Look::Line(Hue::Fp32, Dash::NONE), "float32".to_owned()),
            (Look::Line(Hue::Int8, Dash::NONE), "int8".to_owned()),
            (Look::Dots(Hue::Soft), "learned from".to_owned()),
            (Look::Dots(Hue::Ink), "followed by hand".to_owned()),
            (
                Look::Line(Hue::Soft, Dash::SHORT),
                "ends of the input’s integers".to_owned(),
            ),
        ],
    };
    let top = head.height(width);
    let bottom = top + plot::TOP + PLOT + plot::FOOT;
    let sheet = Sheet::new(canvas, bottom)?;
    head.draw(&sheet)?;
    let [across, up] = ranges(chart);
    let y = Axis::up(Kind::Real, up, PLOT);
    let left = plot::left(&y);
    let x = Axis::across(Kind::Real, across, plot::across(width, left));
    let axes = Axes {
        x,
        y,
        x_words: "°C",
        y_words: "°F",
    };
    let plot = Plot::new(&sheet, &axes, (top, bottom), left)?;
    let palette = &sheet.palette;
    for end in [chart.range.0, chart.range.1] {
        plot.rule(end, palette.soft.to_rgba(), Dash::SHORT)?;
    }
    plot.line(&chart.float32, palette.fp32.to_rgba(), 1.5, Dash::NONE)?;
    plot.line(&chart.int8, palette.int8.to_rgba(), 2.0, Dash::NONE)?;
    plot.dots(&chart.points, palette.soft.to_rgba(), 3.0)?;
    let is_shown = (across.0..=across.1).contains(&chart.followed.0);
    let followed: &[_] = if is_shown { &[chart.followed] } else { &[] };
    plot.dots(followed, palette.ink.to_rgba(), 4.5)
}

/// The ranges of both axes: those of the answers.
fn ranges(chart: &Chart) -> [(f64, f64); 2] {
    let both = || chart.float32.iter().chain(&chart.int8);
    [
        axis::padded(axis::ends(both().map(|(x, _)| *x)), 0.0),
        axis::padded(axis::ends(both().map(|(_, y)| *y)), 0.04),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_axes_hold_both_answers() {
        let chart = Chart {
            subtitle: String::new(),
            float32: vec![(-50.0, -58.0), (50.0, 122.0)],
            int8: vec![(-50.0, -40.0), (50.0, 100.0)],
            points: Vec::new(),
            followed: (0.0, 32.0),
            range: (-40.0, 38.0),
        };
        let [across, up] = ranges(&chart);
        assert_eq!(across, (-50.0, 50.0));
        assert!(up.0 < -58.0 && up.1 > 122.0);
    }
}
