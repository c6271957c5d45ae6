//! A bar for each layer in network order: what is left of the signal when this layer is quantized.

use octet_protocol::{LayerKind, LayerSensitivity};
use plotters::{
    element::{PathElement, Rectangle},
    style::{Color, text_anchor::HPos},
};
use web_sys::HtmlCanvasElement;

use super::{
    Dash, Hue, Sheet,
    axis::{Axis, Kind},
    head::{Head, Look, PALE},
    notation,
};
use crate::format;

// CSS pixels.
/// A bar's row; the page puts a button over each.
pub const ROW: f64 = 18.0;
/// The labels of the axis, above and below the bars.
const LABELS: f64 = 22.0;
const FOOT: f64 = 46.0;
/// Room for a figure at the end of a bar.
const FIGURE: f64 = 44.0;
const RIGHT: f64 = 8.0;
/// Below this width, names are smaller.
const NARROW: f64 = 420.0;
/// The width of a character over the size of its font.
const CHARACTER: f64 = 0.57;

/// What is drawn.
pub struct Chart {
    /// Of what.
    pub subtitle: String,
    /// In network order.
    pub layers: Vec<LayerSensitivity>,
    /// With all layers quantized at once; none where nothing is lost.
    pub together: Option<f64>,
}

impl Chart {
    fn head(&self) -> Head {
        let mut legend = vec![
            (Look::Area(Hue::Int8), "depthwise".to_owned()),
            (Look::Pale(Hue::Int8), "other layers".to_owned()),
        ];
        if self.together.is_some() {
            let words = "all layers at once".to_owned();
            legend.push((Look::Line(Hue::Ink, Dash::SHORT), words));
        }
        Head {
            title: "Layer by layer",
            subtitle: self.subtitle.clone(),
            legend,
        }
    }

    /// From the top of the canvas to the first row, on a canvas so wide, in CSS pixels.
    pub fn top(&self, width: f64) -> f64 {
        self.head().height(width) + LABELS
    }

    /// Paints it.
    pub fn paint(&self, canvas: &HtmlCanvasElement) -> Result<(), String> {
        let width = super::width(canvas);
        let top = self.top(width);
        let bottom = top + ROW * self.layers.len() as f64;
        let sheet = Sheet::new(canvas, bottom + FOOT)?;
        self.head().draw(&sheet)?;
        let size = if width < NARROW { 9.5 } else { 11.5 };
        let names = names_width(width, size, &self.layers);
        let bars = Bars::new(self, names, width);
        bars.grid(&sheet, (top, bottom))?;
        let label = sheet.text(size, sheet.palette.ink, HPos::Right);
        let room = ((names - 10.0) / (size * CHARACTER)) as usize;
        for (i, layer) in self.layers.iter().enumerate() {
            let middle = top + (i as f64 + 0.5) * ROW;
            let short = format::shortened(&layer.name, room);
            let at = (sheet.px(names - 8.0), sheet.px(middle));
            sheet
                .area
                .draw_text(&short, &label, at)
                .map_err(|error| error.to_string())?;
            bars.bar(&sheet, layer, middle)?;
        }
        match self.together {
            Some(db) => bars.rule(&sheet, db, (top, bottom)),
            None => Ok(()),
        }
    }
}

/// As wide as the longest name, as far as the bars keep most of the room.
fn names_width(width: f64, size: f64, layers: &[LayerSensitivity]) -> f64 {
    let lengths = layers.iter().map(|layer| layer.name.chars().count());
    let longest = lengths.max().unwrap_or(0);
    (longest as f64 * size * CHARACTER + 12.0).min(width * 0.34)
}

/// The column of bars. All in CSS pixels.
struct Bars {
    left: f64,
    width: f64,
    axis: Axis,
}

impl Bars {
    fn new(chart: &Chart, left: f64, width: f64) -> Self {
        let all = chart.layers.iter().map(|layer| layer.distance.sqnr_db);
        let all = all.chain([chart.together]).flatten();
        // Zero is where noise is as strong as the signal, and where bars begin.
        let (lo, hi) = all.fold((0.0_f64, 1.0_f64), |(lo, hi), db| (lo.min(db), hi.max(db)));
        let length = (width - left - FIGURE - RIGHT).max(1.0);
        Self {
            left,
            width: length,
            axis: Axis::across(Kind::Real, (lo, hi), length),
        }
    }

    fn x(&self, db: f64) -> f64 {
        let Axis { lo, hi, .. } = self.axis;
        self.left + (self.axis.clamp(db) - lo) / (hi - lo) * self.width
    }

