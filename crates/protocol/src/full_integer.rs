//! Cell `full-integer`: what it asks and what it answers.

use serde::{Deserialize, Serialize};

use crate::{
    Backend, Class, KernelsUsed, Latency, ModelName, ObserverName, Precision, TensorDetails,
    WeightScales,
};

/// What the reader has chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FullIntegerRequest {
    /// What shares a scale among a layer's weights.
    pub weight_scales: WeightScales,
    /// What settles on the range of each activation.
    pub observer: ObserverName,
    /// Images to calibrate with, 1 to 256.
    pub samples: u32,
    /// Timed runs of each precision on the engine, 1 to 1000.
    pub runs: u32,
    /// Timed runs on each of Burn's backends, 0 to 20; 0 leaves them out.
    pub burn_runs: u32,
}

/// Three precisions side by side.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FullIntegerReport {
    /// Which model.
    pub model: ModelName,
    /// What shares a scale among a layer's weights.
    pub weight_scales: WeightScales,
    /// What settled on the range of each activation.
    pub observer: ObserverName,
    /// Images that it was calibrated with: the photos, then crops of them.
    pub samples: u32,
    /// The photos that these were made of, and that the rows were tested on.
    pub photos: u32,
    /// Activations whose range was observed.
    pub observed: u32,
    /// Milliseconds of calibration; 0 where an earlier run's was used again.
    pub calibrate_ms: f64,
    /// Milliseconds to quantize and to write the three files.
    pub convert_ms: f64,
    /// What ran the engine's rows.
    pub kernels: KernelsUsed,
    /// The full-integer model's input.
    pub input: TensorDetails,
    /// The full-integer model's output.
    pub output: TensorDetails,
    /// float32, dynamic_range and full_integer on the engine, then Burn's backends.
    pub rows: Vec<FullIntegerRow>,
    /// In batch order.
    pub predictions: Vec<FullIntegerPhoto>,
    /// Where the time of one run on the engine goes, the longest in float32 first.
    pub operators: Vec<OperatorTimes>,
}

/// The time of all operators of a kind together, in one run; medians of a few runs, in milliseconds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OperatorTimes {
    /// TFLite's name.
    pub operator: String,
    /// In float32.
    pub float32_ms: f64,
    /// With int8 weights.
    pub dynamic_range_ms: f64,
    /// In integers.
    pub full_integer_ms: f64,
}

/// One of the contenders.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FullIntegerRow {
    /// How its numbers are stored.
    pub precision: Precision,
    /// Burn's backend that ran it; none: the engine.
    pub backend: Option<Backend>,
    /// The length of the file: `.tflite` on the engine, `.safetensors` on Burn.
    pub file_bytes: u64,
    /// The block of memory for everything that is computed; none where that is not planned.
    pub arena_bytes: Option<u64>,
    /// Photos whose likeliest class is that of float32 on the engine.
    pub agreements: u32,
    /// The mean over the photos of |float32 confidence − own confidence|, each in its own top class.
    pub mean_abs_drift: f64,
    /// Mean squared difference of the probabilities from those of float32 on the engine, over all classes
    /// and photos.
    pub mse: f64,
    /// One run over one photo.
    pub latency: Latency,
}

/// What the three precisions see in a photo.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FullIntegerPhoto {
    /// The photo's id.
    pub photo: u32,
    /// The photo's title.
    pub title: String,
    /// The likeliest class in float32 on the engine.
    pub float32: Class,
    /// The likeliest class with int8 weights.
    pub dynamic_range: Class,
    /// The likeliest class in integers.
    pub full_integer: Class,
}
