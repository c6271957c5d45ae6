//! The words that the cells about integer networks share.

use serde::{Deserialize, Serialize};

/// What shares a scale among a layer's weights.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WeightScales {
    /// Each output channel has one of its own.
    #[default]
    PerChannel,
    /// One for all.
    PerTensor,
}

/// The type of a network's input and output.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EdgeType {
    /// As inside.
    #[default]
    Int8,
    /// As cameras give it.
    Uint8,
    /// Converted by the network itself.
    Float32,
}

/// Which kernels run a network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KernelName {
    /// Plain loops, one number at a time.
    Reference,
    /// The vectors’ kernels outside of a browser: with AVX2, or without vectors.
    Portable,
    /// WebAssembly's 128-bit SIMD.
    Simd128,
    /// Relaxed SIMD with its dot product of bytes.
    RelaxedSimd,
}

impl KernelName {
    /// All, slowest first.
    pub const ALL: [Self; 4] = [
        Self::Reference,
        Self::Portable,
        Self::Simd128,
        Self::RelaxedSimd,
    ];

    /// The name as it is written in parameters and reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Reference => "reference",
            Self::Portable => "portable",
            Self::Simd128 => "simd128",
            Self::RelaxedSimd => "relaxed_simd",
        }
    }
}

/// The kernels that an engine ran on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KernelsUsed {
    /// Which.
    pub name: KernelName,
    /// What a probe has found this processor's relaxed dot product to do; none where it is not used.
    pub dot: Option<String>,
}

/// Many runs' times in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Latency {
    /// How many runs were timed.
    pub runs: u32,
    /// How many ran before, uncounted.
    pub warm_ups: u32,
    /// Their mean.
    pub mean_ms: f64,
    /// Their standard deviation (of a sample: divided by n − 1); 0 of a single run.
    pub std_ms: f64,
    /// The shortest.
    pub min_ms: f64,
    /// A quarter took no longer.
    pub q1_ms: f64,
    /// Half took no longer.
    pub median_ms: f64,
    /// Three quarters took no longer.
    pub q3_ms: f64,
    /// The longest.
    pub max_ms: f64,
}

/// A tensor as an interpreter describes it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TensorDetails {
    /// Its name in the file.
    pub name: String,
    /// Its number in the file.
    pub index: u32,
    /// Row-major.
    pub shape: Vec<usize>,
    /// NumPy's name of its type.
    pub dtype: String,
    /// None where it is not quantized, one, or one a channel.
    pub scales: Vec<f32>,
    /// As many.
    pub zero_points: Vec<i32>,
    /// The axis of the channels.
    pub axis: u32,
}

/// A file that the reader can save, which is then the one attachment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SavedFile {
    /// The name to save it under; also what to ask for.
    pub file_name: String,
    /// The length of the bytes.
    pub bytes: u64,
}
