//! Horizontal bars: how much confidence each photo's prediction lost, with the photo at the bar's end.

use octet_protocol::VisualizeReport;
use plotters::{
    chart::ChartBuilder,
    element::{PathElement, Rectangle},
    style::{Color, text_anchor::HPos},
};
use web_sys::HtmlCanvasElement;

use super::Sheet;
use crate::{format, shelf::Photos};

// CSS pixels.
const HEAD: f64 = 52.0;
const ROW: f64 = 46.0;
const FOOT: f64 = 54.0;
const GAP: f64 = 6.0;
/// Half of the last figure on the axis.
const MARGIN: f64 = 16.0;
/// Below this width, photos and figures take less room.
const NARROW: f64 = 420.0;

/// The least span that an axis shows, in percentage points: below it is rounding, not loss.
const MIN_SPAN: f64 = 0.001;

/// Paints the chart.
pub fn paint(
    canvas: &HtmlCanvasElement,
    report: &VisualizeReport,
    photos: &Photos,
) -> Result<(), String> {
    let height = HEAD + ROW * report.losses.len().max(1) as f64 + FOOT;
    let sheet = Sheet::new(canvas, height)?;
    draw(&sheet, report, photos)
}

fn draw(sheet: &Sheet, report: &VisualizeReport, photos: &Photos) -> Result<(), String> {
    let palette = &sheet.palette;
    sheet.title(
        "Confidence lost to int8 weights",
        &format!("{}, each photo", report.model.title()),
    )?;
    let losses: Vec<f64> = report.losses.iter().map(|loss| loss.percent).collect();
    let (photo_side, figure_room) = if sheet.width < NARROW {
        (26.0, 40.0)
    } else {
        (34.0, 46.0)
    };
    let names = (sheet.width * 0.24).min(120.0);
    let plot = sheet.width - names - MARGIN;
    let (lo, hi) = data_range(&losses);
    let (left, right) = axis_range((lo, hi), plot, photo_side + 2.0 * GAP + figure_room);
    let rows = losses.len().max(1) as f64;
    let mut chart = ChartBuilder::on(&sheet.area)
        .margin_top(sheet.px(HEAD))
        .margin_right(sheet.px(MARGIN))
        .x_label_area_size(sheet.px(FOOT))
        .y_label_area_size(sheet.px(names))
        .build_cartesian_2d(left..right, rows..0.0)
        .map_err(|error| error.to_string())?;
    let decimals = super::decimals(hi - lo);
    chart
        .configure_mesh()
        .disable_y_mesh()
        .disable_y_axis()
        .y_labels(0)
        .x_labels((plot / 70.0).clamp(5.0, 9.0) as usize)
        .x_max_light_lines(1)
        .bold_line_style(palette.line)
        .axis_style(palette.line)
        .set_all_tick_mark_size(0)
        .x_label_formatter(&|value| format::signed(*value, decimals))
        .x_label_style(sheet.text(12.0, palette.soft, HPos::Center))
        .draw()
        .map_err(|error| error.to_string())?;
    for (i, loss) in report.losses.iter().enumerate() {
        let middle = i as f64 + 0.5;
        let color = if loss.percent <= 0.0 {
            palette.good
        } else {
            palette.int8
        };
        let bar = Rectangle::new(
            [(0.0, middle - 0.22), (loss.percent, middle + 0.22)],
            color.filled(),
        );
        chart
            .draw_series([bar])
            .map_err(|error| error.to_string())?;

        let (end, y) = chart.backend_coord(&(loss.percent, middle));
        let to_the_left = loss.percent < 0.0;
        let side = |css: f64| {
            if to_the_left {
                -sheet.px(css)
            } else {
                sheet.px(css)
            }
        };
        let thumb = sheet.px(photo_side);
        if let Some(photo) = photos.canvas(loss.photo) {
            let x = end + side(GAP) - if to_the_left { thumb } else { 0 };
            sheet
                .context
                .draw_image_with_html_canvas_element_and_dw_and_dh(
                    photo,
                    x.into(),
                    (y - thumb / 2).into(),
                    thumb.into(),
                    thumb.into(),
                )
                .map_err(|_| "a photo could not be drawn")?;
        }
        let anchor = if to_the_left { HPos::Right } else { HPos::Left };
        let figure = sheet.text(13.0, palette.ink, anchor);
        let text = format::signed(loss.percent, decimals.clamp(2, 4));
        let name = sheet.text(13.0, palette.ink, HPos::Right);
        let short = format::shortened(&loss.title, (names / 7.5) as usize);
        sheet
            .area
            .draw_text(&text, &figure, (end + side(photo_side + 2.0 * GAP), y))
            .and_then(|()| {
                sheet
                    .area
                    .draw_text(&short, &name, (sheet.px(names - 8.0), y))
            })
            .map_err(|error| error.to_string())?;
    }
    let zero = PathElement::new(
        [(0.0, 0.0), (0.0, rows)],
        palette.ink.stroke_width(sheet.px(1.0) as u32),
    );
    chart
        .draw_series([zero])
        .map_err(|error| error.to_string())?;
    let axis = sheet.text(12.0, palette.soft, HPos::Center);
    let (from, foot) = chart.backend_coord(&(left, rows));
    let to = chart.backend_coord(&(right, rows)).0;
    sheet
        .area
        .draw_text(
            "percentage points (above zero: less sure)",
            &axis,
            ((from + to) / 2, foot + sheet.px(40.0)),
        )
        .map_err(|error| error.to_string())
}

