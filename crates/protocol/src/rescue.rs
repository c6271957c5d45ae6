//! Cell `rescue`: what it asks and what it answers.

use serde::{Deserialize, Serialize};

use crate::ModelName;

/// What can be done to a network before its numbers become int8. A ladder adds them in this order; correction comes last
/// in fact, since it needs to know how weights were rounded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Repair {
    /// Cross-layer equalization, with idle ReLU6 replaced before.
    Equalize,
    /// High-bias absorption.
    Absorb,
    /// Bias correction.
    Correct,
    /// AdaRound: which way each weight is rounded is learned on the photos and crops of them.
    Round,
}

impl Repair {
    /// All, in the order in which they are done.
    pub const ALL: [Self; 4] = [Self::Equalize, Self::Absorb, Self::Correct, Self::Round];
}

/// What shares a scale, which repairs come first, and what the numbers become.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RungForm {
    /// Whether each output channel has a scale of its own.
    pub per_channel: bool,
    /// In the order of [`Repair::ALL`], each at most once.
    pub repairs: Vec<Repair>,
    /// None: int8 weights and activations. Otherwise weights of 2, 4 or 8 bits, layer by layer, that take at most so many
    /// percent of the bytes that 8 bits would, and float32 activations.
    pub budget_percent: Option<u32>,
}

/// What the reader has chosen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RescueRequest {
    /// The rungs above float32, from the bottom up.
    pub rungs: Vec<RungForm>,
    /// Crops of the photos to test with, besides the photos.
    pub crops: u32,
    /// The layer whose channels are shown; empty: the depthwise layer whose channels differ most.
    pub layer: String,
}

/// The ladder.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RescueReport {
    /// Which model.
    pub model: ModelName,
    /// Photos that it was tested with.
    pub photos: u32,
    /// Crops of them.
    pub crops: u32,
    /// The length of the float32 file.
    pub float32_bytes: u64,
    /// The median time of a run in float32, in milliseconds.
    pub float32_ms: f64,
    /// From the bottom up.
    pub rungs: Vec<Rung>,
    /// A layer before and after equalization.
    pub channels: LayerChannels,
}

/// A rung of the ladder.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Rung {
    /// What it is.
    pub form: RungForm,
    /// What each pass did or could not do, in the order of the repairs.
    pub steps: Vec<RepairStep>,
    /// Milliseconds to repair, quantize and write the file.
    pub made_ms: f64,
    /// What it is worth; none where it could not be made, for which the last step says why.
    pub measured: Option<Measured>,
}

/// What a pass did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RepairStep {
    /// In a sentence.
    pub summary: String,
    /// Layer by layer, a line each.
    pub record: String,
}

/// A network held against the float32 one over the same images.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Measured {
    /// Photos with the same likeliest class.
    pub same_photos: u32,
    /// Crops with the same likeliest class.
    pub same_crops: u32,
    /// The mean of |float32 confidence − own confidence|, each in its own top class.
    pub mean_abs_drift: f64,
    /// Signal to noise of the numbers before softmax, over all images; none where they are the same.
    pub sqnr_db: Option<f64>,
    /// The length of the file.
    pub file_bytes: u64,
    /// The median time of a run, in milliseconds.
    pub run_ms: f64,
}

/// The channels of a layer, as weights.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LayerChannels {
    /// The layer.
    pub layer: String,
    /// Whether the reader left the choice to the lab.
    pub is_widest: bool,
    /// As it was trained.
    pub before: ChannelRanges,
    /// Behind equalization; none where it leaves the layer alone.
    pub after: Option<ChannelRanges>,
    /// Why it leaves the layer alone; empty where it does not.
    pub why_not: String,
}

/// The range of each output channel's weights.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ChannelRanges {
    /// The smallest and the largest weight of each.
    pub ranges: Vec<[f32; 2]>,
    /// The largest magnitude of all: the end of a scale that all share.
    pub largest: f32,
    /// How much of it a channel uses, as a mean over the channels.
    pub range_used: f64,
}
