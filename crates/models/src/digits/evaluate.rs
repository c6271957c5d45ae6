//! How well weights do.

use burn::tensor::activation::log_softmax;
use burn::tensor::{Device, Tensor, TensorData};

use super::data::{CLASSES, DigitSet, reals};
use super::forward::{Hooks, Parameters, Plain, classes, forward, patches, to_tensors, to_vec};
use super::quantizer::Frozen;
use super::weights::DigitWeights;
use crate::ModelError;

/// Digits that are looked at together.
const BATCH: usize = 100;

/// How well weights do on a set of digits.
#[derive(Clone, Debug, PartialEq)]
pub struct Evaluation {
    /// Mean cross-entropy.
    pub loss: f32,
    /// How many were told right.
    pub correct: usize,
    /// What each was taken for.
    pub classes: Vec<usize>,
}

impl DigitWeights {
    /// Runs the network over digits, rounded where `quantization` is given.
    ///
    /// # Errors
    /// [`ModelError::Backend`].
    pub fn evaluate(
        &self,
        set: &DigitSet,
        quantization: Option<Frozen>,
        device: &Device,
    ) -> Result<Evaluation, ModelError> {
        let parameters = to_tensors(self, device);
        match quantization {
            Some(mut quantization) => evaluate(&parameters, set, &mut quantization, device),
            None => evaluate(&parameters, set, &mut Plain, device),
        }
    }
}

pub(super) fn evaluate(
    parameters: &Parameters,
    set: &DigitSet,
    hooks: &mut impl Hooks,
    device: &Device,
) -> Result<Evaluation, ModelError> {
    let mut evaluation = Evaluation {
        loss: 0.0,
        correct: 0,
        classes: Vec::with_capacity(set.len()),
    };
    for (images, labels) in set.images().chunks(BATCH).zip(set.labels().chunks(BATCH)) {
        let images: Vec<_> = images.iter().map(reals).collect();
        let logits = forward(patches(&images, device), images.len(), parameters, hooks);
        let loss = to_vec(cross_entropy(logits.clone(), labels, device))?;
        evaluation.loss += loss.iter().sum::<f32>() * labels.len() as f32;
        evaluation.classes.extend(classes(&to_vec(logits)?));
    }
    let pairs = evaluation.classes.iter().zip(set.labels());
    evaluation.correct = pairs
        .filter(|(class, label)| **class == usize::from(**label))
        .count();
    evaluation.loss /= set.len().max(1) as f32;
    Ok(evaluation)
}

/// The mean over the images.
pub(super) fn cross_entropy(logits: Tensor<2>, labels: &[u8], device: &Device) -> Tensor<1> {
    let mut targets = vec![0.0_f32; labels.len() * CLASSES];
    for (row, &label) in targets.chunks_mut(CLASSES).zip(labels) {
        if let Some(target) = row.get_mut(usize::from(label)) {
            *target = -1.0 / labels.len() as f32;
        }
    }
    let targets = TensorData::new(targets, [labels.len(), CLASSES]);
    (log_softmax(logits, 1) * Tensor::from_data(targets, device)).sum()
}
