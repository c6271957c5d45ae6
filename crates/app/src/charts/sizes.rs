//! Vertical bars: how many megabytes each model's file has.

use octet_protocol::{Precision, VisualizeReport};
use plotters::{
    chart::ChartBuilder,
    element::Rectangle,
    style::{Color, text_anchor::HPos},
};
use web_sys::HtmlCanvasElement;

use super::Sheet;

const HEIGHT: f64 = 320.0;

/// Paints the chart.
pub fn paint(canvas: &HtmlCanvasElement, report: &VisualizeReport) -> Result<(), String> {
    let sheet = Sheet::new(canvas, HEIGHT)?;
    draw(&sheet, report)
}

fn draw(sheet: &Sheet, report: &VisualizeReport) -> Result<(), String> {
    let palette = &sheet.palette;
    sheet.title(
        "Size of the model file",
        &format!("{}, MB", report.model.title()),
    )?;
    let sizes: Vec<f64> = report
        .files
        .iter()
        .map(|file| file.bytes as f64 / 1e6)
        .collect();
    let top = axis_top(&sizes);
    let bars = sizes.len() as f64;
    let mut chart = ChartBuilder::on(&sheet.area)
        .margin_top(sheet.px(52.0))
        .margin_right(sheet.px(8.0))
        .x_label_area_size(sheet.px(30.0))
        .y_label_area_size(sheet.px(40.0))
        .build_cartesian_2d(-0.5..bars - 0.5, 0.0..top)
        .map_err(|error| error.to_string())?;
    let decimals = super::decimals(top);
    chart
        .configure_mesh()
        .disable_x_mesh()
        .x_labels(0)
        .y_labels(6)
        .y_max_light_lines(1)
        .bold_line_style(palette.line)
        .axis_style(palette.line)
        .set_all_tick_mark_size(0)
        .y_label_formatter(&|value| format!("{value:.decimals$}"))
        .y_label_style(sheet.text(12.0, palette.soft, HPos::Right))
        .draw()
        .map_err(|error| error.to_string())?;
    for (i, (file, &size)) in report.files.iter().zip(&sizes).enumerate() {
        let middle = i as f64;
        let (color, words) = match file.precision {
            Precision::Float32 => (palette.fp32, "float32"),
            Precision::DynamicRange => (palette.int8, "int8 weights"),
            Precision::FullInteger => (palette.int8, "int8"),
        };
        let bar = Rectangle::new(
            [(middle - 0.27, 0.0), (middle + 0.27, size)],
            color.filled(),
        );
        chart
            .draw_series([bar])
            .map_err(|error| error.to_string())?;
        let (x, y) = chart.backend_coord(&(middle, size));
        let foot = chart.backend_coord(&(middle, 0.0)).1;
        let value = sheet.text(14.0, palette.ink, HPos::Center);
        let name = sheet.text(13.0, palette.ink, HPos::Center);
        let text = format!("{size:.2} MB");
        let at = (x, y - sheet.px(12.0));
        sheet.blank(&text, &value, at)?;
        sheet
            .area
            .draw_text(&text, &value, at)
            .and_then(|()| {
                sheet
                    .area
                    .draw_text(words, &name, (x, foot + sheet.px(16.0)))
            })
            .map_err(|error| error.to_string())?;
    }
    Ok(())
}

/// The top of the axis: above the largest bar there is room for its value.
fn axis_top(sizes: &[f64]) -> f64 {
    let largest = sizes.iter().copied().fold(0.0, f64::max);
    if largest > 0.0 { largest * 1.15 } else { 1.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_axis_has_room_above_the_largest_bar() {
        assert!(axis_top(&[14.0, 3.6]) > 14.0);
        assert_eq!(axis_top(&[]), 1.0);
        assert_eq!(axis_top(&[0.0, 0.0]), 1.0);
    }
}
