//! Cell `qat`: the reader's weights at few bits, rounded after training and trained with the rounding in view.

use std::sync::Arc;

use octet_models::digits::{
    BitWidths, DIGIT_LAYERS, DigitWeights, Digits, Evaluation, Frozen, Training, TrainingConfig,
    straight_through,
};
use octet_models::{Device, ModelError};
use octet_protocol::{LabError, QatGrid, QatReport, QatRequest, QatTest, QatWidth, Report};
use octet_quant::{IntRange, QuantParams, Rounding, Symmetry, wilson};

use crate::digit_forms::{INT8, Seen};
use crate::digit_reader::DigitReader;
use crate::digits::{BATCHES_A_POINT, LossCurve, load, training_error, under_way, weights};
use crate::host::Host;
use crate::integers::{cannot_convert, fastest};
use crate::models::{device, internal};
use crate::predict::Steps;
use crate::session::{Outcome, Session};
use crate::train::epoch;

/// Widest first.
const BITS: [u32; 4] = [8, 4, 3, 2];
/// With more bits than these, steps are too many to be seen.
const SEEN_BITS: u32 = 4;
/// Bins a step of a histogram.
const BINS: usize = 8;
/// The layer whose weights are looked at: the second convolution.
const LAYER: usize = 1;

/// At each width: rounds, tests, trains, tests again.
pub(crate) async fn run(
    session: &mut Session,
    host: &impl Host,
    request: QatRequest,
) -> Result<QatReport, LabError> {
    let start = weights(session)?.clone();
    let digits = load(session, host).await?;
    let config = TrainingConfig {
        epochs: request.epochs as usize,
        batch: request.batch as usize,
        learning_rate: request.learning_rate as f32,
        seed: request.seed,
        ..TrainingConfig::default()
    };
    config
        .check(&digits)
        .map_err(|error| training_error(&error))?;
    let device = device(session.backend);
    let batches = digits.train.len().div_ceil(config.batch) * config.epochs;
    let mut steps = Steps::new(host, 1 + BITS.len() * (batches + 2));
    steps.next("watching the validation digits".into()).await?;
    let graph = start.to_graph();
    let seen = Seen::new(&graph, &digits.validation)?;
    let calibration = seen.calibration(&graph, 0..digits.validation.len())?;
    let float32 = start
        .evaluate(&digits.test, None, &device)
        .map_err(|error| internal(&error))?;
    let mut report = QatReport {
        backend: session.backend,
        test: digits.test.len() as u32,
        float32_correct: float32.correct as u32,
        batches_a_point: BATCHES_A_POINT as u32,
        widths: Vec::new(),
        is_running: true,
        estimator: estimator(&device).map_err(|error| internal(&error))?,
    };
    for bits in BITS {
        let widths = BitWidths {
            weights: bits,
            activations: if request.few_activation_bits { bits } else { 8 },
        };
        steps
            .next(format!("{bits} bits, rounded afterwards"))
            .await?;
        let Some(frozen) = Frozen::of_calibration(widths, &graph, &calibration) else {
            continue;
        };
        let afterwards = start
            .evaluate(&digits.test, Some(frozen), &device)
            .map_err(|error| internal(&error))?;
        report.widths.push(QatWidth {
            bits,
            activation_bits: widths.activations,
            ptq: test(&afterwards, &digits),
            qat: None,
            epochs: Vec::new(),
            losses: Vec::new(),
            best_epoch: 0,
            seconds: 0.0,
            integers_agree: None,
            grid: None,
        });
        let training =
            Training::quantization_aware(digits.clone(), config, &start, widths, &device);
        let mut training = training.map_err(|error| training_error(&error))?;
        train(&mut training, &mut report, &mut steps, bits).await?;
        steps.next(format!("{bits} bits, testing")).await?;
        if let Some(width) = report.widths.last_mut() {
            finish(width, &training, &start, &digits, &device)?;
        }
        tell(host, &report);
    }
    report.is_running = false;
    Ok(report)
}

fn tell(host: &impl Host, report: &QatReport) {
    host.tell(Outcome {
        report: Report::Qat(Box::new(report.clone())),
        attachments: Vec::new(),
    });
}

