//! Cell `calibrate`: what it asks and what it answers.

use serde::{Deserialize, Serialize};

use crate::{Histogram, ModelName, ObserverName};

/// What the reader has chosen.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CalibrateRequest {
    /// The layer whose output is looked at; empty: the first that does not end in a clamp.
    pub layer: String,
    /// Images to calibrate with, 1 to 500.
    pub samples: u32,
    /// The range that is assumed where nothing is calibrated reaches from minus this to this.
    pub guess: f64,
}

/// Ranges, and what comes of them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CalibrateReport {
    /// The network.
    pub model: ModelName,
    /// The layer whose output was looked at.
    pub layer: String,
    /// The shape of that output.
    pub shape: Vec<usize>,
    /// Images to calibrate with.
    pub samples: u32,
    /// Photos among which they were taken.
    pub photos: u32,
    /// Crops that no observer has seen, on which everything is measured.
    pub unseen: u32,
    /// Values of the layer's output that the figures are of, over all those crops.
    pub values: u64,
    /// What was assumed where nothing is calibrated.
    pub guess: f64,
    /// How many images had been seen when ranges were noted, rising.
    pub counts: Vec<u32>,
    /// What each observer had found by then.
    pub observed: Vec<ObservedRanges>,
    /// What comes of each way to settle on ranges.
    pub choices: Vec<RangeChoice>,
    /// What comes of min–max after some of these counts.
    pub by_samples: Vec<CountOutcome>,
    /// What comes of min–max on other images, as many of each.
    pub datasets: Vec<DatasetOutcome>,
    /// The layer's output over the unseen crops.
    pub histogram: Histogram,
    /// What running the network over the images and watching it took, in milliseconds.
    pub observe_ms: f64,
}

/// What one observer has found of the layer's output.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ObservedRanges {
    /// Which.
    pub observer: ObserverName,
    /// Low and high end after each of the counts.
    pub ranges: Vec<[f32; 2]>,
}

/// How a range is settled on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "by", rename_all = "snake_case")]
pub enum RangeFrom {
    /// Assumed, the same for all tensors.
    Guess,
    /// Six standard deviations around the means that batch normalization knows; no data.
    BatchNorm,
    /// Observed.
    Observer {
        /// Which.
        observer: ObserverName,
    },
}

/// What comes of ranges.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RangeOutcome {
    /// The least and the largest real that the layer's integers stand for.
    pub range: [f32; 2],
    /// Of the layer's output.
    pub scale: f32,
    /// Of the layer's output.
    pub zero_point: i32,
    /// The share of the layer's values that lie outside of what the integers stand for.
    pub clipped: f64,
    /// What is left of the layer's output where nothing else is quantized, in dB; None where nothing is lost.
    pub layer_db: Option<f64>,
    /// What is left of the logits of the full-integer network, in dB.
    pub logits_db: Option<f64>,
    /// Unseen crops to which the full-integer network gives float32's class.
    pub agreements: u32,
}

/// A way to settle on ranges, and what comes of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RangeChoice {
    /// Which way.
    pub from: RangeFrom,
    /// What comes of it.
    pub outcome: RangeOutcome,
}

/// What comes of so many images.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CountOutcome {
    /// How many.
    pub samples: u32,
    /// What comes of them.
    pub outcome: RangeOutcome,
}

/// Which images.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CalibrationImages {
    /// All photos and crops of them in turn.
    AllPhotos,
    /// The first photo and crops of it.
    OnePhoto,
    /// All photos and crops of them, their colours changed at random as in training.
    Augmented,
}

/// What comes of such images.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DatasetOutcome {
    /// Which.
    pub images: CalibrationImages,
    /// How many.
    pub samples: u32,
    /// What comes of them.
    pub outcome: RangeOutcome,
}
