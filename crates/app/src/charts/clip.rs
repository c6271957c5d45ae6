//! The explorer's histogram: the weights, and the range that is quantized.

use plotters::{
    chart::ChartBuilder,
    element::{PathElement, Rectangle},
    style::{Color, text_anchor::HPos},
};
use web_sys::HtmlCanvasElement;

use super::Sheet;
use crate::{
    explorer::{BINS, Model},
    format,
};

// CSS pixels.
const HEIGHT: f64 = 300.0;
const HEAD: f64 = 50.0;
const FOOT: f64 = 34.0;
const SIDE: f64 = 14.0;

/// The axis shows a little more than the weights.
const ROOM: f32 = 1.06;
/// More levels than this would paint the chart full.
const MAX_TICKS: i32 = 64;

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

/// Paints the chart. Returns where the plot is.
pub fn paint(canvas: &HtmlCanvasElement, model: &Model) -> Result<Place, String> {
    let sheet = Sheet::new(canvas, HEIGHT)?;
    let palette = &sheet.palette;
    sheet.title(
        "The weights and their range",
        &format!("{} weights", format::grouped(model.len() as u64)),
    )?;
    // Plotters is given shares of the reach: it cannot place numbers near the ends of float32.
    let reach = (model.reach() * ROOM).min(f32::MAX);
    let share = |value: f32| f64::from(value) / f64::from(reach);
    let top = model.counts().iter().copied().max().unwrap_or(1).max(1) as f64 * 1.04;
    let mut chart = ChartBuilder::on(&sheet.area)
        .margin_top(sheet.px(HEAD))
        .margin_left(sheet.px(SIDE))
        .margin_right(sheet.px(SIDE))
        .x_label_area_size(sheet.px(FOOT))
        .build_cartesian_2d(-1.0..1.0, 0.0..top)
        .map_err(|error| error.to_string())?;
    chart
        .configure_mesh()
        .disable_mesh()
        .disable_y_axis()
        .x_labels(5)
        .axis_style(palette.line)
        .x_label_formatter(&|x| format::small(x * f64::from(reach)))
        .x_label_style(sheet.text(12.0, palette.soft, HPos::Center))
        .draw()
        .map_err(|error| error.to_string())?;

    let (lo, hi) = model.range();
    let bar = share(model.reach()) * 2.0 / BINS as f64;
    let first = -share(model.reach());
    let bars = model.counts().iter().enumerate().map(|(i, &count)| {
        let x = first + i as f64 * bar;
        let middle = x + bar / 2.0;
        let is_inside = middle >= share(lo) && middle <= share(hi);
        let color = if is_inside {
            palette.fp32
        } else {
            palette.line
        };
        Rectangle::new([(x, 0.0), (x + bar, count as f64)], color.filled())
    });
    chart.draw_series(bars).map_err(|error| error.to_string())?;
    if let Ok(params) = model.params()
        && params.range().steps() < MAX_TICKS
    {
        let ticks = (params.range().qmin()..=params.range().qmax()).map(|q| {
            let x = share(params.dequantize(q));
            PathElement::new(
                [(x, 0.0), (x, top * 0.06)],
                palette.int8.stroke_width(sheet.px(2.0) as u32),
            )
        });
        chart
            .draw_series(ticks)
            .map_err(|error| error.to_string())?;
    }
    for end in [lo, hi] {
        let line = PathElement::new(
            [(share(end), 0.0), (share(end), top)],
            palette.int8.stroke_width(sheet.px(2.0) as u32),
        );
        chart
            .draw_series([line])
            .map_err(|error| error.to_string())?;
    }
    Ok(Place {
        left: SIDE,
        width: sheet.width - 2.0 * SIDE,
        top: HEAD,
        height: HEIGHT - HEAD - FOOT,
        reach,
    })
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
