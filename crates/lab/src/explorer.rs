//! Cell `explorer`: weights for the page to play with.

use octet_protocol::{Attachment, ExplorerReport, LabError, Report, WeightSource};

use crate::measure;
use crate::session::{Outcome, Session};
use crate::source;

/// What the page can redraw sixty times a second.
const MAX_WEIGHTS: usize = 100_000;

/// Hands over the weights; of more than 100,000, so many, spread evenly.
pub(crate) fn run(session: &mut Session, source: &WeightSource) -> Result<Outcome, LabError> {
    let tensor = source::weights(session, source)?;
    let total = tensor.values.len();
    let picked = measure::spread(&tensor.values, MAX_WEIGHTS);
    let statistics = measure::statistics(&picked)?;
    let mut bytes = Vec::with_capacity(picked.len() * 4);
    for value in &picked {
        bytes.extend_from_slice(&value.to_le_bytes());
    }
    Ok(Outcome {
        report: Report::Explorer(ExplorerReport {
            title: tensor.title.clone(),
            total: total as u64,
            statistics,
        }),
        attachments: vec![Attachment {
            name: "weights".into(),
            bytes,
        }],
    })
}