/// The span of the bars: holds zero, and is never so narrow that rounding looks like loss.
fn data_range(losses: &[f64]) -> (f64, f64) {
    let lo = losses.iter().copied().fold(0.0, f64::min);
    let hi = losses.iter().copied().fold(0.0, f64::max);
    if hi - lo >= MIN_SPAN {
        (lo, hi)
    } else {
        (lo, lo + MIN_SPAN)
    }
}

/// Widens a span so that `room` CSS pixels stay free beyond the ends of the bars, in a plot so wide.
fn axis_range((lo, hi): (f64, f64), plot: f64, room: f64) -> (f64, f64) {
    let sides = if lo < 0.0 { 2.0 } else { 1.0 };
    // On a very narrow plot the room takes at most three quarters.
    let room = room.min(plot * 0.75 / sides);
    let unit = (hi - lo) / (plot - sides * room);
    let left = if lo < 0.0 { lo - room * unit } else { lo };
    (left, hi + room * unit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_range_holds_zero() {
        assert_eq!(data_range(&[1.0, 3.0]), (0.0, 3.0));
        assert_eq!(data_range(&[-2.0, -1.0]), (-2.0, 0.0));
        assert_eq!(data_range(&[-2.0, 4.0]), (-2.0, 4.0));
    }

    #[test]
    fn no_loss_at_all_still_has_an_axis() {
        let (lo, hi) = data_range(&[0.0, 0.0, 0.0]);
        assert!(lo == 0.0 && hi > lo);
        assert_eq!(data_range(&[]), data_range(&[0.0]));
        let (lo, hi) = data_range(&[1e-9, -1e-9]);
        assert!(hi - lo >= MIN_SPAN * 0.999);
    }

    #[test]
    fn bars_leave_room_for_their_photos() {
        let (left, right) = axis_range((0.0, 10.0), 500.0, 100.0);
        assert_eq!(left, 0.0);
        // 400 px for 10 units, 100 px more.
        assert!((right - 12.5).abs() < 1e-9);
        let (left, right) = axis_range((-5.0, 5.0), 400.0, 100.0);
        assert!((left + 10.0).abs() < 1e-9 && (right - 10.0).abs() < 1e-9);
        let (left, right) = axis_range((-1.0, 1.0), 90.0, 100.0);
        assert!(left.is_finite() && right.is_finite() && left < -1.0 && right > 1.0);
    }
}
