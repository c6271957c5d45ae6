//! Cell `baseline`: the float32 network and what it makes of the photos.

use octet_protocol::{BaselineReport, ModelName, Prediction, Request};

use super::{CellId, Control, ControlKind, Spec, always, top5_lines};
use crate::{format, prose, view::CellView};

/// What the cell is.
pub const SPEC: Spec = Spec {
    name: "baseline",
    title: "The network before",
    needs: |_| &[CellId::Setup, CellId::Data],
    controls: &[Control {
        name: "model",
        label: "model",
        is_shown: always,
        kind: ControlKind::Select(&[
            ("mobilenet_v2", "MobileNetV2"),
            ("efficientnet_lite0", "EfficientNet-Lite0"),
        ]),
    }],
    prose: prose::BASELINE,
    request: |values| {
        let name = values.get("model");
        let model = ModelName::ALL
            .into_iter()
            .find(|model| model.name() == name);
        Ok(Request::Baseline {
            model: model.unwrap_or_default(),
        })
    },
};

/// The printed text.
pub fn print(report: &BaselineReport) -> String {
    let mut out = format!(
        "{}, float32\n  {} parameters in {} layers\n  file {} ({} bytes)\n  fetched in {}, loaded into Burn in {}\n  backend {}\n\n",
        report.model_title,
        format::grouped(report.parameters),
        report.layers,
        format::megabytes(report.file_bytes),
        format::grouped(report.file_bytes),
        format::milliseconds(report.fetch_ms),
        format::milliseconds(report.load_ms),
        report.backend.name(),
    );
    out.push_str(&format!("Sanity check: {}", prediction(&report.sanity)));
    for photo in &report.predictions {
        out.push('\n');
        out.push_str(&prediction(photo));
    }
    out.trim_end().to_owned()
}

fn prediction(prediction: &Prediction) -> String {
    format!(
        "{}  ({})\n{}",
        prediction.title,
        format::milliseconds(prediction.latency_ms),
        top5_lines(&prediction.top5)
    )
}

/// Draws the report.
pub fn draw(report: &BaselineReport, view: &CellView) {
    view.print(&print(report));
}

#[cfg(test)]
mod tests {
    use super::*;
    use octet_protocol::{Backend, Class};

    #[test]
    fn prints_the_model_and_each_photo() {
        let seen = |title: &str| Prediction {
            photo: 0,
            title: title.into(),
            top5: vec![Class {
                index: 281,
                label: "tabby cat".into(),
                probability: 0.6123,
            }],
            latency_ms: 42.0,
        };
        let report = BaselineReport {
            model: ModelName::MobileNetV2,
            model_title: "MobileNetV2 1.0/224".into(),
            backend: Backend::Ndarray,
            parameters: 3_487_816,
            layers: 53,
            layer_names: vec![],
            file_bytes: 14_000_000,
            fetch_ms: 12.0,
            load_ms: 34.0,
            sanity: seen("astronaut"),
            predictions: vec![seen("chelsea"), seen("astronaut")],
        };
        let text = print(&report);
        assert!(
            text.starts_with("MobileNetV2 1.0/224, float32\n  3,487,816 parameters in 53 layers")
        );
        assert!(text.contains("file 14.00 MB (14,000,000 bytes)"));
        assert!(
            text.contains("Sanity check: astronaut  (42.0 ms)\n   61.23 %  tabby cat\n\nchelsea")
        );
        assert!(text.ends_with("tabby cat"));
    }
}
