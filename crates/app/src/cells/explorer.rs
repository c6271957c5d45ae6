//! Cell `explorer`: bits and range by hand.

use octet_protocol::{ErrorKind, ExplorerReport, LabError, Request};

use super::{Control, ControlKind, Spec, always, scheme};
use crate::{
    explorer::{Explorer, Model},
    format,
    link::Attachment,
    prose,
    view::CellView,
};

/// What the cell is.
pub const SPEC: Spec = Spec {
    name: "explorer",
    title: "Bits and range, by hand",
    needs: scheme::needs,
    controls: &[
        scheme::SOURCE,
        Control {
            kind: ControlKind::Number {
                min: 1,
                max: 1_000_000,
                default: "100000",
            },
            ..scheme::COUNT
        },
        scheme::SIGMA,
        scheme::SEED,
        scheme::LAYER,
        scheme::PASTED,
        Control {
            name: "bits",
            label: "bits",
            is_shown: always,
            kind: ControlKind::Slider {
                min: 2,
                max: 16,
                default: "4",
            },
        },
        Control {
            name: "clip",
            label: "range, % of the largest weight",
            is_shown: always,
            kind: ControlKind::Slider {
                min: 1,
                max: 100,
                default: "100",
            },
        },
    ],
    prose: prose::EXPLORER,
    request: |values| {
        Ok(Request::Explorer {
            source: scheme::source(values)?,
        })
    },
};

/// The printed text.
pub fn print(report: &ExplorerReport) -> String {
    let statistics = &report.statistics;
    let mut out = format!(
        "{}\nmean {}, σ {}, from {} to {}",
        report.title,
        format::small(statistics.mean),
        format::small(statistics.std),
        format::small(statistics.min),
        format::small(statistics.max),
    );
    if statistics.count < report.total {
        out.push_str(&format!(
            "\nhere: {} of {} weights, spread evenly",
            format::grouped(statistics.count),
            format::grouped(report.total)
        ));
    }
    out
}

/// Draws the report.
pub fn draw(report: &ExplorerReport, attachments: &[Attachment], view: &CellView) {
    view.print(&print(report));
    let bytes = attachments
        .iter()
        .find(|attachment| attachment.name == "weights")
        .map(|attachment| attachment.bytes.to_vec())
        .unwrap_or_default();
    let weights = bytes
        .as_chunks()
        .0
        .iter()
        .map(|&bytes| f32::from_le_bytes(bytes))
        .collect();
    let shown = Model::new(weights).is_some_and(|model| Explorer::show(model, view).is_ok());
    if !shown {
        view.show_errors(&[LabError::new(
            ErrorKind::Internal,
            "The weights did not arrive.",
            "Run the cell again.",
        )]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use octet_protocol::Statistics;

    #[test]
    fn says_that_it_shows_a_part() {
        let mut report = ExplorerReport {
            title: "layer a of b".into(),
            total: 200_000,
            statistics: Statistics {
                count: 100_000,
                mean: 0.0,
                std: 0.5,
                min: -1.5,
                max: 1.25,
            },
        };
        assert!(print(&report).ends_with("100,000 of 200,000 weights, spread evenly"));
        report.total = 100_000;
        assert!(print(&report).ends_with("mean 0, σ 0.500, from \u{2212}1.50 to 1.25"));
    }
}
