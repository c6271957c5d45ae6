//! Cell `pytorch`: what it asks and what it answers.

use serde::{Deserialize, Serialize};

use crate::{KernelsUsed, SavedFile};

/// What the reader has chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PytorchRequest {
    /// Draws the weights and batch-norm statistics.
    pub seed: u32,
    /// Height and width of the input: 56, 112 or 224.
    pub size: u32,
    /// Images that observers see, 1 to 64.
    pub samples: u32,
    /// What the model that is shown and saved is calibrated with; the other is measured as well.
    pub calibrate_with: EagerImages,
}

/// What flows through the prepared model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EagerImages {
    /// The reader’s photos and crops of them.
    Photos,
    /// Normally distributed numbers: `torch.randn`.
    Noise,
}

impl EagerImages {
    /// All, in the order in which the page offers them.
    pub const ALL: [Self; 2] = [Self::Photos, Self::Noise];
}

/// Eager-mode static quantization of ResNet-18, step by step.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PytorchReport {
    /// What the weights were drawn from.
    pub seed: u32,
    /// Height and width of the input.
    pub size: u32,
    /// Images that each calibration has seen.
    pub samples: u32,
    /// The photos among the images.
    pub photos: u32,
    /// Crops that no calibration has seen, on which everything is measured.
    pub tested: u32,
    /// What the model that is shown was calibrated with.
    pub calibrate_with: EagerImages,
    /// What ran the networks.
    pub kernels: KernelsUsed,
    /// Weights and biases after fusing.
    pub parameters: u64,
    /// The length of the float32 file, after fusing.
    pub float32_bytes: u64,
    /// The length of the int8 file.
    pub int8_bytes: u64,
    /// The module tree after each step, in order.
    pub trees: Vec<ModuleTree>,
    /// What each observer has settled on, in network order.
    pub observers: Vec<EagerObserver>,
    /// What is left of the logits, for each kind of calibration.
    pub outcomes: Vec<EagerOutcome>,
    /// The int8 model.
    pub file: SavedFile,
}

/// A step of eager-mode quantization.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EagerStep {
    /// The model as it is built.
    Float,
    /// Convolution, batch normalization and ReLU in one.
    Fused,
    /// With observers.
    Prepared,
    /// In integers.
    Converted,
}

/// A model as `print` shows it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ModuleTree {
    /// After which step.
    pub step: EagerStep,
    /// The text.
    pub text: String,
}

/// An observer after calibration.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EagerObserver {
    /// The module behind which it stands.
    pub module: String,
    /// The smallest value to represent.
    pub low: f32,
    /// The largest.
    pub high: f32,
    /// The distance of two steps.
    pub scale: f32,
    /// The integer for 0, of unsigned bytes.
    pub zero_point: i32,
}

/// How near the model in integers is to float32.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct EagerOutcome {
    /// What it was calibrated with.
    pub calibrated_with: EagerImages,
    /// Signal to noise of the logits over all tested images, in dB; null where nothing is lost.
    pub sqnr_db: Option<f64>,
    /// Tested images whose largest logit is that of float32.
    pub agreements: u32,
}
