//! What comes back: one typed report a cell. The page draws it and keeps it as JSON.

use serde::{Deserialize, Serialize};

use crate::{
    ArenaReport, Backend, CalibrateReport, CameraReport, ConvertReport, DrawReport, DrawnReport,
    ExplorerReport, FrameReport, FullIntegerReport, InspectReport, InterpreterReport, ModelName,
    Precision, PtqReport, PytorchReport, QatReport, ReferenceReport, RegressionReport,
    RescueReport, SavedFile, SensitivityReport, SimulateReport, SizesReport, SweepReport,
    TensorReport, TradeoffReport, TrainReport, TroubleshootReport, WeightsReport, YourModelReport,
};

/// A cell's result.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "cell", rename_all = "snake_case")]
pub enum Report {
    /// See [`SetupReport`].
    Setup(SetupReport),
    /// See [`DataReport`].
    Data(DataReport),
    /// See [`BaselineReport`].
    Baseline(BaselineReport),
    /// See [`QuantizeReport`].
    Quantize(QuantizeReport),
    /// See [`SizeReport`].
    Size(SizeReport),
    /// See [`InferenceReport`].
    Inference(InferenceReport),
    /// See [`AccuracyReport`].
    Accuracy(AccuracyReport),
    /// See [`VisualizeReport`].
    Visualize(VisualizeReport),
    /// See [`SimulateReport`].
    Simulate(Box<SimulateReport>),
    /// See [`ExplorerReport`].
    Explorer(ExplorerReport),
    /// See [`WeightsReport`].
    Weights(WeightsReport),
    /// See [`SizesReport`].
    Sizes(SizesReport),
    /// See [`ReferenceReport`].
    Reference(ReferenceReport),
    /// See [`FullIntegerReport`].
    FullInteger(Box<FullIntegerReport>),
    /// See [`InterpreterReport`].
    Interpreter(Box<InterpreterReport>),
    /// See [`InspectReport`].
    Inspect(Box<InspectReport>),
    /// See [`TensorReport`].
    Tensor(Box<TensorReport>),
    /// See [`ConvertReport`].
    Convert(Box<ConvertReport>),
    /// See [`YourModelReport`].
    YourModel(Box<YourModelReport>),
    /// See [`CameraReport`].
    Camera(Box<CameraReport>),
    /// See [`CalibrateReport`].
    Calibrate(Box<CalibrateReport>),
    /// See [`ArenaReport`].
    Arena(Box<ArenaReport>),
    /// See [`FrameReport`].
    Frame(FrameReport),
    /// See [`SweepReport`].
    Sweep(Box<SweepReport>),
    /// See [`SensitivityReport`].
    Sensitivity(Box<SensitivityReport>),
    /// See [`TroubleshootReport`].
    Troubleshoot(TroubleshootReport),
    /// See [`RescueReport`].
    Rescue(Box<RescueReport>),
    /// See [`DrawReport`].
    Draw(DrawReport),
    /// See [`DrawnReport`].
    Drawn(Box<DrawnReport>),
    /// See [`PtqReport`].
    Ptq(Box<PtqReport>),
    /// See [`RegressionReport`].
    Regression(Box<RegressionReport>),
    /// See [`TradeoffReport`].
    Tradeoff(Box<TradeoffReport>),
    /// See [`TrainReport`].
    Train(Box<TrainReport>),
    /// See [`QatReport`].
    Qat(Box<QatReport>),
    /// See [`PytorchReport`].
    Pytorch(Box<PytorchReport>),
    /// A file that a cell has made; its bytes are the one attachment.
    File(SavedFile),
    /// A model file, which is the one attachment.
    ModelFile(ModelFile),
}

/// Versions, the chosen backend, and what this browser offers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SetupReport {
    /// Octet's version.
    pub octet_version: String,
    /// Burn's version.
    pub burn_version: String,
    /// The backend that later cells run on.
    pub backend: Backend,
    /// This machine.
    pub machine: Machine,
}

/// What the browser says of the machine that it runs on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Machine {
    /// Whether WebAssembly's 128-bit SIMD validates.
    pub wasm_simd: bool,
    /// Whether relaxed SIMD validates.
    pub relaxed_simd: bool,
    /// Logical cores (`navigator.hardwareConcurrency`), where the browser says.
    pub cores: Option<u32>,
    /// Memory in GiB, where the browser says (`navigator.deviceMemory`; it rounds, and caps what it admits).
    pub memory_gib: Option<f64>,
    /// Bytes of wasm memory that the worker holds now.
    pub wasm_memory_bytes: u64,
}

/// The photos that the experiment runs on. Attachments: `photo/<id>`, the pixels that the model sees.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DataReport {
    /// (photos, height, width, channels).
    pub batch_shape: [usize; 4],
    /// In batch order: the four of the experiment, then the reader's own.
    pub photos: Vec<Photo>,
}

/// A photo.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Photo {
    /// Stable while the page is open.
    pub id: u32,
    /// For people: "chelsea", or the file's name.
    pub title: String,
    /// Width of the file's image in pixels.
    pub width: u32,
    /// Height of the file's image in pixels.
    pub height: u32,
    /// Whether the reader added it.
    pub added: bool,
}

/// A class and how likely the model thinks it is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Class {
    /// 0 to 999, in the usual order of the ImageNet synsets.
    pub index: usize,
    /// For people: "Egyptian cat".
    pub label: String,
    /// 0 to 1, after softmax.
    pub probability: f32,
}

/// What a model makes of a photo.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Prediction {
    /// The photo's id.
    pub photo: u32,
    /// The photo's title.
    pub title: String,
    /// The five likeliest classes, likeliest first.
    pub top5: Vec<Class>,
    /// Time of the forward pass in milliseconds, one run.
    pub latency_ms: f64,
}