/// All epochs of one width.
async fn train<H: Host>(
    training: &mut Training,
    report: &mut QatReport,
    steps: &mut Steps<'_, H>,
    bits: u32,
) -> Result<(), LabError> {
    let host = steps.host();
    let mut curve = LossCurve::default();
    while !training.is_done() {
        steps
            .next(format!("{bits} bits, {}", under_way(training)))
            .await?;
        let begin = host.now_ms();
        let batch = training.step().map_err(|error| training_error(&error))?;
        let ms = host.now_ms() - begin;
        let (Some(batch), Some(width)) = (batch, report.widths.last_mut()) else {
            break;
        };
        width.seconds += ms / 1e3;
        curve.add(training, &batch);
        width.losses.clone_from(&curve.points);
        if let Some(finished) = batch.epoch {
            width.epochs.push(epoch(&finished));
            tell(host, report);
        }
    }
    Ok(())
}

/// Tests what training has settled on.
fn finish(
    width: &mut QatWidth,
    training: &Training,
    start: &DigitWeights,
    digits: &Arc<Digits>,
    device: &Device,
) -> Result<(), LabError> {
    let Some((best, frozen)) = training.best().and_then(|b| Some((b, b.quantization?))) else {
        return Ok(());
    };
    let evaluation = best.weights.evaluate(&digits.test, Some(frozen), device);
    let evaluation = evaluation.map_err(|error| internal(&error))?;
    width.best_epoch = best.epoch as u32 + 1;
    width.qat = Some(test(&evaluation, digits));
    if (width.bits, width.activation_bits) == (8, 8) {
        let integers = best.weights.to_full_integer(&frozen, INT8);
        let integers = integers.map_err(cannot_convert)?;
        let said = DigitReader::new(&integers, fastest())?.classes(&digits.test)?;
        let same = said.iter().zip(&evaluation.classes).filter(|(a, b)| a == b);
        width.integers_agree = Some(same.count() as u32);
    }
    if width.bits <= SEEN_BITS {
        width.grid = grid(width.bits, start, &best.weights);
    }
    Ok(())
}

fn test(evaluation: &Evaluation, digits: &Digits) -> QatTest {
    let (low, high) = wilson(evaluation.correct, digits.test.len());
    QatTest {
        correct: evaluation.correct as u32,
        interval: [low, high],
        loss: evaluation.loss,
    }
}

/// Where the weights lie on the steps of so many bits.
fn grid(bits: u32, before: &DigitWeights, after: &DigitWeights) -> Option<QatGrid> {
    let largest = IntRange::new(bits, true, true).ok()?.qmax() as usize;
    let (before, after) = (in_steps(before, largest), in_steps(after, largest));
    let histogram = |steps: &[f32]| {
        let mut bins = vec![0; (2 * largest + 1) * BINS];
        for step in steps {
            let place = (step + largest as f32 + 0.5) * BINS as f32;
            if let Some(bin) = bins.get_mut(place as usize) {
                *bin += 1;
            }
        }
        bins
    };
    let distance = |steps: &[f32]| {
        let sum: f32 = steps.iter().map(|step| (step - step.round()).abs()).sum();
        sum / steps.len().max(1) as f32
    };
    Some(QatGrid {
        largest: largest as u32,
        bins_a_step: BINS as u32,
        before: histogram(&before),
        after: histogram(&after),
        distance: [distance(&before), distance(&after)],
    })
}

/// The weights of a layer in steps of their channel's scale.
fn in_steps(weights: &DigitWeights, largest: usize) -> Vec<f32> {
    let (Some(layer), Some(numbers)) = (DIGIT_LAYERS.get(LAYER), weights.layers().get(LAYER))
    else {
        return Vec::new();
    };
    let channels = numbers.weights.chunks(layer.len() / layer.outputs().max(1));
    let steps = channels.flat_map(|channel| {
        let most = channel.iter().fold(0.0_f32, |most, w| most.max(w.abs()));
        let scale = most / largest as f32;
        channel
            .iter()
            .map(move |w| if scale > 0.0 { w / scale } else { 0.0 })
    });
    steps.collect()
}

/// The estimator over a range of −1 to 1 at 2 bits, and somewhat beyond.
fn estimator(device: &Device) -> Result<Vec<[f32; 3]>, ModelError> {
    let values: Vec<f32> = (-80..=80).map(|step| step as f32 / 50.0).collect();
    let params = IntRange::new(2, true, true).and_then(|range| {
        let rounding = Rounding::HalfAwayFromZero;
        QuantParams::from_range(-1.0, 1.0, Symmetry::Symmetric, range, rounding)
    });
    let pairs = straight_through(&values, params.map_err(ModelError::Bits)?, device)?;
    let points = values.into_iter().zip(pairs);
    Ok(points.map(|(x, (y, gradient))| [x, y, gradient]).collect())
}
