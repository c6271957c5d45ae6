//! The digits and the network that reads them: its data, its training with and without rounding, and
//! its translation into a graph.

mod augment;
mod config;
mod data;
mod estimator;
mod evaluate;
mod fake_quantize;
mod forward;
mod graph;
mod quantize;
mod quantizer;
mod training;
mod weights;

pub use augment::Augmentation;
pub use config::{BitWidths, TrainingConfig};
pub use data::{CLASSES, DigitSet, Digits, PIXELS, SIDE, reals};
pub use estimator::straight_through;
pub use evaluate::Evaluation;
pub use graph::{DIGIT_ACTIVATIONS, tensor as digit_tensor};
pub use quantizer::{DigitRanges, Frozen};
pub use training::{Batch, Best, Epoch, Training};
pub use weights::{DIGIT_LAYERS, DigitLayer, DigitWeights, LayerNumbers};
