//! Cell `sensitivity`: what it asks and what it answers.

use serde::{Deserialize, Serialize};

use crate::{Distance, KernelsUsed, LayerKind, ModelName, WeightScales};

/// What the reader has chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SensitivityRequest {
    /// Bits of a weight, 2 to 8.
    pub bits: u32,
    /// What shares a scale among a layer's weights.
    pub weight_scales: WeightScales,
    /// What of a layer is quantized.
    pub quantized: LayerPart,
    /// Random crops of the photos to measure on besides the photos, 0 to 128.
    pub crops: u32,
}

/// What of a layer is quantized.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LayerPart {
    /// Its weights.
    #[default]
    Weights,
    /// Its weights, and what it puts out to 8 bits.
    WeightsAndOutput,
}

/// One layer quantized at a time, against float32.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SensitivityReport {
    /// Which model.
    pub model: ModelName,
    /// Bits of a weight.
    pub bits: u32,
    /// What shared a scale among a layer's weights.
    pub weight_scales: WeightScales,
    /// What of a layer was quantized.
    pub quantized: LayerPart,
    /// The photos that it was measured on.
    pub photos: u32,
    /// The crops of them that it was measured on as well.
    pub crops: u32,
    /// What ran the networks.
    pub kernels: KernelsUsed,
    /// In network order.
    pub layers: Vec<LayerSensitivity>,
    /// With all layers quantized at once.
    pub together: Distance,
}

/// How far the network is from float32 with one layer quantized.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LayerSensitivity {
    /// The layer's name.
    pub name: String,
    /// What it is.
    pub kind: LayerKind,
    /// How many weights it has.
    pub weights: u64,
    /// How far the network is from float32.
    pub distance: Distance,
}
