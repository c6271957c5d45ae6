//! Rows of dots with a line from end to end: shares with their intervals, or the spread of several tries.

use plotters::{
    element::{Circle, PathElement},
    style::Color,
};
use web_sys::HtmlCanvasElement;

use super::{
    Dash, Hue, Sheet, axis,
    head::{Head, Look},
    rows,
};

/// A row of the chart.
pub struct Spread {
    /// Its name.
    pub name: String,
    /// What it stands for.
    pub hue: Hue,
    /// From where to where the line goes.
    pub ends: [f64; 2],
    /// Where the dots are.
    pub dots: Vec<f64>,
}

/// Rows over an axis that reaches as far as they do.
pub struct Chart {
    /// What it shows.
    pub title: &'static str,
    /// Of what.
    pub subtitle: String,
    /// What the axis is.
    pub x_words: &'static str,
    /// What a dot and what a line is.
    pub legend: [&'static str; 2],
    /// An upright line, and what it is.
    pub rule: Option<(f64, &'static str)>,
    /// From the top.
    pub rows: Vec<Spread>,
}

/// Paints the chart.
pub fn paint(canvas: &HtmlCanvasElement, chart: &Chart) -> Result<(), String> {
    let [dot, line] = chart.legend;
    let mut legend = vec![
        (Look::Dots(Hue::Ink), dot.to_owned()),
        (Look::Line(Hue::Soft, Dash::NONE), line.to_owned()),
    ];
    if let Some((_, words)) = chart.rule {
        legend.push((Look::Line(Hue::Fp32, Dash::SHORT), words.to_owned()));
    }
    let head = Head {
        title: chart.title,
        subtitle: chart.subtitle.clone(),
        legend,
    };
    let top = head.height(super::width(canvas));
    let count = chart.rows.len().max(1) as f64;
    let sheet = Sheet::new(canvas, top + count * rows::ROW + rows::FOOT)?;
    head.draw(&sheet)?;
    let names: Vec<&str> = chart.rows.iter().map(|row| row.name.as_str()).collect();
    let ends = axis::padded(ends(chart), 0.06);
    let plot = rows::between(&sheet, &names, ends, chart.x_words, top)?;
    let thin = sheet.px(2.0).max(1) as u32;
    if let Some((x, _)) = chart.rule {
        let path = [0.0, count].map(|y| plot.backend_coord(&(x, y)));
        let style = sheet.palette.fp32.stroke_width(thin);
        sheet
            .dashed(Dash::SHORT, || {
                sheet.area.draw(&PathElement::new(path, style))
            })
            .map_err(|error| error.to_string())?;
    }
    for (i, row) in chart.rows.iter().enumerate() {
        let at = |x: f64| plot.backend_coord(&(x, i as f64 + 0.5));
        let color = sheet.palette.of(row.hue);
        let path = row.ends.map(at);
        let half = sheet.px(6.0);
        let caps = path.map(|(x, y)| [(x, y - half), (x, y + half)]);
        for part in [path, caps[0], caps[1]] {
            let style = color.stroke_width(thin);
            sheet
                .area
                .draw(&PathElement::new(part, style))
                .map_err(|error| error.to_string())?;
        }
        for &dot in &row.dots {
            let dot = Circle::new(at(dot), sheet.px(4.0), color.filled());
            sheet.area.draw(&dot).map_err(|error| error.to_string())?;
        }
    }
    Ok(())
}

/// As far as anything reaches.
fn ends(chart: &Chart) -> (f64, f64) {
    let rows = chart.rows.iter();
    let all = rows.flat_map(|row| row.ends.iter().chain(&row.dots));
    axis::ends(all.copied().chain(chart.rule.map(|(x, _)| x)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_axis_holds_lines_dots_and_rule() {
        let mut chart = Chart {
            title: "",
            subtitle: String::new(),
            x_words: "",
            legend: ["", ""],
            rule: Some((99.0, "")),
            rows: vec![Spread {
                name: String::new(),
                hue: Hue::Int8,
                ends: [90.0, 95.0],
                dots: vec![89.0, 92.0],
            }],
        };
        assert_eq!(ends(&chart), (89.0, 99.0));
        chart.rule = None;
        assert_eq!(ends(&chart), (89.0, 95.0));
    }
}
