//! Cell `sensitivity`: one layer quantized at a time.

use std::rc::Rc;

use octet_protocol::{LayerPart, LayerSensitivity, Request, SensitivityReport, SensitivityRequest};
use wasm_bindgen::JsCast;
use web_sys::{HtmlCanvasElement, HtmlElement, KeyboardEvent};

use super::{
    CellId, Control, ControlKind, Spec, always,
    breaks::{self, agreement, decibels},
    integers::{self, WEIGHT_SCALES, used_in_words, weight_scales_in_words},
    kind_in_words,
    scheme::whole,
};
use crate::{
    app::App,
    charts::{
        figure::Figure,
        notation,
        sensitivity::{Chart, ROW},
    },
    dom, format, prose,
    table::{self, Column},
    values::Values,
    view::CellView,
};

/// So many of the most sensitive layers are printed.
const WORST: usize = 5;

const BITS: Control = Control {
    name: "bits",
    label: "bits",
    is_shown: always,
    kind: ControlKind::Number {
        min: 2,
        max: 8,
        default: "8",
    },
};

/// The other way round than elsewhere: with a scale a channel no layer stands out.
const SCALES: Control = Control {
    kind: ControlKind::Select(&[("per_tensor", "per tensor"), ("per_channel", "per channel")]),
    ..WEIGHT_SCALES
};

const QUANTIZED: Control = Control {
    name: "quantized",
    label: "quantize",
    is_shown: always,
    kind: ControlKind::Select(&[
        ("weights", "weights"),
        ("weights_and_output", "weights and output"),
    ]),
};

const CROPS: Control = breaks::crops("8");

/// What the cell is.
pub const SPEC: Spec = Spec {
    name: "sensitivity",
    title: "Which layer breaks it?",
    needs: |_| &[CellId::Baseline],
    controls: &[BITS, SCALES, QUANTIZED, CROPS],
    prose: prose::SENSITIVITY,
    request: |values| {
        Ok(Request::Sensitivity(SensitivityRequest {
            bits: whole(values, &BITS)?,
            weight_scales: integers::weight_scales(values),
            quantized: part(values),
            crops: whole(values, &CROPS)?,
        }))
    },
};

fn part(values: &Values) -> LayerPart {
    match values.get(QUANTIZED.name).as_str() {
        "weights_and_output" => LayerPart::WeightsAndOutput,
        _ => LayerPart::Weights,
    }
}

const COLUMNS: [Column; 7] = [
    Column::text("layer"),
    Column::text("kind"),
    Column::figure("weights"),
    Column::figure("SQNR, dB"),
    Column::figure("same class"),
    Column::figure("same class, %"),
    Column::figure("drift, points"),
];

/// The printed text.
pub fn print(report: &SensitivityReport) -> String {
    let images = report.photos + report.crops;
    let mut out = format!(
        "{}\none layer at a time: {}\n{}\n{}\n\nmost sensitive\n",
        report.model.title(),
        what(report),
        breaks::images(report.photos, report.crops),
        used_in_words(&report.kernels),
    );
    for layer in ranked(report).into_iter().take(WORST) {
        out.push_str(&format!(
            "  {:<22} {:<9} {:>6} dB, {} of {images} keep their class\n",
            format::shortened(&layer.name, 22),
            kind_in_words(layer.kind),
            decibels(layer.distance.sqnr_db),
            layer.distance.agreements,
        ));
    }
    let together = &report.together;
    out.push_str(&format!(
        "\nall layers at once {:>6} dB, {} of {images} keep their class\n",
        decibels(together.sqnr_db),
        together.agreements
    ));
    out.push_str(&format!(
        "noises added up    {:>6} dB\n",
        decibels(added_up(&report.layers))
    ));
    out
}

/// `weights to 8 bits, per tensor`.
fn what(report: &SensitivityReport) -> String {
    let scales = weight_scales_in_words(report.weight_scales);
    let output = match report.quantized {
        LayerPart::Weights => "",
        LayerPart::WeightsAndOutput => "; its output to 8 bits",
    };
    format!("weights to {} bits, {scales}{output}", report.bits)
}

