//! Cell `interpreter`: the life of a TFLite interpreter, call by call.

use octet_protocol::{
    InterpreterReport, InterpreterRequest, InterpreterStep, KernelName, KernelsRow, Precision,
    Preparation, PreparationOutcome, Request,
};
use web_sys::HtmlElement;

use super::{
    CellId, Control, ControlKind, Spec, accuracy, always,
    integers::{
        self, EDGE_TYPES, edge_type, hue, kernels_in_words, mean_and_spread, precision_in_words,
    },
    scheme::{observer_in_words, whole},
};
use crate::{
    charts::{
        Hue,
        boxes::{self, Timed},
        figure::Figure,
        notation,
    },
    dom, format, prose,
    table::{self, Column},
    values::Values,
    view::CellView,
};

const PHOTO: Control = Control {
    name: "photo",
    label: "photo number",
    is_shown: always,
    kind: ControlKind::Number {
        min: 1,
        max: 32,
        default: "1",
    },
};

const RUNS: Control = Control {
    name: "runs",
    label: "timed runs",
    is_shown: always,
    kind: ControlKind::Number {
        min: 1,
        max: 1000,
        default: "20",
    },
};

/// What the cell is.
pub const SPEC: Spec = Spec {
    name: "interpreter",
    title: "An interpreter, step by step",
    needs: |_| &[CellId::Baseline],
    controls: &[
        Control {
            name: "precision",
            label: "model",
            is_shown: always,
            kind: ControlKind::Select(&[
                ("full_integer", "full integer"),
                ("dynamic_range", "dynamic range"),
                ("float32", "float32"),
            ]),
        },
        Control {
            name: "edges",
            label: "input and output",
            is_shown: |values| precision(values) == Precision::FullInteger,
            kind: EDGE_TYPES,
        },
        Control {
            name: "preparation",
            label: "pixels",
            is_shown: always,
            kind: ControlKind::Select(&[
                ("right", "normalized and quantized"),
                ("not_normalized", "not normalized"),
                ("cast", "scale and zero point forgotten"),
                ("bytes", "the photo’s bytes as they are"),
            ]),
        },
        Control {
            name: "allocate",
            label: "allocate_tensors",
            is_shown: always,
            kind: ControlKind::Select(&[("before", "before invoke"), ("never", "forgotten")]),
        },
        Control {
            name: "kernels",
            label: "kernels (“delegate”)",
            is_shown: always,
            kind: ControlKind::Select(&[
                ("fastest", "the fastest here"),
                ("reference", "reference"),
                ("simd128", "SIMD"),
                ("relaxed_simd", "relaxed SIMD"),
            ]),
        },
        PHOTO,
        RUNS,
    ],
    prose: prose::INTERPRETER,
    request: |values| {
        let preparation = values.get("preparation");
        let mut preparations = Preparation::ALL.into_iter();
        let kernels = values.get("kernels");
        let mut known = KernelName::ALL.into_iter();
        Ok(Request::Interpreter(InterpreterRequest {
            precision: precision(values),
            edges: edge_type(values, "edges"),
            preparation: preparations
                .find(|known| known.name() == preparation)
                .unwrap_or_default(),
            allocates: values.get("allocate") != "never",
            kernels: known.find(|known| known.name() == kernels),
            photo: whole(values, &PHOTO)?,
            runs: whole(values, &RUNS)?,
        }))
    },
};

const KERNEL_COLUMNS: [Column; 5] = [
    Column::text("kernels"),
    Column::figure("mean ± s, ms"),
    Column::figure("median, ms"),
    Column::figure("same bytes"),
    Column::figure("largest difference"),
];

fn precision(values: &Values) -> Precision {
    match values.get("precision").as_str() {
        "dynamic_range" => Precision::DynamicRange,
        "float32" => Precision::Float32,
        _ => Precision::FullInteger,
    }
}

/// A preparation in words.
fn in_words(preparation: Preparation) -> &'static str {
    match preparation {
        Preparation::Right => "right",
        Preparation::NotNormalized => "not normalized",
        Preparation::Cast => "scale and zero point forgotten",
        Preparation::Bytes => "bytes as they are",
    }
}

