//! Dots: what became of each weight, with the line on which all would lie if nothing were lost.

use plotters::style::Color;
use web_sys::HtmlCanvasElement;

use super::{
    Dash, Hue, Sheet,
    axis::{self, Axis, Kind},
    head::{Head, Look},
    plot::{self, Axes, Plot},
};

const MAX_PLOT: f64 = 380.0;

/// Paints pairs of a weight and what became of it.
pub fn paint(
    canvas: &HtmlCanvasElement,
    points: &[[f32; 2]],
    subtitle: &str,
) -> Result<(), String> {
    let width = super::width(canvas);
    let head = Head {
        title: "Before and after",
        subtitle: subtitle.to_owned(),
        legend: vec![
            (Look::Dots(Hue::Int8), "a weight".to_owned()),
            (Look::Line(Hue::Ink, Dash::NONE), "nothing lost".to_owned()),
        ],
    };
    let points: Vec<(f64, f64)> = points
        .iter()
        .map(|&[before, after]| (before.into(), after.into()))
        .collect();
    let [across, up] = ranges(&points);
    let side = width.min(MAX_PLOT);
    let top = head.height(width);
    let bottom = top + plot::TOP + side * 0.8 + plot::FOOT;
    let sheet = Sheet::new(canvas, bottom)?;
    head.draw(&sheet)?;
    let y = Axis::up(Kind::Real, up, side * 0.8);
    let left = plot::left(&y);
    let x = Axis::across(Kind::Real, across, plot::across(width, left));
    let axes = Axes {
        x,
        y,
        x_words: "weight w",
        y_words: "ŵ, what its integer stands for",
    };
    let plot = Plot::new(&sheet, &axes, (top, bottom), left)?;
    let ends = ideal(across, up);
    plot.line(&ends, sheet.palette.ink.to_rgba(), 1.0, Dash::NONE)?;
    // Many lie on top of each other.
    let color = sheet
        .palette
        .int8
        .mix(if points.len() > 300 { 0.6 } else { 0.9 });
    plot.dots(&points, color, if points.len() > 300 { 2.0 } else { 3.0 })
}

/// The ranges of both axes, with a little room.
fn ranges(points: &[(f64, f64)]) -> [(f64, f64); 2] {
    let mut across = (f64::INFINITY, f64::NEG_INFINITY);
    let mut up = across;
    for &(x, y) in points {
        across = (across.0.min(x), across.1.max(x));
        up = (up.0.min(y), up.1.max(y));
    }
    // Clipped weights must be seen to fall short, so the line's end belongs to the picture.
    let up = (up.0.min(across.0), up.1.max(across.1));
    [axis::padded(across, 0.04), axis::padded(up, 0.04)]
}

/// The ends of the line ŵ = w, as far as both axes have it.
fn ideal(across: (f64, f64), up: (f64, f64)) -> [(f64, f64); 2] {
    let from = across.0.max(up.0);
    let to = across.1.min(up.1);
    [(from, from), (to, to)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_axes_hold_all_points() {
        let [(left, right), (low, high)] = ranges(&[(-2.0, -1.0), (3.0, 1.0)]);
        assert!(left < -2.0 && right > 3.0 && low < -2.0 && high > 3.0);
    }

    #[test]
    fn odd_points_have_axes() {
        for points in [
            &[][..],
            &[(0.0, 0.0)],
            &[(1e30, 1e30)],
            &[(1e-30, 0.0)],
            &[(5.0, 5.0), (5.0, 5.0)],
        ] {
            for (lo, hi) in ranges(points) {
                assert!(lo.is_finite() && hi.is_finite() && lo < hi, "{points:?}");
            }
        }
    }

    #[test]
    fn the_line_stays_on_the_plot() {
        assert_eq!(ideal((-1.0, 2.0), (-3.0, 1.0)), [(-1.0, -1.0), (1.0, 1.0)]);
    }
}
