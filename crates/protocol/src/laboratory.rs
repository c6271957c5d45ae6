//! The quantization laboratory: what its cells ask and what they answer.

use serde::{Deserialize, Serialize};

use crate::LayerKind;

/// Where weights come from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "from", rename_all = "snake_case")]
pub enum WeightSource {
    /// NumPy's random numbers.
    Drawn {
        /// How they are distributed.
        distribution: Distribution,
        /// How many: 1 to 1,000,000.
        count: u32,
        /// Their standard deviation (of the bulk, where there are outliers); positive.
        sigma: f64,
        /// `numpy.random.seed`.
        seed: u32,
    },
    /// What the reader has typed or pasted: numbers between spaces, commas, semicolons or line breaks.
    Pasted {
        /// The text.
        text: String,
    },
    /// A layer of the network that `baseline` has loaded.
    Layer {
        /// Its name.
        name: String,
    },
}

/// How drawn weights are distributed. All have mean 0 and the given standard deviation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Distribution {
    /// `sigma · randn`.
    Normal,
    /// `laplace(0, sigma / √2)`.
    Laplace,
    /// `uniform(−√3 · sigma, √3 · sigma)`.
    Uniform,
    /// Two normal humps around ±0.9 sigma.
    Bimodal,
    /// `sigma · randn`, and every 100th value ten times as large.
    Outliers,
}

/// How to quantize.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Scheme {
    /// 2 to 16.
    pub bits: u32,
    /// Zero point in the middle of the integers.
    pub symmetric: bool,
    /// Integers below zero.
    pub signed: bool,
    /// Leave the smallest integer out.
    pub narrow: bool,
    /// Which weights share a scale.
    pub granularity: Granularity,
    /// What to do between two integers.
    pub rounding: RoundingMode,
    /// What decides on the range.
    pub observer: ObserverName,
}

/// Which weights share a scale.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "per", rename_all = "snake_case")]
pub enum Granularity {
    /// All.
    Tensor,
    /// Those with the same index on an axis.
    Channel {
        /// The axis, from 0.
        axis: u32,
    },
    /// So many in a row.
    Block {
        /// How many.
        size: u32,
    },
}

/// What to do between two integers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "mode", rename_all = "snake_case")]
pub enum RoundingMode {
    /// NumPy, PyTorch.
    HalfToEven,
    /// TFLite.
    HalfAwayFromZero,
    /// Up as often as the fraction says.
    Stochastic {
        /// Seed of the random numbers.
        seed: u32,
    },
}

/// What decides on the range that is quantized.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ObserverName {
    /// From the smallest to the largest value.
    MinMax,
    /// The moving average (by a tenth) of the ranges of ten parts.
    MovingAverage,
    /// Leaves out the largest 0.01 %.
    Percentile,
    /// The range with the smallest squared error.
    Mse,
    /// TensorRT's: the range that loses least information.
    Entropy,
    /// PyTorch's histogram observer.
    Histogram,
}

impl ObserverName {
    /// All, in the order in which the page offers them.
    pub const ALL: [Self; 6] = [
        Self::MinMax,
        Self::MovingAverage,
        Self::Percentile,
        Self::Mse,
        Self::Entropy,
        Self::Histogram,
    ];

    /// The name as it is written in parameters and reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::MinMax => "min_max",
            Self::MovingAverage => "moving_average",
            Self::Percentile => "percentile",
            Self::Mse => "mse",
            Self::Entropy => "entropy",
            Self::Histogram => "histogram",
        }
    }
}

/// How many values fall into each of some bins of equal width.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Histogram {
    /// Left end of the first bin.
    pub lo: f64,
    /// Right end of the last bin.
    pub hi: f64,
    /// One figure a bin.
    pub counts: Vec<u64>,
}

/// The statistics of some weights.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Statistics {
    /// How many.
    pub count: u64,
    /// Mean.
    pub mean: f64,
    /// Standard deviation (of the whole, not of a sample).
    pub std: f64,
    /// Smallest.
    pub min: f64,
    /// Largest.
    pub max: f64,
}

/// What `simulate` found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SimulateReport {
    /// What was quantized, for people.
    pub title: String,
    /// The weights' shape; one axis where they were drawn or pasted.
    pub shape: Vec<usize>,
    /// The weights before.
    pub statistics: Statistics,
    /// How they were quantized.
    pub scheme: Scheme,
    /// Smallest integer.
    pub qmin: i32,
    /// Largest integer.
    pub qmax: i32,
    /// One for each group of weights that share a scale; the first 64.
    pub groups: Vec<GroupParams>,
    /// How many groups there are.
    pub group_count: u64,
    /// Smallest scale.
    pub scale_min: f64,
    /// Largest scale.
    pub scale_max: f64,
    /// Weights outside of what their group's integers stand for, by more than half a step.
    pub clipped: u64,
    /// Different integers that occur.
    pub levels_used: u64,
    /// Integers that there are.
    pub levels: u64,
    /// What was lost.
    pub error: LossFigures,
    /// Half of the largest scale: what rounding alone can lose.
    pub bound: f64,
    /// Bytes of the weights in float32.
    pub float_bytes: u64,
    /// Bytes of the integers, packed.
    pub integer_bytes: u64,
    /// Bytes of scales and zero points, four each.
    pub parameter_bytes: u64,
    /// The weights before.
    pub histogram: Histogram,
    /// The integers.
    pub integers: Histogram,
    /// The errors `ŵ − w`.
    pub errors: Histogram,
    /// Pairs (w, ŵ): every weight, or 2,000 of them, spread evenly.
    pub points: Vec<[f32; 2]>,
    /// The same weights in other formats.
    pub formats: Vec<FormatRow>,
    /// How many weights the formats were compared on: all, or the first 100,000.
    pub formats_count: u64,
    /// Milliseconds to quantize, dequantize and measure.
    pub compute_ms: f64,
    /// Milliseconds for all of this report.
    pub worker_ms: f64,
}

