//! Cell `troubleshoot`: what it asks and what it answers.

use serde::{Deserialize, Serialize};

/// What the reader has measured, in percent.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct TroubleshootRequest {
    /// How often the float32 network is right.
    pub before: f64,
    /// How often the quantized one is.
    pub after: f64,
}

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Loss {
    /// At most one percentage point, which careful quantization to int8 costs too.
    Usual,
    /// More than that.
    Large,
    /// Less than a tenth is left.
    Collapse,
}

impl Loss {
    /// Every one, from the smallest.
    pub const ALL: [Self; 3] = [Self::Usual, Self::Large, Self::Collapse];

    /// The name as it is written in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Usual => "usual",
            Self::Large => "large",
            Self::Collapse => "collapse",
        }
    }
}

/// The reader's drop in figures.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct TroubleshootReport {
    /// How often the float32 network is right, in percent.
    pub before: f64,
    /// How often the quantized one is, in percent.
    pub after: f64,
    /// Percentage points lost.
    pub points: f64,
    /// Of what was right before, the share that is lost.
    pub share: f64,
    /// By what errors have multiplied; none where there were none before.
    pub errors_times: Option<f64>,
    /// How bad it is.
    pub loss: Loss,
}
