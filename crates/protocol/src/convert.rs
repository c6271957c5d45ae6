//! Cell `convert`: what it asks and what it answers.

use serde::{Deserialize, Serialize};

use crate::{EdgeType, FileAnatomy, HardwareFit, ModelName, SavedFile, WeightScales};

/// `converter.optimizations`, a list that only ever has one use.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Optimizations {
    /// `[]`.
    #[default]
    None,
    /// `[tf.lite.Optimize.DEFAULT]`.
    Default,
    /// `[tf.lite.Optimize.OPTIMIZE_FOR_SIZE]`, deprecated.
    OptimizeForSize,
    /// `[tf.lite.Optimize.OPTIMIZE_FOR_LATENCY]`, deprecated.
    OptimizeForLatency,
}

/// `converter.target_spec.supported_ops`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SupportedOps {
    /// `[TFLITE_BUILTINS]`.
    #[default]
    Builtins,
    /// `[TFLITE_BUILTINS_INT8]`.
    BuiltinsInt8,
    /// `[TFLITE_BUILTINS_INT8, TFLITE_BUILTINS]`.
    Both,
}

/// The options of TensorFlow's converter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConvertRequest {
    /// `converter.optimizations`.
    pub optimizations: Optimizations,
    /// How many images `converter.representative_dataset` yields; without one, None.
    pub representative_dataset: Option<u32>,
    /// `converter.target_spec.supported_ops`.
    pub supported_ops: SupportedOps,
    /// Whether `converter.target_spec.supported_types` is `[tf.float16]`; else it is empty.
    pub float16: bool,
    /// `converter.inference_input_type`.
    pub inference_input_type: EdgeType,
    /// `converter.inference_output_type`.
    pub inference_output_type: EdgeType,
    /// `converter._experimental_disable_per_channel`.
    pub weight_scales: WeightScales,
}

impl Default for ConvertRequest {
    /// TensorFlow's defaults.
    fn default() -> Self {
        Self {
            optimizations: Optimizations::None,
            representative_dataset: None,
            supported_ops: SupportedOps::Builtins,
            float16: false,
            inference_input_type: EdgeType::Float32,
            inference_output_type: EdgeType::Float32,
            weight_scales: WeightScales::PerChannel,
        }
    }
}

/// The file after one more option was set.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ConvertStep {
    /// The option as Python has it; of the first step, none was set.
    pub option: String,
    /// The file that comes out with this option and all above it.
    pub file: FileAnatomy,
}

/// A photo's likeliest class, before the conversion and after it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ConvertedPhoto {
    /// The photo's title.
    pub title: String,
    /// By the float32 file.
    pub float32: String,
    /// Its probability.
    pub float32_probability: f32,
    /// By the converted file.
    pub converted: String,
    /// Its probability, as the output stands for it.
    pub converted_probability: f32,
}

/// What came of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ConvertReport {
    /// The network.
    pub model: ModelName,
    /// The equivalent lines of Python.
    pub python: String,
    /// What the converter does without being asked, or ignores.
    pub notes: Vec<String>,
    /// The file without any option, then after each that was set, in this order; the last is the result.
    pub steps: Vec<ConvertStep>,
    /// Images that the network was calibrated with.
    pub samples: u32,
    /// What calibrating took, in milliseconds.
    pub calibrate_ms: f64,
    /// What the last conversion took, in milliseconds, calibrating apart.
    pub convert_ms: f64,
    /// Where the result runs.
    pub hardware: Vec<HardwareFit>,
    /// What TensorFlow Lite Micro's bookkeeping adds to the planned arena, in bytes; an estimate from above.
    pub micro_bookkeeping: u64,
    /// What both files say of the photos.
    pub photos: Vec<ConvertedPhoto>,
    /// The `.tflite` file.
    pub file: SavedFile,
    /// The names of two files with the same as C++ source; none where TensorFlow Lite Micro refuses it.
    pub c_files: Vec<String>,
    /// What was put into the result and what came out of it, for every photo, as NumPy arrays.
    pub arrays: Vec<SavedFile>,
}
