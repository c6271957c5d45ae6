//! Cell `camera`.

use octet_protocol::{CameraReport, CameraRequest, ErrorKind, LabError};

use crate::host::Host;
use crate::session::Session;

/// Not there yet.
pub(crate) async fn run(
    _session: &mut Session,
    _host: &impl Host,
    _request: CameraRequest,
) -> Result<CameraReport, LabError> {
    Err(LabError::new(
        ErrorKind::Internal,
        "This cell is not built yet.",
        "",
    ))
}
