//! Cell `inference`: both models timed on every photo.

use octet_protocol::{ErrorKind, InferenceReport, LabError, Request};

use super::{CellId, Control, ControlKind, Spec, always, kind_in_words};
use crate::{
    format, prose,
    table::{self, Column},
    view::CellView,
};

const MIN_RUNS: u32 = 1;
const MAX_RUNS: u32 = 100;

/// What the cell is.
pub const SPEC: Spec = Spec {
    name: "inference",
    title: "Is it faster?",
    needs: |_| &[CellId::Quantize],
    controls: &[Control {
        name: "runs",
        label: "timed runs",
        is_shown: always,
        kind: ControlKind::Number {
            min: MIN_RUNS,
            max: MAX_RUNS,
            default: "3",
        },
    }],
    prose: prose::INFERENCE,
    request: |values| {
        Ok(Request::Inference {
            runs: parse_runs(&values.get("runs"))?,
        })
    },
};

const COLUMNS: [Column; 3] = [
    Column::text("photo"),
    Column::float32("float32, ms"),
    Column::int8("int8 weights, ms"),
];

const KIND_COLUMNS: [Column; 4] = [
    Column::text("layers"),
    Column::figure("number"),
    Column::float32("float32, ms"),
    Column::int8("int8 weights, ms"),
];

/// The number of timed runs, or what is wrong with it.
pub fn parse_runs(text: &str) -> Result<u32, LabError> {
    match text.trim().parse() {
        Ok(runs) if (MIN_RUNS..=MAX_RUNS).contains(&runs) => Ok(runs),
        _ => Err(LabError::new(
            ErrorKind::BadInput,
            "The number of timed runs cannot be used.",
            format!("Give a whole number from {MIN_RUNS} to {MAX_RUNS}."),
        )),
    }
}

/// The printed text.
pub fn print(report: &InferenceReport) -> String {
    let share = if report.dynamic_range_ms > 0.0 {
        100.0 * report.dequantize_ms / report.dynamic_range_ms
    } else {
        0.0
    };
    format!(
        "{} on {}\nmedian of {} {} on each photo\n\n\
         float32        {:>9}\n\
         dynamic_range  {:>9}\n\
         \x20 dequantizing {:>9}  ({share:.1} %)",
        report.model.title(),
        report.backend.name(),
        report.runs,
        if report.runs == 1 { "run" } else { "runs" },
        format::milliseconds(report.float32_ms),
        format::milliseconds(report.dynamic_range_ms),
        format::milliseconds(report.dequantize_ms),
    )
}

/// Draws the report.
pub fn draw(report: &InferenceReport, view: &CellView) {
    view.print(&print(report));
    let rows: Vec<_> = report
        .photos
        .iter()
        .map(|photo| {
            vec![
                photo.title.clone(),
                format!("{:.1}", photo.float32_ms),
                format!("{:.1}", photo.dynamic_range_ms),
            ]
        })
        .collect();
    let kinds: Vec<_> = report
        .kinds
        .iter()
        .map(|kind| {
            vec![
                kind_in_words(kind.kind).to_owned(),
                kind.layers.to_string(),
                format!("{:.1}", kind.float32_ms),
                format!("{:.1}", kind.dynamic_range_ms),
            ]
        })
        .collect();
    view.show_results(&[
        &table::plain("Latency of each photo, median", &COLUMNS, &rows),
        &table::plain(
            "Where the time of one run goes, median",
            &KIND_COLUMNS,
            &kinds,
        ),
    ]);
}

#[cfg(test)]
mod tests {
    use super::*;
    use octet_protocol::{Backend, ModelName};

    #[test]
    fn refuses_what_is_no_number_of_runs() {
        assert_eq!(parse_runs("3"), Ok(3));
        assert_eq!(parse_runs(" 100 "), Ok(100));
        for bad in ["", "0", "101", "-1", "2.5", "many"] {
            let error = parse_runs(bad).map_err(|error| error.kind);
            assert_eq!(error, Err(ErrorKind::BadInput), "{bad}");
        }
    }

    #[test]
    fn prints_the_share_of_dequantization() {
        let report = InferenceReport {
            model: ModelName::MobileNetV2,
            backend: Backend::Flex,
            runs: 1,
            photos: Vec::new(),
            float32_ms: 130.0,
            dynamic_range_ms: 140.0,
            dequantize_ms: 7.0,
            kinds: Vec::new(),
        };
        let text = print(&report);
        assert!(text.starts_with("MobileNetV2 1.0/224 on flex\nmedian of 1 run on each photo\n"));
        assert!(text.ends_with("\n  dequantizing    7.0 ms  (5.0 %)"));
    }
}
