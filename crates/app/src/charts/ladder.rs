//! Bars for the rungs of a ladder: how many images have float32's class, and what a paper has beside it.

use plotters::{element::Rectangle, style::Color};
use web_sys::HtmlCanvasElement;

use super::{
    Hue, Sheet,
    head::{Head, Look},
    rows,
};

/// A row of the chart; figures in percent.
pub struct Step {
    /// Its name.
    pub name: String,
    /// Whether it is what the others are held against.
    pub is_float32: bool,
    /// Images with float32's class; none where it was not measured.
    pub agreement: Option<f64>,
    /// Accuracy in the paper, where it has this rung.
    pub paper: Option<f64>,
}

/// Paints the chart.
pub fn paint(canvas: &HtmlCanvasElement, subtitle: &str, steps: &[Step]) -> Result<(), String> {
    let mut legend = vec![
        (Look::Area(Hue::Fp32), "float32".to_owned()),
        (
            Look::Area(Hue::Int8),
            "quantized: same class as float32".to_owned(),
        ),
    ];
    if steps.iter().any(|step| step.paper.is_some()) {
        legend.push((
            Look::Stroke(Hue::Ink),
            "top-1 accuracy in Nagel et al. 2019".to_owned(),
        ));
    }
    let head = Head {
        title: "The ladder",
        subtitle: subtitle.to_owned(),
        legend,
    };
    let top = head.height(super::width(canvas));
    let height = top + steps.len().max(1) as f64 * rows::ROW + rows::FOOT;
    let sheet = Sheet::new(canvas, height)?;
    head.draw(&sheet)?;
    let names: Vec<&str> = steps.iter().map(|step| step.name.as_str()).collect();
    let chart = rows::draw(&sheet, &names, (100.0, 12.0), "percent", top)?;
    for (i, step) in steps.iter().enumerate() {
        let hue = if step.is_float32 {
            Hue::Fp32
        } else {
            Hue::Int8
        };
        let at = |percent: f64| chart.backend_coord(&(percent, i as f64 + 0.5));
        let (left, y) = at(0.0);
        let draw = |left, right, half, color: plotters::style::RGBColor| {
            let corners = [(left, y - half), (right, y + half)];
            sheet
                .area
                .draw(&Rectangle::new(corners, color.filled()))
                .map_err(|error| error.to_string())
        };
        if let Some(percent) = step.agreement {
            // None at all is seen as well.
            let right = at(percent).0.max(left + sheet.px(2.0));
            draw(left, right, sheet.px(11.0), sheet.palette.of(hue))?;
        }
        if let Some(percent) = step.paper {
            let x = at(percent).0;
            let half = sheet.px(1.0);
            draw(x - half, x + half, sheet.px(15.0), sheet.palette.ink)?;
        }
    }
    Ok(())
}
