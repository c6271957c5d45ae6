//! Cell `weights`: how weights are distributed.

use octet_protocol::{Request, WeightsOf, WeightsReport};

use super::{CellId, Control, ControlKind, Spec, always, scheme};
use crate::{prose, view::CellView};

/// What the cell is.
pub const SPEC: Spec = Spec {
    name: "weights",
    title: "What weights look like",
    needs: |values| match values.get("source").as_str() {
        "lab03" => &[],
        _ => &[CellId::Baseline],
    },
    controls: &[
        Control {
            name: "source",
            label: "weights",
            is_shown: always,
            kind: ControlKind::Select(&[
                ("lab03", "three synthetic layers (LAB03)"),
                ("layer", "a layer of the model"),
                ("all", "all layers of the model"),
            ]),
        },
        scheme::LAYER,
    ],
    prose: prose::WEIGHTS,
    request: |values| {
        let of = match values.get("source").as_str() {
            "layer" => WeightsOf::Layer {
                name: values.get("layer"),
            },
            "all" => WeightsOf::All,
            _ => WeightsOf::Lab03,
        };
        Ok(Request::Weights { of })
    },
};

/// Draws the report.
pub fn draw(report: &WeightsReport, view: &CellView) {
    view.print(&report.title);
}
