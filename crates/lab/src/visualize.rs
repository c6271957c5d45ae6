//! Cell `visualize`: the figures behind the two charts.

use octet_protocol::{ConfidenceLoss, LabError, VisualizeReport};

use crate::accuracy;
use crate::session::Session;

/// File sizes, and confidence lost for each photo in percentage points.
pub(crate) fn run(session: &Session) -> Result<VisualizeReport, LabError> {
    let accuracy = accuracy::run(session)?;
    let losses = accuracy
        .rows
        .into_iter()
        .map(|row| ConfidenceLoss {
            photo: row.photo,
            title: row.title,
            percent: 100.0 * row.confidence_drift,
        })
        .collect();
    Ok(VisualizeReport {
        model: accuracy.model,
        files: session.model_files()?,
        losses,
    })
}
