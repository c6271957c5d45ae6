//! Cell `your-model`: what it asks and what it answers.

use serde::{Deserialize, Serialize};

use crate::{Class, EdgeType, FileAnatomy, FileKind, HardwareFit, Latency, SavedFile};

/// What a pixel's value from 0 to 255 becomes before it is put in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NormalizationChoice {
    /// As the file's metadata say; where they say nothing, as the input's type suggests.
    #[default]
    File,
    /// `(x − 127.5) / 127.5`.
    MinusOneToOne,
    /// `x / 255`.
    ZeroToOne,
    /// `(x / 255 − mean) / std` with ImageNet's mean and standard deviation for each channel.
    Imagenet,
    /// `x`.
    None,
}

/// What the classes are called.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LabelChoice {
    /// By the file, or by the text file that came with it.
    #[default]
    File,
    /// ImageNet's 1,000.
    Imagenet,
    /// ImageNet's behind a class 0 for “background”, as TensorFlow's first networks have them.
    ImagenetBackground,
}

/// Where the network comes from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OwnSource {
    /// The reader's file.
    #[default]
    File,
    /// The MobileNetV2 that comes with the page, written as a float32 file.
    Example,
}

/// What the reader has chosen.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct YourModelRequest {
    /// Where the network comes from.
    pub source: OwnSource,
    /// The file's name; empty where none was chosen.
    pub name: String,
    /// The whole file.
    #[serde(with = "serde_bytes")]
    pub bytes: Vec<u8>,
    /// The text of a file with the names of the classes, one a line; empty where there is none.
    pub labels_text: String,
    /// How photos are put in.
    pub normalization: NormalizationChoice,
    /// What the classes are called.
    pub labels: LabelChoice,
    /// Images to calibrate with, 1 to 500.
    pub samples: u32,
    /// The type of the full-integer file's input and output.
    pub edges: EdgeType,
    /// Timed runs, 1 to 100.
    pub runs: u32,
}

/// An operator of the network.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OwnOperator {
    /// Its number in the file.
    pub index: u32,
    /// TFLite's name.
    pub name: String,
    /// The shape of what it writes.
    pub output: Vec<usize>,
    /// The type of what it writes.
    pub dtype: String,
    /// Weights and biases that it reads.
    pub parameters: u64,
    /// How they, or what it writes, are quantized, in words.
    pub quantization: String,
}

/// What the network makes of a photo.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OwnPrediction {
    /// The photo's title.
    pub title: String,
    /// The likeliest classes.
    pub top5: Vec<Class>,
}

/// The network in one of its forms, and how it compares with the file that was given.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OwnVariant {
    /// Which form was asked for.
    pub kind: FileKind,
    /// The file.
    pub file: SavedFile,
    /// The memory that its activations share.
    pub arena_bytes: u64,
    /// Photos whose likeliest class is the same; None where the network takes no photos.
    pub agreement: Option<u32>,
    /// By how much the probability of the original's likeliest class has changed, mean over the photos.
    pub drift: Option<f64>,
    /// Mean squared error over all numbers of the first output; None where it holds no reals.
    pub mse: Option<f64>,
    /// Its time.
    pub latency: Latency,
}

/// Why there is no further form.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnRefusal {
    /// Which form.
    pub kind: FileKind,
    /// Why.
    pub reason: String,
}

/// A network of the reader's own.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OwnModel {
    /// The file's name.
    pub name: String,
    /// What the file is, for example “TFLite, schema version 3”.
    pub format: String,
    /// What its metadata say of it; may be empty.
    pub description: String,
    /// How many classes have names, and where the names come from, in words.
    pub labels: String,
    /// What it is made of, as a `.tflite` file.
    pub anatomy: FileAnatomy,
    /// Its operators in order.
    pub operators: Vec<OwnOperator>,
    /// Where it runs.
    pub hardware: Vec<HardwareFit>,
    /// How photos were put in, in words; None where the network takes none.
    pub normalization: Option<String>,
    /// What it makes of the photos; empty where it takes none.
    pub predictions: Vec<OwnPrediction>,
    /// Its time.
    pub latency: Latency,
    /// Images that the full-integer form was calibrated with.
    pub samples: u32,
    /// What it was quantized to; empty where it is quantized already.
    pub variants: Vec<OwnVariant>,
    /// What it could not be quantized to.
    pub refusals: Vec<OwnRefusal>,
}

/// What came of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct YourModelReport {
    /// What the reader should know.
    pub notes: Vec<String>,
    /// The network; None where no file was chosen.
    pub model: Option<Box<OwnModel>>,
}
