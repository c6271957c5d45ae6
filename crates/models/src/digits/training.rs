//! Training, a batch at a time.

use std::sync::Arc;

use burn::optim::{Adam, AdamConfig, AdamState, Optimizer};
use burn::tensor::{Device, Tensor};
use octet_quant::RandomState;

use super::config::{BitWidths, TrainingConfig};
use super::data::{CLASSES, Digits, PIXELS, reals};
use super::evaluate::{cross_entropy, evaluate};
use super::forward::{
    Parameters, Plain, classes, forward, from_tensors, patches, to_tensors, to_vec,
};
use super::quantizer::{Frozen, Watching};
use super::weights::DigitWeights;
use crate::ModelError;

/// Who always guesses has a loss of ln 10; so many times that is no longer learning.
const LOST: f32 = 10.0;

/// A training run under way. It stops between two batches and goes on as if it had not: call [`Training::step`]
/// until [`Training::is_done`].
pub struct Training {
    digits: Arc<Digits>,
    config: TrainingConfig,
    /// Where tensors remember how they were made.
    device: Device,
    adam: Adam,
    parameters: Parameters,
    moments: [Option<AdamState<2>>; 6],
    quantizer: Option<Watching>,
    random: RandomState,
    /// The digits of this epoch in their order, and how many have been shown.
    order: Vec<usize>,
    shown: usize,
    /// Sums over this epoch.
    loss: f32,
    correct: usize,
    epochs: Vec<Epoch>,
    best: Option<Best>,
    /// The epoch from which on patience is counted.
    patient_from: usize,
}

/// What one batch gave.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Batch {
    /// Mean cross-entropy before the step.
    pub loss: f32,
    /// Digits that were told right before the step.
    pub correct: usize,
    /// Digits in the batch.
    pub digits: usize,
    /// Where it was the last of an epoch.
    pub epoch: Option<Epoch>,
}

/// How well an epoch went.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Epoch {
    /// Mean over the batches, each before its step.
    pub loss: f32,
    /// The share that was told right, likewise.
    pub accuracy: f32,
    /// On the validation set after the epoch.
    pub validation_loss: f32,
    /// On the validation set after the epoch.
    pub validation_accuracy: f32,
}

/// The weights with the best accuracy on the validation set so far; of equals, those with the smaller loss.
#[derive(Clone, Debug, PartialEq)]
pub struct Best {
    /// The weights.
    pub weights: DigitWeights,
    /// Where training quantized: how.
    pub quantization: Option<Frozen>,
    /// The epoch that they are from, counted from 0.
    pub epoch: usize,
    /// How well it went.
    pub figures: Epoch,
}

impl Training {
    /// Starts from random weights.
    ///
    /// # Errors
    /// [`ModelError::Setting`].
    pub fn new(
        digits: Arc<Digits>,
        config: TrainingConfig,
        device: &Device,
    ) -> Result<Self, ModelError> {
        let mut random = RandomState::new(config.seed);
        let weights = DigitWeights::random(&mut random);
        Self::start(digits, config, &weights, random, None, device)
    }

    /// Starts from given weights.
    ///
    /// # Errors
    /// [`ModelError::Setting`].
    pub fn from_weights(
        digits: Arc<Digits>,
        config: TrainingConfig,
        weights: &DigitWeights,
        device: &Device,
    ) -> Result<Self, ModelError> {
        let random = RandomState::new(config.seed);
        Self::start(digits, config, weights, random, None, device)
    }

    /// Starts from given weights, and rounds them and the activations on the way: quantization-aware training. The
    /// ranges of activations are moving averages, and are frozen for the last epoch where there are several.
    ///
    /// # Errors
    /// [`ModelError::Setting`]; [`ModelError::Bits`].
    pub fn quantization_aware(
        digits: Arc<Digits>,
        config: TrainingConfig,
        weights: &DigitWeights,
        widths: BitWidths,
        device: &Device,
    ) -> Result<Self, ModelError> {
        let quantizer = Watching::new(widths).map_err(ModelError::Bits)?;
        let random = RandomState::new(config.seed);
        Self::start(digits, config, weights, random, Some(quantizer), device)
    }

