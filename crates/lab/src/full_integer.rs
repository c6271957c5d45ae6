//! Cell `full-integer`.

use octet_protocol::{ErrorKind, FullIntegerReport, FullIntegerRequest, LabError};

use crate::host::Host;
use crate::session::Session;

/// Not there yet.
pub(crate) async fn run(
    _session: &mut Session,
    _host: &impl Host,
    _request: FullIntegerRequest,
) -> Result<FullIntegerReport, LabError> {
    Err(LabError::new(
        ErrorKind::Internal,
        "This cell is not built yet.",
        "",
    ))
}
