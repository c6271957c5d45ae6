//! Cell `your-model`: a network of the reader's own.

use octet_protocol::{
    ErrorKind, LabError, LabelChoice, NormalizationChoice, OwnModel, OwnOperator, OwnSource,
    Request, YourModelReport, YourModelRequest,
};

use super::{
    CellId, Control, ControlKind, Spec, always, anatomy,
    convert::{save_button, wrapped},
    integers::{EDGE_TYPES, SAMPLES, edge_type, mean_and_spread},
    scheme::whole,
    top5_lines,
};
use crate::{
    dom, format, prose,
    table::{self, Column},
    view::CellView,
};

const SOURCE: Control = Control {
    name: "model",
    label: "model",
    is_shown: always,
    kind: ControlKind::Select(&[
        ("own", "the file chosen below"),
        ("example", "the built-in MobileNetV2, as an example"),
    ]),
};
const NORMALIZATION: Control = Control {
    name: "normalization",
    label: "pixels become",
    is_shown: always,
    kind: ControlKind::Select(&[
        ("file", "what the file says"),
        ("minus_one_to_one", "−1 to 1"),
        ("zero_to_one", "0 to 1"),
        ("imagenet", "ImageNet’s mean and deviation"),
        ("none", "0 to 255, as they are"),
    ]),
};
const LABELS: Control = Control {
    name: "labels",
    label: "names of classes",
    is_shown: always,
    kind: ControlKind::Select(&[
        ("file", "from the file"),
        ("imagenet", "ImageNet’s 1,000"),
        ("imagenet_background", "“background” and ImageNet’s 1,000"),
    ]),
};
const EDGES: Control = Control {
    name: "edges",
    label: "full integer takes and gives",
    is_shown: always,
    kind: EDGE_TYPES,
};
const RUNS: Control = Control {
    name: "runs",
    label: "timed runs",
    is_shown: always,
    kind: ControlKind::Number {
        min: 1,
        max: 100,
        default: "10",
    },
};

/// What the cell is.
pub const SPEC: Spec = Spec {
    name: "your-model",
    title: "A model of your own",
    needs: |values| match values.get(SOURCE.name).as_str() {
        "example" => &[CellId::Baseline],
        _ => &[CellId::Data],
    },
    controls: &[SOURCE, NORMALIZATION, LABELS, SAMPLES, EDGES, RUNS],
    prose: prose::YOUR_MODEL,
    request: |values| {
        Ok(Request::YourModel(YourModelRequest {
            source: match values.get(SOURCE.name).as_str() {
                "example" => OwnSource::Example,
                _ => OwnSource::File,
            },
            // The file joins when this is posted.
            name: String::new(),
            bytes: Vec::new(),
            labels_text: String::new(),
            normalization: match values.get(NORMALIZATION.name).as_str() {
                "minus_one_to_one" => NormalizationChoice::MinusOneToOne,
                "zero_to_one" => NormalizationChoice::ZeroToOne,
                "imagenet" => NormalizationChoice::Imagenet,
                "none" => NormalizationChoice::None,
                _ => NormalizationChoice::File,
            },
            labels: match values.get(LABELS.name).as_str() {
                "imagenet" => LabelChoice::Imagenet,
                "imagenet_background" => LabelChoice::ImagenetBackground,
                _ => LabelChoice::File,
            },
            samples: whole(values, &SAMPLES)?,
            edges: edge_type(values, EDGES.name),
            runs: whole(values, &RUNS)?,
        }))
    },
};

const OPERATOR_COLUMNS: [Column; 6] = [
    Column::figure("number"),
    Column::text("operator"),
    Column::text("output"),
    Column::text("type"),
    Column::figure("parameters"),
    Column::text("quantized"),
];
const KIND_COLUMNS: [Column; 2] = [Column::text("operator, version"), Column::figure("number")];
const VARIANT_COLUMNS: [Column; 7] = [
    Column::text("form"),
    Column::figure("file, bytes"),
    Column::figure("arena in TFLM, bytes"),
    Column::figure("same class"),
    Column::figure("drift, points"),
    Column::figure("MSE"),
    Column::figure("mean ± s, ms"),
];

/// Adds what the reader chooses a file with below the cell's results.
pub fn mount(view: &CellView) {
    let input = dom::el(
        "input",
        &[
            ("type", "file"),
            ("name", "model-file"),
            ("accept", ".tflite,.safetensors,.txt"),
            ("multiple", ""),
            ("class", "visually-hidden"),
        ],
        &[],
    );
    let label = dom::el("label", &[("class", "button")], &[&input]);
    label.append_with_str_1("Choose a model…").ok();
    let words = dom::text(
        "p",
        &[],
        "or drop it on this cell: a .tflite file, or a .safetensors of MobileNetV2 or EfficientNet-Lite0; a .txt \
         with the names of the classes may come along. Nothing is uploaded.",
    );
    let example = dom::text(
        "button",
        &[("type", "button"), ("data-action", "example")],
        "Use the built-in MobileNetV2 as an example",
    );
    let chosen = dom::text("p", &[("class", "chosen"), ("data-chosen", "")], "");
    view.append_extra(&dom::el(
        "div",
        &[("class", "add-photos")],
        &[&label, &words, &example, &chosen],
    ));
    show_chosen(view, "");
}

/// Says which files are chosen.
pub fn show_chosen(view: &CellView, words: &str) {
    if let Some(chosen) = view.find("[data-chosen]") {
        let text = match words {
            "" => "No file is chosen.".to_owned(),
            words => format!("Chosen: {words}."),
        };
        dom::set_text(&chosen, &text);
    }
}