    fn start(
        digits: Arc<Digits>,
        config: TrainingConfig,
        weights: &DigitWeights,
        random: RandomState,
        quantizer: Option<Watching>,
        device: &Device,
    ) -> Result<Self, ModelError> {
        config.check(&digits)?;
        let device = device.clone().autodiff();
        let parameters = to_tensors(weights, &device).map(Tensor::require_grad);
        let mut training = Self {
            digits,
            config,
            device,
            // Keras' epsilon.
            adam: AdamConfig::new().with_epsilon(1e-7).build(),
            parameters,
            moments: Default::default(),
            quantizer,
            random,
            order: Vec::new(),
            shown: 0,
            loss: 0.0,
            correct: 0,
            epochs: Vec::new(),
            best: None,
            patient_from: 0,
        };
        training.begin_epoch();
        Ok(training)
    }

    /// The settings.
    pub fn config(&self) -> &TrainingConfig {
        &self.config
    }

    /// The epochs that are over.
    pub fn epochs(&self) -> &[Epoch] {
        &self.epochs
    }

    /// Batches in an epoch.
    pub fn batches(&self) -> usize {
        self.digits.train.len().div_ceil(self.config.batch)
    }

    /// Batches of this epoch that are over.
    pub fn batch(&self) -> usize {
        self.shown.div_ceil(self.config.batch)
    }

    /// The best weights at the end of an epoch; None before the first.
    pub fn best(&self) -> Option<&Best> {
        self.best.as_ref()
    }

    /// Whether all epochs are over, or patience is.
    pub fn is_done(&self) -> bool {
        self.epochs.len() >= self.config.epochs || self.is_out_of_patience()
    }

    /// Whether so many epochs brought nothing better that there is no point in more.
    pub fn is_out_of_patience(&self) -> bool {
        let from = self.best.as_ref().map_or(0, |best| best.epoch + 1);
        let waited = self.epochs.len() - from.max(self.patient_from).min(self.epochs.len());
        self.config
            .patience
            .is_some_and(|patience| waited >= patience)
    }

    /// Asks for further epochs, and for patience to be counted anew. The seed is of no more use; all other settings
    /// are those of the next batches.
    ///
    /// # Errors
    /// [`ModelError::Setting`].
    pub fn extend(&mut self, mut config: TrainingConfig) -> Result<(), ModelError> {
        config.check(&self.digits)?;
        config.epochs += self.epochs.len();
        self.config = config;
        self.patient_from = self.epochs.len();
        Ok(())
    }

    /// One batch forth and back, and at the end of an epoch a look at the validation set. Nothing where training is
    /// done.
    ///
    /// # Errors
    /// [`ModelError::Diverged`], after which the best weights are still there; [`ModelError::Backend`].
    pub fn step(&mut self) -> Result<Option<Batch>, ModelError> {
        if self.is_done() {
            return Ok(None);
        }
        let (images, labels) = self.next_batch();
        let digits = labels.len();
        let patches = patches(&images, &self.device);
        let parameters = &self.parameters;
        let logits = match &mut self.quantizer {
            Some(quantizer) => forward(patches, digits, parameters, quantizer),
            None => forward(patches, digits, parameters, &mut Plain),
        };
        let loss_tensor = cross_entropy(logits.clone(), &labels, &self.device);
        let loss: f32 = to_vec(loss_tensor.clone())?.iter().sum();
        let logits = to_vec(logits)?;
        let pairs = classes(&logits).zip(&labels);
        let correct = pairs
            .filter(|(class, label)| *class == usize::from(**label))
            .count();
        self.shown += digits;
        self.loss += loss * digits as f32;
        self.correct += correct;
        self.check(loss)?;
        self.descend(&loss_tensor);
        let epoch = if self.shown >= self.order.len() {
            Some(self.end_epoch()?)
        } else {
            None
        };
        Ok(Some(Batch {
            loss,
            correct,
            digits,
            epoch,
        }))
    }

