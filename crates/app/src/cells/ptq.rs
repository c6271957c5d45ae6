//! Cell `ptq`: the reader's digit network after training, in four forms.

use octet_protocol::{DigitCalibration, DigitForm, FileKind, PtqReport, PtqRequest, Request};

use super::{
    CellId, Control, ControlKind, Spec, always, convert::save_button, integers::used_in_words,
    scheme::whole,
};
use crate::{
    charts::{
        Hue,
        amounts::{self, Amounts},
        boxes::{self, Timed},
        figure::Figure,
        notation::plain,
        spread::{self, Chart, Spread},
    },
    dom, format, prose,
    table::{self, Column},
    view::CellView,
};

/// Digits to calibrate with.
pub const SAMPLES: Control = Control {
    name: "samples",
    label: "calibration digits",
    is_shown: always,
    kind: ControlKind::Number {
        min: 1,
        max: 500,
        default: "100",
    },
};
const SEEDS: Control = Control {
    name: "seeds",
    label: "draws of each number of digits",
    is_shown: always,
    kind: ControlKind::Number {
        min: 1,
        max: 20,
        default: "5",
    },
};

/// What the cell is.
pub const SPEC: Spec = Spec {
    name: "ptq",
    title: "Quantize it afterwards",
    needs: |_| &[CellId::Train],
    controls: &[SAMPLES, SEEDS],
    prose: prose::PTQ,
    request: |values| {
        Ok(Request::Ptq(PtqRequest {
            samples: whole(values, &SAMPLES)?,
            seeds: whole(values, &SEEDS)?,
        }))
    },
};

const MODEL_COLUMNS: [Column; 8] = [
    Column::text("model"),
    Column::figure("file, bytes"),
    Column::figure("smaller by, %"),
    Column::figure("arena, bytes"),
    Column::figure("right"),
    Column::figure("accuracy, %"),
    Column::figure("95 % interval, %"),
    Column::figure("same as float32"),
];
const SPEED_COLUMNS: [Column; 5] = [
    Column::text("model"),
    Column::figure("mean, µs"),
    Column::figure("σ, µs"),
    Column::figure("median, µs"),
    Column::figure("times float32’s speed, by medians"),
];
const CALIBRATION_COLUMNS: [Column; 5] = [
    Column::text("calibration digits"),
    Column::figure("draws"),
    Column::figure("worst, %"),
    Column::figure("mean, %"),
    Column::figure("best, %"),
];

/// The printed text.
pub fn print(report: &PtqReport) -> String {
    let mut lines = vec![
        format!(
            "your digit network; {} test digits, {} to calibrate the full-integer form",
            report.test, report.samples
        ),
        used_in_words(&report.kernels),
        String::new(),
        format!(
            "{:<16}{:>10}{:>12}{:>14}",
            "", "file", "accuracy", "inference"
        ),
    ];
    lines.extend(report.forms.iter().map(|form| {
        format!(
            "{:<16}{:>10}{:>12}{:>14}",
            name(form.kind),
            kilobytes(form.file.bytes),
            format!("{} %", accuracy(report, form.correct)),
            format!("{} µs", plain(form.latency.mean_ms * 1000.0, 0)),
        )
    }));
    lines.join("\n")
}

fn kilobytes(bytes: u64) -> String {
    format!("{} kB", plain(bytes as f64 / 1000.0, 1))
}

/// In the converter's words; short enough for a chart on a phone.
fn name(kind: FileKind) -> &'static str {
    match kind {
        FileKind::Float32 => "float32",
        FileKind::Float16 => "float16",
        FileKind::DynamicRange => "dynamic range",
        FileKind::FullInteger => "full integer",
        FileKind::Mixed => "mixed",
    }
}

/// In percent.
fn share(report: &PtqReport, correct: u32) -> f64 {
    f64::from(correct) / f64::from(report.test.max(1)) * 100.0
}

fn accuracy(report: &PtqReport, correct: u32) -> String {
    plain(share(report, correct), 1)
}

fn float32(report: &PtqReport) -> Option<&DigitForm> {
    report.forms.first()
}

fn model_line(report: &PtqReport, form: &DigitForm) -> Vec<String> {
    let whole = float32(report).map_or(1, |form| form.file.bytes.max(1));
    let smaller = 100.0 - form.file.bytes as f64 / whole as f64 * 100.0;
    let [low, high] = form.interval.map(|end| plain(end * 100.0, 1));
    vec![
        name(form.kind).to_owned(),
        format::grouped(form.file.bytes),
        plain(smaller, 1),
        format::grouped(form.arena_bytes),
        format!("{} of {}", form.correct, report.test),
        accuracy(report, form.correct),
        format!("{low} to {high}"),
        format!("{} of {}", form.same, report.test),
    ]
}

fn speed_line(report: &PtqReport, form: &DigitForm) -> Vec<String> {
    let latency = &form.latency;
    let micro = |ms: f64| plain(ms * 1000.0, 1);
    let slowest = float32(report).map_or(0.0, |form| form.latency.median_ms);
    vec![
        name(form.kind).to_owned(),
        micro(latency.mean_ms),
        micro(latency.std_ms),
        micro(latency.median_ms),
        match latency.median_ms > 0.0 {
            true => plain(slowest / latency.median_ms, 2),
            false => "–".to_owned(),
        },
    ]
}

