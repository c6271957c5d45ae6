//! What a `.tflite` file is made of, and where it runs.

use serde::{Deserialize, Serialize};

use crate::TensorDetails;

/// What a `.tflite` file stores and computes with, in the converter's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FileKind {
    /// float32 throughout.
    Float32,
    /// Weights stored as float16, computed with as float32.
    Float16,
    /// int8 weights, float32 activations.
    DynamicRange,
    /// 8-bit weights and activations.
    FullInteger,
    /// Some operators work with integers, others with float32.
    Mixed,
}

impl FileKind {
    /// The name as it is written in reports and file names.
    pub fn name(self) -> &'static str {
        match self {
            Self::Float32 => "float32",
            Self::Float16 => "float16",
            Self::DynamicRange => "dynamic_range",
            Self::FullInteger => "full_integer",
            Self::Mixed => "mixed",
        }
    }
}

/// How many operators of one kind and version there are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OperatorCount {
    /// TFLite's name.
    pub name: String,
    /// The version that the file asks for.
    pub version: i32,
    /// How many.
    pub count: u32,
}

/// The tensors of one type.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TypeCount {
    /// NumPy's name of the type.
    pub dtype: String,
    /// Tensors whose numbers are in the file.
    pub constants: u32,
    /// The bytes of those numbers.
    pub constant_bytes: u64,
    /// Tensors that are computed or put in.
    pub activations: u32,
}

/// What a `.tflite` file is made of.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FileAnatomy {
    /// What it stores and computes with.
    pub kind: FileKind,
    /// The length of the file.
    pub bytes: u64,
    /// Weights and biases: numbers among the constants that are not shapes, axes or paddings.
    pub parameters: u64,
    /// In the order in which the file first uses them.
    pub operators: Vec<OperatorCount>,
    /// Those that occur.
    pub types: Vec<TypeCount>,
    /// What is put in.
    pub inputs: Vec<TensorDetails>,
    /// What comes out.
    pub outputs: Vec<TensorDetails>,
    /// The memory that activations share, planned.
    pub arena_bytes: u64,
    /// The operator at which most of it is needed at once, by number and name.
    pub arena_peak: String,
}

/// Something that runs networks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Hardware {
    /// LiteRT's own kernels and XNNPACK, on phones and computers.
    Cpu,
    /// TensorFlow Lite Micro.
    Microcontroller,
    /// Coral's accelerator.
    EdgeTpu,
    /// LiteRT's GPU delegates.
    Gpu,
}

/// Whether a file runs somewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// It does.
    Yes,
    /// It does, but not all of it there, or to no advantage.
    Partly,
    /// It is refused.
    No,
}

/// Whether a file runs on some hardware, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HardwareFit {
    /// Where.
    pub hardware: Hardware,
    /// Whether.
    pub verdict: Verdict,
    /// Why, in whole sentences.
    pub reason: String,
}
