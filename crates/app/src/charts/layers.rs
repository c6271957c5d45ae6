//! Bars for each layer in network order: how much of the range and of the integers it uses.

use octet_protocol::LayerWeights;
use plotters::{
    element::{PathElement, Rectangle},
    style::{Color, text_anchor::HPos},
};
use web_sys::HtmlCanvasElement;

use super::{
    Hue, Sheet,
    axis::{Axis, Kind},
    head::{Head, Look},
};
use crate::format;

// CSS pixels.
/// Labels of the axes, above and below the bars.
const LABELS: f64 = 40.0;
const FOOT: f64 = 24.0;
/// Between both columns, and at the right.
const GAP: f64 = 30.0;
/// More layers than these have narrower rows.
const FEW: usize = 20;
/// Below this width, names are smaller.
const NARROW: f64 = 420.0;
/// The width of a character over the size of its font.
const CHARACTER: f64 = 0.57;

/// Paints the chart.
pub fn paint(
    canvas: &HtmlCanvasElement,
    layers: &[LayerWeights],
    subtitle: &str,
) -> Result<(), String> {
    let width = super::width(canvas);
    let head = Head {
        title: "What each layer uses",
        subtitle: subtitle.to_owned(),
        legend: vec![
            (Look::Area(Hue::Int8), "with one scale a tensor".to_owned()),
            (
                Look::Stroke(Hue::Ink),
                "with one scale a channel, mean".to_owned(),
            ),
        ],
    };
    let row = if layers.len() > FEW { 14.0 } else { 20.0 };
    let top = head.height(width) + LABELS;
    let bottom = top + row * layers.len() as f64;
    let sheet = Sheet::new(canvas, bottom + FOOT)?;
    head.draw(&sheet)?;

    let size = if width < NARROW { 9.5 } else { 11.5 };
    let names = names_width(width, size, layers);
    let column = column_width(width, names);
    let ranges = Column {
        left: names,
        axis: Axis::across(Kind::Share, (0.0, 1.0), column),
        width: column,
        words: "range used",
    };
    let levels = Column {
        left: names + column + GAP,
        axis: Axis::across(Kind::Whole, (0.0, 255.0), column),
        width: column,
        words: "levels of 255",
    };
    ranges.draw(&sheet, (top, bottom))?;
    levels.draw(&sheet, (top, bottom))?;
    for (i, layer) in layers.iter().enumerate() {
        let y = top + (i as f64 + 0.5) * row;
        let name = sheet.text(size, sheet.palette.ink, HPos::Right);
        let short = format::shortened(&layer.name, ((names - 10.0) / (size * CHARACTER)) as usize);
        sheet
            .area
            .draw_text(&short, &name, (sheet.px(names - 8.0), sheet.px(y)))
            .map_err(|error| error.to_string())?;
        let half = row * 0.34;
        ranges.bar(&sheet, layer.range_used, (y - half, y + half), Hue::Fp32)?;
        let per_tensor = layer.levels_per_tensor as f64;
        levels.bar(&sheet, per_tensor, (y - half, y + half), Hue::Int8)?;
        levels.stroke(
            &sheet,
            layer.levels_per_channel,
            (y - half - 1.0, y + half + 1.0),
        )?;
    }
    Ok(())
}

/// As wide as the longest name, as far as the bars keep most of the room.
fn names_width(width: f64, size: f64, layers: &[LayerWeights]) -> f64 {
    let longest = layers
        .iter()
        .map(|layer| layer.name.chars().count())
        .max()
        .unwrap_or(0);
    (longest as f64 * size * CHARACTER + 12.0).min(width * 0.34)
}

fn column_width(width: f64, names: f64) -> f64 {
    ((width - names - 2.0 * GAP) / 2.0).max(1.0)
}

/// A column of bars. All in CSS pixels.
struct Column {
    left: f64,
    width: f64,
    axis: Axis,
    words: &'static str,
}

impl Column {
    fn x(&self, value: f64) -> f64 {
        let Axis { lo, hi, .. } = self.axis;
        self.left + (self.axis.clamp(value) - lo) / (hi - lo) * self.width
    }

    /// The grid, with labels above and below, and what is shown.
    fn draw(&self, sheet: &Sheet, (top, bottom): (f64, f64)) -> Result<(), String> {
        let soft = sheet.text(12.0, sheet.palette.soft, HPos::Center);
        let title = sheet.text(12.0, sheet.palette.soft, HPos::Left);
        let line = sheet.palette.line.stroke_width(sheet.px(1.0).max(1) as u32);
        let draw = || {
            for &tick in &self.axis.ticks {
                let x = sheet.px(self.x(tick));
                let ends = [(x, sheet.px(top)), (x, sheet.px(bottom))];
                sheet.area.draw(&PathElement::new(ends, line))?;
                let label = self.axis.label(tick);
                for y in [top - 10.0, bottom + 12.0] {
                    sheet.area.draw_text(&label, &soft, (x, sheet.px(y)))?;
                }
            }
            let at = (sheet.px(self.left), sheet.px(top - 28.0));
            sheet.area.draw_text(self.words, &title, at)
        };
        draw().map_err(|error| error.to_string())
    }

    fn bar(
        &self,
        sheet: &Sheet,
        value: f64,
        (top, bottom): (f64, f64),
        hue: Hue,
    ) -> Result<(), String> {
        let left = sheet.px(self.left);
        let right = sheet.px(self.x(value));
        if right > left {
            let corners = [(left, sheet.px(top)), (right, sheet.px(bottom))];
            let style = sheet.palette.of(hue).filled();
            sheet
                .area
                .draw(&Rectangle::new(corners, style))
                .map_err(|error| error.to_string())?;
        }
        Ok(())
    }

    fn stroke(&self, sheet: &Sheet, value: f64, (top, bottom): (f64, f64)) -> Result<(), String> {
        let x = self.x(value);
        let corners = [
            (sheet.px(x - 1.0), sheet.px(top)),
            (sheet.px(x + 1.0), sheet.px(bottom)),
        ];
        sheet
            .area
            .draw(&Rectangle::new(corners, sheet.palette.ink.filled()))
            .map_err(|error| error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_stay_in_their_column() {
        let column = Column {
            left: 100.0,
            width: 200.0,
            axis: Axis::across(Kind::Share, (0.0, 1.0), 200.0),
            words: "",
        };
        assert_eq!(column.x(0.0), 100.0);
        assert_eq!(column.x(0.5), 200.0);
        assert_eq!(column.x(7.0), 300.0);
        assert_eq!(column.x(f64::NEG_INFINITY), 100.0);
    }

    #[test]
    fn the_columns_fit_on_a_phone() {
        let names = names_width(330.0, 9.5, &[]);
        assert!(names + 2.0 * column_width(330.0, names) + GAP < 330.0);
        assert!(column_width(10.0, 300.0) >= 1.0);
    }
}
