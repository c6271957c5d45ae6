//! Cell `camera`: what it asks and what it answers.

use serde::{Deserialize, Serialize};

use crate::{Class, KernelsUsed, ModelName};

/// Make both networks ready for frames.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CameraRequest {}

/// Both networks are ready.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CameraReport {
    /// Which model.
    pub model: ModelName,
    /// What runs it.
    pub kernels: KernelsUsed,
    /// Images that the full-integer network was calibrated with.
    pub samples: u32,
    /// Height and width of a frame in pixels.
    pub side: u32,
    /// Milliseconds that the float32 network takes for a photo: the median of a few runs.
    pub float32_ms: f64,
    /// The same in full integer.
    pub full_integer_ms: f64,
}

/// On the side: one frame of the camera or of a video.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FrameRequest {
    /// Red, green, blue, alpha; row by row, `side · side · 4` bytes.
    #[serde(with = "serde_bytes")]
    pub bytes: Vec<u8>,
}

/// What both networks see in a frame.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FrameReport {
    /// In float32.
    pub float32: Sight,
    /// In full integer.
    pub full_integer: Sight,
}

/// What a network sees in a frame.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Sight {
    /// The likeliest classes, likeliest first.
    pub classes: Vec<Class>,
    /// Milliseconds of the run alone.
    pub run_ms: f64,
    /// The same with the frame’s numbers put in and the classes taken out.
    pub frame_ms: f64,
}
