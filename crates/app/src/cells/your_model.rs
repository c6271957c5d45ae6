//! Cell `your-model`: a network of the reader's own.

use octet_protocol::{
    FileKind, LabelChoice, NormalizationChoice, OwnModel, OwnSource, Request, YourModelReport,
    YourModelRequest,
};

use super::{
    CellId, Control, ControlKind, Spec, always, anatomy,
    convert::{edge, save_button},
    integers::{SAMPLES, mean_and_spread},
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
    kind: ControlKind::Select(&[("int8", "int8"), ("uint8", "uint8"), ("float32", "float32")]),
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
            edges: edge(values, &EDGES),
            runs: whole(values, &RUNS)?,
        }))
    },
};

/// Draws the report.
pub fn draw(_report: &YourModelReport, view: &CellView) {
    view.print("");
}
