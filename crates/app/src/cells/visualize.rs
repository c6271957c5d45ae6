//! Cell `visualize`: the two charts.

use octet_protocol::{Request, VisualizeReport};
use web_sys::{HtmlCanvasElement, HtmlElement};

use super::{CellId, Spec};
use crate::{
    charts::{confidence, sizes},
    dom, format, prose,
    shelf::Shelf,
    table::{self, Column},
    view::CellView,
};

/// What the cell is.
pub const SPEC: Spec = Spec {
    name: "visualize",
    title: "Pictures of the damage",
    needs: &[CellId::Size, CellId::Accuracy],
    controls: &[],
    prose: prose::VISUALIZE,
    request: |_| Ok(Request::Visualize),
};

const SIZE_COLUMNS: [Column; 3] = [
    Column::text("file"),
    Column::figure("MB"),
    Column::figure("bytes"),
];
const LOSS_COLUMNS: [Column; 2] = [
    Column::text("photo"),
    Column::figure("confidence lost, percentage points"),
];

/// The printed text.
pub fn print(report: &VisualizeReport) -> String {
    format!(
        "{}: 2 charts, {} photos",
        report.model.title(),
        report.losses.len()
    )
}

/// The first chart in words.
pub fn sizes_in_words(report: &VisualizeReport) -> String {
    let files: Vec<String> = report
        .files
        .iter()
        .map(|file| {
            format!(
                "{} {}",
                file.precision.name(),
                format::megabytes(file.bytes)
            )
        })
        .collect();
    format!("Bar chart of the file sizes: {}.", files.join(", "))
}

/// The second chart in words.
pub fn losses_in_words(report: &VisualizeReport) -> String {
    let losses: Vec<String> = report
        .losses
        .iter()
        .map(|loss| format!("{} {}", loss.title, format::signed(loss.percent, 2)))
        .collect();
    format!(
        "Bar chart of the confidence lost, in percentage points: {}.",
        losses.join(", ")
    )
}

/// Draws the report.
pub fn draw(report: &VisualizeReport, view: &CellView, shelf: &Shelf) {
    view.print(&print(report));
    let size_rows: Vec<_> = report
        .files
        .iter()
        .map(|file| {
            vec![
                file.precision.name().to_owned(),
                format!("{:.2}", file.bytes as f64 / 1e6),
                format::grouped(file.bytes),
            ]
        })
        .collect();
    let loss_rows: Vec<_> = report
        .losses
        .iter()
        .map(|loss| vec![loss.title.clone(), format::signed(loss.percent, 4)])
        .collect();
    view.show_results(&[
        &figure(
            "sizes",
            &sizes_in_words(report),
            "The bytes that each model takes on disk.",
            &table::plain("File sizes", &SIZE_COLUMNS, &size_rows),
        ),
        &figure(
            "confidence",
            &losses_in_words(report),
            "What the model is less sure of with int8 weights. Green, at or below zero: it is as sure as before, or surer.",
            &table::plain("Confidence lost", &LOSS_COLUMNS, &loss_rows),
        ),
    ]);
    paint(report, view, shelf);
}

fn figure(name: &str, words: &str, caption: &str, table: &HtmlElement) -> HtmlElement {
    let canvas = dom::el(
        "canvas",
        &[("data-chart", name), ("role", "img"), ("aria-label", words)],
        &[],
    );
    let summary = dom::text("summary", &[], "Table");
    let details = dom::el("details", &[], &[&summary, table]);
    let save = dom::text(
        "button",
        &[
            ("type", "button"),
            ("data-action", "save-png"),
            ("data-save", name),
        ],
        "Save PNG",
    );
    let caption = dom::el(
        "figcaption",
        &[],
        &[&dom::text("span", &[], caption), &save],
    );
    dom::el("figure", &[], &[&canvas, &caption, &details])
}

/// The canvas of a chart, once the cell has been drawn.
pub fn canvas(view: &CellView, name: &str) -> Option<HtmlCanvasElement> {
    view.find(&format!("canvas[data-chart=\"{name}\"]"))
        .map(wasm_bindgen::JsCast::unchecked_into)
}

/// Paints both charts again, at the present width and in the present colours.
pub fn paint(report: &VisualizeReport, view: &CellView, shelf: &Shelf) {
    let result = canvas(view, "sizes")
        .map_or(Ok(()), |canvas| sizes::paint(&canvas, report))
        .and(
            canvas(view, "confidence")
                .map_or(Ok(()), |canvas| confidence::paint(&canvas, report, shelf)),
        );
    if let Err(message) = result {
        view.show_errors(&[octet_protocol::LabError::new(
            octet_protocol::ErrorKind::Internal,
            format!("A chart could not be drawn: {message}."),
            "The tables below the charts hold the same figures.",
        )]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use octet_protocol::{ConfidenceLoss, ModelFile, ModelName, Precision};

    #[test]
    fn says_the_charts_in_words() {
        let report = VisualizeReport {
            model: ModelName::MobileNetV2,
            files: vec![ModelFile {
                precision: Precision::Float32,
                file_name: "m".into(),
                bytes: 14_000_000,
            }],
            losses: vec![ConfidenceLoss {
                photo: 0,
                title: "rocket".into(),
                percent: -1.5,
            }],
        };
        assert_eq!(
            sizes_in_words(&report),
            "Bar chart of the file sizes: float32 14.00 MB."
        );
        assert!(losses_in_words(&report).ends_with("percentage points: rocket \u{2212}1.50."));
    }
}