/// The layers, the one with the most noise first.
fn ranked(report: &SensitivityReport) -> Vec<&LayerSensitivity> {
    let mut layers: Vec<_> = report.layers.iter().collect();
    let db = |layer: &LayerSensitivity| layer.distance.sqnr_db.unwrap_or(f64::INFINITY);
    layers.sort_by(|a, b| db(a).total_cmp(&db(b)));
    layers
}

/// The signal over the sum of all layers' noises, as if they knew nothing of each other.
fn added_up(layers: &[LayerSensitivity]) -> Option<f64> {
    let noises = layers.iter().filter_map(|layer| layer.distance.sqnr_db);
    let noise: f64 = noises.map(|db| 10_f64.powf(-db / 10.0)).sum();
    (noise > 0.0).then(|| -10.0 * noise.log10())
}

fn line(report: &SensitivityReport, layer: &LayerSensitivity) -> Vec<String> {
    let (distance, images) = (&layer.distance, report.photos + report.crops);
    vec![
        layer.name.clone(),
        kind_in_words(layer.kind).to_owned(),
        format::grouped(layer.weights),
        decibels(distance.sqnr_db),
        format!("{} of {images}", distance.agreements),
        notation::plain(agreement(distance, images), 1),
        notation::plain(distance.mean_abs_drift * 100.0, 2),
    ]
}

/// Draws the report.
pub fn draw(report: &SensitivityReport, view: &CellView) {
    view.print(&print(report));
    view.show_results(&[]);
    view.add_figures(vec![figure(report)]);
}

fn figure(report: &SensitivityReport) -> Figure {
    let worst: Vec<_> = ranked(report)
        .into_iter()
        .take(WORST)
        .map(|layer| format!("{} {} dB", layer.name, decibels(layer.distance.sqnr_db)))
        .collect();
    let words = format!(
        "Bars of the signal-to-noise ratio of the outputs for each of {} layers in network order, {}. Lowest: {}. All layers at once: {} dB.",
        report.layers.len(),
        what(report),
        worst.join(", "),
        decibels(report.together.sqnr_db),
    );
    let rows: Vec<_> = report
        .layers
        .iter()
        .map(|layer| line(report, layer))
        .collect();
    let chart = Rc::new(Chart {
        subtitle: format!("{}, {}", report.model.title(), what(report)),
        layers: report.layers.clone(),
        together: report.together.sqnr_db,
    });
    let links = links(&report.layers);
    let (drawn, over) = (chart.clone(), links.clone());
    let figure = Figure::new(
        "sensitivity",
        &words,
        "The shorter a bar, the more this one layer hurts. Click a bar, or go there with Tab and the arrow keys and press Enter: the cell “weights” opens with that layer.",
        &table::scrolling(
            "Each layer quantized alone, in network order",
            &COLUMNS,
            &rows,
        ),
        move |canvas| {
            lay(&over, canvas, drawn.top(crate::charts::width(canvas)));
            drawn.paint(canvas)
        },
    );
    dom::set(&figure.element, "class", "handled");
    dom::append(&figure.element, &links);
    figure
}

/// A button over each bar. They are one stop for the Tab key; arrow keys go from one to the next.
fn links(layers: &[LayerSensitivity]) -> HtmlElement {
    let links = dom::el(
        "div",
        &[
            ("class", "bar-links"),
            ("role", "group"),
            ("aria-label", "Layers, to be opened in the cell weights"),
        ],
        &[],
    );
    for (i, layer) in layers.iter().enumerate() {
        let words = format!(
            "{}, {}, {} dB",
            layer.name,
            kind_in_words(layer.kind),
            decibels(layer.distance.sqnr_db)
        );
        let button = dom::el(
            "button",
            &[
                ("type", "button"),
                ("data-action", "open-layer"),
                ("data-layer", &layer.name),
                ("aria-label", &words),
                ("title", &words),
                ("tabindex", if i == 0 { "0" } else { "-1" }),
            ],
            &[],
        );
        dom::append(&links, &button);
    }
    let all = links.clone();
    dom::on(&links, "keydown", move |event: KeyboardEvent| {
        let Some(now) = dom::origin(&event, "button") else {
            return;
        };
        let next = match event.key().as_str() {
            "ArrowDown" => now.next_element_sibling(),
            "ArrowUp" => now.previous_element_sibling(),
            "Home" => all.first_element_child(),
            "End" => all.last_element_child(),
            _ => return,
        };
        event.prevent_default();
        if let Some(next) = next.and_then(|next| next.dyn_into::<HtmlElement>().ok()) {
            dom::set(&now, "tabindex", "-1");
            dom::set(&next, "tabindex", "0");
            next.focus().ok();
        }
    });
    links
}

