//! What graphs, engine and files refuse, in the reader's words.

use std::fmt::Display;

use octet_protocol::{ErrorKind, LabError};

const REMEDY: &str = "Reload the page; if it happens again, please report it.";

/// The engine, or something that prepares a graph for it, has refused one of our own networks.
pub(crate) fn cannot_run(error: impl Display) -> LabError {
    fault("The network cannot be run", error)
}

/// A pass has refused one of our own networks.
pub(crate) fn cannot_convert(error: impl Display) -> LabError {
    fault("The network cannot be converted", error)
}

/// A network that does something else than to classify photos.
pub(crate) fn unsupported(message: String) -> LabError {
    let remedy = "Choose a model that takes one photo and gives a number for each class.";
    LabError::new(ErrorKind::BadInput, message, remedy)
}

fn fault(what: &str, error: impl Display) -> LabError {
    LabError::new(ErrorKind::Internal, format!("{what}: {error}."), REMEDY)
}
