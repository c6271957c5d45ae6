//! Cell `reference`: the types of quantization, with what this session has measured of them.

use octet_protocol::{ReferenceReport, TypeRow};

use crate::accuracy;
use crate::session::Session;

/// The table; what has not been measured is left empty.
pub(crate) fn run(session: &Session) -> ReferenceReport {
    let files = session.model_files().unwrap_or_default();
    let bytes = |name: &str| {
        let mut files = files.iter();
        let file = files.find(|file| file.precision.name() == name)?;
        Some(file.bytes)
    };
    let inference = session.inference.as_ref();
    let flips = accuracy::run(session)
        .ok()
        .map(|report| [report.flips, report.rows.len() as u32]);
    let row = |name: &str, weights: &str, activations: &str, needs: &str| TypeRow {
        name: name.into(),
        weights: weights.into(),
        activations: activations.into(),
        needs: needs.into(),
        bytes: bytes(name),
        latency_ms: None,
        flips: None,
    };
    ReferenceReport {
        model_title: session
            .baseline
            .as_ref()
            .map(|baseline| baseline.model.title().into()),
        types: vec![
            TypeRow {
                latency_ms: inference.map(|inference| inference.float32_ms),
                ..row("float32", "float32", "float32", "nothing")
            },
            row("float16", "float16", "float32", "nothing"),
            TypeRow {
                latency_ms: inference.map(|inference| inference.dynamic_range_ms),
                flips,
                ..row("dynamic_range", "int8", "float32", "nothing")
            },
            row("full_integer", "int8", "int8", "a representative dataset"),
            row("16x8", "int8", "int16", "a representative dataset"),
        ],
    }
}
