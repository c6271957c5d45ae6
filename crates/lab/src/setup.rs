//! Cell `setup`: versions, the backend, the machine.

use octet_protocol::{Backend, SetupReport};

use crate::host::Host;
use crate::session::Session;

/// Chooses the backend; what another backend had loaded is dropped.
pub(crate) fn run(session: &mut Session, host: &impl Host, backend: Backend) -> SetupReport {
    if backend != session.backend {
        session.backend = backend;
        session.baseline = None;
        session.quantized = None;
        session.inference = None;
        session.digits.training = None;
    }
    SetupReport {
        octet_version: env!("CARGO_PKG_VERSION").into(),
        burn_version: octet_models::BURN_VERSION.into(),
        backend,
        machine: host.machine(),
    }
}
