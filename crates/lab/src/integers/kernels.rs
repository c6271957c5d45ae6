//! The engine's kernels by the names of requests and reports.

use octet_engine::{Dot, Instructions, Kernels};
use octet_protocol::{ErrorKind, KernelName, KernelsUsed, LabError};

/// Every set of kernels that this build has and this machine runs, slowest first.
pub(crate) fn available() -> Vec<Kernels> {
    Kernels::available()
}

/// The fastest of them.
pub(crate) fn fastest() -> Kernels {
    Kernels::Fast
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
            format!("This browser has no {} kernels.", in_words(wanted)),
            "Choose the fastest that it has, or the reference.",
        )
    })
}

fn in_words(name: KernelName) -> &'static str {
    match name {
        KernelName::Reference => "reference",
        KernelName::Portable => "portable",
        KernelName::Simd128 => "SIMD",
        KernelName::RelaxedSimd => "relaxed SIMD",
    }
}

/// The name of kernels.
pub(crate) fn name(kernels: Kernels) -> KernelName {
    match kernels.instructions() {
        Instructions::Plain => KernelName::Reference,
        Instructions::Portable | Instructions::Avx2 => KernelName::Portable,
        Instructions::Simd128 => KernelName::Simd128,
        Instructions::RelaxedSimd(_) => KernelName::RelaxedSimd,
    }
}

/// Kernels as reports name them.
pub(crate) fn used(kernels: Kernels) -> KernelsUsed {
    let dot = match kernels.instructions() {
        Instructions::RelaxedSimd(Dot::Signed) => Some("int8 × int8"),
        Instructions::RelaxedSimd(Dot::Unsigned) => Some("int8 × uint8"),
        _ => None,
    };
    KernelsUsed {
        name: name(kernels),
        dot: dot.map(str::to_owned),
    }
}
