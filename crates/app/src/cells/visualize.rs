//! Cell `visualize`: the two charts.

use super::{CellId, Spec};
use crate::{
    charts::{confidence, figure::Figure, sizes},
    format, prose,
    shelf::Shelf,
    table::{self, Column},
    view::CellView,
};
use octet_protocol::{Request, VisualizeReport};

/// What the cell is.
pub const SPEC: Spec = Spec {
    name: "visualize",
    title: "Pictures of the damage",
    needs: |_| &[CellId::Size, CellId::Accuracy],
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
    let sizes_report = report.clone();
    let loss_report = report.clone();
    let photos = shelf.photos().clone();
    view.show_figures(vec![
        Figure::new(
            "sizes",
            &sizes_in_words(report),
            "The bytes that each model takes on disk.",
            &table::plain("File sizes", &SIZE_COLUMNS, &size_rows),
            move |canvas| sizes::paint(canvas, &sizes_report),
        ),
        Figure::new(
            "confidence",
            &losses_in_words(report),
            "What the model is less sure of with int8 weights. Green, at or below zero: it is as sure as before, or surer.",
            &table::plain("Confidence lost", &LOSS_COLUMNS, &loss_rows),
            move |canvas| confidence::paint(canvas, &loss_report, &photos),
        ),
    ]);
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
