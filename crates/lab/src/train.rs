//! Cell `train`: the network of the lab learns to read digits, a batch at a time.

use octet_models::digits::{
    Augmentation, CLASSES, DIGIT_LAYERS, DigitSet, DigitWeights, Digits, Epoch, Evaluation,
    Training, TrainingConfig,
};
use octet_protocol::{
    Attachment, Backend, ErrorKind, LabError, Progress, Report, SavedFile, TrainBegin, TrainEpoch,
    TrainReport, TrainRequest, TrainState, TrainTest,
};

use crate::digits::{BATCHES_A_POINT, FILE_NAME, LossCurve, load, training_error, under_way};
use crate::host::Host;
use crate::models::{device, internal};
use crate::session::{Outcome, Session};

/// The page is shown how it goes this often, and after each epoch.
const TELL_MS: f64 = 1000.0;
/// Digits of each class that the page shows.
const SAMPLES: usize = 2;

/// Trains, or takes weights that were kept. A Cancel ends training, and the best weights so far are the result.
pub(crate) async fn run(
    session: &mut Session,
    host: &impl Host,
    request: TrainRequest,
) -> Result<Outcome, LabError> {
    let digits = load(session, host).await?;
    let config = config(&request);
    config
        .check(&digits)
        .map_err(|error| training_error(&error))?;
    let backend = session.backend;
    let device = device(backend);
    let kept = kept(&request)?;
    let mut run = Run::new(backend, &digits);
    if request.begin == TrainBegin::Kept {
        let weights = kept.ok_or_else(nothing_kept)?;
        session.digits.training = None;
        run.state = TrainState::Kept;
        return run.end(session, host, weights, 0).await;
    }
    let resumed = session
        .digits
        .training
        .take()
        .filter(|_| request.begin == TrainBegin::GoOn);
    if resumed.is_some() {
        run.curve.points = std::mem::take(&mut session.digits.curve);
    }
    let training = match (resumed, kept) {
        (Some(mut training), _) => training.extend(config).map(|()| training),
        (None, Some(weights)) if request.begin == TrainBegin::GoOn => {
            Training::from_weights(digits.clone(), config, &weights, &device)
        }
        _ => Training::new(digits.clone(), config, &device),
    };
    let training = training.map_err(|error| training_error(&error))?;
    // Left there while it runs: whatever happens, one can go on.
    let training = session.digits.training.insert(training);
    let trained = run.train(host, training).await;
    session.digits.curve.clone_from(&run.curve.points);
    match trained {
        Ok(()) => {}
        Err(error) if error.kind == ErrorKind::Cancelled && training.best().is_some() => {
            run.state = TrainState::Stopped;
        }
        Err(error) => {
            if error.kind != ErrorKind::Cancelled {
                session.digits.training = None;
            }
            return Err(error);
        }
    }
    let Some(best) = training.best() else {
        return Err(LabError::cancelled());
    };
    let (weights, epoch) = (best.weights.clone(), best.epoch + 1);
    run.end(session, host, weights, epoch).await
}

fn config(request: &TrainRequest) -> TrainingConfig {
    TrainingConfig {
        epochs: request.epochs as usize,
        batch: request.batch as usize,
        learning_rate: request.learning_rate as f32,
        seed: request.seed,
        augmentation: if request.augment {
            Augmentation::USUAL
        } else {
            Augmentation::default()
        },
        patience: (request.patience > 0).then_some(request.patience as usize),
    }
}

/// The weights that came with the request, if any are of use to it.
fn kept(request: &TrainRequest) -> Result<Option<DigitWeights>, LabError> {
    if request.bytes.is_empty() || request.begin == TrainBegin::Anew {
        return Ok(None);
    }
    DigitWeights::from_file(&request.bytes)
        .map(Some)
        .map_err(|error| {
            LabError::new(
                ErrorKind::BadInput,
                format!("The weights that this browser has kept cannot be used. {error}"),
                "Train anew.",
            )
        })
}

fn nothing_kept() -> LabError {
    LabError::new(
        ErrorKind::BadInput,
        "This browser has kept no weights of an earlier visit.",
        "Train anew.",
    )
}

/// What is gathered for the report.
struct Run {
    backend: Backend,
    sizes: [u32; 3],
    /// Some digits for the page.
    samples: Vec<u8>,
    state: TrainState,
    epochs: Vec<TrainEpoch>,
    curve: LossCurve,
    shown: usize,
    ms: f64,
    /// The best weights so far, as a file, and their epoch counted from 1.
    file: (usize, Vec<u8>),
}

impl Run {
    fn new(backend: Backend, digits: &Digits) -> Self {
        let sets = [&digits.train, &digits.validation, &digits.test];
        let samples = digits.train.images().iter().take(SAMPLES * CLASSES);
        Self {
            backend,
            sizes: sets.map(|set| set.len() as u32),
            samples: samples.flatten().copied().collect(),
            state: TrainState::Running,
            epochs: Vec::new(),
            curve: LossCurve::default(),
            shown: 0,
            ms: 0.0,
            file: (0, Vec::new()),
        }
    }

