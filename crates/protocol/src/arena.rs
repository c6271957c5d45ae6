//! Cell `arena`: what it asks and what it answers.

use serde::{Deserialize, Serialize};

use crate::{Precision, Verdict};

/// What the reader has chosen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ArenaRequest {
    /// The network whose plans are drawn.
    pub network: ArenaNetwork,
}

/// A network whose memory can be planned.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ArenaNetwork {
    /// The one that `baseline` has loaded.
    #[default]
    Loaded,
    /// A network for keywords, described in lines.
    TinyKws,
    /// A network for digits, described in lines.
    SmallMnist,
    /// A network for images, described in lines.
    MobilenetLike,
}

impl ArenaNetwork {
    /// All, in the order in which the page offers them.
    pub const ALL: [Self; 4] = [
        Self::Loaded,
        Self::TinyKws,
        Self::SmallMnist,
        Self::MobilenetLike,
    ];

    /// The name as it is written in parameters and reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Loaded => "loaded",
            Self::TinyKws => "tiny_kws",
            Self::SmallMnist => "small_mnist",
            Self::MobilenetLike => "mobilenet_like",
        }
    }
}

/// Memory, planned.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ArenaReport {
    /// The network, for people.
    pub title: String,
    /// The network whose plans follow.
    pub network: ArenaNetwork,
    /// In float32, then in int8.
    pub plans: Vec<ArenaPlan>,
    /// Every network in both precisions, with what it takes.
    pub needs: Vec<ArenaNeed>,
    /// Where they fit.
    pub boards: Vec<BoardFits>,
}

/// Where each activation lies, and when.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ArenaPlan {
    /// What was planned.
    pub precision: Precision,
    /// The size of the block.
    pub bytes: u64,
    /// The most that is needed at one moment: no plan can be smaller.
    pub least_bytes: u64,
    /// What all activations would take side by side.
    pub unshared_bytes: u64,
    /// TFLite's names of the operators, in the order in which they run.
    pub operators: Vec<String>,
    /// What is needed while each runs.
    pub live_bytes: Vec<u64>,
    /// The operator at which the most is needed; the first of several.
    pub peak: u32,
    /// What lies in the block, in the order of the network.
    pub tensors: Vec<PlannedTensor>,
}

/// A tensor's place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlannedTensor {
    /// Its name.
    pub name: String,
    /// Row-major.
    pub shape: Vec<usize>,
    /// From the beginning of the block.
    pub offset: u64,
    /// How many it takes.
    pub bytes: u64,
    /// The operator that writes it; 0 for an input.
    pub first: u32,
    /// The last that reads it; the last of all for an output.
    pub last: u32,
}

/// What a network takes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ArenaNeed {
    /// Which.
    pub network: ArenaNetwork,
    /// Its name, for people.
    pub title: String,
    /// In which form.
    pub precision: Precision,
    /// The length of its `.tflite` file.
    pub file_bytes: u64,
    /// What its plan takes.
    pub arena_bytes: u64,
    /// What TensorFlow Lite Micro's bookkeeping adds to it; an estimate from above.
    pub bookkeeping_bytes: u64,
}

/// A board, and which networks fit on it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BoardFits {
    /// Its name.
    pub name: String,
    /// Bytes of flash memory; None where files are on a card.
    pub flash: Option<u64>,
    /// Bytes of RAM.
    pub ram: u64,
    /// Where the figures are from.
    pub source: String,
    /// For each network and precision of the report.
    pub fits: Vec<BoardFit>,
}

/// Whether a network fits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BoardFit {
    /// Partly: it does, and little is left for the program itself.
    pub verdict: Verdict,
    /// Why.
    pub reason: String,
}
