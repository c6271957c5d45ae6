//! Cell `sweep`: what it asks and what it answers.

use serde::{Deserialize, Serialize};

use crate::{KernelsUsed, ModelName, WeightScales};

/// What the reader has chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SweepRequest {
    /// Random crops of the photos to measure on besides the photos, 0 to 128.
    pub crops: u32,
}

/// Weights at 2 to 8 bits, each with one scale a channel and one a tensor, against float32.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SweepReport {
    /// Which model.
    pub model: ModelName,
    /// The photos that it was measured on.
    pub photos: u32,
    /// The crops of them that it was measured on as well.
    pub crops: u32,
    /// What ran the networks.
    pub kernels: KernelsUsed,
    /// The mean over the images of float32’s confidence in its likeliest class, 0 to 1.
    pub float32_confidence: f64,
    /// The length of the float32 file.
    pub float32_bytes: u64,
    /// Per channel from 8 bits down, then per tensor.
    pub points: Vec<SweepPoint>,
}

/// One form of the weights.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct SweepPoint {
    /// Bits of a weight.
    pub bits: u32,
    /// What shares a scale.
    pub weight_scales: WeightScales,
    /// The length of the file with the weights packed.
    pub file_bytes: u64,
    /// How far it is from float32.
    pub distance: Distance,
}

/// How far a network is from float32, over some images.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Distance {
    /// Images whose likeliest class is that of float32.
    pub agreements: u32,
    /// The mean over the images of |float32 confidence − own confidence|, each in its own top class.
    pub mean_abs_drift: f64,
    /// Signal to quantization noise of the outputs before softmax, over all images, in dB; null where nothing
    /// is lost.
    pub sqnr_db: Option<f64>,
}