/// The printed text.
pub fn print(report: &InterpreterReport) -> String {
    let mut out = format!(
        "{}, {}{}\nphoto {}, pixels: {}\n{}\n",
        report.model.title(),
        precision_in_words(report.precision),
        calibrated(report),
        report.photo,
        in_words(report.preparation),
        integers::used_in_words(&report.used),
    );
    if let Some(step) = report.steps.iter().find(|step| step.is_error) {
        out.push_str(&format!("\n{}\n{}\n", step.call, step.printed));
    }
    for outcome in &report.outcomes {
        let first = outcome.top5.first();
        let (label, probability) = first.map_or(("–", 0.0), |class| {
            (class.label.as_str(), class.probability)
        });
        out.push_str(&format!(
            "\n{:<31}{:>7}  {label}",
            in_words(outcome.preparation),
            format::percent(probability)
        ));
    }
    if !report.outcomes.is_empty() {
        out.push('\n');
    }
    for row in &report.kernels {
        out.push_str(&format!(
            "\n{:<14}{:>9}  {}",
            kernels_in_words(row.name),
            format::milliseconds(row.latency.median_ms),
            equality(row, report.photos)
        ));
    }
    out
}

/// `calibrated on 32 images, observer min–max` on a line of its own, where it was calibrated.
fn calibrated(report: &InterpreterReport) -> String {
    report
        .calibrated_with
        .map_or(String::new(), |(observer, images)| {
            let s = if images == 1 { "" } else { "s" };
            let observer = observer_in_words(observer);
            format!("\ncalibrated on {images} image{s}, observer {observer}")
        })
}

/// Whether outputs were the same, in words.
fn equality(row: &KernelsRow, photos: u32) -> String {
    if row.name == KernelName::Reference {
        "what the others are held against".to_owned()
    } else {
        format!(
            "same output bytes on {} of {photos} photos",
            row.equal_photos
        )
    }
}

/// Draws the report.
pub fn draw(report: &InterpreterReport, view: &CellView) {
    view.print(&print(report));
    let calls = dom::el("ol", &[("class", "calls")], &[]);
    for step in &report.steps {
        dom::append(&calls, &call(step));
    }
    if report.outcomes.is_empty() {
        view.show_results(&[&calls]);
        return;
    }
    let rows: Vec<_> = report
        .kernels
        .iter()
        .map(|row| kernel_line(row, report.photos))
        .collect();
    let caption = format!(
        "The same model and input on each set of kernels that this browser runs; outputs compared on {} photos",
        report.photos
    );
    view.show_results(&[
        &calls,
        &outcomes(report),
        &table::scrolling(&caption, &KERNEL_COLUMNS, &rows),
    ]);
    view.add_figures(vec![kernels_figure(report)]);
}

fn call(step: &InterpreterStep) -> HtmlElement {
    let item = dom::el(
        "li",
        &[],
        &[
            &dom::text("b", &[], &step.title),
            &dom::text("code", &[], &step.call),
        ],
    );
    if !step.printed.is_empty() {
        let class = if step.is_error { "error" } else { "printed" };
        dom::append(
            &item,
            &dom::text("samp", &[("class", class)], &step.printed),
        );
    }
    item
}

/// The five likeliest classes after each way to prepare the pixels.
fn outcomes(report: &InterpreterReport) -> HtmlElement {
    let class = match hue(report.precision) {
        Hue::Fp32 => "fp32",
        _ => "int8",
    };
    let title = format!("What each preparation makes of {}", report.photo);
    let pair = dom::el("div", &[("class", "pair")], &[]);
    for outcome in &report.outcomes {
        let words = format!("{}: {}", in_words(outcome.preparation), put_in(outcome));
        dom::append(&pair, &accuracy::list(&words, class, &outcome.top5));
    }
    let title = dom::text("h3", &[], &title);
    dom::el("div", &[("class", "versus")], &[&title, &pair])
}

/// `−128 to 127, 251 different numbers`.
fn put_in(outcome: &PreparationOutcome) -> String {
    let end = |value: f32| {
        let value = f64::from(value);
        notation::plain(value, if value.fract() == 0.0 { 0 } else { 2 })
    };
    let numbers = if outcome.levels == 1 {
        "number"
    } else {
        "different numbers"
    };
    format!(
        "{} to {}, {} {numbers}",
        end(outcome.min),
        end(outcome.max),
        format::grouped(outcome.levels.into())
    )
}

fn kernel_line(row: &KernelsRow, photos: u32) -> Vec<String> {
    let is_reference = row.name == KernelName::Reference;
    let compared = |text: String| if is_reference { "–".to_owned() } else { text };
    vec![
        kernels_in_words(row.name).to_owned(),
        mean_and_spread(&row.latency),
        notation::plain(row.latency.median_ms, 2),
        compared(format!("{} of {photos}", row.equal_photos)),
        compared(notation::figure(row.largest_difference, 7)),
    ]
}

