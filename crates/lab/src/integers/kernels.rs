//! The engine's kernels by the names of requests and reports.

use octet_engine::Kernels;
use octet_protocol::{ErrorKind, KernelName, KernelsUsed, LabError};

/// Every set of kernels that this build has and this machine runs, slowest first.
pub(crate) fn available() -> Vec<Kernels> {
    vec![Kernels::Reference, Kernels::Fast]
}

/// The fastest of them.
pub(crate) fn fastest() -> Kernels {
    available().last().copied().unwrap_or(Kernels::Reference)
}

/// The kernels of this name; without one, the fastest.
pub(crate) fn by_name(wanted: Option<KernelName>) -> Result<Kernels, LabError> {
    let Some(wanted) = wanted else {
        return Ok(fastest());
    };
    let known = available()
        .into_iter()
        .find(|kernels| name(*kernels) == wanted);
    known.ok_or_else(|| {
        LabError::new(
            ErrorKind::Unsupported,
            format!("This browser has no {} kernels.", wanted.name()),
            "Choose the fastest that it has, or the reference.",
        )
    })
}

/// The name of kernels.
pub(crate) fn name(kernels: Kernels) -> KernelName {
    match kernels {
        Kernels::Reference => KernelName::Reference,
        Kernels::Fast if cfg!(feature = "relaxed-simd") => KernelName::RelaxedSimd,
        Kernels::Fast => KernelName::Simd128,
    }
}

/// Kernels as reports name them.
pub(crate) fn used(kernels: Kernels) -> KernelsUsed {
    KernelsUsed {
        name: name(kernels),
        dot: None,
    }
}