fn calibration_line(report: &PtqReport, calibration: &DigitCalibration) -> Vec<String> {
    let [worst, mean, best] = summary(report, calibration).map(|percent| plain(percent, 1));
    vec![
        calibration.samples.to_string(),
        calibration.correct.len().to_string(),
        worst,
        mean,
        best,
    ]
}

/// The worst, the mean and the best accuracy, in percent.
fn summary(report: &PtqReport, calibration: &DigitCalibration) -> [f64; 3] {
    let found = calibration.correct.iter().map(|&n| share(report, n));
    let sum: f64 = found.clone().sum();
    [
        found.clone().fold(f64::INFINITY, f64::min),
        sum / calibration.correct.len().max(1) as f64,
        found.fold(f64::NEG_INFINITY, f64::max),
    ]
}

/// Draws the report.
pub fn draw(report: &PtqReport, view: &CellView) {
    view.print(&print(report));
    let lines = |line: fn(&PtqReport, &DigitForm) -> Vec<String>| -> Vec<_> {
        let forms = report.forms.iter();
        forms.map(|form| line(report, form)).collect()
    };
    let runs = report.forms.first().map(|form| form.latency);
    let (runs, warm_ups) = runs.map_or((0, 0), |latency| (latency.runs, latency.warm_ups));
    let timed = format!(
        "Inference speed: {runs} runs after {warm_ups} warm-ups, each the mean of {} inferences of one digit",
        report.inferences
    );
    let models = table::scrolling("Model comparison", &MODEL_COLUMNS, &lines(model_line));
    let speeds = table::scrolling(&timed, &SPEED_COLUMNS, &lines(speed_line));
    let save = dom::el("div", &[("class", "tools")], &[]);
    for form in &report.forms {
        let words = format!("Download {}", form.file.file_name);
        dom::append(&save, &save_button(&form.file.file_name, &words));
    }
    view.show_results(&[&models, &speeds, &save]);
    view.add_figures(vec![
        accuracy_figure(report),
        size_figure(report),
        latency_figure(report),
        calibration_figure(report),
    ]);
}

/// float32 and float16 compute alike.
fn hue(kind: FileKind) -> Hue {
    match kind {
        FileKind::Float32 | FileKind::Float16 => Hue::Fp32,
        FileKind::DynamicRange | FileKind::FullInteger | FileKind::Mixed => Hue::Int8,
    }
}

fn accuracy_figure(report: &PtqReport) -> Figure {
    let lines: Vec<_> = report
        .forms
        .iter()
        .map(|form| model_line(report, form))
        .collect();
    let words: Vec<_> = lines
        .iter()
        .map(|line| format!("{} {} %, interval {} %", line[0], line[5], line[6]))
        .collect();
    let rows = report.forms.iter().map(|form| Spread {
        name: name(form.kind).to_owned(),
        hue: hue(form.kind),
        ends: form.interval.map(|end| end * 100.0),
        dots: vec![share(report, form.correct)],
    });
    let chart = Chart {
        title: "Accuracy",
        subtitle: format!("{} test digits", report.test),
        x_words: "digits read rightly, percent",
        legend: [
            "measured",
            "where the true accuracy lies, with 95 % confidence",
        ],
        rule: None,
        rows: rows.collect(),
    };
    Figure::new(
        "accuracy",
        &format!("Accuracies with their intervals: {}.", words.join("; ")),
        "Where intervals overlap, so few digits cannot say which form is better. How many answers are the same as float32’s tells more.",
        &table::scrolling("Accuracy", &MODEL_COLUMNS, &lines),
        move |canvas| spread::paint(canvas, &chart),
    )
}

fn size_figure(report: &PtqReport) -> Figure {
    let bars: Vec<_> = report
        .forms
        .iter()
        .map(|form| Amounts {
            name: name(form.kind).to_owned(),
            hue: hue(form.kind),
            bars: [form.file.bytes, form.arena_bytes]
                .map(|bytes| (bytes as f64 / 1000.0, kilobytes(bytes))),
        })
        .collect();
    let words: Vec<_> = report
        .forms
        .iter()
        .map(|form| {
            let (file, arena) = (kilobytes(form.file.bytes), kilobytes(form.arena_bytes));
            format!("{} {file} and {arena}", name(form.kind))
        })
        .collect();
    let lines: Vec<_> = report
        .forms
        .iter()
        .map(|form| model_line(report, form))
        .collect();
    Figure::new(
        "size",
        &format!("Bars of file and arena: {}.", words.join("; ")),
        "The file is what is stored, the arena what the activations need while the network runs.",
        &table::scrolling("File and arena", &MODEL_COLUMNS, &lines),
        move |canvas| {
            let bars_are = ["file", "arena"];
            amounts::paint(
                canvas,
                "File and arena",
                "your digit network",
                ("kB", bars_are),
                &bars,
            )
        },
    )
}

