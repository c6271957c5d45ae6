//! What other cells have measured, in a sentence each.

use js_sys::JSON;
use octet_protocol::{
    AccuracyReport, FullIntegerReport, InspectReport, InterpreterReport, Precision, Preparation,
    Report, RescueReport, WeightsReport,
};

use crate::{
    cells::{CellId, rescue},
    charts::notation::plain,
    dom, format, link,
};

/// What a cell's last report says; none where the cell has not run, or has measured something else.
pub fn measured(cell: CellId) -> Option<String> {
    let selector = format!("section[data-cell=\"{}\"] [data-report]", cell.name());
    let kept = dom::document().query_selector(&selector).ok().flatten()?;
    let json = JSON::parse(&kept.text_content()?).ok()?;
    in_words(&link::decode_report(json).ok()?)
}

fn in_words(report: &Report) -> Option<String> {
    match report {
        Report::Accuracy(report) => Some(accuracy(report)),
        Report::FullInteger(report) => full_integer(report),
        Report::Interpreter(report) => interpreter(report),
        Report::Inspect(report) => inspect(report),
        Report::Weights(report) => weights(report),
        Report::Rescue(report) => rescued(report),
        _ => None,
    }
}

fn accuracy(report: &AccuracyReport) -> String {
    format!(
        "int8 weights alone change the class of {} of {} photos ({}).",
        report.flips,
        report.rows.len(),
        report.model.title()
    )
}

fn full_integer(report: &FullIntegerReport) -> Option<String> {
    let engine = |precision| {
        let mut rows = report.rows.iter();
        rows.find(|row| row.precision == precision && row.backend.is_none())
    };
    let (weights, all) = (
        engine(Precision::DynamicRange)?,
        engine(Precision::FullInteger)?,
    );
    let points = |drift: f64| plain(drift * 100.0, 2);
    Some(format!(
        "On {}, calibrated on {} image{}, int8 weights alone leave {} of {} photos their class and move the confidence by {} points; with int8 activations as well it is {} of {} and {} points.",
        report.model.title(),
        report.samples,
        if report.samples == 1 { "" } else { "s" },
        weights.agreements,
        report.photos,
        points(weights.mean_abs_drift),
        all.agreements,
        report.photos,
        points(all.mean_abs_drift)
    ))
}

fn interpreter(report: &InterpreterReport) -> Option<String> {
    let first = |wanted: Preparation| {
        let mut outcomes = report.outcomes.iter();
        let outcome = outcomes.find(|outcome| outcome.preparation == wanted)?;
        let class = outcome.top5.first()?;
        Some(format!(
            "{} ({})",
            class.label,
            format::percent(class.probability)
        ))
    };
    Some(format!(
        "Prepared rightly, “{}” is {}; its bytes as they are give {}.",
        report.photo,
        first(Preparation::Right)?,
        first(Preparation::Bytes)?
    ))
}

fn inspect(report: &InspectReport) -> Option<String> {
    let operators = report.graphs.iter().flat_map(|graph| {
        let numbered = graph.operators.iter().enumerate();
        numbered.filter_map(|(number, operator)| Some((number, operator, operator.sqnr_db?)))
    });
    let (number, operator, db) = operators.min_by(|a, b| a.2.total_cmp(&b.2))?;
    Some(format!(
        "In {}, the output with the least signal to noise is that of operator {number} ({}): {} dB over {} photos.",
        report.title,
        operator.name,
        plain(db, 1),
        report.photos
    ))
}

fn weights(report: &WeightsReport) -> Option<String> {
    let layers = report.layers.iter();
    let least = layers.min_by(|a, b| a.range_used.total_cmp(&b.range_used))?;
    Some(format!(
        "Of {}, the channels of {} use the least of their shared scale: {} % of it on average.",
        report.title,
        least.name,
        plain(least.range_used * 100.0, 1)
    ))
}

fn rescued(report: &RescueReport) -> Option<String> {
    let images = report.photos + report.crops;
    let rungs = report.rungs.iter().filter_map(|rung| {
        let measured = rung.measured.as_ref()?;
        let same = measured.same_photos + measured.same_crops;
        Some(format!("{} {same}", rescue::name(&rung.form)))
    });
    let rungs: Vec<_> = rungs.collect();
    (!rungs.is_empty()).then(|| {
        format!(
            "Of {images} photos and crops, {} gives so many the class that float32 gives: {}.",
            report.model.title(),
            rungs.join(", ")
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cells::troubleshoot::tree::TREE;
    use octet_protocol::ModelName;

    #[test]
    fn cells_of_the_tree_have_a_sentence() {
        let known = [
            CellId::Accuracy,
            CellId::FullInteger,
            CellId::Interpreter,
            CellId::Inspect,
            CellId::Weights,
            CellId::Rescue,
        ];
        for node in TREE.nodes {
            for name in node.measured {
                let cell = CellId::by_name(name);
                assert!(cell.is_some_and(|cell| known.contains(&cell)), "{name}");
            }
        }
    }

    #[test]
    fn a_sentence_holds_the_figures() {
        let report = AccuracyReport {
            model: ModelName::MobileNetV2,
            rows: Vec::new(),
            flips: 0,
        };
        assert_eq!(
            in_words(&Report::Accuracy(report)).as_deref(),
            Some("int8 weights alone change the class of 0 of 0 photos (MobileNetV2 1.0/224).")
        );
    }
}