/// Scale and zero point of a group.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct GroupParams {
    /// The distance between two steps.
    pub scale: f64,
    /// The integer that stands for 0.
    pub zero_point: i32,
    /// The real that the smallest integer stands for.
    pub real_min: f64,
    /// The real that the largest integer stands for.
    pub real_max: f64,
    /// The smallest weight of the group.
    pub min: f64,
    /// The largest weight of the group.
    pub max: f64,
}

/// How far an approximation lies from what it stands for.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct LossFigures {
    /// Largest |w − ŵ|.
    pub max_abs: f64,
    /// Mean |w − ŵ|.
    pub mean_abs: f64,
    /// Mean (w − ŵ)².
    pub mse: f64,
    /// Signal to quantization noise in dB; null where nothing was lost or nothing was there.
    pub sqnr_db: Option<f64>,
    /// Cosine of the angle between both; null where one of them is zero.
    pub cosine: Option<f64>,
}

/// The same weights in another format.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FormatRow {
    /// Its name.
    pub name: String,
    /// Bytes, scales included.
    pub bytes: u64,
    /// Bits for each weight, scales included.
    pub bits: f64,
    /// What was lost.
    pub error: LossFigures,
}

/// The weights that `explorer` plays with. Attachment: `weights`, float32, little-endian.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ExplorerReport {
    /// What they are, for people.
    pub title: String,
    /// How many there are in all.
    pub total: u64,
    /// Those that the page has: all, or 100,000 spread evenly.
    pub statistics: Statistics,
}

/// Which weights `weights` looks at.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "of", rename_all = "snake_case")]
pub enum WeightsOf {
    /// Three synthetic layers, drawn as LAB03 draws them.
    Lab03,
    /// One layer of the network that `baseline` has loaded.
    Layer {
        /// Its name.
        name: String,
    },
    /// All layers of that network.
    All,
}

/// How weights are distributed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WeightsReport {
    /// What they are, for people.
    pub title: String,
    /// Of all together.
    pub statistics: Statistics,
    /// The 1st, 25th, 50th, 75th and 99th percentile.
    pub percentiles: [f64; 5],
    /// Share within ±0.1, from 0 to 1.
    pub within_0_1: f64,
    /// Share within ±0.5, from 0 to 1.
    pub within_0_5: f64,
    /// All together; clipped to the 0.1st and 99.9th percentile where `is_cut`.
    pub histogram: Histogram,
    /// Values outside of the histogram.
    pub outside: u64,
    /// (value, share of the weights that are not larger).
    pub cumulative: Vec<[f64; 2]>,
    /// How often each of the 255 integers occurs, per tensor: from −127 to 127.
    pub occupancy_per_tensor: Vec<u64>,
    /// How often each of the 255 integers occurs, per channel: from −127 to 127.
    pub occupancy_per_channel: Vec<u64>,
    /// In network order.
    pub layers: Vec<LayerWeights>,
}

/// One layer's weights.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LayerWeights {
    /// Its name.
    pub name: String,
    /// What it does; null for a synthetic one.
    pub kind: Option<LayerKind>,
    /// Of this layer.
    pub statistics: Statistics,
    /// Output channels; 1 for a synthetic one.
    pub channels: u32,
    /// Density over the bins of the report's histogram: share of the layer's weights a unit of weight.
    pub density: Vec<f64>,
    /// Integers of 255 that occur with one scale.
    pub levels_per_tensor: u64,
    /// Integers of 255 that occur in a channel with a scale of its own; mean over the channels.
    pub levels_per_channel: f64,
    /// How much of the tensor's range a channel spans: mean of max |w| of the channel over max |w| of all.
    pub range_used: f64,
    /// Signal to quantization noise with one scale, in dB; null where nothing was lost.
    pub sqnr_per_tensor: Option<f64>,
    /// Signal to quantization noise with a scale for each channel, in dB; null where nothing was lost.
    pub sqnr_per_channel: Option<f64>,
}

/// The size of a network by two ways of counting.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SizesReport {
    /// The network's name, for people.
    pub title: String,
    /// Layer by layer.
    pub rows: Vec<SizeRow>,
    /// Parameters by what is written down.
    pub declared: u64,
    /// Parameters by shape inference.
    pub inferred: u64,
    /// How many of these are biases, which int8 models keep in four bytes.
    pub biases: u64,
    /// Input and output of a layer together, in values, where they are largest: what an arena must hold at least.
    pub peak_activation: u64,
}

/// A layer counted twice.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SizeRow {
    /// The line as it was written.
    pub line: String,
    /// Height, width, channels after it (one figure after `flatten`).
    pub output: Vec<u64>,
    /// Parameters from the figures in the line.
    pub declared: u64,
    /// Parameters from the shape that arrives.
    pub inferred: u64,
    /// Why both differ; empty where they agree.
    pub why: String,
}

/// What has been measured of the ways to quantize a network.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ReferenceReport {
    /// The network that was measured; null before `baseline`.
    pub model_title: Option<String>,
    /// One row a type.
    pub types: Vec<TypeRow>,
}

/// One way to quantize a network.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TypeRow {
    /// TFLite's name.
    pub name: String,
    /// What weights become.
    pub weights: String,
    /// What activations become.
    pub activations: String,
    /// What it needs besides the model.
    pub needs: String,
    /// The file's bytes, where measured.
    pub bytes: Option<u64>,
    /// Median milliseconds for a photo, where measured.
    pub latency_ms: Option<f64>,
    /// (photos whose top class changed, photos), where measured.
    pub flips: Option<[u32; 2]>,
}
