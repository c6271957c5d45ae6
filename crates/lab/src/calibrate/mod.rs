//! Cell `calibrate`: which ranges activations have, by what is seen of them, and what comes of it.

mod jitter;
mod trial;

use octet_engine::{Engine, Values};
use octet_graph::{Calibration, Graph, TensorId};
use octet_models::Normalization;
use octet_protocol::{
    CalibrateReport, CalibrateRequest, CalibrationImages, CountOutcome, DatasetOutcome, ErrorKind,
    LabError, ObservedRanges, ObserverName, RangeChoice, RangeFrom,
};
use octet_quant::{ObserverKind, RandomState};

use crate::host::Host;
use crate::integers::{self, CALIBRATED_BY, Dataset, cannot_convert, cannot_run, kind, normalize};
use crate::photo::StoredPhoto;
use crate::predict::Steps;
use crate::session::Session;
use jitter::jitter;
use trial::{Bench, Trial};

const MAX_SAMPLES: u32 = 500;
/// Crops that no observer sees.
const UNSEEN: usize = 12;
/// Other datasets are compared over at most so many images.
const MOST_COMPARED: u32 = 64;
/// As Nagel et al. 2019 (arXiv 1906.04721), section 5.
const DEVIATIONS: f32 = 6.0;
/// Of the changes of colour.
const JITTER_SEED: u32 = 7;

/// Watches all observers at once, then quantizes with what they have found and measures.
pub(crate) async fn run(
    session: &mut Session,
    host: &impl Host,
    request: CalibrateRequest,
) -> Result<CalibrateReport, LabError> {
    let CalibrateRequest {
        layer,
        samples,
        guess,
    } = request;
    check(session, samples, guess)?;
    let graph = integers::float32(session)?;
    let session = &*session;
    let baseline = session.baseline()?;
    let (layer, id) = output_of(session, &graph, &layer)?;
    let normalization = baseline.network.spec.normalization;
    let counts = counts(samples);
    let few = few(&counts);
    let compared = compared(&counts);
    // One photo cannot be less than all.
    let others: &[CalibrationImages] = match session.photos.len() {
        1 => &[CalibrationImages::Augmented],
        _ => &[CalibrationImages::OnePhoto, CalibrationImages::Augmented],
    };
    let trials_ahead = 2 + ObserverName::ALL.len() + few.len() + others.len() + 1;
    let watched = samples as usize + others.len() * compared as usize;
    let mut steps = Steps::new(host, watched + 2 * UNSEEN + trials_ahead);

    let begin = host.now_ms();
    let mut observers = Vec::with_capacity(ObserverName::ALL.len());
    for observer in ObserverName::ALL {
        observers.push(Calibration::new(&graph, kind(observer)).map_err(cannot_convert)?);
    }
    let mut observed: Vec<_> = ObserverName::ALL
        .into_iter()
        .map(|observer| ObservedRanges {
            observer,
            ranges: Vec::with_capacity(counts.len()),
        })
        .collect();
    // What min–max had found after each count.
    let mut snapshots: Vec<(u32, Calibration)> = Vec::new();
    let mut watcher = Watcher::new(&graph)?;
    let images = Dataset::new(&session.photos, samples as usize);
    for (image, seen) in images.zip(1..) {
        steps
            .next(format!("calibrating, image {seen} of {samples}"))
            .await?;
        watcher.watch(&normalize(&image, &normalization), &mut observers)?;
        if !counts.contains(&seen) {
            continue;
        }
        for (calibration, observed) in observers.iter().zip(&mut observed) {
            let (low, high) = calibration.range(id).unwrap_or_default();
            observed.ranges.push([low, high]);
        }
        if let Some(min_max) = observers.first()
            && (few.contains(&seen) || seen == compared)
        {
            snapshots.push((seen, min_max.clone()));
        }
    }
    let mut datasets = Vec::with_capacity(others.len());
    for &images in others {
        let mut random = RandomState::new(JITTER_SEED);
        let photos: &[StoredPhoto] = match images {
            CalibrationImages::OnePhoto => session.photos.get(..1).unwrap_or_default(),
            _ => &session.photos,
        };
        let mut seen = min_max(&graph)?;
        for (mut image, place) in Dataset::new(photos, compared as usize).zip(1..) {
            let which = match images {
                CalibrationImages::Augmented => "with other colours",
                _ => "of one photo",
            };
            steps
                .next(format!("{which}, image {place} of {compared}"))
                .await?;
            if images == CalibrationImages::Augmented {
                jitter(&mut image, &mut random);
            }
            let image = normalize(&image, &normalization);
            watcher.watch(&image, std::slice::from_mut(&mut seen))?;
        }
        datasets.push((images, seen));
    }
    let observe_ms = host.now_ms() - begin;
    drop(watcher);

    let unseen = Dataset::unseen(&session.photos, UNSEEN);
    let unseen: Vec<_> = unseen
        .map(|image| normalize(&image, &normalization))
        .collect();
    let bench = Bench::new(&graph, id, unseen, &mut steps).await?;
    let mut all = Trials {
        bench: &bench,
        steps: &mut steps,
        trials: Vec::with_capacity(trials_ahead),
    };
    all.add(
        &guessed(&graph, &normalization, guess as f32)?,
        "assumed ranges",
    )
    .await?;
    let (_, statistics) = baseline
        .network
        .to_graph_with_statistics()
        .map_err(cannot_convert)?;
    let mut expected =
        Calibration::expected(&graph, &statistics, DEVIATIONS).map_err(cannot_convert)?;
    see_pixels(&graph, &mut expected, &normalization)?;
    all.add(&expected, "ranges from batch normalization")
        .await?;
    for (calibration, observer) in observers.iter().zip(ObserverName::ALL) {
        all.add(calibration, observer.name()).await?;
    }
    let snapshot = |count: u32| {
        let found = snapshots.iter().find(|(seen, _)| *seen == count);
        found.map(|(_, calibration)| calibration)
    };
    let missing = || cannot_convert("a calibration is missing");
    for &count in &few {
        let calibration = snapshot(count).ok_or_else(missing)?;
        all.add(calibration, &format!("ranges of {count} images"))
            .await?;
    }
    let calibration = snapshot(compared).ok_or_else(missing)?;
    all.add(calibration, "all photos").await?;
    for (images, calibration) in &datasets {
        let which = match images {
            CalibrationImages::Augmented => "other colours",
            _ => "one photo",
        };
        all.add(calibration, which).await?;
    }
    let trials = all.trials;

    let (seen, outcomes) = bench.look(&trials, &mut steps).await?;
    let mut outcomes = outcomes.into_iter();
    let ways = [RangeFrom::Guess, RangeFrom::BatchNorm]
        .into_iter()
        .chain(ObserverName::ALL.map(|observer| RangeFrom::Observer { observer }));
    let choices = ways
        .zip(outcomes.by_ref())
        .map(|(from, outcome)| RangeChoice { from, outcome })
        .collect();
    let by_samples = few
        .iter()
        .zip(outcomes.by_ref())
        .map(|(&samples, outcome)| CountOutcome { samples, outcome })
        .collect();
    let images = [CalibrationImages::AllPhotos].iter().chain(others);
    let datasets = images
        .zip(outcomes)
        .map(|(&images, outcome)| DatasetOutcome {
            images,
            samples: compared,
            outcome,
        })
        .collect();
    let shape = graph.tensor(id).map_err(cannot_convert)?.shape.clone();
    Ok(CalibrateReport {
        model: baseline.model,
        layer,
        shape,
        samples,
        photos: session.photos.len() as u32,
        unseen: UNSEEN as u32,
        values: seen.values,
        guess,
        counts,
        observed,
        choices,
        by_samples,
        datasets,
        histogram: seen.histogram,
        observe_ms,
    })
}