    /// Moves the parameters against the gradient.
    fn descend(&mut self, loss: &Tensor<1>) {
        let mut gradients = loss.backward();
        let rate = self.config.learning_rate.into();
        for (parameter, moments) in self.parameters.iter_mut().zip(&mut self.moments) {
            let Some(gradient) = parameter.grad_remove(&mut gradients) else {
                continue;
            };
            let value = parameter.clone().without_autodiff();
            let (value, state) = self.adam.step(rate, value, gradient, moments.take());
            *moments = state;
            *parameter = value.autodiff().require_grad();
        }
    }

    /// A network that guesses has a loss of 2.3.
    fn check(&self, loss: f32) -> Result<(), ModelError> {
        let mean = self.loss / self.shown.max(1) as f32;
        let lost = LOST * (CLASSES as f32).ln();
        let is_lost = !loss.is_finite() || mean > lost && self.shown >= 5 * self.config.batch;
        if !is_lost {
            return Ok(());
        }
        Err(ModelError::Diverged {
            epoch: self.epochs.len() + 1,
            batch: self.batch(),
            loss,
        })
    }

    fn next_batch(&mut self) -> (Vec<[f32; PIXELS]>, Vec<u8>) {
        let set = &self.digits.train;
        let places = self.order.iter().skip(self.shown).take(self.config.batch);
        let augmentation = self.config.augmentation;
        let mut images = Vec::with_capacity(self.config.batch);
        let mut labels = Vec::with_capacity(self.config.batch);
        for &place in places {
            let (Some(image), Some(label)) = (set.images().get(place), set.labels().get(place))
            else {
                continue;
            };
            let image = reals(image);
            images.push(if augmentation.is_none() {
                image
            } else {
                augmentation.apply(&image, &mut self.random)
            });
            labels.push(*label);
        }
        (images, labels)
    }

    fn begin_epoch(&mut self) {
        self.order = self.random.permutation(self.digits.train.len());
        (self.shown, self.loss, self.correct) = (0, 0.0, 0);
        if self.epochs.len() + 1 >= self.config.epochs
            && !self.epochs.is_empty()
            && let Some(quantizer) = &mut self.quantizer
        {
            quantizer.freeze();
        }
    }

    fn end_epoch(&mut self) -> Result<Epoch, ModelError> {
        let parameters = self.parameters.clone().map(Tensor::without_autodiff);
        let device = self.device.clone().without_autodiff();
        let validation = &self.digits.validation;
        let quantization = self.quantizer.as_ref().map(Watching::frozen);
        let quantization = quantization.transpose().map_err(ModelError::Bits)?;
        let evaluation = match quantization {
            Some(mut frozen) => evaluate(&parameters, validation, &mut frozen, &device),
            None => evaluate(&parameters, validation, &mut Plain, &device),
        }?;
        let epoch = Epoch {
            loss: self.loss / self.shown.max(1) as f32,
            accuracy: self.correct as f32 / self.shown.max(1) as f32,
            validation_loss: evaluation.loss,
            validation_accuracy: evaluation.correct as f32 / validation.len().max(1) as f32,
        };
        let rank = |epoch: &Epoch| (epoch.validation_accuracy, -epoch.validation_loss);
        let best = self.best.as_ref();
        if best.is_none_or(|best| rank(&epoch) > rank(&best.figures)) {
            self.best = Some(Best {
                weights: from_tensors(&parameters)?,
                quantization,
                epoch: self.epochs.len(),
                figures: epoch,
            });
        }
        self.epochs.push(epoch);
        self.begin_epoch();
        Ok(epoch)
    }
}
