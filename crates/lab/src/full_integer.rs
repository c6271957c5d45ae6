//! Cell `full-integer`: float32, dynamic range and full integer side by side.

use std::collections::BTreeMap;
use std::rc::Rc;

use octet_graph::Calibration;
use octet_models::{BurnNetwork, Network};
use octet_protocol::{
    Backend, Class, EdgeType, ErrorKind, FullIntegerPhoto, FullIntegerReport, FullIntegerRequest,
    FullIntegerRow, LabError, Latency, OperatorTimes, Precision,
};

use crate::accuracy::{compare, mean_squared_error};
use crate::host::Host;
use crate::integers::{self, Form, Runner, details, fastest, latency};
use crate::photo::StoredPhoto;
use crate::predict::{Steps, median};
use crate::session::Session;
use crate::{classes, models};

/// Rounds before the timed ones, unless fewer are timed: the browser's compiler has then done what it will do.
const MOST_WARM_UPS: u32 = 10;
/// Rounds in which each operator is timed.
const MOST_OPERATOR_ROUNDS: u32 = 5;
/// More timed runs than this only wear out the reader.
const MAX_RUNS: u32 = 1000;
/// The same on Burn, where a run takes longer.
const MAX_BURN_RUNS: u32 = 20;

/// Calibrates, converts, reads the three models back from their files, and runs and times them in turn; then
/// the float32 network on Burn's backends, in turn as well.
pub(crate) async fn run(
    session: &mut Session,
    host: &impl Host,
    request: FullIntegerRequest,
) -> Result<FullIntegerReport, LabError> {
    let FullIntegerRequest {
        weight_scales,
        observer,
        samples,
        runs,
        burn_runs,
    } = request;
    check(runs, 1, MAX_RUNS)?;
    check(burn_runs, 0, MAX_BURN_RUNS)?;
    let photos = session.photos.clone();
    let burn_passes = match burn_runs {
        0 => 0,
        runs => Backend::ALL.len() * burn_passes(runs, photos.len()),
    };
    let layers = session.baseline()?.on_burn.len();
    let warm_ups = runs.min(MOST_WARM_UPS);
    let operator_rounds = runs.min(MOST_OPERATOR_ROUNDS);
    let rounds = photos.len() + (warm_ups + runs + operator_rounds) as usize;
    let total = samples as usize + 3 + 3 * rounds + burn_passes * layers;
    let mut steps = Steps::new(host, total);

    let calibrated = integers::calibrate(session, &mut steps, observer, samples).await?;
    let mut convert_ms = 0.0;
    let mut contenders = Vec::with_capacity(3);
    for form in forms(request, &calibrated.ranges) {
        let precision = form.precision();
        steps
            .next(format!("converting, {}", precision.name()))
            .await?;
        let begin = host.now_ms();
        let file = integers::convert(session, &form)?;
        convert_ms += host.now_ms() - begin;
        let normalization = session.baseline()?.network.spec.normalization;
        contenders.push(Contender {
            precision,
            file_bytes: file.len() as u64,
            runner: Runner::from_file(&file, fastest(), normalization)?,
            probabilities: Vec::with_capacity(photos.len()),
            times_ms: Vec::with_capacity(runs as usize),
        });
    }
    classify(&mut contenders, &mut steps, &photos).await?;
    race(&mut contenders, &mut steps, &photos, (warm_ups, runs)).await?;
    let operators = operators(&mut contenders, &mut steps, operator_rounds).await?;
    let on_burn = burn(session, &mut steps, &photos, burn_runs).await?;

    let [input, output] = edges(&contenders)?;
    let seen = |place: usize| {
        contenders
            .get(place)
            .map(|contender| &contender.probabilities)
    };
    let (Some(float32), Some(dynamic_range), Some(full_integer)) = (seen(0), seen(1), seen(2))
    else {
        return Err(integers::cannot_run("a model is missing"));
    };
    let predictions = photos
        .iter()
        .zip(float32)
        .zip(dynamic_range.iter().zip(full_integer))
        .map(
            |((photo, float32), (dynamic_range, full_integer))| FullIntegerPhoto {
                photo: photo.info.id,
                title: photo.info.title.clone(),
                float32: likeliest(session, float32),
                dynamic_range: likeliest(session, dynamic_range),
                full_integer: likeliest(session, full_integer),
            },
        )
        .collect();
    let mut rows: Vec<_> = contenders
        .iter()
        .map(|contender| {
            let latency = latency(contender.times_ms.clone(), warm_ups);
            let arena = contender.runner.engine().arena_bytes() as u64;
            FullIntegerRow {
                arena_bytes: Some(arena),
                ..row(
                    contender.precision,
                    contender.file_bytes,
                    float32,
                    &contender.probabilities,
                    latency,
                )
            }
        })
        .collect();
    for burnt in on_burn {
        let latency = latency(burnt.times_ms, 1);
        rows.push(FullIntegerRow {
            backend: Some(burnt.backend),
            ..row(
                Precision::Float32,
                burnt.file_bytes,
                float32,
                &burnt.probabilities,
                latency,
            )
        });
    }
    Ok(FullIntegerReport {
        model: session.baseline()?.model,
        weight_scales,
        observer,
        samples,
        photos: photos.len() as u32,
        observed: calibrated.ranges.tensors().count() as u32,
        calibrate_ms: calibrated.ms,
        convert_ms,
        kernels: integers::used(fastest()),
        input,
        output,
        rows,
        predictions,
        operators,
    })
}

