//! Cell `pytorch`: eager-mode static quantization of ResNet-18, step by step.

use octet_protocol::{
    EagerImages, EagerOutcome, EagerStep, ModuleTree, PytorchReport, PytorchRequest, Request,
};
use web_sys::HtmlElement;

use super::{
    CellId, Control, ControlKind, Spec, always, breaks::decibels, convert::save_button,
    integers::used_in_words, scheme::whole,
};
use crate::{
    charts::{
        figure::Figure,
        notation::{figure, whole as integer},
        ranges,
    },
    dom, format, prose,
    table::{self, Column},
    view::CellView,
};

const SIZE: Control = Control {
    name: "size",
    label: "input, pixels a side",
    is_shown: always,
    kind: ControlKind::Select(&[("112", "112"), ("56", "56"), ("224", "224")]),
};
const SAMPLES: Control = Control {
    name: "samples",
    label: "calibration images",
    is_shown: always,
    kind: ControlKind::Number {
        min: 1,
        max: 64,
        default: "8",
    },
};
const CALIBRATE_WITH: Control = Control {
    name: "calibrate_with",
    label: "calibrate with",
    is_shown: always,
    kind: ControlKind::Select(&[
        ("photos", "photos and crops of them"),
        ("noise", "noise (torch.randn)"),
    ]),
};
const SEED: Control = Control {
    name: "seed",
    label: "seed of the weights",
    is_shown: always,
    kind: ControlKind::Number {
        min: 0,
        max: u32::MAX,
        default: "42",
    },
};

/// What the cell is.
pub const SPEC: Spec = Spec {
    name: "pytorch",
    title: "The PyTorch way",
    needs: |_| &[CellId::Data],
    controls: &[SIZE, SAMPLES, CALIBRATE_WITH, SEED],
    prose: prose::PYTORCH,
    request: |values| {
        let calibrate_with = match values.get(CALIBRATE_WITH.name).as_str() {
            "noise" => EagerImages::Noise,
            _ => EagerImages::Photos,
        };
        // One of three, which a whole number can be.
        let size = values.get(SIZE.name).parse().unwrap_or_default();
        Ok(Request::Pytorch(PytorchRequest {
            seed: whole(values, &SEED)?,
            size,
            samples: whole(values, &SAMPLES)?,
            calibrate_with,
        }))
    },
};

const OUTCOME_COLUMNS: [Column; 3] = [
    Column::text("calibrated with"),
    Column::figure("SQNR of the logits, dB"),
    Column::figure("same largest logit"),
];
const OBSERVER_COLUMNS: [Column; 5] = [
    Column::text("module"),
    Column::figure("from"),
    Column::figure("to"),
    Column::figure("scale"),
    Column::figure("zero point"),
];

fn in_words(images: EagerImages) -> &'static str {
    match images {
        EagerImages::Photos => "photos and crops",
        EagerImages::Noise => "noise",
    }
}

/// The printed text.
pub fn print(report: &PytorchReport) -> String {
    let mut lines = vec![
        format!(
            "ResNet-18, drawn from seed {}: it has learned nothing",
            report.seed
        ),
        format!(
            "{} parameters after fusing, {} × {} pixels",
            format::grouped(report.parameters),
            report.size,
            report.size
        ),
        format!(
            "calibrated with {} images, measured on {} other crops",
            report.samples, report.tested
        ),
        used_in_words(&report.kernels),
        String::new(),
        format!(
            "float32  {:>12} bytes",
            format::grouped(report.float32_bytes)
        ),
        format!(
            "int8     {:>12} bytes, {} times smaller",
            format::grouped(report.int8_bytes),
            times(report)
        ),
        String::new(),
    ];
    for outcome in &report.outcomes {
        let shown = match outcome.calibrated_with == report.calibrate_with {
            true => "  (shown below)",
            false => "",
        };
        lines.push(format!(
            "calibrated with {:<16}  logits {:>5} dB{shown}",
            in_words(outcome.calibrated_with),
            decibels(outcome.sqnr_db)
        ));
    }
    lines.join("\n")
}

fn times(report: &PytorchReport) -> String {
    let times = report.float32_bytes as f64 / report.int8_bytes.max(1) as f64;
    figure(times, 2)
}

/// What has been done before each tree.
fn step(step: EagerStep) -> (&'static str, &'static str) {
    match step {
        EagerStep::Float => (
            "1. The model, in eval mode",
            "model = torchvision.models.quantization.resnet18(quantize=False)\nmodel.eval()\nprint(model)",
        ),
        EagerStep::Fused => ("2. Fused", "model.fuse_model(is_qat=False)\nprint(model)"),
        EagerStep::Prepared => (
            "3. Prepared, with observers",
            "model.qconfig = torch.ao.quantization.get_default_qconfig(\"fbgemm\")\ntorch.ao.quantization.prepare(model, inplace=True)\nprint(model)",
        ),
        EagerStep::Converted => (
            "4. Calibrated and converted",
            "with torch.no_grad():\n    for image in images:\n        model(image)\ntorch.ao.quantization.convert(model, inplace=True)\nprint(model)",
        ),
    }
}

