//! Cell `qat`: what it asks and what it answers.

use serde::{Deserialize, Serialize};

use crate::{Backend, TrainEpoch};

/// What the reader has chosen.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct QatRequest {
    /// How often all digits are shown at each width; the ranges of activations are frozen for the last time.
    pub epochs: u32,
    /// Digits a step.
    pub batch: u32,
    /// Adam's.
    pub learning_rate: f64,
    /// Of the order of the digits.
    pub seed: u32,
    /// Whether activations have as few bits as weights; else they have 8.
    pub few_activation_bits: bool,
}

/// The reader's weights with few bits: rounded after training, and trained with the rounding in view.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct QatReport {
    /// What trains.
    pub backend: Backend,
    /// Digits of the test set.
    pub test: u32,
    /// Of these, float32 reads rightly.
    pub float32_correct: u32,
    /// Batches that a point of a loss curve is the mean of.
    pub batches_a_point: u32,
    /// The widths that are done, and the one that is under way.
    pub widths: Vec<QatWidth>,
    /// Whether there is more to come.
    pub is_running: bool,
    /// The estimator at 2 bits: value, what it is rounded to, and the gradient that Burn gives back for 1.
    pub estimator: Vec<[f32; 3]>,
}

/// One number of bits.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct QatWidth {
    /// Of weights.
    pub bits: u32,
    /// Of what the layers give.
    pub activation_bits: u32,
    /// Rounded after training, with the ranges of the whole validation set.
    pub ptq: QatTest,
    /// Trained with the rounding in view, from the same weights; null while that is under way.
    pub qat: Option<QatTest>,
    /// The epochs of that training.
    pub epochs: Vec<TrainEpoch>,
    /// Pairs of epochs and the mean loss of some batches.
    pub losses: Vec<[f32; 2]>,
    /// The epoch that the weights are from, counted from 1.
    pub best_epoch: u32,
    /// Seconds of training, without what happens between batches.
    pub seconds: f64,
    /// At 8 bits: of how many test digits the int8 graph on the engine says what the fake-quantized network said.
    pub integers_agree: Option<u32>,
    /// Where the weights of the second convolution lie on their steps; not at 8 bits, where there are too many steps
    /// to see.
    pub grid: Option<QatGrid>,
}

/// How well a form does on the test set.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct QatTest {
    /// Digits that it reads rightly.
    pub correct: u32,
    /// The 95 % interval of its accuracy, 0 to 1 (Wilson 1927).
    pub interval: [f64; 2],
    /// Mean cross-entropy.
    pub loss: f32,
}

/// Weights in steps of their channel's scale.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct QatGrid {
    /// The steps go from −`largest` to `largest`.
    pub largest: u32,
    /// Bins a step; the first begins half a step below the lowest.
    pub bins_a_step: u32,
    /// How many weights lie in each bin, before training with rounding …
    pub before: Vec<u32>,
    /// … and after it.
    pub after: Vec<u32>,
    /// The mean distance from the nearest step, in steps, before and after; 0.25 where weights know nothing of steps.
    pub distance: [f32; 2],
}
