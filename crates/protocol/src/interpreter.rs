//! Cell `interpreter`: what it asks and what it answers.

use serde::{Deserialize, Serialize};

/// What the reader has chosen.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct InterpreterRequest {}

/// What came of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct InterpreterReport {}
