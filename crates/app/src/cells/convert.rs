//! Cell `convert`: the converter's options, and what each changes in the file.

use octet_protocol::{
    ConvertReport, ConvertRequest, FileAnatomy, Optimizations, Request, SupportedOps,
};
use web_sys::HtmlElement;

use super::{
    CellId, Control, ControlKind, Spec, always,
    anatomy::{self, changes},
    integers::{self, EDGE_TYPES, SAMPLES, WEIGHT_SCALES, edge_type},
    scheme::whole,
};
use crate::{
    dom, format, prose,
    table::{self, Column},
    view::CellView,
};

const OPTIMIZATIONS: Control = Control {
    name: "optimizations",
    label: "optimizations",
    is_shown: always,
    kind: ControlKind::Select(&[
        ("default", "[DEFAULT]"),
        ("none", "[ ]"),
        ("optimize_for_size", "[OPTIMIZE_FOR_SIZE]"),
        ("optimize_for_latency", "[OPTIMIZE_FOR_LATENCY]"),
    ]),
};
const DATASET: Control = Control {
    name: "representative_dataset",
    label: "representative_dataset",
    is_shown: always,
    kind: ControlKind::Select(&[("photos", "the photos and crops of them"), ("none", "None")]),
};
const IMAGES: Control = Control {
    is_shown: |values| values.get("representative_dataset") != "none",
    ..SAMPLES
};
const SUPPORTED_OPS: Control = Control {
    name: "supported_ops",
    label: "target_spec.supported_ops",
    is_shown: always,
    kind: ControlKind::Select(&[
        ("builtins_int8", "[TFLITE_BUILTINS_INT8]"),
        ("builtins", "[TFLITE_BUILTINS]"),
        ("both", "[TFLITE_BUILTINS_INT8, TFLITE_BUILTINS]"),
    ]),
};
const SUPPORTED_TYPES: Control = Control {
    name: "supported_types",
    label: "target_spec.supported_types",
    is_shown: always,
    kind: ControlKind::Select(&[("none", "[ ]"), ("float16", "[float16]")]),
};
const INPUT: Control = Control {
    name: "inference_input_type",
    label: "inference_input_type",
    is_shown: always,
    kind: EDGE_TYPES,
};
const OUTPUT: Control = Control {
    name: "inference_output_type",
    label: "inference_output_type",
    is_shown: always,
    kind: EDGE_TYPES,
};

/// What the cell is.
pub const SPEC: Spec = Spec {
    name: "convert",
    title: "The converter and its options",
    needs: |_| &[CellId::Baseline],
    controls: &[
        OPTIMIZATIONS,
        DATASET,
        IMAGES,
        SUPPORTED_OPS,
        SUPPORTED_TYPES,
        INPUT,
        OUTPUT,
        WEIGHT_SCALES,
    ],
    prose: prose::CONVERT,
    request: |values| {
        let has_dataset = values.get(DATASET.name) != "none";
        Ok(Request::Convert(ConvertRequest {
            optimizations: match values.get(OPTIMIZATIONS.name).as_str() {
                "none" => Optimizations::None,
                "optimize_for_size" => Optimizations::OptimizeForSize,
                "optimize_for_latency" => Optimizations::OptimizeForLatency,
                _ => Optimizations::Default,
            },
            representative_dataset: match has_dataset {
                true => Some(whole(values, &IMAGES)?),
                false => None,
            },
            supported_ops: match values.get(SUPPORTED_OPS.name).as_str() {
                "builtins" => SupportedOps::Builtins,
                "both" => SupportedOps::Both,
                _ => SupportedOps::BuiltinsInt8,
            },
            float16: values.get(SUPPORTED_TYPES.name) == "float16",
            inference_input_type: edge_type(values, INPUT.name),
            inference_output_type: edge_type(values, OUTPUT.name),
            weight_scales: integers::weight_scales(values),
        }))
    },
};

const OPERATOR_COLUMNS: [Column; 3] = [
    Column::text("operator, version"),
    Column::float32("float32 file"),
    Column::int8("this file"),
];
const PHOTO_COLUMNS: [Column; 3] = [
    Column::text("photo"),
    Column::float32("float32 file"),
    Column::int8("this file"),
];

/// The file without options, and the result.
fn both(report: &ConvertReport) -> Option<(&FileAnatomy, &FileAnatomy)> {
    let (first, last) = (report.steps.first()?, report.steps.last()?);
    Some((&first.file, &last.file))
}

