//! The same model on each set of kernels: how fast, and whether the same bytes come out.

use octet_engine::{Kernels, Values};
use octet_models::Normalization;
use octet_protocol::{KernelsRow, LabError};

use crate::host::Host;
use crate::integers::{self, Runner, available, cannot_run, latency};
use crate::photo::StoredPhoto;
use crate::predict::Steps;

/// The reference is not made to be fast; timing it more often would only wear out the reader.
const MOST_REFERENCE_RUNS: u32 = 5;

/// How many steps [`kernels`] takes.
pub(super) fn steps(photos: usize, runs: u32) -> usize {
    let timed = available()
        .into_iter()
        .map(|kernels| timed(kernels, runs) as usize);
    available().len() * photos + timed.sum::<usize>()
}

fn timed(kernels: Kernels, runs: u32) -> u32 {
    match kernels {
        Kernels::Reference => runs.min(MOST_REFERENCE_RUNS),
        _ => runs,
    }
}

/// One set of kernels and what it gave.
struct Contender {
    kernels: Kernels,
    runner: Runner,
    times_ms: Vec<f64>,
    equal_photos: u32,
    largest_difference: f64,
}

/// Runs every photo on all kernels and compares the outputs with the reference's; then times all in turn on the
/// photo in this place, counted from 1.
pub(super) async fn kernels(
    file: &[u8],
    normalization: &Normalization,
    photos: &[StoredPhoto],
    place: u32,
    runs: u32,
    steps: &mut Steps<'_, impl Host>,
) -> Result<Vec<KernelsRow>, LabError> {
    let mut contenders = Vec::new();
    for kernels in available() {
        contenders.push(Contender {
            kernels,
            runner: Runner::from_file(file, kernels, *normalization)?,
            times_ms: Vec::new(),
            equal_photos: 0,
            largest_difference: 0.0,
        });
    }
    // The chosen photo is last, and is what is timed.
    let chosen = (place as usize).clamp(1, photos.len().max(1)) - 1;
    let others = photos
        .iter()
        .enumerate()
        .filter(|(other, _)| *other != chosen);
    let others = others.map(|(_, photo)| photo);
    for (done, photo) in others.chain(photos.get(chosen)).enumerate() {
        let mut reference: Option<Output> = None;
        for contender in &mut contenders {
            let name = integers::name(contender.kernels).name();
            let label = format!("{name}, photo {} of {}", done + 1, photos.len());
            steps.next(label).await?;
            contender.runner.put_in(&photo.pixels)?;
            contender.runner.invoke(steps.host())?;
            let output = Output::of(&contender.runner)?;
            let reference = reference.get_or_insert_with(|| output.clone());
            contender.equal_photos += u32::from(output.bytes == reference.bytes);
            let difference = output.difference(reference);
            contender.largest_difference = contender.largest_difference.max(difference);
        }
    }
    for run in 1..=runs {
        for contender in &mut contenders {
            if run > timed(contender.kernels, runs) {
                continue;
            }
            let name = integers::name(contender.kernels).name();
            steps.next(format!("{name}, run {run} of {runs}")).await?;
            let time = contender.runner.invoke(steps.host())?;
            contender.times_ms.push(time);
        }
    }
    let row = |contender: Contender| KernelsRow {
        name: integers::name(contender.kernels),
        latency: latency(contender.times_ms, photos.len() as u32),
        equal_photos: contender.equal_photos,
        largest_difference: contender.largest_difference,
    };
    Ok(contenders.into_iter().map(row).collect())
}

/// What came out of a run.
#[derive(Clone)]
struct Output {
    bytes: Vec<u8>,
    /// The same as numbers: steps where they are integers.
    numbers: Vec<f64>,
}

impl Output {
    fn of(runner: &Runner) -> Result<Self, LabError> {
        let values = runner.engine().output(0).map_err(cannot_run)?;
        let numbers = match values {
            Values::Float32(values) => values.iter().map(|&value| value.into()).collect(),
            Values::Int8(values) => values.iter().map(|&value| value.into()).collect(),
            Values::Uint8(values) => values.iter().map(|&value| value.into()).collect(),
            other => return Err(cannot_run(format!("its output holds {}", other.dtype()))),
        };
        Ok(Self {
            bytes: values.bytes().to_vec(),
            numbers,
        })
    }

    fn difference(&self, other: &Self) -> f64 {
        let pairs = self.numbers.iter().zip(&other.numbers);
        pairs.map(|(a, b)| (a - b).abs()).fold(0.0, f64::max)
    }
}