fn kernels_figure(report: &InterpreterReport) -> Figure {
    let words: Vec<_> = report
        .kernels
        .iter()
        .map(|row| {
            format!(
                "{}: median {:.2} ms",
                kernels_in_words(row.name),
                row.latency.median_ms
            )
        })
        .collect();
    let words = format!(
        "A box plot of the kernels’ latencies. {}.",
        words.join("; ")
    );
    let columns = [
        Column::text("kernels"),
        Column::figure("shortest"),
        Column::figure("lower quartile"),
        Column::figure("median"),
        Column::figure("upper quartile"),
        Column::figure("longest"),
    ];
    let lines: Vec<_> = report
        .kernels
        .iter()
        .map(|row| {
            let latency = &row.latency;
            let figures = [
                latency.min_ms,
                latency.q1_ms,
                latency.median_ms,
                latency.q3_ms,
                latency.max_ms,
            ];
            let figures = figures.map(|ms| notation::plain(ms, 2));
            [
                vec![kernels_in_words(row.name).to_owned()],
                figures.to_vec(),
            ]
            .concat()
        })
        .collect();
    let timed: Vec<_> = report
        .kernels
        .iter()
        .map(|row| Timed {
            name: kernels_in_words(row.name).to_owned(),
            hue: hue(report.precision),
            latency: row.latency,
        })
        .collect();
    let runs = report.kernels.first().map_or(0, |row| row.latency.runs);
    let subtitle = format!(
        "{}, {}, {runs} runs each",
        report.model.title(),
        precision_in_words(report.precision)
    );
    Figure::new(
        "kernels",
        &words,
        "The same arithmetic by other instructions. The kernels ran in turn.",
        &table::scrolling("Milliseconds of one run", &columns, &lines),
        move |canvas| boxes::paint(canvas, "Latency of the kernels", &subtitle, &timed),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use octet_protocol::{Class, KernelsUsed, Latency, ModelName, ObserverName};

    fn outcome(preparation: Preparation, label: &str) -> PreparationOutcome {
        PreparationOutcome {
            preparation,
            min: -128.0,
            max: 127.0,
            levels: 251,
            top5: vec![Class {
                index: 1,
                label: label.to_owned(),
                probability: 0.612,
            }],
        }
    }

    fn kernels(name: KernelName, ms: f64, equal: u32) -> KernelsRow {
        KernelsRow {
            name,
            latency: Latency {
                runs: 20,
                warm_ups: 3,
                mean_ms: ms,
                std_ms: 0.1,
                min_ms: ms,
                q1_ms: ms,
                median_ms: ms,
                q3_ms: ms,
                max_ms: ms,
            },
            equal_photos: equal,
            largest_difference: 0.0,
        }
    }

    fn report() -> InterpreterReport {
        InterpreterReport {
            model: ModelName::MobileNetV2,
            precision: Precision::FullInteger,
            calibrated_with: Some((ObserverName::MinMax, 32)),
            photo: "chelsea".to_owned(),
            preparation: Preparation::Bytes,
            steps: Vec::new(),
            outcomes: vec![
                outcome(Preparation::Right, "tabby"),
                outcome(Preparation::Bytes, "shower curtain"),
            ],
            used: KernelsUsed {
                name: KernelName::Reference,
                dot: None,
            },
            kernels: vec![
                kernels(KernelName::Reference, 400.0, 4),
                kernels(KernelName::Simd128, 12.0, 4),
            ],
            photos: 4,
        }
    }

    #[test]
    fn prints_what_each_preparation_sees() {
        let text = print(&report());
        for part in [
            "MobileNetV2 1.0/224, full integer\ncalibrated on 32 images, observer min–max\nphoto chelsea, pixels: bytes as they are\nreference kernels\n",
            "\nright                           61.2 %  tabby",
            "\nbytes as they are               61.2 %  shower curtain",
            "\nreference        400 ms  what the others are held against",
            "\nSIMD            12.0 ms  same output bytes on 4 of 4 photos",
        ] {
            assert!(text.contains(part), "{part}\n{text}");
        }
    }

    #[test]
    fn prints_the_call_that_was_refused() {
        let mut report = report();
        (report.outcomes, report.kernels) = (Vec::new(), Vec::new());
        report.steps.push(InterpreterStep {
            title: "Run".to_owned(),
            call: "interpreter.invoke()".to_owned(),
            printed: "no tensors".to_owned(),
            is_error: true,
        });
        assert!(print(&report).ends_with("\ninterpreter.invoke()\nno tensors\n"));
    }

    #[test]
    fn says_what_was_put_in() {
        let mut outcome = outcome(Preparation::Cast, "tabby");
        assert_eq!(
            put_in(&outcome),
            "\u{2212}128 to 127, 251 different numbers"
        );
        (outcome.min, outcome.max, outcome.levels) = (-2.118, 2.64, 1);
        assert_eq!(put_in(&outcome), "\u{2212}2.12 to 2.64, 1 number");
    }
}
