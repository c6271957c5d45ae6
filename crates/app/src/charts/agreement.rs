//! Horizontal bars of shares, two a row, with the line that the reader accepts.

use plotters::{
    element::{PathElement, Rectangle},
    style::{Color, text_anchor::HPos},
};
use web_sys::HtmlCanvasElement;

use super::{
    Dash, Hue, Sheet,
    head::{Head, Look, PALE},
    notation, rows,
};

/// A row of the chart.
pub struct Bits {
    /// Its name.
    pub name: String,
    /// From 0 to 100: with a scale a channel, with one a tensor; none where it was not measured.
    pub shares: [Option<f64>; 2],
}

/// Room for a figure at the end of a bar, in CSS pixels.
const FIGURE: f64 = 60.0;

/// Paints the chart; `loss` is how many points below 100 are accepted.
pub fn paint(
    canvas: &HtmlCanvasElement,
    subtitle: &str,
    loss: u32,
    bits: &[Bits],
) -> Result<(), String> {
    let least = 100.0 - f64::from(loss);
    let head = Head {
        title: "Which classes stay",
        subtitle: subtitle.to_owned(),
        legend: vec![
            (Look::Area(Hue::Int8), "a scale a channel".to_owned()),
            (Look::Pale(Hue::Int8), "one scale a tensor".to_owned()),
            (
                Look::Line(Hue::Ink, Dash::SHORT),
                format!("accepted: {least:.0} %"),
            ),
        ],
    };
    let top = head.height(super::width(canvas));
    let count = bits.len().max(1) as f64;
    let sheet = Sheet::new(canvas, top + count * rows::ROW + rows::FOOT)?;
    head.draw(&sheet)?;
    let names: Vec<&str> = bits.iter().map(|row| row.name.as_str()).collect();
    let words = "images with float32’s class, %";
    let chart = rows::draw(&sheet, &names, (100.0, FIGURE), words, top)?;
    let figure = sheet.text(12.0, sheet.palette.ink, HPos::Left);
    let line: [(i32, i32); 2] = [0.0, count].map(|row| chart.backend_coord(&(least, row)));
    let draw = || {
        for (i, row) in bits.iter().enumerate() {
            for (j, share) in row.shares.iter().enumerate() {
                let Some(share) = *share else { continue };
                let from = i as f64 + 0.1 + j as f64 * 0.4;
                let (left, above) = chart.backend_coord(&(0.0, from));
                let (right, below) = chart.backend_coord(&(share, from + 0.35));
                let tone = if j == 0 { 1.0 } else { PALE };
                let color = sheet.palette.int8.mix(tone);
                // A bar of nothing is seen as such.
                let corners = [(left, above), (right.max(left + 1), below)];
                sheet.area.draw(&Rectangle::new(corners, color.filled()))?;
                let text = format!("{} %", notation::plain(share, 1));
                let at = (right + sheet.px(6.0), (above + below) / 2);
                sheet.area.draw_text(&text, &figure, at)?;
            }
        }
        let style = sheet.palette.ink.stroke_width(sheet.px(1.5).max(1) as u32);
        sheet.dashed(Dash::SHORT, || {
            sheet.area.draw(&PathElement::new(line, style))
        })
    };
    draw().map_err(|error| error.to_string())
}
