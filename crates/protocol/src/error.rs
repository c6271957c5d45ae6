//! What went wrong, said so that the reader can act on it.

use serde::{Deserialize, Serialize};

/// The families of failure that the page treats differently.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ErrorKind {
    /// The reader pressed Cancel; not drawn as an error.
    Cancelled,
    /// A file, photo or parameter could not be used as given.
    BadInput,
    /// Something that the page should have been able to load is not there.
    Missing,
    /// The browser lacks something that the lab needs.
    Unsupported,
    /// A fault of Octet's own.
    Internal,
}

/// An error for the reader: what was wrong, and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LabError {
    /// The family.
    pub kind: ErrorKind,
    /// What was wrong, naming the thing. One sentence, ending in a full stop.
    pub message: String,
    /// What the reader can do about it. One sentence, ending in a full stop; may be empty.
    pub remedy: String,
}

impl LabError {
    /// An error of the given family.
    pub fn new(kind: ErrorKind, message: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
            remedy: remedy.into(),
        }
    }

    /// The reader pressed Cancel.
    pub fn cancelled() -> Self {
        Self::new(ErrorKind::Cancelled, "Cancelled.", "")
    }
}

impl core::fmt::Display for LabError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(&self.message)?;
        if !self.remedy.is_empty() {
            write!(f, " {}", self.remedy)?;
        }
        Ok(())
    }
}

impl std::error::Error for LabError {}