fn check(runs: u32, least: u32, most: u32) -> Result<(), LabError> {
    if (least..=most).contains(&runs) {
        return Ok(());
    }
    Err(LabError::new(
        ErrorKind::BadInput,
        format!("{runs} runs are out of range."),
        format!("Choose from {least} to {most} runs."),
    ))
}

/// float32 first: the others are held against it.
fn forms(request: FullIntegerRequest, ranges: &Rc<Calibration>) -> [Form; 3] {
    let weights = request.weight_scales;
    [
        Form::Float32,
        Form::DynamicRange(weights),
        Form::FullInteger {
            weights,
            inputs: EdgeType::Int8,
            outputs: EdgeType::Int8,
            ranges: ranges.clone(),
        },
    ]
}

/// One of the models on the engine.
struct Contender {
    precision: Precision,
    file_bytes: u64,
    runner: Runner,
    /// In batch order.
    probabilities: Vec<Vec<f32>>,
    times_ms: Vec<f64>,
}

/// Classifies every photo with every model.
async fn classify(
    contenders: &mut [Contender],
    steps: &mut Steps<'_, impl Host>,
    photos: &[StoredPhoto],
) -> Result<(), LabError> {
    for (place, photo) in photos.iter().enumerate() {
        for contender in &mut *contenders {
            let precision = contender.precision.name();
            let label = format!("{precision}, photo {} of {}", place + 1, photos.len());
            steps.next(label).await?;
            let probabilities = contender.runner.classify(&photo.pixels, steps.host())?;
            contender.probabilities.push(probabilities);
        }
    }
    Ok(())
}

/// Times every model over the photos. In every round each model runs once, so that a processor which slows down
/// or speeds up does so to all.
async fn race(
    contenders: &mut [Contender],
    steps: &mut Steps<'_, impl Host>,
    photos: &[StoredPhoto],
    (warm_ups, runs): (u32, u32),
) -> Result<(), LabError> {
    for (round, photo) in (0..warm_ups + runs).zip(photos.iter().cycle()) {
        let label = match (round + 1).checked_sub(warm_ups) {
            None | Some(0) => format!("warm-up {} of {warm_ups}", round + 1),
            Some(run) => format!("run {run} of {runs}"),
        };
        for contender in &mut *contenders {
            let precision = contender.precision.name();
            steps.next(format!("{precision}, {label}")).await?;
            contender.runner.put_in(&photo.pixels)?;
            let time = contender.runner.invoke(steps.host())?;
            if round >= warm_ups {
                contender.times_ms.push(time);
            }
        }
    }
    Ok(())
}

/// Times each operator of every model, on what was put in last.
async fn operators(
    contenders: &mut [Contender],
    steps: &mut Steps<'_, impl Host>,
    rounds: u32,
) -> Result<Vec<OperatorTimes>, LabError> {
    let mut by_operator: BTreeMap<&'static str, [Vec<f64>; 3]> = BTreeMap::new();
    for round in 1..=rounds {
        for (place, contender) in contenders.iter_mut().enumerate() {
            let precision = contender.precision.name();
            let label = format!("{precision}, operator by operator, {round} of {rounds}");
            steps.next(label).await?;
            for (operator, ms) in contender.runner.invoke_by_operator(steps.host())? {
                let times = by_operator.entry(operator).or_default();
                times[place].push(ms);
            }
        }
    }
    let mut rows: Vec<_> = by_operator
        .into_iter()
        .map(|(operator, times)| {
            let [float32_ms, dynamic_range_ms, full_integer_ms] = times.map(median);
            OperatorTimes {
                operator: operator.to_owned(),
                float32_ms,
                dynamic_range_ms,
                full_integer_ms,
            }
        })
        .collect();
    rows.sort_by(|a, b| b.float32_ms.total_cmp(&a.float32_ms));
    Ok(rows)
}

/// The float32 network on one of Burn's backends.
struct Burnt {
    backend: Backend,
    file_bytes: u64,
    /// In batch order.
    probabilities: Vec<Vec<f32>>,
    times_ms: Vec<f64>,
}

