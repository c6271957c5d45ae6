//! A loss over the epochs, in powers of ten.

use plotters::style::Color;
use web_sys::HtmlCanvasElement;

use super::{
    Dash, Sheet,
    axis::{self, Axis, Kind},
    head::Head,
    plot::{self, Axes, Plot},
};

// CSS pixels.
const PLOT: f64 = 220.0;
/// A loss of nothing has no logarithm; it is drawn here.
const LEAST: f64 = 1e-12;

/// Paints pairs of an epoch and the loss after it.
pub fn paint(
    canvas: &HtmlCanvasElement,
    subtitle: &str,
    losses: &[(f64, f64)],
) -> Result<(), String> {
    let width = super::width(canvas);
    let head = Head {
        title: "How it learned",
        subtitle: subtitle.to_owned(),
        legend: Vec::new(),
    };
    let top = head.height(width);
    let bottom = top + plot::TOP + PLOT + plot::FOOT;
    let sheet = Sheet::new(canvas, bottom)?;
    head.draw(&sheet)?;
    let powers = powers(losses);
    let end = powers.last().map_or(1.0, |(epoch, _)| *epoch);
    let heights = powers.iter().map(|(_, power)| *power);
    let y = Axis::up(Kind::Real, axis::padded(axis::ends(heights), 0.06), PLOT);
    let left = plot::left(&y);
    let x = Axis::across(Kind::Whole, (0.0, end), plot::across(width, left));
    let axes = Axes {
        x,
        y,
        x_words: "epochs",
        y_words: "log₁₀ of the mean squared error, °F²",
    };
    let plot = Plot::new(&sheet, &axes, (top, bottom), left)?;
    plot.line(&powers, sheet.palette.fp32.to_rgba(), 2.0, Dash::NONE)
}

fn powers(losses: &[(f64, f64)]) -> Vec<(f64, f64)> {
    let power = |&(epoch, loss): &(f64, f64)| (epoch, loss.max(LEAST).log10());
    losses.iter().map(power).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn losses_become_powers_of_ten() {
        let losses = [(0.0, 1000.0), (1.0, 0.1), (2.0, 0.0)];
        assert_eq!(powers(&losses), [(0.0, 3.0), (1.0, -1.0), (2.0, -12.0)]);
    }
}