fn check(session: &Session, samples: u32, guess: f64) -> Result<(), LabError> {
    let bad =
        |message: String, remedy: &str| Err(LabError::new(ErrorKind::BadInput, message, remedy));
    if !(1..=MAX_SAMPLES).contains(&samples) {
        let message = format!("A network cannot be calibrated with {samples} images here.");
        return bad(message, &format!("Choose from 1 to {MAX_SAMPLES}."));
    }
    if !(1e-3..=1e3).contains(&guess) {
        let message = format!("A range from −{guess} to {guess} cannot be assumed.");
        return bad(message, "Choose from 0.001 to 1000.");
    }
    if session.photos.is_empty() {
        let message = "There are no photos to calibrate with.".to_owned();
        return bad(message, "Run “data” first.");
    }
    Ok(())
}

/// The layer of this name and the tensor that it puts out; without a name, the first layer whose output no ReLU6
/// confines.
fn output_of(session: &Session, graph: &Graph, name: &str) -> Result<(String, TensorId), LabError> {
    let baseline = session.baseline()?;
    let mut layers = baseline.network.pairs().map(|(spec, _)| spec);
    let found = if name.is_empty() {
        layers.find(|spec| !spec.relu6)
    } else {
        layers.find(|spec| spec.name == name)
    };
    let output = found.and_then(|spec| {
        let mut outputs = graph.nodes.iter().map(|node| node.output);
        let is_its = |id: &TensorId| {
            graph
                .tensor(*id)
                .is_ok_and(|tensor| tensor.name == spec.name)
        };
        Some((spec.name.clone(), outputs.find(is_its)?))
    });
    output.ok_or_else(|| {
        LabError::new(
            ErrorKind::BadInput,
            format!("{} has no layer “{name}”.", baseline.model.title()),
            "Choose one of its layers.",
        )
    })
}

