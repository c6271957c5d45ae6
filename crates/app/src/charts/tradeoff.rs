//! Accuracy against compression: a dot for each form and seed; and what each form loses, as bars.

use plotters::{
    element::{Circle, PathElement, Rectangle},
    style::{Color, text_anchor::HPos},
};
use web_sys::HtmlCanvasElement;

use super::{
    Dash, Hue, Sheet,
    axis::{self, Axis, Kind},
    head::{Head, Look},
    plot::{self, Axes, Plot},
    rows,
};

// CSS pixels.
const PLOT: f64 = 260.0;
const RADIUS: f64 = 4.0;
const BESIDE: f64 = 8.0;
/// Text of 12 pixels: the width of a character, as a rule, and the height of a line.
const CHARACTER: f64 = 6.4;
const LINE: f64 = 14.0;
/// Room for what is written at the end of a bar.
const ROOM: f64 = 0.22;

/// A form of a network.
pub struct Form {
    /// Its name.
    pub name: String,
    /// The same in few letters, for the plot.
    pub short: &'static str,
    /// What it stands for.
    pub hue: Hue,
    /// How many times smaller than float32's its file is.
    pub compression: f64,
    /// In percent, seed by seed.
    pub accuracies: Vec<f64>,
}

impl Form {
    /// Over the seeds.
    pub fn mean(&self) -> f64 {
        self.accuracies.iter().sum::<f64>() / self.accuracies.len().max(1) as f64
    }
}

/// Paints the dots, and a line at the least accuracy that is accepted.
pub fn dots(
    canvas: &HtmlCanvasElement,
    subtitle: &str,
    forms: &[Form],
    least: f64,
) -> Result<(), String> {
    let width = super::width(canvas);
    let head = Head {
        title: "Accuracy against compression",
        subtitle: subtitle.to_owned(),
        legend: vec![
            (Look::Dots(Hue::Fp32), "computes in float32".to_owned()),
            (Look::Dots(Hue::Int8), "integer weights".to_owned()),
            (
                Look::Line(Hue::Ink, Dash::SHORT),
                "least that is accepted".to_owned(),
            ),
        ],
    };
    let top = head.height(width);
    let bottom = top + plot::TOP + PLOT + plot::FOOT;
    let sheet = Sheet::new(canvas, bottom)?;
    head.draw(&sheet)?;
    let [across, up] = ranges(forms, least);
    let y = Axis::up(Kind::Real, up, PLOT);
    let left = plot::left(&y);
    let x = Axis::across(Kind::Real, across, plot::across(width, left));
    let axes = Axes {
        x,
        y,
        x_words: "times smaller than float32’s file",
        y_words: "accuracy, percent",
    };
    let plot = Plot::new(&sheet, &axes, (top, bottom), left)?;
    let ends = [(across.0, least), (across.1, least)];
    plot.line(&ends, sheet.palette.ink.to_rgba(), 1.5, Dash::SHORT)?;
    let mut taken: Vec<Label> = Vec::new();
    for form in forms {
        let color = sheet.palette.of(form.hue);
        for &accuracy in &form.accuracies {
            let at = plot.at(form.compression, accuracy);
            let dot = Circle::new(at, sheet.px(RADIUS), color.mix(0.75).filled());
            sheet.area.draw(&dot).map_err(|error| error.to_string())?;
        }
    }
    let right = sheet.px(width - plot::RIGHT);
    for form in forms {
        let (x, y) = plot.at(form.compression, form.mean());
        let length = sheet.px(form.short.chars().count() as f64 * CHARACTER);
        let beside = sheet.px(BESIDE);
        let left = match x + beside + length <= right {
            true => x + beside,
            false => x - beside - length,
        };
        let label = place(Label { left, y, length }, sheet.px(LINE), &taken);
        let style = sheet.text(12.0, sheet.palette.ink, HPos::Left);
        sheet
            .area
            .draw_text(form.short, &style, (label.left, label.y))
            .map_err(|error| error.to_string())?;
        taken.push(label);
    }
    Ok(())
}

/// Where a name is written, in device pixels.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Label {
    left: i32,
    y: i32,
    length: i32,
}

/// As near to its place as the others leave room, above or below: files of some forms are of nearly the same length.
fn place(wanted: Label, line: i32, taken: &[Label]) -> Label {
    let is_free = |label: &Label| {
        taken.iter().all(|other| {
            let beside =
                label.left >= other.left + other.length || other.left >= label.left + label.length;
            beside || (label.y - other.y).abs() >= line
        })
    };
    let steps = (0..=2 * taken.len() as i32).map(|step| match step % 2 {
        0 => step / 2,
        _ => -(step + 1) / 2,
    });
    let mut places = steps.map(|step| Label {
        y: wanted.y + step * line,
        ..wanted
    });
    places.find(is_free).unwrap_or(wanted)
}

