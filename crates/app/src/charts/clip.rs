//! The explorer's histogram: the weights, and the range that is quantized.

use octet_protocol::Histogram;
use plotters::style::Color;
use web_sys::HtmlCanvasElement;

use super::{
    Dash, Sheet,
    axis::{Axis, Kind},
    bins::{self, Bin},
    head::Head,
    plot::{self, Axes},
    still::Still,
};
use crate::{explorer::Model, format};

// CSS pixels.
const PLOT: f64 = 216.0;

/// The axis shows a little more than the weights.
const ROOM: f32 = 1.06;
/// More levels than this would paint the chart full.
const MAX_TICKS: i32 = 64;
/// The height of a level's tick, as a share of the plot's.
const TICK: f64 = 0.06;

/// Where the plot is on the canvas, in CSS pixels, and what its axis spans.
#[derive(Clone, Copy, Debug, Default)]
pub struct Place {
    /// Left end of the axis.
    pub left: f64,
    /// Length of the axis.
    pub width: f64,
    /// Upper end of the plot.
    pub top: f64,
    /// Height of the plot.
    pub height: f64,
    /// The axis goes from minus this to this.
    pub reach: f32,
}

impl Place {
    /// Where a value is.
    pub fn x(&self, value: f32) -> f64 {
        let share = f64::from(value) / f64::from(self.reach.max(f32::MIN_POSITIVE));
        self.left + self.width * (share + 1.0) / 2.0
    }

    /// The value at a place.
    pub fn value(&self, x: f64) -> f32 {
        let share = (x - self.left) / self.width.max(1.0) * 2.0 - 1.0;
        (share * f64::from(self.reach)) as f32
    }
}

/// The chart.
pub struct Distribution {
    still: Still,
    bins: Vec<Bin>,
    place: Place,
    /// How high the ticks of the levels reach, in weights.
    tick: f64,
}

impl Distribution {
    /// Paints what stays while the range moves.
    pub fn new(canvas: &HtmlCanvasElement, model: &Model) -> Result<Self, String> {
        let width = super::width(canvas);
        let head = Head {
            title: "The weights and their range",
            subtitle: format!("{} weights", format::grouped(model.len() as u64)),
            legend: Vec::new(),
        };
        let top = head.height(width);
        let bottom = top + plot::TOP + PLOT + plot::FOOT;
        let sheet = Sheet::new(canvas, bottom)?;
        head.draw(&sheet)?;
        let weights = f64::from(model.reach());
        let bins = bins::bins(
            &Histogram {
                lo: -weights,
                hi: weights,
                counts: model.counts().to_vec(),
            },
            usize::MAX,
        );
        let most = bins::fullest(&bins).map_or(0, |bin| bin.count);
        let y = Axis::counts(most as f64, PLOT);
        let left = plot::left(&y);
        let reach = (model.reach() * ROOM).min(f32::MAX);
        let ends = (-f64::from(reach), f64::from(reach));
        let across = plot::across(width, left);
        let tick = y.hi * TICK;
        let axes = Axes {
            x: Axis::across(Kind::Real, ends, across),
            y,
            x_words: "weight w",
            y_words: "weights in a bin",
        };
        let clipped = sheet.palette.line.to_rgba();
        Ok(Self {
            still: Still::new(sheet, axes, (top, bottom), left, |plot| {
                plot.bars(&bins, clipped)
            })?,
            bins,
            place: Place {
                left,
                width: across,
                top: top + plot::TOP,
                height: PLOT,
                reach,
            },
            tick,
        })
    }

    /// Paints it with the range as it is now.
    pub fn paint(&self, model: &Model) -> Result<(), String> {
        let plot = self.still.restore()?;
        let palette = &self.still.sheet().palette;
        let (lo, hi) = model.range();
        let (lo, hi) = (f64::from(lo), f64::from(hi));
        let middle = |bin: &Bin| (bin.from + bin.to) / 2.0;
        let from = self.bins.partition_point(|bin| middle(bin) < lo);
        let to = self.bins.partition_point(|bin| middle(bin) <= hi);
        let inside = self.bins.get(from..to).unwrap_or_default();
        plot.bars(inside, palette.fp32.to_rgba())?;
        let color = palette.int8.to_rgba();
        if let Ok(params) = model.params()
            && params.range().steps() < MAX_TICKS
        {
            for q in params.range().qmin()..=params.range().qmax() {
                let x = params.dequantize(q).into();
                plot.line(&[(x, 0.0), (x, self.tick)], color, 1.5, Dash::NONE)?;
            }
        }
        for end in [lo, hi] {
            plot.rule(end, color, Dash::NONE)?;
        }
        Ok(())
    }

    /// Where the plot is.
    pub fn place(&self) -> Place {
        self.place
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_goes_both_ways() {
        let place = Place {
            left: 10.0,
            width: 200.0,
            reach: 2.0,
            ..Place::default()
        };
        assert_eq!(place.x(-2.0), 10.0);
        assert_eq!(place.x(0.0), 110.0);
        assert_eq!(place.value(210.0), 2.0);
        assert!((place.value(place.x(0.7)) - 0.7).abs() < 1e-6);
    }
}
