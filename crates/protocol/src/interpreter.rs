//! Cell `interpreter`: what it asks and what it answers.

use serde::{Deserialize, Serialize};

use crate::{
    Class, EdgeType, KernelName, KernelsUsed, Latency, ModelName, ObserverName, Precision,
};

/// What the reader has chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InterpreterRequest {
    /// Which of the three models.
    pub precision: Precision,
    /// The type of the full-integer model's input and output; the others' are float32.
    pub edges: EdgeType,
    /// What becomes of the pixels before they are put in.
    pub preparation: Preparation,
    /// Whether `allocate_tensors` is called where it should be.
    pub allocates: bool,
    /// The kernels that the steps run on; none: the fastest that there are.
    pub kernels: Option<KernelName>,
    /// The photo's place in the batch, from 1.
    pub photo: u32,
    /// Timed runs of each set of kernels, 1 to 1000.
    pub runs: u32,
}

/// What becomes of the pixels, 0 to 255, before they are put in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Preparation {
    /// Normalized as in training, then quantized with the input's scale and zero point.
    #[default]
    Right,
    /// Quantized with scale and zero point, but not normalized.
    NotNormalized,
    /// Normalized, then cast: scale and zero point are forgotten.
    Cast,
    /// The photo's bytes as they are, read as whatever the input holds.
    Bytes,
}

impl Preparation {
    /// All, in the order in which the page offers them.
    pub const ALL: [Self; 4] = [Self::Right, Self::NotNormalized, Self::Cast, Self::Bytes];

    /// The name as it is written in parameters and reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Right => "right",
            Self::NotNormalized => "not_normalized",
            Self::Cast => "cast",
            Self::Bytes => "bytes",
        }
    }
}

/// An interpreter's life, step by step.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct InterpreterReport {
    /// Which model.
    pub model: ModelName,
    /// How its numbers are stored.
    pub precision: Precision,
    /// The observer and the number of images that the full-integer model was calibrated with; none for the
    /// others.
    pub calibrated_with: Option<(ObserverName, u32)>,
    /// The title of the photo that was put in.
    pub photo: String,
    /// What became of its pixels.
    pub preparation: Preparation,
    /// What was called and what came of it, in order; ends where a call failed.
    pub steps: Vec<InterpreterStep>,
    /// What each way to prepare the pixels makes of the photo.
    pub outcomes: Vec<PreparationOutcome>,
    /// The kernels that the steps ran on.
    pub used: KernelsUsed,
    /// Each set of kernels that this build has, slowest first.
    pub kernels: Vec<KernelsRow>,
    /// How many photos the outputs of the kernels were compared on.
    pub photos: u32,
}

/// A line of Python and what it prints.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct InterpreterStep {
    /// What the step is for, in a few words.
    pub title: String,
    /// The call, in Python.
    pub call: String,
    /// What it gives, as Python would print it; may be empty.
    pub printed: String,
    /// Whether the call was refused; `printed` is then the error.
    pub is_error: bool,
}

/// What one way to prepare the pixels makes of a photo.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PreparationOutcome {
    /// The way.
    pub preparation: Preparation,
    /// The smallest number that was put in.
    pub min: f32,
    /// The largest number that was put in.
    pub max: f32,
    /// How many different numbers were put in.
    pub levels: u32,
    /// The five likeliest classes, likeliest first.
    pub top5: Vec<Class>,
}

/// A set of kernels, timed and held against the reference.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct KernelsRow {
    /// Which.
    pub name: KernelName,
    /// One run over the photo.
    pub latency: Latency,
    /// Photos whose outputs have the same bytes as those of the reference kernels.
    pub equal_photos: u32,
    /// The largest difference of any two numbers put out, in units of the output (steps where it is
    /// integers).
    pub largest_difference: f64,
}