/// The float32 model and what it makes of the photos.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BaselineReport {
    /// Which model.
    pub model: ModelName,
    /// Its name for people.
    pub model_title: String,
    /// The backend that it ran on.
    pub backend: Backend,
    /// Weights and biases after batch normalization has been folded in.
    pub parameters: u64,
    /// Convolutions and dense layers.
    pub layers: u32,
    /// Their names, in network order.
    pub layer_names: Vec<String>,
    /// Length of the file that was downloaded.
    pub file_bytes: u64,
    /// Milliseconds to fetch the file (from cache or network).
    pub fetch_ms: f64,
    /// Milliseconds to parse it, fold batch normalization and hand the tensors to Burn.
    pub load_ms: f64,
    /// The astronaut alone, run first, as the sanity check.
    pub sanity: Prediction,
    /// Every photo in batch order.
    pub predictions: Vec<Prediction>,
}

/// The int8 model, layer by layer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct QuantizeReport {
    /// Which model.
    pub model: ModelName,
    /// In network order.
    pub layers: Vec<QuantizedLayer>,
    /// Over all weights: the largest |w − ŵ|.
    pub max_abs_error: f64,
    /// Over all weights: the mean |w − ŵ|.
    pub mean_abs_error: f64,
    /// Over all weights: signal to quantization noise in dB, or null where the error is zero.
    pub sqnr_db: Option<f64>,
    /// Milliseconds to quantize and to write both files.
    pub quantize_ms: f64,
    /// float32 first, then dynamic_range.
    pub files: Vec<ModelFile>,
}

/// What quantization did to a layer's weights.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct QuantizedLayer {
    /// Its name in the file.
    pub name: String,
    /// What it does.
    pub kind: LayerKind,
    /// Weight shape as stored: [out, in / groups, kernel height, kernel width], or [out, in].
    pub shape: Vec<usize>,
    /// Output channels, each with a scale of its own.
    pub channels: u32,
    /// Smallest scale.
    pub scale_min: f64,
    /// Largest scale.
    pub scale_max: f64,
    /// Largest |w − ŵ|.
    pub max_abs_error: f64,
    /// Mean |w − ŵ|.
    pub mean_abs_error: f64,
    /// Signal to quantization noise in dB, or null where the error is zero.
    pub sqnr_db: Option<f64>,
}

/// What a layer does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LayerKind {
    /// Convolution over all input channels.
    Conv,
    /// Convolution of each channel on its own.
    Depthwise,
    /// Fully connected.
    Dense,
}

/// A model as a file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ModelFile {
    /// How the numbers are stored.
    pub precision: Precision,
    /// The name to save it under.
    pub file_name: String,
    /// The length of the bytes.
    pub bytes: u64,
}

/// Both files' sizes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SizeReport {
    /// float32 first, then dynamic_range.
    pub files: Vec<ModelFile>,
    /// float32 bytes / dynamic_range bytes.
    pub ratio: f64,
}

/// Both models timed on every photo.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct InferenceReport {
    /// Which model.
    pub model: ModelName,
    /// The backend that both ran on.
    pub backend: Backend,
    /// Timed runs behind each median.
    pub runs: u32,
    /// In batch order.
    pub photos: Vec<PhotoLatency>,
    /// Median over all photos and runs.
    pub float32_ms: f64,
    /// Median over all photos and runs.
    pub dynamic_range_ms: f64,
    /// Part of a dynamic_range run that goes into expanding int8 weights to float32; median.
    pub dequantize_ms: f64,
    /// Where the time goes: each kind of layer that the model has.
    pub kinds: Vec<KindLatency>,
}

/// The time of all layers of a kind together, in one run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct KindLatency {
    /// Which kind.
    pub kind: LayerKind,
    /// How many layers of it there are.
    pub layers: u32,
    /// Median over all photos and runs.
    pub float32_ms: f64,
    /// Median over all photos and runs.
    pub dynamic_range_ms: f64,
}

/// One photo's latency.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PhotoLatency {
    /// The photo's id.
    pub photo: u32,
    /// The photo's title.
    pub title: String,
    /// Median over the runs.
    pub float32_ms: f64,
    /// Median over the runs.
    pub dynamic_range_ms: f64,
}

/// The degradation report.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AccuracyReport {
    /// Which model.
    pub model: ModelName,
    /// In batch order.
    pub rows: Vec<Degradation>,
    /// Photos whose likeliest class changed.
    pub flips: u32,
}

/// What int8 weights did to one photo's prediction.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Degradation {
    /// The photo's id.
    pub photo: u32,
    /// The photo's title.
    pub title: String,
    /// Whether both models settle on the same class.
    pub is_match: bool,
    /// float32 confidence of its top class minus int8 confidence of its top class.
    pub confidence_drift: f64,
    /// Mean squared difference of the two probability vectors, over all classes.
    pub mse: f64,
    /// The float32 model's five likeliest classes.
    pub float32: Vec<Class>,
    /// The int8 model's five likeliest classes.
    pub dynamic_range: Vec<Class>,
}

/// The figures behind the two charts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct VisualizeReport {
    /// Which model.
    pub model: ModelName,
    /// float32 first, then dynamic_range.
    pub files: Vec<ModelFile>,
    /// In batch order.
    pub losses: Vec<ConfidenceLoss>,
}

/// One bar of the second chart.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ConfidenceLoss {
    /// The photo's id.
    pub photo: u32,
    /// The photo's title.
    pub title: String,
    /// 100 · confidence drift, in percentage points. Negative: the int8 model is surer.
    pub percent: f64,
}
