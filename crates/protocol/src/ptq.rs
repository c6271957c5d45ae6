//! Cell `ptq`: what it asks and what it answers.

use serde::{Deserialize, Serialize};

use crate::{FileKind, KernelsUsed, Latency, SavedFile};

/// What the reader has chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PtqRequest {
    /// Digits of the validation set that the full-integer network is calibrated with, 1 to 500.
    pub samples: u32,
    /// How often each number of samples is tried with digits drawn anew, 1 to 20.
    pub seeds: u32,
}

/// The reader's digit network in the four forms that converters make.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PtqReport {
    /// Digits that all forms were tested with.
    pub test: u32,
    /// Digits that the full-integer network was calibrated with.
    pub samples: u32,
    /// Inferences that are timed together as one run, since one alone is too short for a browser's clock.
    pub inferences: u32,
    /// What ran the networks.
    pub kernels: KernelsUsed,
    /// float32, float16, dynamic range, full integer.
    pub forms: Vec<DigitForm>,
    /// The full-integer network again, calibrated with few digits and with many.
    pub calibrations: Vec<DigitCalibration>,
}

/// The digit network in one form.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DigitForm {
    /// Which one.
    pub kind: FileKind,
    /// Its `.tflite` file.
    pub file: SavedFile,
    /// Memory that its tensors need while it runs.
    pub arena_bytes: u64,
    /// Digits of the test set that it reads rightly.
    pub correct: u32,
    /// The 95 % interval of its accuracy, 0 to 1 (Wilson 1927).
    pub interval: [f64; 2],
    /// Digits of the test set of which it says the same as float32, right or not.
    pub same: u32,
    /// Milliseconds an inference.
    pub latency: Latency,
}

/// A number of samples, tried several times.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DigitCalibration {
    /// How many digits.
    pub samples: u32,
    /// Digits of the test set that the calibrated network reads rightly, draw by draw.
    pub correct: Vec<u32>,
}
