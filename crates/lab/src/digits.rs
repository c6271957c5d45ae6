//! The digits of the fourth chapter's networks, and the weights that the reader has trained.

use std::sync::Arc;

use octet_models::digits::{DigitWeights, Digits, Training};
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