    /// The grid, with labels above and below, and what is shown.
    fn grid(&self, sheet: &Sheet, (top, bottom): (f64, f64)) -> Result<(), String> {
        let soft = sheet.text(12.0, sheet.palette.soft, HPos::Center);
        let style = sheet.palette.line.stroke_width(sheet.px(1.0).max(1) as u32);
        let draw = || {
            for &tick in &self.axis.ticks {
                let x = sheet.px(self.x(tick));
                let ends = [(x, sheet.px(top)), (x, sheet.px(bottom))];
                sheet.area.draw(&PathElement::new(ends, style))?;
                let label = self.axis.label(tick);
                for y in [top - 10.0, bottom + 12.0] {
                    sheet.area.draw_text(&label, &soft, (x, sheet.px(y)))?;
                }
            }
            let middle = self.left + self.width / 2.0;
            let at = (sheet.px(middle), sheet.px(bottom + 34.0));
            sheet.area.draw_text("SQNR of the outputs, dB", &soft, at)
        };
        draw().map_err(|error| error.to_string())
    }

    /// A bar with its figure behind it; where nothing is lost, over the whole width.
    fn bar(&self, sheet: &Sheet, layer: &LayerSensitivity, middle: f64) -> Result<(), String> {
        let db = layer.distance.sqnr_db;
        let (zero, end) = (self.x(0.0), self.x(db.unwrap_or(f64::INFINITY)));
        let tone = match layer.kind {
            LayerKind::Depthwise => 1.0,
            LayerKind::Conv | LayerKind::Dense => PALE,
        };
        let color = sheet.palette.int8.mix(tone);
        let (from, to) = (sheet.px(zero.min(end)), sheet.px(zero.max(end)));
        let half = ROW * 0.34;
        let corners = [
            (from, sheet.px(middle - half)),
            (to.max(from + 1), sheet.px(middle + half)),
        ];
        let style = sheet.text(10.5, sheet.palette.ink, HPos::Left);
        let text = db.map_or("exact".to_owned(), |db| notation::plain(db, 1));
        let at = (to + sheet.px(5.0), sheet.px(middle));
        sheet
            .area
            .draw(&Rectangle::new(corners, color.filled()))
            .and_then(|()| sheet.area.draw_text(&text, &style, at))
            .map_err(|error| error.to_string())
    }

    fn rule(&self, sheet: &Sheet, db: f64, (top, bottom): (f64, f64)) -> Result<(), String> {
        let x = sheet.px(self.x(db));
        let style = sheet.palette.ink.stroke_width(sheet.px(1.5).max(1) as u32);
        let ends = [(x, sheet.px(top)), (x, sheet.px(bottom))];
        sheet
            .dashed(Dash::SHORT, || {
                sheet.area.draw(&PathElement::new(ends, style))
            })
            .map_err(|error| error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use octet_protocol::Distance;

    fn chart(decibels: &[Option<f64>]) -> Chart {
        let layers = decibels.iter().map(|&sqnr_db| LayerSensitivity {
            name: "features.1.conv.0".to_owned(),
            kind: LayerKind::Depthwise,
            weights: 9,
            distance: Distance {
                agreements: 1,
                mean_abs_drift: 0.0,
                sqnr_db,
            },
        });
        Chart {
            subtitle: String::new(),
            layers: layers.collect(),
            together: Some(-2.0),
        }
    }

    #[test]
    fn bars_stay_between_names_and_edge() {
        for width in [330.0, 900.0] {
            let chart = chart(&[Some(40.0), Some(-7.0), None]);
            let names = names_width(width, 9.5, &chart.layers);
            let bars = Bars::new(&chart, names, width);
            assert!(bars.x(-7.0) >= names && bars.x(-7.0) < bars.x(0.0));
            assert!(bars.x(f64::INFINITY) + FIGURE <= width);
            assert!(bars.x(-2.0) < bars.x(0.0));
        }
    }

    #[test]
    fn an_axis_without_noise_has_a_span() {
        for decibels in [&[][..], &[None], &[Some(0.0)]] {
            let mut chart = chart(decibels);
            chart.together = None;
            let Axis { lo, hi, .. } = Bars::new(&chart, 100.0, 400.0).axis;
            assert!(lo < hi);
        }
    }

    #[test]
    fn a_legend_that_wraps_moves_the_rows() {
        let chart = chart(&[Some(3.0)]);
        assert!(chart.top(200.0) > chart.top(900.0));
    }
}