    /// Until it is done, or the reader stops it.
    async fn train(&mut self, host: &impl Host, training: &mut Training) -> Result<(), LabError> {
        self.epochs = training.epochs().iter().map(epoch).collect();
        let total = training.config().epochs * training.batches();
        let mut told = host.now_ms();
        let mut accuracy = None;
        while !training.is_done() {
            let done = training.epochs().len() * training.batches() + training.batch();
            let progress = Progress {
                done: done as u32,
                total: total as u32,
                label: label(training, accuracy),
            };
            host.step(progress).await?;
            let begin = host.now_ms();
            let batch = training.step().map_err(|error| training_error(&error))?;
            let now = host.now_ms();
            self.ms += now - begin;
            let Some(batch) = batch else { break };
            self.shown += batch.digits;
            self.curve.add(training, &batch);
            if let Some(finished) = batch.epoch {
                accuracy = Some(finished.validation_accuracy);
                self.epochs.push(epoch(&finished));
                self.keep(training)?;
            }
            if batch.epoch.is_some() || now - told > TELL_MS {
                told = now;
                host.tell(self.outcome(None));
            }
        }
        self.state = match training.is_out_of_patience() {
            true => TrainState::OutOfPatience,
            false => TrainState::Done,
        };
        Ok(())
    }

    /// Takes over the best weights where they are new.
    fn keep(&mut self, training: &Training) -> Result<(), LabError> {
        if let Some(best) = training.best()
            && best.epoch + 1 != self.file.0
        {
            let bytes = best.weights.to_file().map_err(|error| internal(&error))?;
            self.file = (best.epoch + 1, bytes);
        }
        Ok(())
    }

    /// Tests the weights and leaves them to later cells.
    async fn end(
        mut self,
        session: &mut Session,
        host: &impl Host,
        weights: DigitWeights,
        epoch: usize,
    ) -> Result<Outcome, LabError> {
        let digits = load(session, host).await?;
        let bytes = weights.to_file().map_err(|error| internal(&error))?;
        self.file = (epoch, bytes.clone());
        let evaluation = weights.evaluate(&digits.test, None, &device(self.backend));
        let evaluation = evaluation.map_err(|error| internal(&error))?;
        let outcome = self.outcome(Some(test(&digits.test, &evaluation)));
        session.files.insert(FILE_NAME.to_owned(), bytes);
        session.digits.weights = Some(weights);
        session.digits.readers = None;
        Ok(outcome)
    }

    fn outcome(&self, test: Option<TrainTest>) -> Outcome {
        let (best_epoch, file) = &self.file;
        let mut files = Vec::new();
        let mut attachments = vec![Attachment {
            name: "samples".to_owned(),
            bytes: self.samples.clone(),
        }];
        if !file.is_empty() {
            files.push(SavedFile {
                file_name: FILE_NAME.to_owned(),
                bytes: file.len() as u64,
            });
            attachments.push(Attachment {
                name: FILE_NAME.to_owned(),
                bytes: file.clone(),
            });
        }
        let layers = DIGIT_LAYERS.iter();
        let parameters: usize = layers.map(|layer| layer.len() + layer.outputs()).sum();
        Outcome {
            report: Report::Train(Box::new(TrainReport {
                backend: self.backend,
                digits: self.sizes,
                parameters: parameters as u32,
                state: self.state,
                epochs: self.epochs.clone(),
                batches_a_point: BATCHES_A_POINT as u32,
                losses: self.curve.points.clone(),
                best_epoch: *best_epoch as u32,
                shown: self.shown as u32,
                seconds: self.ms / 1e3,
                test,
                files,
            })),
            attachments,
        }
    }
}

fn label(training: &Training, accuracy: Option<f32>) -> String {
    let mut label = under_way(training);
    if let Some(accuracy) = accuracy {
        label += &format!(", {:.1} % of the validation set", accuracy * 100.0);
    }
    label
}

pub(crate) fn epoch(epoch: &Epoch) -> TrainEpoch {
    TrainEpoch {
        loss: epoch.loss,
        accuracy: epoch.accuracy,
        validation_loss: epoch.validation_loss,
        validation_accuracy: epoch.validation_accuracy,
    }
}

fn test(set: &DigitSet, evaluation: &Evaluation) -> TrainTest {
    let mut confusion = vec![vec![0; CLASSES]; CLASSES];
    for (&label, &class) in set.labels().iter().zip(&evaluation.classes) {
        let row = confusion.get_mut(usize::from(label));
        if let Some(count) = row.and_then(|row| row.get_mut(class)) {
            *count += 1;
        }
    }
    TrainTest {
        correct: evaluation.correct as u32,
        digits: set.len() as u32,
        loss: evaluation.loss,
        confusion,
    }
}