/// Puts the buttons over the bars of the chart that is on the canvas now.
fn lay(links: &HtmlElement, canvas: &HtmlCanvasElement, top: f64) {
    // The chart does not begin where its figure does.
    let (left, above) = (canvas.offset_left(), canvas.offset_top());
    let style = format!(
        "left: {left}px; width: {}px; top: {:.1}px; grid-auto-rows: {ROW}px",
        canvas.client_width(),
        f64::from(above) + top
    );
    dom::set(links, "style", &style);
}

/// Opens a layer in the cell that shows its weights.
pub fn open_layer(app: &App, layer: &str) {
    app.open_cell(CellId::Weights, &[("source", "layer"), ("layer", layer)]);
}

#[cfg(test)]
mod tests {
    use super::*;
    use octet_protocol::{Distance, KernelName, KernelsUsed, LayerKind, ModelName, WeightScales};

    fn layer(name: &str, kind: LayerKind, sqnr_db: Option<f64>) -> LayerSensitivity {
        LayerSensitivity {
            name: name.to_owned(),
            kind,
            weights: 1_152,
            distance: distance(sqnr_db),
        }
    }

    fn distance(sqnr_db: Option<f64>) -> Distance {
        Distance {
            agreements: 12,
            mean_abs_drift: 0.034,
            sqnr_db,
        }
    }

    fn report() -> SensitivityReport {
        SensitivityReport {
            model: ModelName::MobileNetV2,
            bits: 8,
            weight_scales: WeightScales::PerTensor,
            quantized: LayerPart::Weights,
            photos: 4,
            crops: 12,
            kernels: KernelsUsed {
                name: KernelName::Simd128,
                dot: None,
            },
            layers: vec![
                layer("features.0.0", LayerKind::Conv, Some(30.0)),
                layer("features.1.conv.0", LayerKind::Depthwise, Some(-1.5)),
                layer("classifier", LayerKind::Dense, None),
            ],
            together: distance(Some(-2.0)),
        }
    }

    #[test]
    fn prints_the_worst_first() {
        let mut report = report();
        let text = print(&report);
        for part in [
            "one layer at a time: weights to 8 bits, per tensor\n16 images: 4 photos and 12 crops of them\n",
            "most sensitive\n  features.1.conv.0      depthwise   \u{2212}1.5 dB, 12 of 16 keep their class\n  features.0.0           conv        30.0 dB",
            "\nall layers at once   \u{2212}2.0 dB, 12 of 16",
            "\nnoises added up      \u{2212}1.5 dB\n",
        ] {
            assert!(text.contains(part), "{part}\n{text}");
        }
        report.quantized = LayerPart::WeightsAndOutput;
        assert!(what(&report).ends_with("; its output to 8 bits"));
    }

    #[test]
    fn noises_add_up_as_powers() {
        let layers = [20.0, 20.0].map(|db| layer("a", LayerKind::Conv, Some(db)));
        let sum = added_up(&layers).unwrap_or_default();
        assert!((sum - 16.99).abs() < 0.01, "{sum}");
        assert_eq!(added_up(&[layer("a", LayerKind::Conv, None)]), None);
    }

    #[test]
    fn a_layer_as_a_row() {
        let report = report();
        assert_eq!(
            line(&report, &report.layers[1]),
            [
                "features.1.conv.0",
                "depthwise",
                "1,152",
                "\u{2212}1.5",
                "12 of 16",
                "75.0",
                "3.40"
            ]
        );
    }
}