/// How often a backend runs: one warm-up and the timed runs, on the photos in turn; and every photo once.
fn burn_passes(runs: u32, photos: usize) -> usize {
    (1 + runs as usize).max(photos)
}

/// Times both backends in turn.
async fn burn(
    session: &Session,
    steps: &mut Steps<'_, impl Host>,
    photos: &[StoredPhoto],
    runs: u32,
) -> Result<Vec<Burnt>, LabError> {
    if runs == 0 {
        return Ok(Vec::new());
    }
    let baseline = session.baseline()?;
    let file_bytes = file_bytes(&baseline.network)?;
    let others: Vec<(Backend, Option<BurnNetwork>)> = Backend::ALL
        .into_iter()
        .map(|backend| {
            let device = models::device(backend);
            let other = (backend != session.backend)
                .then(|| BurnNetwork::new(baseline.network.clone(), &device));
            (backend, other)
        })
        .collect();
    let mut burnt: Vec<_> = others
        .iter()
        .map(|(backend, _)| Burnt {
            backend: *backend,
            file_bytes,
            probabilities: Vec::with_capacity(photos.len()),
            times_ms: Vec::with_capacity(runs as usize),
        })
        .collect();
    let passes = burn_passes(runs, photos.len());
    for (pass, photo) in (0..passes).zip(photos.iter().cycle()) {
        for ((backend, other), burnt) in others.iter().zip(&mut burnt) {
            let network = other.as_ref().unwrap_or(&baseline.on_burn);
            let label = format!("Burn {}, run {} of {passes}", backend.name(), pass + 1);
            let run = steps.forward(network, &photo.pixels, &label).await?;
            if pass < photos.len() {
                burnt.probabilities.push(run.probabilities);
            }
            if (1..=runs as usize).contains(&pass) {
                burnt.times_ms.push(run.latency_ms);
            }
        }
    }
    Ok(burnt)
}

/// The length of the file that holds what Burn runs.
fn file_bytes(network: &Network) -> Result<u64, LabError> {
    let file = network
        .to_file()
        .map_err(|error| models::internal(&error))?;
    Ok(file.len() as u64)
}

/// Input and output of the full-integer model.
fn edges(contenders: &[Contender]) -> Result<[octet_protocol::TensorDetails; 2], LabError> {
    let integer = contenders.last().map(|contender| contender.runner.engine());
    let input = integer.and_then(|engine| engine.inputs().first());
    let output = integer.and_then(|engine| engine.outputs().first());
    match (input, output) {
        (Some(input), Some(output)) => Ok([details(input), details(output)]),
        _ => Err(integers::cannot_run("it has no input or no output")),
    }
}

fn likeliest(session: &Session, probabilities: &[f32]) -> Class {
    let first = classes::top5(session, probabilities).into_iter().next();
    first.unwrap_or(Class {
        index: 0,
        label: String::new(),
        probability: 0.0,
    })
}

/// A row of a model on the engine whose arena is not known.
fn row(
    precision: Precision,
    file_bytes: u64,
    float32: &[Vec<f32>],
    own: &[Vec<f32>],
    latency: Latency,
) -> FullIntegerRow {
    let photos = own.len().max(1) as f64;
    let pairs = || float32.iter().zip(own);
    let compared: Vec<_> = pairs()
        .map(|(float32, own)| compare(float32, own))
        .collect();
    let drifts = compared.iter().map(|(_, drift)| drift.abs());
    let errors = pairs().map(|(float32, own)| mean_squared_error(float32, own));
    FullIntegerRow {
        precision,
        backend: None,
        file_bytes,
        arena_bytes: None,
        agreements: compared.iter().filter(|(is_match, _)| *is_match).count() as u32,
        mean_abs_drift: drifts.sum::<f64>() / photos,
        mse: errors.sum::<f64>() / photos,
        latency,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_backend_sees_every_photo_and_runs_as_often_as_asked() {
        assert_eq!(burn_passes(3, 4), 4);
        assert_eq!(burn_passes(1, 4), 4);
        assert_eq!(burn_passes(20, 4), 21);
    }

    #[test]
    fn figures_are_means_over_the_photos() {
        let float32 = [vec![0.75, 0.25], vec![0.5, 0.5]];
        let own = [vec![0.5, 0.5], vec![0.25, 0.75]];
        let latency = latency(vec![1.0], 0);
        let row = row(Precision::FullInteger, 9, &float32, &own, latency);
        assert_eq!(row.agreements, 1);
        assert_eq!(row.mean_abs_drift, 0.25);
        assert_eq!(row.mse, 0.0625);
    }

    #[test]
    fn runs_out_of_range_are_named() {
        assert!(check(0, 0, 20).is_ok());
        let error = check(1001, 1, 1000).unwrap_err();
        assert!(error.message.contains("1001") && error.remedy.contains("1 to 1000"));
    }
}
