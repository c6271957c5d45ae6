//! A box plot of times: from the shortest to the longest a line, over the middle half a box.

use octet_protocol::Latency;
use plotters::{
    element::{Circle, PathElement, Rectangle},
    style::Color,
};
use web_sys::HtmlCanvasElement;

use super::{
    Hue, Sheet,
    head::{Head, Look},
    rows,
};

/// A row of the chart.
pub struct Timed {
    /// Its name.
    pub name: String,
    /// What it stands for.
    pub hue: Hue,
    /// Its times.
    pub latency: Latency,
}

/// Paints the chart.
pub fn paint(
    canvas: &HtmlCanvasElement,
    title: &'static str,
    subtitle: &str,
    timed: &[Timed],
) -> Result<(), String> {
    let head = Head {
        title,
        subtitle: subtitle.to_owned(),
        legend: vec![
            (Look::Stroke(Hue::Ink), "median".to_owned()),
            (Look::Dots(Hue::Ink), "mean".to_owned()),
        ],
    };
    let top = head.height(super::width(canvas));
    let count = timed.len().max(1) as f64;
    let sheet = Sheet::new(canvas, top + count * rows::ROW + rows::FOOT)?;
    head.draw(&sheet)?;
    let longest = timed.iter().map(|row| row.latency.max_ms);
    let longest = longest.fold(0.0, f64::max);
    let names: Vec<&str> = timed.iter().map(|row| row.name.as_str()).collect();
    let chart = rows::draw(&sheet, &names, (longest, 12.0), "milliseconds", top)?;
    for (i, row) in timed.iter().enumerate() {
        let color = sheet.palette.of(row.hue);
        let ink = sheet.palette.ink;
        let at = |ms: f64| chart.backend_coord(&(ms, i as f64 + 0.5));
        let figures = &row.latency;
        let half = sheet.px(11.0);
        let thin = sheet.px(1.5).max(1) as u32;
        let upright = |ms: f64, half: i32| {
            let (x, y) = at(ms);
            [(x, y - half), (x, y + half)]
        };
        let ends = [figures.min_ms, figures.max_ms];
        let draw_line = |ends: [(i32, i32); 2], style| {
            sheet
                .area
                .draw(&PathElement::new(ends, style))
                .map_err(|error| error.to_string())
        };
        draw_line(ends.map(at), color.stroke_width(thin))?;
        for end in ends {
            draw_line(upright(end, half / 2), color.stroke_width(thin))?;
        }
        let (left, y) = at(figures.q1_ms);
        // The middle half of steady times is narrow; a box is always seen.
        let right = at(figures.q3_ms).0.max(left + sheet.px(2.0));
        let corners = [(left, y - half), (right, y + half)];
        sheet
            .area
            .draw(&Rectangle::new(corners, color.filled()))
            .map_err(|error| error.to_string())?;
        let median = upright(figures.median_ms, half + sheet.px(3.0));
        draw_line(median, ink.stroke_width(sheet.px(2.0).max(1) as u32))?;
        let dot = Circle::new(at(figures.mean_ms), sheet.px(3.0), ink.filled());
        sheet.area.draw(&dot).map_err(|error| error.to_string())?;
    }
    Ok(())
}