fn latency_figure(report: &PtqReport) -> Figure {
    let lines: Vec<_> = report
        .forms
        .iter()
        .map(|form| speed_line(report, form))
        .collect();
    let words: Vec<_> = lines
        .iter()
        .map(|line| format!("{} {} µs, σ {} µs", line[0], line[1], line[2]))
        .collect();
    let timed: Vec<_> = report
        .forms
        .iter()
        .map(|form| Timed {
            name: name(form.kind).to_owned(),
            hue: hue(form.kind),
            latency: form.latency,
        })
        .collect();
    let subtitle = used_in_words(&report.kernels);
    Figure::new(
        "latency",
        &format!(
            "A box plot of the time of an inference: {}.",
            words.join("; ")
        ),
        "The box holds the middle half of the runs, the line reaches from the shortest to the longest.",
        &table::scrolling("Microseconds of an inference", &SPEED_COLUMNS, &lines),
        move |canvas| boxes::paint(canvas, "Time of an inference", &subtitle, &timed),
    )
}

fn calibration_figure(report: &PtqReport) -> Figure {
    let lines: Vec<_> = report
        .calibrations
        .iter()
        .map(|calibration| calibration_line(report, calibration))
        .collect();
    let words: Vec<_> = lines
        .iter()
        .map(|line| match line[1].as_str() {
            "1" => format!("{} digits {} %", line[0], line[3]),
            _ => format!("{} digits {} to {} %", line[0], line[2], line[4]),
        })
        .collect();
    let rows = report.calibrations.iter().map(|calibration| {
        let [worst, _, best] = summary(report, calibration);
        Spread {
            name: match calibration.samples {
                1 => "1 digit".to_owned(),
                n => format!("{n} digits"),
            },
            hue: Hue::Int8,
            ends: [worst, best],
            dots: calibration
                .correct
                .iter()
                .map(|&n| share(report, n))
                .collect(),
        }
    });
    let chart = Chart {
        title: "How many digits to calibrate with",
        subtitle: format!("full integer, {} test digits", report.test),
        x_words: "digits read rightly, percent",
        legend: ["a draw of digits", "from the worst to the best"],
        rule: float32(report).map(|form| (share(report, form.correct), "float32")),
        rows: rows.collect(),
    };
    Figure::new(
        "calibration",
        &format!(
            "Accuracies by the number of calibration digits: {}.",
            words.join("; ")
        ),
        "Every dot is the network quantized anew with ranges of other digits of the validation set. All 500 can be drawn in one way only.",
        &table::scrolling(
            "By the number of calibration digits",
            &CALIBRATION_COLUMNS,
            &lines,
        ),
        move |canvas| spread::paint(canvas, &chart),
    )
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;
    use octet_protocol::{KernelName, KernelsUsed, Latency, SavedFile};

    fn form(kind: FileKind, bytes: u64, correct: u32, mean_ms: f64) -> DigitForm {
        DigitForm {
            kind,
            file: SavedFile {
                file_name: format!("digits_{}.tflite", kind.name()),
                bytes,
            },
            arena_bytes: 20_000,
            correct,
            interval: [0.935, 0.971],
            same: correct,
            latency: Latency {
                runs: 100,
                warm_ups: 10,
                mean_ms,
                std_ms: 0.002,
                min_ms: 0.1,
                q1_ms: 0.1,
                median_ms: mean_ms,
                q3_ms: 0.2,
                max_ms: 0.3,
            },
        }
    }

    fn report() -> PtqReport {
        PtqReport {
            test: 500,
            samples: 100,
            inferences: 20,
            kernels: KernelsUsed {
                name: KernelName::Simd128,
                dot: None,
            },
            forms: vec![
                form(FileKind::Float32, 52_000, 480, 0.2),
                form(FileKind::FullInteger, 16_000, 478, 0.05),
            ],
            calibrations: vec![
                DigitCalibration {
                    samples: 1,
                    correct: vec![400, 450, 475],
                },
                DigitCalibration {
                    samples: 500,
                    correct: vec![478],
                },
            ],
        }
    }

    #[test]
    fn prints_size_accuracy_and_time() {
        let text = print(&report());
        assert!(
            text.contains("float32            52.0 kB      96.0 %        200 µs"),
            "{text}"
        );
        assert!(
            text.contains("full integer       16.0 kB      95.6 %         50 µs"),
            "{text}"
        );
    }

    #[test]
    fn rows_are_held_against_float32() {
        let report = report();
        let line = model_line(&report, &report.forms[1]);
        assert_eq!(
            line,
            [
                "full integer",
                "16,000",
                "69.2",
                "20,000",
                "478 of 500",
                "95.6",
                "93.5 to 97.1",
                "478 of 500"
            ]
        );
        assert_eq!(speed_line(&report, &report.forms[1])[4], "4.00");
    }

    #[test]
    fn draws_are_summed_up() {
        let report = report();
        let lines: Vec<_> = report
            .calibrations
            .iter()
            .map(|calibration| calibration_line(&report, calibration))
            .collect();
        assert_eq!(lines[0], ["1", "3", "80.0", "88.3", "95.0"]);
        assert_eq!(lines[1], ["500", "1", "95.6", "95.6", "95.6"]);
    }
}
