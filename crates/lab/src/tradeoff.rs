//! Cell `tradeoff`: the reader's digit network in seven forms, accuracy against compression.

use std::sync::Arc;

use octet_graph::{Graph, WeightScheme, Widths, pack_weights};
use octet_models::digits::{
    Best, BitWidths, DigitSet, DigitWeights, Digits, Training, TrainingConfig,
};
use octet_protocol::{LabError, TradeoffForm, TradeoffKind, TradeoffReport, TradeoffRequest};
use octet_quant::RandomState;

use crate::digit_forms::{INT8, Seen, integers, without_calibration};
use crate::digit_reader::{DigitReader, correct};
use crate::digits::{load, training_error, weights, within};
use crate::host::Host;
use crate::integers::{cannot_convert, fastest};
use crate::models::device;
use crate::predict::Steps;
use crate::session::Session;

/// Digits to calibrate with, drawn anew with each seed.
const SAMPLES: usize = 100;
/// Of quantization-aware training: a tenth of what training from nothing takes, since the weights are nearly right.
const LEARNING_RATE: f32 = 1e-4;
const BATCH: usize = 32;
const MOST_SEEDS: u32 = 10;
const MOST_EPOCHS: u32 = 20;

/// Makes, trains and tests all forms.
pub(crate) async fn run(
    session: &mut Session,
    host: &impl Host,
    request: TradeoffRequest,
) -> Result<TradeoffReport, LabError> {
    let TradeoffRequest { seeds, epochs } = request;
    within("seeds", seeds, MOST_SEEDS)?;
    within("epochs", epochs, MOST_EPOCHS)?;
    let digits = load(session, host).await?;
    let start = weights(session)?.clone();
    let graph = start.to_graph();
    let batches = epochs as usize * digits.train.len().div_ceil(BATCH);
    let mut steps = Steps::new(host, 1 + 2 * seeds as usize * batches);
    let mut work = Work {
        test: &digits.test,
        forms: Vec::new(),
    };
    steps.next("the forms without training".into()).await?;
    let kinds = [
        TradeoffKind::Float32,
        TradeoffKind::Float16,
        TradeoffKind::DynamicRange,
    ];
    for (kind, (_, graph)) in kinds.into_iter().zip(without_calibration(&graph)?) {
        work.add(kind, &graph)?;
    }
    let seen = Seen::new(&graph, &digits.validation)?;
    for seed in 1..=seeds {
        let mut order = RandomState::new(seed).permutation(digits.validation.len());
        order.truncate(SAMPLES);
        let calibration = seen.calibration(&graph, order)?;
        work.add(TradeoffKind::FullInteger, &integers(&graph, &calibration)?)?;
    }
    work.add(TradeoffKind::Int4, &packed(&start)?)?;

    let mut training_ms = 0.0;
    let device = device(session.backend);
    for seed in 1..=seeds {
        for bits in [8, 4] {
            let config = TrainingConfig {
                epochs: epochs as usize,
                batch: BATCH,
                learning_rate: LEARNING_RATE,
                seed,
                ..TrainingConfig::default()
            };
            let widths = BitWidths::of_weights(bits);
            let digits: Arc<Digits> = digits.clone();
            let training = Training::quantization_aware(digits, config, &start, widths, &device);
            let mut training = training.map_err(|error| training_error(&error))?;
            let what = format!("training at {bits} bits, seed {seed}");
            training_ms += train(&mut training, &mut steps, &what).await?;
            let Some(Best {
                weights,
                quantization: Some(ranges),
                ..
            }) = training.best()
            else {
                return Err(cannot_convert("training has left no ranges"));
            };
            if bits == 8 {
                let graph = weights.to_full_integer(ranges, INT8);
                work.add(
                    TradeoffKind::FullIntegerQat,
                    &graph.map_err(cannot_convert)?,
                )?;
            } else {
                work.add(TradeoffKind::Int4Qat, &packed(weights)?)?;
            }
        }
    }
    Ok(TradeoffReport {
        test: digits.test.len() as u32,
        epochs,
        forms: work.forms,
        training_seconds: training_ms / 1000.0,
    })
}

/// Weights of 4 bits, two to the byte; float32 activations.
fn packed(weights: &DigitWeights) -> Result<Graph, LabError> {
    let graph = weights.to_graph();
    let scheme = WeightScheme {
        bits: 4,
        per_channel: true,
    };
    let widths = Widths::uniform(&graph, scheme);
    let (packed, _) = pack_weights(&graph, &widths).map_err(cannot_convert)?;
    Ok(packed)
}

/// What is gathered.
struct Work<'a> {
    test: &'a DigitSet,
    forms: Vec<TradeoffForm>,
}

impl Work<'_> {
    /// Writes a form, reads it back, and tests it.
    fn add(&mut self, kind: TradeoffKind, graph: &Graph) -> Result<(), LabError> {
        let file = octet_tflite::write(graph).map_err(cannot_convert)?;
        let mut reader = DigitReader::from_file(&file, fastest())?;
        let correct = correct(&reader.classes(self.test)?, self.test) as u32;
        match self.forms.iter_mut().find(|form| form.kind == kind) {
            Some(form) => form.correct.push(correct),
            None => self.forms.push(TradeoffForm {
                kind,
                file_bytes: file.len() as u64,
                correct: vec![correct],
            }),
        }
        Ok(())
    }
}

/// To its end; gives the milliseconds of the batches alone.
async fn train<H: Host>(
    training: &mut Training,
    steps: &mut Steps<'_, H>,
    what: &str,
) -> Result<f64, LabError> {
    let host = steps.host();
    let mut ms = 0.0;
    while !training.is_done() {
        steps.next(what.to_owned()).await?;
        let begin = host.now_ms();
        training.step().map_err(|error| training_error(&error))?;
        ms += host.now_ms() - begin;
    }
    Ok(ms)
}
