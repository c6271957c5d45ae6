//! What a training run is told.

use octet_quant::{IntRange, QuantError};

use super::augment::Augmentation;
use super::data::Digits;
use crate::ModelError;

/// How to train.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TrainingConfig {
    /// How often all digits are shown; more can be [asked for](super::Training::extend) later.
    pub epochs: usize,
    /// Digits a step.
    pub batch: usize,
    /// Adam's, above 0 and at most 1.
    pub learning_rate: f32,
    /// Of the first weights, the order of the digits and their augmentation.
    pub seed: u32,
    /// How the digits are moved.
    pub augmentation: Augmentation,
    /// After how many epochs without a better accuracy on the validation set training ends by itself.
    pub patience: Option<usize>,
}

impl Default for TrainingConfig {
    fn default() -> Self {
        Self {
            epochs: 10,
            batch: 32,
            learning_rate: 0.001,
            seed: 42,
            augmentation: Augmentation::default(),
            patience: None,
        }
    }
}

impl TrainingConfig {
    /// Whether one can train like this.
    ///
    /// # Errors
    /// [`ModelError::Setting`], naming what is outside of its range.
    pub fn check(&self, digits: &Digits) -> Result<(), ModelError> {
        let samples = digits.train.len();
        let refuse = |name, found: f64, allowed: String| {
            Err(ModelError::Setting {
                name,
                found,
                allowed,
            })
        };
        if !(1..=1000).contains(&self.epochs) {
            return refuse("epochs", self.epochs as f64, "1 to 1000".into());
        }
        if !(1..=samples).contains(&self.batch) {
            let allowed = format!("1 to {samples}, the number of digits to train with");
            return refuse("batch size", self.batch as f64, allowed);
        }
        // Written so that NaN is refused.
        if !(self.learning_rate > 0.0 && self.learning_rate <= 1.0) {
            let allowed = "above 0 and at most 1; 0.001 is usual with Adam".into();
            return refuse("learning rate", self.learning_rate.into(), allowed);
        }
        if !(0.0..=10.0).contains(&self.augmentation.shift) {
            let found = self.augmentation.shift.into();
            return refuse("shift", found, "0 to 10 pixels".into());
        }
        if !(0.0..=45.0).contains(&self.augmentation.degrees) {
            let found = self.augmentation.degrees.into();
            return refuse("rotation", found, "0 to 45 degrees".into());
        }
        if self.patience == Some(0) {
            return refuse("patience", 0.0, "1 or more epochs".into());
        }
        Ok(())
    }
}

/// How many bits the numbers of a network have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BitWidths {
    /// Of weights: symmetric around 0, one scale an output channel.
    pub weights: u32,
    /// Of what the layers give: affine, one scale a tensor.
    pub activations: u32,
}

impl BitWidths {
    /// Weights of so many bits; activations of 8, as TFLite's kernels have them.
    pub fn of_weights(bits: u32) -> Self {
        Self {
            weights: bits,
            activations: 8,
        }
    }

    /// The integers of weights and of activations.
    ///
    /// # Errors
    /// [`QuantError::Bits`].
    pub fn ranges(&self) -> Result<(IntRange, IntRange), QuantError> {
        let weights = IntRange::new(self.weights, true, true)?;
        Ok((weights, IntRange::new(self.activations, true, false)?))
    }
}
