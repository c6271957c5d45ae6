//! What the page can ask for.

use serde::{Deserialize, Serialize};

use crate::{
    ArenaRequest, CalibrateRequest, CameraRequest, ConvertRequest, DrawRequest, DrawnRequest,
    FrameRequest, FullIntegerRequest, InspectRequest, InspectTensorRequest, InterpreterRequest,
    PtqRequest, PytorchRequest, QatRequest, RegressionRequest, RescueRequest, Scheme,
    SensitivityRequest, SweepRequest, TradeoffRequest, TrainRequest, TroubleshootRequest,
    WeightSource, WeightsOf, YourModelRequest,
};

/// The Burn backend that runs the network.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Backend {
    /// `burn-ndarray`, the default.
    #[default]
    Ndarray,
    /// `burn-flex`, its successor upstream.
    Flex,
}

impl Backend {
    /// Every backend compiled in, in the order in which the page offers them.
    pub const ALL: [Self; 2] = [Self::Ndarray, Self::Flex];

    /// The name as it is written in parameters and reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ndarray => "ndarray",
            Self::Flex => "flex",
        }
    }
}

/// The networks that come with Octet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum ModelName {
    /// MobileNetV2 1.0/224.
    #[default]
    #[serde(rename = "mobilenet_v2")]
    MobileNetV2,
    /// EfficientNet-Lite0, a descendant designed to be quantized.
    #[serde(rename = "efficientnet_lite0")]
    EfficientNetLite0,
}

impl ModelName {
    /// Every model, in the order in which the page offers them.
    pub const ALL: [Self; 2] = [Self::MobileNetV2, Self::EfficientNetLite0];

    /// The name as it is written in parameters, reports and file names.
    pub fn name(self) -> &'static str {
        match self {
            Self::MobileNetV2 => "mobilenet_v2",
            Self::EfficientNetLite0 => "efficientnet_lite0",
        }
    }

    /// The name as a reader knows it.
    pub fn title(self) -> &'static str {
        match self {
            Self::MobileNetV2 => "MobileNetV2 1.0/224",
            Self::EfficientNetLite0 => "EfficientNet-Lite0",
        }
    }
}

/// How a model's numbers are stored, in TFLite's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Precision {
    /// Weights and activations in float32.
    Float32,
    /// Weights in int8, activations in float32.
    DynamicRange,
    /// Weights and activations in int8.
    FullInteger,
}

impl Precision {
    /// The name as it is written in reports and file names.
    pub fn name(self) -> &'static str {
        match self {
            Self::Float32 => "float32",
            Self::DynamicRange => "dynamic_range",
            Self::FullInteger => "full_integer",
        }
    }
}

/// One piece of work. A variant for each cell of the notebook, and a few that cells use on the side.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case")]
pub enum Request {
    /// Cell `setup`: choose the backend, say what this machine offers.
    Setup {
        /// The backend that later cells run on.
        backend: Backend,
    },
    /// Cell `data`: load the four photos that come with the page, list them and the reader's own.
    Data,
    /// Cell `baseline`: load a model in float32 and classify the photos.
    Baseline {
        /// Which model.
        model: ModelName,
    },
    /// Cell `quantize`: int8 weights, symmetric, per output channel.
    Quantize,
    /// Cell `size`: the length of both model files.
    Size,
    /// Cell `inference`: time both models on every photo.
    Inference {
        /// Timed runs for each photo and model, 1 to 100; the median is reported.
        runs: u32,
    },
    /// Cell `accuracy`: the degradation report.
    Accuracy,
    /// Cell `visualize`: the figures behind the two charts.
    Visualize,
    /// Cell `simulate`: quantize some weights and measure what is lost.
    Simulate {
        /// The weights.
        source: WeightSource,
        /// How to quantize them.
        scheme: Scheme,
    },
    /// Cell `explorer`: hand over some weights to play with.
    Explorer {
        /// The weights.
        source: WeightSource,
    },
    /// Cell `weights`: how weights are distributed.
    Weights {
        /// Which weights.
        of: WeightsOf,
    },
    /// Cell `sizes`: count a network's parameters.
    Sizes {
        /// The network's name, for people.
        title: String,
        /// One layer a line.
        layers: String,
    },
    /// Cell `reference`: what has been measured of each type.
    Reference,
    /// Cell `full-integer`.
    FullInteger(FullIntegerRequest),
    /// Cell `interpreter`.
    Interpreter(InterpreterRequest),
    /// Cell `inspect`.
    Inspect(InspectRequest),
    /// On the side: a tensor of a graph that `inspect` has drawn.
    InspectTensor(InspectTensorRequest),
    /// Cell `convert`.
    Convert(ConvertRequest),
    /// Cell `your-model`.
    YourModel(YourModelRequest),
    /// Cell `camera`.
    Camera(CameraRequest),
    /// Cell `calibrate`.
    Calibrate(CalibrateRequest),
    /// Cell `arena`.
    Arena(ArenaRequest),
    /// On the side: a frame for the networks that `camera` has made ready.
    Frame(FrameRequest),
    /// Cell `sweep`.
    Sweep(SweepRequest),
    /// Cell `sensitivity`.
    Sensitivity(SensitivityRequest),
    /// Cell `troubleshoot`.
    Troubleshoot(TroubleshootRequest),
    /// Cell `rescue`.
    Rescue(RescueRequest),
    /// Cell `draw`.
    Draw(DrawRequest),
    /// Read a drawing, or a digit of the test set. On the side, as [`Request::Frame`].
    Drawn(DrawnRequest),
    /// Cell `ptq`.
    Ptq(PtqRequest),
    /// Cell `regression`.
    Regression(RegressionRequest),
    /// Cell `tradeoff`.
    Tradeoff(TradeoffRequest),
    /// Cell `train`.
    Train(TrainRequest),
    /// Cell `qat`.
    Qat(QatRequest),
    /// Cell `pytorch`.
    Pytorch(PytorchRequest),
    /// Hand over a file that a cell has made, as an attachment.
    File {
        /// Its `file_name` in the cell’s report.
        file_name: String,
    },
    /// Add a photo of the reader's own. Answered by a new data report.
    AddPhoto {
        /// The file's name, for the title and for error messages.
        name: String,
        /// The whole image file, in any format that the browser decodes.
        #[serde(with = "serde_bytes")]
        bytes: Vec<u8>,
    },
    /// Remove a photo of the reader's own. Answered by a new data report.
    RemovePhoto {
        /// The photo's `id` in the data report.
        id: u32,
    },
    /// Hand over one of the model files that `quantize` built, as an attachment.
    ModelFile {
        /// Which of the two.
        precision: Precision,
    },
}