/// Several models at once.
pub fn too_many() -> LabError {
    LabError::new(
        ErrorKind::BadInput,
        "Several models were given; this cell looks at one.",
        "Choose one model, with a text file of its classes’ names if there is one.",
    )
}

/// The printed text.
pub fn print(report: &YourModelReport) -> String {
    let mut out = String::new();
    if let Some(model) = &report.model {
        out.push_str(&about(model));
    }
    for note in &report.notes {
        if !out.is_empty() {
            out.push_str("\n\n");
        }
        out.push_str(&wrapped(note, 84));
    }
    if let Some(model) = &report.model {
        for prediction in &model.predictions {
            out.push_str(&format!("\n\n{}\n", prediction.title));
            out.push_str(top5_lines(&prediction.top5).trim_end());
        }
    }
    out
}

fn about(model: &OwnModel) -> String {
    let anatomy = &model.anatomy;
    let mut lines = vec![
        format!("“{}”", model.name),
        format!("{}, {} bytes", model.format, format::grouped(anatomy.bytes)),
    ];
    if !model.description.is_empty() {
        lines.push(wrapped(&model.description, 84));
    }
    lines.push(String::new());
    let mut row = |name: &str, text: String| lines.push(format!("{name:<12}{text}"));
    row("computes", anatomy::kind_in_words(anatomy.kind).to_owned());
    row("operators", model.operators.len().to_string());
    row("parameters", format::grouped(anatomy.parameters));
    row(
        "arena",
        format!(
            "{} bytes, most of it needed at operator {},",
            format::grouped(anatomy.arena_bytes),
            anatomy.arena_peak
        ),
    );
    row("", "as TensorFlow Lite Micro plans it".to_owned());
    row("classes", model.labels.clone());
    if let Some(normalization) = &model.normalization {
        row("pixels", normalization.clone());
    }
    row(
        "one run",
        format!(
            "{} ms, {} runs",
            mean_and_spread(&model.latency),
            model.latency.runs
        ),
    );
    lines.join("\n")
}

fn variant_rows(model: &OwnModel) -> Vec<Vec<String>> {
    let dash = || "–".to_owned();
    let photos = model.predictions.len();
    let original = vec![
        format!("{}, as given", anatomy::kind_in_words(model.anatomy.kind)),
        format::grouped(model.anatomy.bytes),
        format::grouped(model.anatomy.arena_bytes),
        dash(),
        dash(),
        dash(),
        mean_and_spread(&model.latency),
    ];
    let variants = model.variants.iter().map(|variant| {
        vec![
            anatomy::kind_in_words(variant.kind).to_owned(),
            format::grouped(variant.file.bytes),
            format::grouped(variant.arena_bytes),
            variant
                .agreement
                .map_or_else(dash, |same| format!("{same} of {photos}")),
            variant
                .drift
                .map_or_else(dash, |drift| format::signed(100.0 * drift, 2)),
            variant.mse.map_or_else(dash, format::small),
            mean_and_spread(&variant.latency),
        ]
    });
    [original].into_iter().chain(variants).collect()
}

fn operator_rows(model: &OwnModel) -> Vec<Vec<String>> {
    let row = |operator: &OwnOperator| {
        vec![
            operator.index.to_string(),
            operator.name.clone(),
            format::shape(&operator.output),
            operator.dtype.clone(),
            match operator.parameters {
                0 => "–".to_owned(),
                parameters => format::grouped(parameters),
            },
            match operator.quantization.as_str() {
                "" => "–".to_owned(),
                quantization => quantization.to_owned(),
            },
        ]
    };
    model.operators.iter().map(row).collect()
}

/// Draws the report.
pub fn draw(report: &YourModelReport, view: &CellView) {
    view.print(&print(report));
    let Some(model) = &report.model else {
        view.show_results(&[]);
        return;
    };
    let mut results = Vec::new();
    if !model.variants.is_empty() {
        results.push(table::scrolling(
            "As given, and quantized",
            &VARIANT_COLUMNS,
            &variant_rows(model),
        ));
        let tools = dom::el("div", &[("class", "tools")], &[]);
        for variant in &model.variants {
            let words = format!(
                "Download {}, {}",
                anatomy::kind_in_words(variant.kind),
                format::megabytes(variant.file.bytes)
            );
            dom::append(&tools, &save_button(&variant.file.file_name, &words));
        }
        results.push(tools);
    }
    if !model.refusals.is_empty() {
        let list = dom::el("ul", &[("class", "refusals")], &[]);
        for refusal in &model.refusals {
            let kind = anatomy::kind_in_words(refusal.kind);
            dom::append(
                &list,
                &dom::text("li", &[], &format!("{kind}: {}", refusal.reason)),
            );
        }
        results.push(list);
    }
    results.push(anatomy::hardware(&model.hardware));
    results.push(anatomy::edge_table(&model.anatomy));
    let kinds: Vec<_> = model
        .anatomy
        .operators
        .iter()
        .map(|kind| {
            vec![
                format!("{}, {}", kind.name, kind.version),
                kind.count.to_string(),
            ]
        })
        .collect();
    results.push(table::plain(
        "Operators in the file, by kind and version",
        &KIND_COLUMNS,
        &kinds,
    ));
    results.push(anatomy::types(&model.anatomy, &model.anatomy));
    results.push(table::scrolling(
        "Every operator",
        &OPERATOR_COLUMNS,
        &operator_rows(model),
    ));
    let results: Vec<_> = results.iter().collect();
    view.show_results(&results);
}
