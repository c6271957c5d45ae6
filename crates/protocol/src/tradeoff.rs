//! Cell `tradeoff`: what it asks and what it answers.

use serde::{Deserialize, Serialize};

/// What the reader has chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TradeoffRequest {
    /// How often everything that depends on chance is done, 1 to 10: which digits calibrate, and in which order training
    /// shows them.
    pub seeds: u32,
    /// Epochs of quantization-aware training, 1 to 20.
    pub epochs: u32,
}

/// The reader's digit network in seven forms: accuracy against compression.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TradeoffReport {
    /// Digits that all were tested with.
    pub test: u32,
    /// As asked for.
    pub epochs: u32,
    /// float32 first.
    pub forms: Vec<TradeoffForm>,
    /// Seconds that training took, all runs together.
    pub training_seconds: f64,
}

/// A form of the network.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TradeoffForm {
    /// Which one.
    pub kind: TradeoffKind,
    /// The length of its `.tflite` file.
    pub file_bytes: u64,
    /// Digits of the test set that it reads rightly, seed by seed; a single one where nothing depends on chance.
    pub correct: Vec<u32>,
}

/// The seven forms.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TradeoffKind {
    /// As trained.
    Float32,
    /// Weights as float16.
    Float16,
    /// int8 weights.
    DynamicRange,
    /// int8 weights and activations.
    FullInteger,
    /// The same after quantization-aware training.
    FullIntegerQat,
    /// Weights of 4 bits, float32 activations.
    Int4,
    /// The same after quantization-aware training.
    Int4Qat,
}
