//! Cell `reference`: the formulas, and what has been measured of each type.

use octet_protocol::{ReferenceReport, Request};

use super::Spec;
use crate::{
    format, prose,
    table::{self, Column},
    view::CellView,
};

/// What the cell is.
pub const SPEC: Spec = Spec {
    name: "reference",
    title: "Formulas, and which type to choose",
    needs: |_| &[],
    controls: &[],
    prose: prose::REFERENCE,
    request: |_| Ok(Request::Reference),
};

const COLUMNS: [Column; 7] = [
    Column::text("type"),
    Column::text("weights"),
    Column::text("activations"),
    Column::text("needs"),
    Column::figure("file"),
    Column::figure("a photo"),
    Column::figure("labels changed"),
];

/// The printed text.
pub fn print(report: &ReferenceReport) -> String {
    match &report.model_title {
        Some(title) => format!("measured here, on {title}"),
        None => "nothing has been measured yet: run the cells of the first chapter".to_owned(),
    }
}

/// Draws the report.
pub fn draw(report: &ReferenceReport, view: &CellView) {
    view.print(&print(report));
    let or_dash = |text: Option<String>| text.unwrap_or_else(|| "–".to_owned());
    let rows: Vec<Vec<String>> = report
        .types
        .iter()
        .map(|row| {
            vec![
                row.name.clone(),
                row.weights.clone(),
                row.activations.clone(),
                row.needs.clone(),
                or_dash(row.bytes.map(format::megabytes)),
                or_dash(row.latency_ms.map(format::milliseconds)),
                or_dash(
                    row.flips
                        .map(|[flips, photos]| format!("{flips} of {photos}")),
                ),
            ]
        })
        .collect();
    view.show_results(&[&table::scrolling(
        "Types of quantization; a dash: not measured in this notebook so far",
        &COLUMNS,
        &rows,
    )]);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn says_whether_anything_was_measured() {
        let mut report = ReferenceReport {
            model_title: None,
            types: vec![],
        };
        assert!(print(&report).starts_with("nothing has been measured yet"));
        report.model_title = Some("EfficientNet-Lite0".into());
        assert_eq!(print(&report), "measured here, on EfficientNet-Lite0");
    }
}
