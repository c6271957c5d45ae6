//! How training goes: one or two lines over the epochs, each epoch of the second a dot, and an upright line where the
//! best weights are from.

use plotters::style::Color;
use web_sys::HtmlCanvasElement;

use super::{
    Dash, Hue, Sheet,
    axis::{self, Axis, Kind},
    head::{Head, Look},
    plot::{self, Axes, Plot},
};

// CSS pixels.
const PLOT: f64 = 220.0;

/// What is drawn.
pub struct Curves {
    /// What it shows.
    pub title: &'static str,
    /// Of what.
    pub subtitle: String,
    /// What the y axis is.
    pub y_words: &'static str,
    /// What the y axis counts.
    pub kind: Kind,
    /// On what is trained with: epochs and values.
    pub train: Vec<(f64, f64)>,
    /// On the validation set: the same.
    pub validation: Vec<(f64, f64)>,
    /// The epoch of the best weights.
    pub best: Option<f64>,
}

/// Paints the chart.
pub fn paint(canvas: &HtmlCanvasElement, curves: &Curves) -> Result<(), String> {
    let width = super::width(canvas);
    let mut legend = vec![
        (Look::Line(Hue::Fp32, Dash::NONE), "training".to_owned()),
        (Look::Dots(Hue::Ink), "validation".to_owned()),
    ];
    if curves.best.is_some() {
        let look = Look::Line(Hue::Soft, Dash::SHORT);
        legend.push((look, "best weights".to_owned()));
    }
    let head = Head {
        title: curves.title,
        subtitle: curves.subtitle.clone(),
        legend,
    };
    let top = head.height(width);
    let bottom = top + plot::TOP + PLOT + plot::FOOT;
    let sheet = Sheet::new(canvas, bottom)?;
    head.draw(&sheet)?;
    let points = || curves.train.iter().chain(&curves.validation);
    let end = points().map(|(x, _)| *x).fold(1.0, f64::max);
    let y = Axis::up(curves.kind, axis::padded(range(points()), 0.05), PLOT);
    let left = plot::left(&y);
    let axes = Axes {
        x: Axis::across(Kind::Real, (0.0, end), plot::across(width, left)),
        y,
        x_words: "epochs",
        y_words: curves.y_words,
    };
    let plot = Plot::new(&sheet, &axes, (top, bottom), left)?;
    if let Some(best) = curves.best {
        plot.rule(best, sheet.palette.soft.to_rgba(), Dash::SHORT)?;
    }
    plot.line(&curves.train, sheet.palette.fp32.to_rgba(), 2.0, Dash::NONE)?;
    let ink = sheet.palette.ink.to_rgba();
    plot.line(&curves.validation, ink, 1.0, Dash::NONE)?;
    plot.dots(&curves.validation, ink, 3.0)
}

/// From the lowest to the highest value.
fn range<'a>(points: impl Iterator<Item = &'a (f64, f64)>) -> (f64, f64) {
    let (low, high) = axis::ends(points.map(|(_, y)| *y));
    if low <= high { (low, high) } else { (0.0, 1.0) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_axis_holds_all_values_and_there_may_be_none() {
        assert_eq!(range([(0.0, 3.0), (1.0, 0.5)].iter()), (0.5, 3.0));
        assert_eq!(range([].iter()), (0.0, 1.0));
    }
}
