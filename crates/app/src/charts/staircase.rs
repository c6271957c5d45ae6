//! The quantizer as a staircase: what a weight is restored to.

use octet_quant::QuantParams;
use plotters::style::Color;
use web_sys::HtmlCanvasElement;

use super::{
    Dash, Sheet,
    axis::{Axis, Kind},
    head::Head,
    plot::{self, Axes},
    still::Still,
};
use crate::explorer::Model;

// CSS pixels.
const PLOT: f64 = 236.0;
/// The axes show a little more than the weights.
const ROOM: f64 = 1.06;
/// Finer stairs than this are a line to the eye.
const MAX_STEPS: i32 = 512;

/// The chart.
pub struct Staircase {
    still: Still,
}

impl Staircase {
    /// Paints what stays while the range changes.
    pub fn new(canvas: &HtmlCanvasElement, model: &Model) -> Result<Self, String> {
        let width = super::width(canvas);
        let head = Head {
            title: "The quantizer",
            subtitle: format!("{} bits: weight before and after", model.bits()),
            legend: Vec::new(),
        };
        let top = head.height(width);
        let bottom = top + plot::TOP + PLOT + plot::FOOT;
        let sheet = Sheet::new(canvas, bottom)?;
        head.draw(&sheet)?;
        let reach = f64::from(model.reach()) * ROOM;
        let y = Axis::up(Kind::Real, (-reach, reach), PLOT);
        let left = plot::left(&y);
        let axes = Axes {
            x: Axis::across(Kind::Real, (-reach, reach), plot::across(width, left)),
            y,
            x_words: "weight w",
            y_words: "ŵ, what its integer stands for",
        };
        let ideal = [(-reach, -reach), (reach, reach)];
        let color = sheet.palette.fp32.to_rgba();
        let still = Still::new(sheet, axes, (top, bottom), left, |plot| {
            plot.line(&ideal, color, 1.5, Dash::SHORT)
        })?;
        Ok(Self { still })
    }

    /// Paints it with the steps as they are now.
    pub fn paint(&self, params: &QuantParams) -> Result<(), String> {
        let plot = self.still.restore()?;
        let color = self.still.sheet().palette.int8.to_rgba();
        plot.line(&stairs(params), color, 2.0, Dash::NONE)
    }
}

/// The corners of the staircase, from far left to far right.
fn stairs(params: &QuantParams) -> Vec<(f64, f64)> {
    let range = params.range();
    let scale = f64::from(params.scale());
    let real = |q: i32| f64::from(params.dequantize(q));
    let (first, last) = (real(range.qmin()), real(range.qmax()));
    let mut corners = vec![(f64::from(f32::MIN), first)];
    if range.steps() <= MAX_STEPS {
        for q in range.qmin()..range.qmax() {
            let edge = real(q) + scale / 2.0;
            corners.push((edge, real(q)));
            corners.push((edge, real(q + 1)));
        }
    } else {
        corners.push((first, first));
        corners.push((last, last));
    }
    corners.push((f64::from(f32::MAX), last));
    corners
}

#[cfg(test)]
mod tests {
    use super::*;
    use octet_quant::IntRange;

    #[test]
    fn a_stair_for_each_integer() {
        let two = IntRange::new(2, true, false).unwrap();
        let params = QuantParams::new(1.0, 0, two).unwrap();
        let corners = stairs(&params);
        assert_eq!(
            corners[1..7],
            [
                (-1.5, -2.0),
                (-1.5, -1.0),
                (-0.5, -1.0),
                (-0.5, 0.0),
                (0.5, 0.0),
                (0.5, 1.0)
            ]
        );
        assert_eq!(corners.len(), 8);
    }

    #[test]
    fn fine_stairs_are_a_line() {
        let sixteen = IntRange::new(16, true, false).unwrap();
        let params = QuantParams::new(0.001, 0, sixteen).unwrap();
        assert_eq!(stairs(&params).len(), 4);
    }
}
