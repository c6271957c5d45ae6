//! Cell `train`: what it asks and what it answers.

use serde::{Deserialize, Serialize};

use crate::{Backend, SavedFile};

/// What the reader has chosen.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TrainRequest {
    /// Where to begin.
    pub begin: TrainBegin,
    /// How often all digits are to be shown; where training goes on, so often more.
    pub epochs: u32,
    /// Digits a step.
    pub batch: u32,
    /// Adam's.
    pub learning_rate: f64,
    /// Of the first weights, the order of the digits and their augmentation.
    pub seed: u32,
    /// Whether digits are shifted and turned a little each time they are shown.
    pub augment: bool,
    /// After how many epochs without a better accuracy on the validation set to stop; 0: never.
    pub patience: u32,
    /// The weights that the browser has kept, a safetensors file; empty where there are none.
    #[serde(with = "serde_bytes")]
    pub bytes: Vec<u8>,
}

/// Where training begins.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TrainBegin {
    /// At random weights.
    #[default]
    Anew,
    /// Where it stopped; at the weights that were kept where this page has not trained yet, and at random ones where
    /// there are none.
    GoOn,
    /// Not at all: take the weights that were kept.
    Kept,
}

/// A network that learns to read digits.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TrainReport {
    /// What computes.
    pub backend: Backend,
    /// Digits to train with, to validate with, to test with.
    pub digits: [u32; 3],
    /// Weights and biases of the network.
    pub parameters: u32,
    /// How it stands.
    pub state: TrainState,
    /// The epochs that are over; where training went on, those before as well.
    pub epochs: Vec<TrainEpoch>,
    /// Mean loss of so many batches in a row …
    pub batches_a_point: u32,
    /// … after so many epochs: pairs of epochs and loss.
    pub losses: Vec<[f32; 2]>,
    /// The epoch that the weights are from, counted from 1; 0 where they were kept from an earlier visit.
    pub best_epoch: u32,
    /// Digits that this run has shown.
    pub shown: u32,
    /// The seconds that this took, without what happens between batches.
    pub seconds: f64,
    /// How well the weights do on what they have never seen; null while training runs.
    pub test: Option<TrainTest>,
    /// The file of weights.
    pub files: Vec<SavedFile>,
}

/// How a training run stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TrainState {
    /// It goes on.
    Running,
    /// All epochs are over.
    Done,
    /// Patience was over.
    OutOfPatience,
    /// The reader has stopped it.
    Stopped,
    /// Nothing was trained: the weights are those of an earlier visit.
    Kept,
}

/// How well an epoch went.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct TrainEpoch {
    /// Mean cross-entropy over the batches, each before its step.
    pub loss: f32,
    /// The share that was told right, likewise.
    pub accuracy: f32,
    /// On the validation set after the epoch.
    pub validation_loss: f32,
    /// On the validation set after the epoch.
    pub validation_accuracy: f32,
}

/// How well weights do on the test set.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TrainTest {
    /// Digits that were told right.
    pub correct: u32,
    /// Of so many.
    pub digits: u32,
    /// Mean cross-entropy.
    pub loss: f32,
    /// For each digit from 0 to 9, how often it was taken for each.
    pub confusion: Vec<Vec<u32>>,
}