/// The printed text.
pub fn print(report: &ConvertReport) -> String {
    let mut out = report.python.clone();
    for note in &report.notes {
        out.push_str(&format!("\n\n{}", wrapped(note, 84)));
    }
    let Some((before, after)) = both(report) else {
        return out;
    };
    let row = |name: &str, text: String| format!("\n{name:<14}{text}");
    out.push('\n');
    out.push_str(&row(
        "file",
        format!(
            "{} bytes, {}",
            format::grouped(after.bytes),
            anatomy::kind_in_words(after.kind)
        ),
    ));
    let ratio = before.bytes as f64 / after.bytes.max(1) as f64;
    out.push_str(&row(
        "float32 file",
        format!(
            "{} bytes, {ratio:.2} times as large",
            format::grouped(before.bytes)
        ),
    ));
    out.push_str(&row(
        "arena",
        format!(
            "{} bytes, most of it needed at operator {},",
            format::grouped(after.arena_bytes),
            after.arena_peak
        ),
    ));
    out.push_str(&row("", "as TensorFlow Lite Micro plans it".to_owned()));
    if report.samples > 0 {
        let time = match report.calibrate_ms {
            ms if ms > 0.0 => format!("in {}", format::duration(ms)),
            _ => "by an earlier run".to_owned(),
        };
        out.push_str(&row(
            "calibrated",
            format!("on {} images, {time}", report.samples),
        ));
    }
    out.push_str(&row(
        "converted",
        format!("in {}", format::milliseconds(report.convert_ms)),
    ));
    let same = report
        .photos
        .iter()
        .filter(|photo| photo.float32 == photo.converted);
    out.push_str(&row(
        "same class",
        format!("{} of {} photos", same.count(), report.photos.len()),
    ));
    out
}

/// Text in lines of at most `width` characters.
pub fn wrapped(text: &str, width: usize) -> String {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split(' ') {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines.join("\n")
}

/// Each option in Python’s words, the file that it leads to, and what it changed.
fn step_words(report: &ConvertReport) -> Vec<(String, String)> {
    let mut before: Option<&FileAnatomy> = None;
    let mut words = Vec::with_capacity(report.steps.len());
    for step in &report.steps {
        let changed = match before {
            None => "TensorFlow’s defaults: float32 throughout.".to_owned(),
            Some(before) => changes(before, &step.file),
        };
        let option = match step.option.as_str() {
            "" => "no options".to_owned(),
            option => option
                .replace("tf.lite.Optimize.", "")
                .replace("tf.lite.OpsSet.", ""),
        };
        let file = format!(
            "{} bytes, {}. {changed}",
            format::grouped(step.file.bytes),
            anatomy::edges(&step.file),
        );
        words.push((option, file));
        before = Some(&step.file);
    }
    words
}

/// The same as a list.
fn step_list(report: &ConvertReport) -> HtmlElement {
    let list = dom::el("ol", &[("class", "calls")], &[]);
    for (option, file) in step_words(report) {
        let option = dom::text("b", &[], &option);
        let file = dom::text("samp", &[], &file);
        dom::append(&list, &dom::el("li", &[], &[&option, &file]));
    }
    let caption = dom::text(
        "p",
        &[("class", "caption")],
        "What each option changed, one after the other",
    );
    dom::el("div", &[], &[&caption, &list])
}

/// Draws the report.
pub fn draw(report: &ConvertReport, view: &CellView) {
    view.print(&print(report));
    let Some((before, after)) = both(report) else {
        view.show_results(&[]);
        return;
    };
    let steps = step_list(report);
    let hardware = anatomy::hardware(&report.hardware);
    let operators = table::plain(
        "Operators, by kind and version",
        &OPERATOR_COLUMNS,
        &anatomy::operator_rows(before, after),
    );
    let types = anatomy::types(before, after);
    let edges = anatomy::edge_table(after);
    let rows: Vec<_> = report
        .photos
        .iter()
        .map(|photo| {
            let cell = |label: &str, p| format!("{label}, {}", format::percent(p));
            vec![
                photo.title.clone(),
                cell(&photo.float32, photo.float32_probability),
                cell(&photo.converted, photo.converted_probability),
            ]
        })
        .collect();
    let photos = table::scrolling("The likeliest class of each photo", &PHOTO_COLUMNS, &rows);
    let tools = dom::el("div", &[("class", "tools")], &[]);
    let words = format!("Download .tflite, {}", format::megabytes(report.file.bytes));
    dom::append(&tools, &save_button(&report.file.file_name, &words));
    for name in &report.c_files {
        dom::append(&tools, &save_button(name, &format!("Download {name}")));
    }
    for file in &report.arrays {
        let what = if file.file_name.contains(".inputs.") {
            "inputs"
        } else {
            "outputs"
        };
        let words = format!("Download {what}, .npy");
        dom::append(&tools, &save_button(&file.file_name, &words));
    }
    view.show_results(&[
        &steps, &hardware, &operators, &types, &edges, &photos, &tools,
    ]);
}

/// A button that saves a file which the cell has made.
pub fn save_button(file_name: &str, words: &str) -> HtmlElement {
    dom::text(
        "button",
        &[
            ("type", "button"),
            ("data-action", "download"),
            ("data-file", file_name),
            ("title", file_name),
        ],
        words,
    )
}
