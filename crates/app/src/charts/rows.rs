//! What charts of named rows have in common: names on the left, an axis from zero below.

use plotters::{
    chart::{ChartBuilder, ChartContext},
    coord::{cartesian::Cartesian2d, types::RangedCoordf64},
    style::text_anchor::HPos,
};
use plotters_canvas::CanvasBackend;

use super::{
    Sheet,
    axis::{Axis, Kind},
};
use crate::format;

// CSS pixels.
/// A row's height.
pub const ROW: f64 = 44.0;
/// Below the rows: the axis, its labels and its words.
pub const FOOT: f64 = 50.0;
const RIGHT: f64 = 16.0;
const NAMES: f64 = 128.0;
/// Text of 13 pixels has at most this width a character, as a rule.
const CHARACTER: f64 = 7.2;

/// Rows on a sheet, ready to be drawn into: x is a figure, y counts the rows from the top, each one high.
pub type Rows<'a> = ChartContext<'a, CanvasBackend, Cartesian2d<Axis, RangedCoordf64>>;

/// Draws names, and below `top` an axis from zero. `room` CSS pixels stay free beyond the largest figure.
pub fn draw<'a>(
    sheet: &'a Sheet,
    names: &[&str],
    (largest, room): (f64, f64),
    x_words: &str,
    top: f64,
) -> Result<Rows<'a>, String> {
    let length = length(sheet);
    let used = (length - room).max(length * 0.25);
    let largest = if largest > 0.0 { largest } else { 1.0 };
    between(sheet, names, (0.0, largest * length / used), x_words, top)
}

/// From the names to the right end, in CSS pixels.
fn length(sheet: &Sheet) -> f64 {
    (sheet.width - left(sheet) - RIGHT).max(1.0)
}

/// The room that names take.
fn left(sheet: &Sheet) -> f64 {
    NAMES.min(sheet.width * 0.34)
}

/// The same with an axis from here to there.
pub fn between<'a>(
    sheet: &'a Sheet,
    names: &[&str],
    ends: (f64, f64),
    x_words: &str,
    top: f64,
) -> Result<Rows<'a>, String> {
    let palette = &sheet.palette;
    let left = left(sheet);
    let axis = Axis::across(Kind::Real, ends, length(sheet));
    let rows = names.len().max(1) as f64;
    let mut chart = ChartBuilder::on(&sheet.area)
        .margin_top(sheet.px(top))
        .margin_right(sheet.px(RIGHT))
        .x_label_area_size(sheet.px(FOOT))
        .y_label_area_size(sheet.px(left))
        .build_cartesian_2d(axis.clone(), rows..0.0)
        .map_err(|error| error.to_string())?;
    chart
        .configure_mesh()
        .disable_y_mesh()
        .disable_y_axis()
        .y_labels(0)
        .light_line_style(palette.line)
        .bold_line_style(palette.line)
        .axis_style(palette.line)
        .set_all_tick_mark_size(0)
        .x_label_style(sheet.text(12.0, palette.soft, HPos::Center))
        .draw()
        .map_err(|error| error.to_string())?;
    let name = sheet.text(13.0, palette.ink, HPos::Right);
    for (i, words) in names.iter().enumerate() {
        let y = chart.backend_coord(&(0.0, i as f64 + 0.5)).1;
        let short = format::shortened(words, ((left - 8.0) / CHARACTER) as usize);
        sheet
            .area
            .draw_text(&short, &name, (sheet.px(left - 8.0), y))
            .map_err(|error| error.to_string())?;
    }
    let soft = sheet.text(12.0, palette.soft, HPos::Center);
    let (from, foot) = chart.backend_coord(&(axis.lo, rows));
    let to = chart.backend_coord(&(axis.hi, rows)).0;
    sheet
        .area
        .draw_text(x_words, &soft, ((from + to) / 2, foot + sheet.px(38.0)))
        .map_err(|error| error.to_string())?;
    Ok(chart)
}
