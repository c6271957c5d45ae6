//! Horizontal bars, two a row, with the figure at the end of each.

use plotters::{
    element::Rectangle,
    style::{Color, text_anchor::HPos},
};
use web_sys::HtmlCanvasElement;

use super::{
    Hue, Sheet,
    head::{Head, Look, PALE},
    rows,
};

/// A row of the chart.
pub struct Amounts {
    /// Its name.
    pub name: String,
    /// What it stands for.
    pub hue: Hue,
    /// From the top: the figure, and how it is written. The second bar is paler.
    pub bars: [(f64, String); 2],
}

/// Room for a figure at the end of a bar, in CSS pixels.
const FIGURE: f64 = 74.0;

/// Paints the chart. `words` say what the axis is, then what the two bars of a row are.
pub fn paint(
    canvas: &HtmlCanvasElement,
    title: &'static str,
    subtitle: &str,
    (x_words, bars): (&str, [&str; 2]),
    amounts: &[Amounts],
) -> Result<(), String> {
    let head = Head {
        title,
        subtitle: subtitle.to_owned(),
        legend: vec![
            (Look::Area(Hue::Soft), bars[0].to_owned()),
            (Look::Pale(Hue::Soft), bars[1].to_owned()),
        ],
    };
    let top = head.height(super::width(canvas));
    let count = amounts.len().max(1) as f64;
    let sheet = Sheet::new(canvas, top + count * rows::ROW + rows::FOOT)?;
    head.draw(&sheet)?;
    let figures = amounts.iter().flat_map(|row| &row.bars);
    let largest = figures.map(|bar| bar.0).fold(0.0, f64::max);
    let names: Vec<&str> = amounts.iter().map(|row| row.name.as_str()).collect();
    let chart = rows::draw(&sheet, &names, (largest, FIGURE), x_words, top)?;
    let value = sheet.text(12.0, sheet.palette.ink, HPos::Left);
    for (i, row) in amounts.iter().enumerate() {
        let color = sheet.palette.of(row.hue);
        for (j, (figure, text)) in row.bars.iter().enumerate() {
            let height = 0.8 / row.bars.len() as f64;
            let from = i as f64 + 0.1 + j as f64 * height;
            let (left, above) = chart.backend_coord(&(0.0, from));
            let (right, below) = chart.backend_coord(&(*figure, from + height * 0.88));
            let color = color.mix(if j == 0 { 1.0 } else { PALE });
            let corners = [(left, above), (right.max(left + 1), below)];
            sheet
                .area
                .draw(&Rectangle::new(corners, color.filled()))
                .and_then(|()| {
                    let at = (right + sheet.px(6.0), (above + below) / 2);
                    sheet.area.draw_text(text, &value, at)
                })
                .map_err(|error| error.to_string())?;
        }
    }
    Ok(())
}
