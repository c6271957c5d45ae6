//! The digits that the reader's network learns to read, and the weights that it has been trained to.

use std::sync::Arc;

use octet_models::digits::{Batch, DigitSet, DigitWeights, Digits, Training};
use octet_protocol::{ErrorKind, LabError};

use crate::draw;
use crate::host::Host;
use crate::models::file_error;
use crate::session::{Session, needs};

const PATH: &str = "models/digits.safetensors";

/// The file of weights that the reader can save, and that the page keeps.
pub(crate) const FILE_NAME: &str = "digits.safetensors";

/// What there is of it.
#[derive(Default)]
pub(crate) struct DigitLab {
    digits: Option<Arc<Digits>>,
    /// Left by `train`, to go on with.
    pub(crate) training: Option<Training>,
    /// Its curve: epochs and loss.
    pub(crate) curve: Vec<[f32; 2]>,
    /// Left by `train`: the best weights.
    pub(crate) weights: Option<DigitWeights>,
    /// Left by `draw`.
    pub(crate) readers: Option<draw::Readers>,
}

/// The digits, loaded where that has not been done.
pub(crate) async fn load(session: &mut Session, host: &impl Host) -> Result<Arc<Digits>, LabError> {
    if let Some(digits) = &session.digits.digits {
        return Ok(digits.clone());
    }
    let bytes = host.fetch(PATH).await?;
    let digits = Digits::from_file(&bytes).map_err(|error| file_error(PATH, &error))?;
    let digits = Arc::new(digits);
    session.digits.digits = Some(digits.clone());
    Ok(digits)
}

/// The weights that `train` has left.
pub(crate) fn weights(session: &Session) -> Result<&DigitWeights, LabError> {
    session
        .digits
        .weights
        .as_ref()
        .ok_or_else(|| needs("train"))
}

/// That so many digits can be calibrated with.
pub(crate) fn check_samples(samples: u32, validation: &DigitSet) -> Result<(), LabError> {
    within("samples", samples, validation.len() as u32)
}

/// That a number is from 1 to the largest that a cell takes.
pub(crate) fn within(name: &str, given: u32, most: u32) -> Result<(), LabError> {
    if (1..=most).contains(&given) {
        return Ok(());
    }
    Err(LabError::new(
        ErrorKind::BadInput,
        format!("{given} {name} cannot be had here."),
        format!("Choose from 1 to {most}."),
    ))
}

/// Batches that a point of a curve is the mean of.
pub(crate) const BATCHES_A_POINT: usize = 25;

/// The loss while training: pairs of epochs and the mean loss of so many batches.
#[derive(Default)]
pub(crate) struct LossCurve {
    pub(crate) points: Vec<[f32; 2]>,
    /// Of the point that is not complete yet.
    sum: f32,
    count: usize,
}

impl LossCurve {
    /// Takes in the batch that training has just done.
    pub(crate) fn add(&mut self, training: &Training, batch: &Batch) {
        self.sum += batch.loss;
        self.count += 1;
        if self.count == BATCHES_A_POINT {
            let part = training.batch() as f32 / training.batches() as f32;
            let epochs = training.epochs().len() as f32 + part;
            self.points
                .push([epochs, self.sum / BATCHES_A_POINT as f32]);
            (self.sum, self.count) = (0.0, 0);
        }
    }
}

/// `epoch 2 of 10, batch 31 of 125`.
pub(crate) fn under_way(training: &Training) -> String {
    format!(
        "epoch {} of {}, batch {} of {}",
        training.epochs().len() + 1,
        training.config().epochs,
        training.batch() + 1,
        training.batches()
    )
}

/// A setting that makes no sense, or a run that went astray.
pub(crate) fn training_error(error: &octet_models::ModelError) -> LabError {
    use octet_models::ModelError::{Diverged, Setting};
    let remedy = match error {
        Setting { .. } => "Change it and run the cell again.",
        Diverged { .. } => "Choose a smaller learning rate (0.001 is usual) and train anew.",
        _ => return crate::models::internal(error),
    };
    LabError::new(ErrorKind::BadInput, error.to_string(), remedy)
}
