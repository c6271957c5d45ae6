//! Cell `size`: the length of both files.

use octet_protocol::{LabError, SizeReport};

use crate::session::Session;

/// Compares the lengths of the bytes that would be written to disk.
pub(crate) fn run(session: &Session) -> Result<SizeReport, LabError> {
    let quantized = session.quantized()?;
    let ratio = quantized.float32.len() as f64 / quantized.dynamic_range.len() as f64;
    Ok(SizeReport {
        files: session.model_files()?,
        ratio,
    })
}
