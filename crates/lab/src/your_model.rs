//! Cell `your-model`.

use octet_protocol::{ErrorKind, LabError, YourModelReport, YourModelRequest};

use crate::host::Host;
use crate::session::Session;

/// Not there yet.
pub(crate) async fn run(
    _session: &mut Session,
    _host: &impl Host,
    _request: YourModelRequest,
) -> Result<YourModelReport, LabError> {
    Err(LabError::new(
        ErrorKind::Internal,
        "This cell is not built yet.",
        "",
    ))
}
