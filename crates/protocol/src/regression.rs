//! Cell `regression`: what it asks and what it answers.

use serde::{Deserialize, Serialize};

use crate::SavedFile;

/// What the reader has chosen.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct RegressionRequest {
    /// What the neuron learns from.
    pub points: LinePoints,
    /// Draws the weight and the bias to start from, and the points where they are drawn.
    pub seed: u32,
    /// How often all points are gone through.
    pub epochs: u32,
    /// What the gradient is multiplied by.
    pub learning_rate: f64,
    /// What the converter sees.
    pub representative: Representative,
    /// The temperature to follow through the integers, in °C.
    pub celsius: f64,
}

/// Temperatures in °C and what they are in °F.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "from", rename_all = "snake_case")]
pub enum LinePoints {
    /// The seven whole pairs that TensorFlow's course begins with; three of them are rounded.
    Classic,
    /// Drawn evenly from −40 to 40 °C.
    Drawn {
        /// How many.
        count: u32,
        /// Standard deviation of what is added to °F, as a poor thermometer would.
        noise: f64,
    },
}

/// The temperatures that decide on the ranges.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Representative {
    /// Those that it has learned from.
    Training,
    /// Every degree from −100 to 100 °C.
    Wide,
}

/// A neuron that has learned a line, in float32 and in int8.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RegressionReport {
    /// What it has learned from: °C, °F.
    pub points: Vec<[f32; 2]>,
    /// Epochs done.
    pub epochs: u32,
    /// What the gradient was multiplied by.
    pub learning_rate: f64,
    /// From here on, descent on these points diverges.
    pub largest_rate: f64,
    /// Weight and bias before the first epoch.
    pub start: [f32; 2],
    /// Some epochs of all: the first, the last, and evenly many in each tenfold between.
    pub history: Vec<Epoch>,
    /// What it has learned, °F for a °C.
    pub weight: f32,
    /// What it has learned, °F.
    pub bias: f32,
    /// The temperatures that decided on the ranges, how many and between which.
    pub representative: u32,
    /// From the coldest to the warmest of them.
    pub seen: [f32; 2],
    /// Scale and zero point of °C.
    pub input: LineScale,
    /// Scale and zero point of °F.
    pub output: LineScale,
    /// Scale of the weight; its zero point is 0.
    pub weight_scale: f32,
    /// The weight’s integer.
    pub weight_integer: i32,
    /// Scale of the bias, that of the input times that of the weight; its zero point is 0.
    pub bias_scale: f32,
    /// The bias’s integer.
    pub bias_integer: i32,
    /// The reader’s temperature on its way.
    pub steps: LineSteps,
    /// Of the 256 integers that can come in, those for which the engine puts out the integer that the fixed-point
    /// multiplication gives.
    pub same_of_256: u32,
    /// °C, and the °F that the float32 network and the int8 network answer, over more than the range.
    pub answers: Vec<[f32; 3]>,
    /// The largest error of the int8 network beside float32 on the temperatures within the range, in °F.
    pub largest_error: f64,
    /// Both files, float32 first.
    pub files: Vec<SavedFile>,
}

/// Where training stood.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Epoch {
    /// Epochs done.
    pub epoch: u32,
    /// The mean squared error over the points, in °F².
    pub loss: f64,
    /// °F for a °C.
    pub weight: f32,
    /// °F.
    pub bias: f32,
}

/// What the int8 integers of an activation stand for.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct LineScale {
    /// Degrees a step.
    pub scale: f32,
    /// The integer for 0 degrees.
    pub zero_point: i32,
    /// What −128 and 127 stand for.
    pub range: [f32; 2],
}

/// One temperature through the integers, step by step.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct LineSteps {
    /// What was put in, °C.
    pub celsius: f32,
    /// In steps of the input’s scale, not rounded.
    pub input_steps: f32,
    /// Rounded, halves to the even integer, with the zero point, and within int8: what goes in.
    pub input: i32,
    /// Whether it lay beyond the integers.
    pub is_clipped: bool,
    /// What the integer stands for, °C.
    pub input_real: f32,
    /// The integer without its zero point.
    pub centered: i32,
    /// That times the weight’s integer.
    pub product: i32,
    /// And the bias’s integer added.
    pub accumulator: i32,
    /// What the accumulator stands for, °F.
    pub accumulator_real: f64,
    /// What brings the accumulator to steps of the output: s_in · s_w / s_out.
    pub ratio: f64,
    /// The same as a whole number of 31 bits …
    pub multiplier: i32,
    /// … and a power of two: `multiplier · 2^(shift − 31)`.
    pub shift: i32,
    /// The accumulator times that, rounded.
    pub scaled: i32,
    /// With the output’s zero point.
    pub shifted: i32,
    /// Within int8: what comes out.
    pub output: i32,
    /// What the engine has put out.
    pub engine: i32,
    /// What that stands for, °F.
    pub fahrenheit: f32,
    /// The float32 network’s answer, °F.
    pub float32: f32,
    /// °C · 1.8 + 32.
    pub exact: f64,
}