fn ranges(forms: &[Form], least: f64) -> [(f64, f64); 2] {
    let sizes = forms.iter().map(|form| form.compression);
    let accuracies = forms.iter().flat_map(|form| &form.accuracies).copied();
    [
        axis::padded(axis::ends(sizes), 0.16),
        axis::padded(axis::ends(accuracies.chain([least])), 0.1),
    ]
}

/// Paints what each form loses against float32, in points, with the compression at the end of each bar.
pub fn bars(
    canvas: &HtmlCanvasElement,
    subtitle: &str,
    forms: &[Form],
    accepted: f64,
) -> Result<(), String> {
    let head = Head {
        title: "What is lost",
        subtitle: subtitle.to_owned(),
        legend: vec![
            (
                Look::Area(Hue::Soft),
                "accuracy lost; to the left of 0, gained".to_owned(),
            ),
            (Look::Line(Hue::Ink, Dash::SHORT), "accepted".to_owned()),
        ],
    };
    let top = head.height(super::width(canvas));
    let count = forms.len().max(1) as f64;
    let sheet = Sheet::new(canvas, top + count * rows::ROW + rows::FOOT)?;
    head.draw(&sheet)?;
    let losses = losses(forms);
    let low = losses.iter().copied().fold(0.0, f64::min);
    let high = losses.iter().copied().fold(accepted.max(0.1), f64::max);
    let ends = (low - 0.04 * (high - low), high + ROOM * (high - low));
    let names: Vec<&str> = forms.iter().map(|form| form.name.as_str()).collect();
    let chart = rows::between(&sheet, &names, ends, "points", top)?;
    let style = sheet.text(12.0, sheet.palette.ink, HPos::Left);
    for (i, (form, &loss)) in forms.iter().zip(&losses).enumerate() {
        let at = |x: f64| chart.backend_coord(&(x, i as f64 + 0.5));
        let ((zero, y), (end, _)) = (at(0.0), at(loss));
        let half = sheet.px(10.0);
        // None at all is seen as well.
        let corners = [
            (zero.min(end), y - half),
            (zero.max(end).max(zero + 2), y + half),
        ];
        let color = sheet.palette.of(form.hue);
        let text = format!("{:.1}×", form.compression);
        sheet
            .area
            .draw(&Rectangle::new(corners, color.filled()))
            .and_then(|()| {
                let at = (zero.max(end) + sheet.px(6.0), y);
                sheet.area.draw_text(&text, &style, at)
            })
            .map_err(|error| error.to_string())?;
    }
    let path = [0.0, count].map(|y| chart.backend_coord(&(accepted, y)));
    let line = sheet.palette.ink.stroke_width(sheet.px(1.5).max(1) as u32);
    sheet
        .dashed(Dash::SHORT, || {
            sheet.area.draw(&PathElement::new(path, line))
        })
        .map_err(|error| error.to_string())
}

/// Points that each form loses against the first.
pub fn losses(forms: &[Form]) -> Vec<f64> {
    let float32 = forms.first().map_or(0.0, Form::mean);
    forms.iter().map(|form| float32 - form.mean()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(compression: f64, accuracies: &[f64]) -> Form {
        Form {
            name: String::new(),
            short: "",
            hue: Hue::Int8,
            compression,
            accuracies: accuracies.to_vec(),
        }
    }

    #[test]
    fn losses_are_those_of_the_means() {
        let forms = [
            form(1.0, &[96.0]),
            form(3.0, &[95.0, 96.0]),
            form(6.0, &[97.0]),
        ];
        assert_eq!(losses(&forms), [0.0, 0.5, -1.0]);
        assert!(losses(&[]).is_empty());
    }

    #[test]
    fn names_keep_out_of_each_others_way() {
        let label = |left, y| Label {
            left,
            y,
            length: 50,
        };
        let mut taken = Vec::new();
        let mut put = |wanted| {
            let placed = place(wanted, 14, &taken);
            taken.push(placed);
            (placed.left, placed.y)
        };
        assert_eq!(put(label(10, 100)), (10, 100));
        assert_eq!(put(label(20, 102)), (20, 116));
        assert_eq!(put(label(30, 100)), (30, 86));
        assert_eq!(put(label(90, 100)), (90, 100));
    }

    #[test]
    fn the_plot_holds_the_accepted_line() {
        let [across, up] = ranges(&[form(1.0, &[96.0]), form(6.0, &[90.0])], 80.0);
        assert!(across.0 < 1.0 && across.1 > 6.0 && up.0 < 80.0 && up.1 > 96.0);
        for (lo, hi) in ranges(&[], 95.0) {
            assert!(lo < hi || !lo.is_finite());
        }
    }
}
