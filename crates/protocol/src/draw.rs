//! Cell `draw`: what it asks and what it answers.

use serde::{Deserialize, Serialize};

use crate::{FileKind, KernelsUsed};

/// Make the forms of the reader's digit network ready for drawings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DrawRequest {
    /// Digits of the validation set that the full-integer network is calibrated with, 1 to 500.
    pub samples: u32,
}

/// They are ready.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DrawReport {
    /// Those that read what is drawn, float32 first.
    pub forms: Vec<FileKind>,
    /// Digits that the full-integer network was calibrated with.
    pub samples: u32,
    /// Digits in the test set, which can be looked at as well.
    pub test: u32,
    /// What runs them.
    pub kernels: KernelsUsed,
}

/// On the side: something to read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DrawnRequest {
    /// A digit of the test set, in place of a drawing.
    pub test: Option<u32>,
    /// The drawing: rows of a square, 0 (paper) to 255 (ink).
    #[serde(with = "serde_bytes")]
    pub bytes: Vec<u8>,
}

/// What each form reads.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DrawnReport {
    /// What the digit of the test set stands for; none of a drawing.
    pub label: Option<u32>,
    /// What the networks see: 28 × 28, row by row, 0 (paper) to 255 (ink).
    #[serde(with = "serde_bytes")]
    pub pixels: Vec<u8>,
    /// In the order of [`DrawReport::forms`].
    pub answers: Vec<DigitAnswer>,
    /// What the first layer makes of it, in float32 and in integers; none of an empty drawing.
    pub maps: Option<DigitMaps>,
}

/// What a form reads.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DigitAnswer {
    /// Which form.
    pub kind: FileKind,
    /// Of each digit from 0 to 9.
    pub probabilities: Vec<f32>,
}

/// The activations behind the first layer and its pool.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DigitMaps {
    /// Height and width of a map.
    pub side: u32,
    /// How many there are.
    pub channels: u32,
    /// Row by row, channels last.
    pub float32: Vec<f32>,
    /// What the integers of the full-integer network stand for.
    pub full_integer: Vec<f32>,
    /// Signal to noise between both, in dB; none where they are the same.
    pub sqnr_db: Option<f64>,
}
