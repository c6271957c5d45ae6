//! Cell `quantize`: the int8 weights, layer by layer, and both model files.

use octet_protocol::{LayerKind, ModelFile, Precision, QuantizeReport, QuantizedLayer, Request};

use super::{CellId, Spec, kind_in_words};
use crate::{
    dom, format, prose,
    table::{self, Column},
    view::CellView,
};

/// What the cell is.
pub const SPEC: Spec = Spec {
    name: "quantize",
    title: "Eight bits a weight",
    needs: |_| &[CellId::Baseline],
    controls: &[],
    prose: prose::QUANTIZE,
    request: |_| Ok(Request::Quantize),
};

const COLUMNS: [Column; 7] = [
    Column::text("layer"),
    Column::text("kind"),
    Column::text("shape"),
    Column::figure("scale, smallest – largest"),
    Column::figure("max error"),
    Column::figure("mean error"),
    Column::figure("SQNR, dB"),
];

/// The printed text.
pub fn print(report: &QuantizeReport) -> String {
    let count = |kind| {
        report
            .layers
            .iter()
            .filter(|layer| layer.kind == kind)
            .count()
    };
    let mut out = format!(
        "{} layers: {} conv, {} depthwise, {} dense\nquantized and written in {}\n\n",
        report.layers.len(),
        count(LayerKind::Conv),
        count(LayerKind::Depthwise),
        count(LayerKind::Dense),
        format::milliseconds(report.quantize_ms),
    );
    let sqnr = report
        .sqnr_db
        .map_or_else(|| "exact".to_owned(), |db| format!("{db:.1} dB"));
    out.push_str(&format!(
        "over all weights\n  max error   {}\n  mean error  {}\n  SQNR        {sqnr}\n\n",
        format::small(report.max_abs_error),
        format::small(report.mean_abs_error),
    ));
    for file in &report.files {
        out.push_str(&format!(
            "{:<14} {} ({} bytes)\n",
            file.precision.name(),
            format::megabytes(file.bytes),
            format::grouped(file.bytes),
        ));
    }
    out.trim_end().to_owned()
}

/// A layer as a row of the table.
pub fn row(layer: &QuantizedLayer) -> Vec<String> {
    let shape: Vec<String> = layer.shape.iter().map(usize::to_string).collect();
    vec![
        layer.name.clone(),
        kind_in_words(layer.kind).to_owned(),
        shape.join("×"),
        format!(
            "{} – {}",
            format::small(layer.scale_min),
            format::small(layer.scale_max)
        ),
        format::small(layer.max_abs_error),
        format::small(layer.mean_abs_error),
        layer
            .sqnr_db
            .map_or_else(|| "exact".to_owned(), |db| format!("{db:.1}")),
    ]
}

/// Draws the report.
pub fn draw(report: &QuantizeReport, view: &CellView) {
    view.print(&print(report));
    let rows: Vec<_> = report.layers.iter().map(row).collect();
    let layers = table::scrolling(
        "What int8 did to the weights of each layer",
        &COLUMNS,
        &rows,
    );
    let tools = dom::el("div", &[("class", "tools")], &[]);
    for file in &report.files {
        dom::append(&tools, &download_button(file));
    }
    view.show_results(&[&layers, &tools]);
}

fn download_button(file: &ModelFile) -> web_sys::HtmlElement {
    let words = match file.precision {
        Precision::Float32 => "float32",
        Precision::DynamicRange | Precision::FullInteger => "int8",
    };
    dom::text(
        "button",
        &[
            ("type", "button"),
            ("data-action", "download"),
            ("data-precision", file.precision.name()),
            ("title", &file.file_name),
        ],
        &format!("Download {words} model, {}", format::megabytes(file.bytes)),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_layer_without_error_has_no_noise() {
        let layer = QuantizedLayer {
            name: "features.0".into(),
            kind: LayerKind::Depthwise,
            shape: vec![32, 1, 3, 3],
            channels: 32,
            scale_min: 0.000_012_3,
            scale_max: 0.0456,
            max_abs_error: 0.0,
            mean_abs_error: 0.0,
            sqnr_db: None,
        };
        assert_eq!(
            row(&layer),
            [
                "features.0",
                "depthwise",
                "32×1×3×3",
                "1.23e\u{2212}5 – 0.0456",
                "0",
                "0",
                "exact"
            ]
        );
    }
}