fn tree(tree: &ModuleTree) -> HtmlElement {
    let (heading, python) = step(tree.step);
    let summary = dom::text("summary", &[], heading);
    let code = dom::text("pre", &[("class", "python")], python);
    let label = format!("{heading}: the module tree");
    let attributes = [
        ("class", "scroll"),
        ("tabindex", "0"),
        ("role", "region"),
        ("aria-label", label.as_str()),
        ("data-tree", ""),
    ];
    let printed = dom::el("div", &attributes, &[&dom::text("pre", &[], &tree.text)]);
    let details = dom::el("details", &[], &[&summary, &code, &printed]);
    dom::flag(&details, "open", tree.step == EagerStep::Converted);
    details
}

fn outcome_row(report: &PytorchReport, outcome: &EagerOutcome) -> Vec<String> {
    vec![
        in_words(outcome.calibrated_with).to_owned(),
        decibels(outcome.sqnr_db),
        format!("{} of {}", outcome.agreements, report.tested),
    ]
}

fn observer_rows(report: &PytorchReport) -> Vec<Vec<String>> {
    let row = |observer: &octet_protocol::EagerObserver| {
        vec![
            observer.module.clone(),
            figure(observer.low.into(), 4),
            figure(observer.high.into(), 4),
            figure(observer.scale.into(), 6),
            integer(observer.zero_point.into()),
        ]
    };
    report.observers.iter().map(row).collect()
}

/// Draws the report.
pub fn draw(report: &PytorchReport, view: &CellView) {
    view.print(&print(report));
    let rows: Vec<_> = report
        .outcomes
        .iter()
        .map(|outcome| outcome_row(report, outcome))
        .collect();
    let outcomes = table::scrolling(
        "What is left of the logits, by what the observers have seen",
        &OUTCOME_COLUMNS,
        &rows,
    );
    let trees: Vec<_> = report.trees.iter().map(tree).collect();
    let tools = dom::el("div", &[("class", "tools")], &[]);
    let words = format!("Download int8, {}", format::megabytes(report.file.bytes));
    dom::append(&tools, &save_button(&report.file.file_name, &words));
    let mut results = vec![&outcomes];
    results.extend(&trees);
    results.push(&tools);
    view.show_results(&results);
    view.add_figures(vec![observers_figure(report)]);
}

fn observers_figure(report: &PytorchReport) -> Figure {
    let ends = report.observers.iter().zip(1..);
    let ends = ends.map(|(observer, place)| {
        (
            f64::from(place),
            [f64::from(observer.low), f64::from(observer.high)],
        )
    });
    let widest = report
        .observers
        .iter()
        .max_by(|a, b| a.scale.total_cmp(&b.scale));
    let widest = widest.map_or_else(String::new, |observer| {
        format!(
            " The widest is that of {}: from {} to {}.",
            observer.module,
            figure(observer.low.into(), 3),
            figure(observer.high.into(), 3)
        )
    });
    let words = format!(
        "Two lines over {} observers in network order: the low and the high end of the range that each has settled on.{widest}",
        report.observers.len()
    );
    let caption = format!(
        "Behind a ReLU the low end is 0; where convolutions without one are added, it is not.{widest}"
    );
    let chart = ranges::Chart {
        title: "What the observers settle on",
        subtitle: format!("calibrated with {}", in_words(report.calibrate_with)),
        x_words: "observer, in network order",
        y_words: "range",
        ranges: vec![("both ends".to_owned(), ends.collect())],
    };
    Figure::new(
        "observers",
        &words,
        &caption,
        &table::scrolling(
            "Ranges, scales and zero points, of unsigned bytes",
            &OBSERVER_COLUMNS,
            &observer_rows(report),
        ),
        move |canvas| ranges::paint(canvas, &chart),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use octet_protocol::{EagerObserver, KernelName, KernelsUsed, SavedFile};

    fn report() -> PytorchReport {
        PytorchReport {
            seed: 42,
            size: 112,
            samples: 8,
            photos: 4,
            tested: 8,
            calibrate_with: EagerImages::Photos,
            kernels: KernelsUsed {
                name: KernelName::Simd128,
                dot: None,
            },
            parameters: 11_684_712,
            float32_bytes: 46_000_000,
            int8_bytes: 11_500_000,
            trees: Vec::new(),
            observers: vec![EagerObserver {
                module: "conv1".to_owned(),
                low: 0.0,
                high: 8.0,
                scale: 0.062_992,
                zero_point: 0,
            }],
            outcomes: vec![
                EagerOutcome {
                    calibrated_with: EagerImages::Photos,
                    sqnr_db: Some(27.66),
                    agreements: 8,
                },
                EagerOutcome {
                    calibrated_with: EagerImages::Noise,
                    sqnr_db: Some(-1.26),
                    agreements: 2,
                },
            ],
            file: SavedFile {
                file_name: "resnet18_fbgemm.tflite".to_owned(),
                bytes: 11_500_000,
            },
        }
    }

    #[test]
    fn prints_sizes_and_both_calibrations() {
        let text = print(&report());
        for part in [
            "it has learned nothing",
            "11,684,712 parameters",
            "int8       11,500,000 bytes, 4.00 times smaller",
            "photos and crops  logits  27.7 dB  (shown below)",
            "noise             logits  \u{2212}1.3 dB",
        ] {
            assert!(text.contains(part), "{part}\n{text}");
        }
    }

    #[test]
    fn observers_and_outcomes_as_rows() {
        let report = report();
        assert_eq!(
            observer_rows(&report),
            [["conv1", "0", "8.0000", "0.062992", "0"]]
        );
        assert_eq!(
            outcome_row(&report, &report.outcomes[1]),
            ["noise", "\u{2212}1.3", "2 of 8"]
        );
    }
}
