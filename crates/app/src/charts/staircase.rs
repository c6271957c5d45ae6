//! The quantizer as a staircase: what a weight is restored to.

use octet_quant::QuantParams;
use plotters::{
    chart::ChartBuilder,
    element::{DashedPathElement, PathElement},
    style::{Color, text_anchor::HPos},
};
use web_sys::HtmlCanvasElement;

use super::Sheet;
use crate::{explorer::Model, format};

// CSS pixels.
const HEIGHT: f64 = 320.0;
/// Finer stairs than this are a line to the eye.
const MAX_STEPS: i32 = 512;

/// Paints the chart.
pub fn paint(
    canvas: &HtmlCanvasElement,
    model: &Model,
    params: &QuantParams,
) -> Result<(), String> {
    let sheet = Sheet::new(canvas, HEIGHT)?;
    let palette = &sheet.palette;
    sheet.title(
        "The quantizer",
        &format!("{} bits: weight before and after", model.bits()),
    )?;
    let reach = f64::from(model.reach()) * 1.06;
    let share = |value: f64| value / reach;
    let mut chart = ChartBuilder::on(&sheet.area)
        .margin_top(sheet.px(50.0))
        .margin_left(sheet.px(6.0))
        .margin_right(sheet.px(14.0))
        .x_label_area_size(sheet.px(34.0))
        .y_label_area_size(sheet.px(52.0))
        .build_cartesian_2d(-1.0..1.0, -1.0..1.0)
        .map_err(|error| error.to_string())?;
    let figure = |x: &f64| format::small(x * reach);
    chart
        .configure_mesh()
        .x_labels(5)
        .y_labels(5)
        .x_max_light_lines(1)
        .y_max_light_lines(1)
        .bold_line_style(palette.line)
        .axis_style(palette.line)
        .x_label_formatter(&figure)
        .y_label_formatter(&figure)
        .x_label_style(sheet.text(12.0, palette.soft, HPos::Center))
        .y_label_style(sheet.text(12.0, palette.soft, HPos::Right))
        .draw()
        .map_err(|error| error.to_string())?;
    let ideal = DashedPathElement::new(
        [(-1.0, -1.0), (1.0, 1.0)],
        sheet.px(4.0),
        sheet.px(4.0),
        palette.fp32.stroke_width(sheet.px(1.5) as u32),
    );
    chart
        .draw_series([ideal])
        .map_err(|error| error.to_string())?;
    let stairs = PathElement::new(
        stairs(params)
            .into_iter()
            .map(|(x, y)| (share(x).clamp(-1.0, 1.0), share(y).clamp(-1.0, 1.0)))
            .collect::<Vec<_>>(),
        palette.int8.stroke_width(sheet.px(2.0) as u32),
    );
    chart
        .draw_series([stairs])
        .map_err(|error| error.to_string())?;
    Ok(())
}

/// The corners of the staircase, from far left to far right.
fn stairs(params: &QuantParams) -> Vec<(f64, f64)> {
    let range = params.range();
    let scale = f64::from(params.scale());
    let real = |q: i32| f64::from(params.dequantize(q));
    let (first, last) = (real(range.qmin()), real(range.qmax()));
    let mut corners = vec![(f64::from(f32::MIN), first)];
    if range.steps() <= MAX_STEPS {
        for q in range.qmin()..range.qmax() {
            let edge = real(q) + scale / 2.0;
            corners.push((edge, real(q)));
            corners.push((edge, real(q + 1)));
        }
    } else {
        corners.push((first, first));
        corners.push((last, last));
    }
    corners.push((f64::from(f32::MAX), last));
    corners
}

#[cfg(test)]
mod tests {
    use super::*;
    use octet_quant::IntRange;

    #[test]
    fn a_stair_for_each_integer() {
        let two = IntRange::new(2, true, false).unwrap();
        let params = QuantParams::new(1.0, 0, two).unwrap();
        let corners = stairs(&params);
        assert_eq!(
            corners[1..7],
            [
                (-1.5, -2.0),
                (-1.5, -1.0),
                (-0.5, -1.0),
                (-0.5, 0.0),
                (0.5, 0.0),
                (0.5, 1.0)
            ]
        );
        assert_eq!(corners.len(), 8);
    }

    #[test]
    fn fine_stairs_are_a_line() {
        let sixteen = IntRange::new(16, true, false).unwrap();
        let params = QuantParams::new(0.001, 0, sixteen).unwrap();
        assert_eq!(stairs(&params).len(), 4);
    }
}