/// When ranges are noted: after each power of two, and at the end.
fn counts(samples: u32) -> Vec<u32> {
    let powers = (0..).map(|power| 1_u32 << power);
    let mut counts: Vec<u32> = powers.take_while(|count| *count < samples).collect();
    counts.push(samples);
    counts
}

/// After which of them min–max is tried on the whole network: each power of four, and the end.
fn few(counts: &[u32]) -> Vec<u32> {
    let last = counts.len().saturating_sub(1);
    let wanted = counts.iter().enumerate();
    wanted
        .filter(|(place, _)| place.is_multiple_of(2) || *place == last)
        .map(|(_, count)| *count)
        .collect()
}

/// Over how many images datasets are compared.
fn compared(counts: &[u32]) -> u32 {
    let enough = counts
        .iter()
        .copied()
        .filter(|count| *count <= MOST_COMPARED);
    enough.max().unwrap_or(1)
}

/// Runs the float32 network and shows observers what flows through it.
struct Watcher {
    engine: Engine,
}

impl Watcher {
    fn new(graph: &Graph) -> Result<Self, LabError> {
        let engine = Engine::with_all_tensors_kept(graph, CALIBRATED_BY).map_err(cannot_run)?;
        Ok(Self { engine })
    }

    fn watch(&mut self, image: &[f32], observers: &mut [Calibration]) -> Result<(), LabError> {
        integers::put_in(&mut self.engine, image)?;
        self.engine.invoke().map_err(cannot_run)?;
        let Some(first) = observers.first() else {
            return Ok(());
        };
        let watched: Vec<_> = first.tensors().collect();
        for id in watched {
            let Values::Float32(values) = self.engine.tensor(id).map_err(cannot_run)? else {
                continue;
            };
            for calibration in &mut *observers {
                calibration.observe(id, values).map_err(cannot_convert)?;
            }
        }
        Ok(())
    }
}

/// The trials so far.
struct Trials<'a, 'host, H> {
    bench: &'a Bench<'a>,
    steps: &'a mut Steps<'host, H>,
    trials: Vec<Trial>,
}

impl<H: Host> Trials<'_, '_, H> {
    async fn add(&mut self, ranges: &Calibration, words: &str) -> Result<(), LabError> {
        let label = format!("quantizing, {words}");
        let trial = self.bench.try_out(ranges, label, self.steps).await?;
        self.trials.push(trial);
        Ok(())
    }
}

fn min_max(graph: &Graph) -> Result<Calibration, LabError> {
    Calibration::new(graph, ObserverKind::MinMax).map_err(cannot_convert)
}

/// The same range for every tensor, apart from the input.
fn guessed(
    graph: &Graph,
    normalization: &Normalization,
    guess: f32,
) -> Result<Calibration, LabError> {
    let mut ranges = min_max(graph)?;
    let watched: Vec<_> = ranges.tensors().collect();
    for id in watched.into_iter().filter(|id| !graph.inputs.contains(id)) {
        ranges
            .observe(id, &[-guess, guess])
            .map_err(cannot_convert)?;
    }
    see_pixels(graph, &mut ranges, normalization)?;
    Ok(ranges)
}

/// Pixels from 0 to 255 are all that can come in.
fn see_pixels(
    graph: &Graph,
    ranges: &mut Calibration,
    normalization: &Normalization,
) -> Result<(), LabError> {
    let ends: Vec<f32> = [0.0, 255.0]
        .into_iter()
        .flat_map(|value| normalize(&[value; 3], normalization))
        .collect();
    for &input in &graph.inputs {
        ranges.observe(input, &ends).map_err(cannot_convert)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_noted_at_powers_of_two_and_at_the_end() {
        assert_eq!(counts(1), [1]);
        assert_eq!(counts(4), [1, 2, 4]);
        assert_eq!(counts(100), [1, 2, 4, 8, 16, 32, 64, 100]);
        assert_eq!(few(&counts(1)), [1]);
        assert_eq!(few(&counts(4)), [1, 4]);
        assert_eq!(few(&counts(100)), [1, 4, 16, 64, 100]);
        assert_eq!(compared(&counts(100)), 64);
        assert_eq!(compared(&counts(3)), 3);
        assert_eq!(compared(&counts(500)), 64);
    }
}
