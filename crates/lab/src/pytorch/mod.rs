//! Cell `pytorch`: ResNet-18 through PyTorch's eager-mode static quantization.

mod images;
mod tree;

use octet_engine::{Engine, Options, Values};
use octet_graph::{Graph, TensorId};
use octet_models::{EagerObservers, ResNet18, Settled, fbgemm_quantize};
use octet_protocol::{
    EagerImages, EagerObserver, EagerOutcome, EagerStep, ErrorKind, LabError, ModuleTree,
    PytorchReport, PytorchRequest, SavedFile,
};
use octet_quant::ErrorSum;

use crate::classes::top1;
use crate::host::Host;
use crate::integers::{
    CALIBRATED_BY, Dataset, cannot_convert, cannot_run, fastest, put_in, take_out, used,
};
use crate::models::internal;
use crate::predict::Steps;
use crate::session::Session;
use images::{Noise, SIZES, prepared};
use tree::tree;

const MOST_SAMPLES: u32 = 64;
/// Crops that no observer sees.
const TESTED: usize = 8;
const FILE: &str = "resnet18_fbgemm.tflite";

/// Builds, fuses, prepares, calibrates with photos and with noise, converts, and measures both.
pub(crate) async fn run(
    session: &mut Session,
    host: &impl Host,
    request: PytorchRequest,
) -> Result<PytorchReport, LabError> {
    check(session, request)?;
    let PytorchRequest {
        seed,
        size,
        samples,
        calibrate_with,
    } = request;
    let side = size as usize;
    let total = 2 + 2 * samples as usize + TESTED * (1 + EagerImages::ALL.len());
    let mut steps = Steps::new(host, total);

    steps.next("drawing the weights".to_owned()).await?;
    let network = ResNet18::seeded(seed).map_err(|error| internal(&error))?;
    let graph = network.to_graph(side);
    let parameters = network.parameters() as u64;
    drop(network);
    let float32_bytes = octet_tflite::write(&graph).map_err(cannot_convert)?.len() as u64;

    let photos = Dataset::new(&session.photos, samples as usize);
    let photos = photos.map(|pixels| prepared(&pixels, side));
    let noise = Noise::new(seed, side).take(samples as usize);
    let mut watcher = Engine::with_all_tensors_kept(&graph, CALIBRATED_BY).map_err(cannot_run)?;
    let by_photos = calibrate(&graph, &mut watcher, photos, "a photo", &mut steps).await?;
    let by_noise = calibrate(&graph, &mut watcher, noise, "noise", &mut steps).await?;
    drop(watcher);

    let tests: Vec<Vec<f32>> = Dataset::unseen(&session.photos, TESTED)
        .map(|pixels| prepared(&pixels, side))
        .collect();
    let exact = outputs(&graph, &tests, "float32", &mut steps).await?;
    let mut outcomes = Vec::new();
    let mut shown = None;
    for (images, settled) in [
        (EagerImages::Photos, by_photos),
        (EagerImages::Noise, by_noise),
    ] {
        let int8 = fbgemm_quantize(&graph, &settled).map_err(cannot_convert)?;
        let words = match images {
            EagerImages::Photos => "int8, calibrated with photos",
            EagerImages::Noise => "int8, calibrated with noise",
        };
        let rough = outputs(&int8, &tests, words, &mut steps).await?;
        outcomes.push(outcome(images, &exact, &rough));
        if images == calibrate_with {
            shown = Some((settled, int8));
        }
    }
    let (settled, int8) = shown.ok_or_else(|| cannot_convert("nothing was calibrated"))?;

    steps.next("writing the file".to_owned()).await?;
    let bytes = octet_tflite::write(&int8).map_err(cannot_convert)?;
    let int8_bytes = bytes.len() as u64;
    session.files.insert(FILE.to_owned(), bytes);
    let observers = observers(&graph, &settled)?;
    let trees = [
        EagerStep::Float,
        EagerStep::Fused,
        EagerStep::Prepared,
        EagerStep::Converted,
    ];
    let trees = trees.map(|step| ModuleTree {
        step,
        text: tree(step, &observers),
    });
    Ok(PytorchReport {
        seed,
        size,
        samples,
        photos: session.photos.len() as u32,
        tested: TESTED as u32,
        calibrate_with,
        kernels: used(fastest()),
        parameters,
        float32_bytes,
        int8_bytes,
        trees: trees.into(),
        observers,
        outcomes,
        file: SavedFile {
            file_name: FILE.to_owned(),
            bytes: int8_bytes,
        },
    })
}

fn check(session: &Session, request: PytorchRequest) -> Result<(), LabError> {
    let bad =
        |message: String, remedy: String| Err(LabError::new(ErrorKind::BadInput, message, remedy));
    if !SIZES.contains(&request.size) {
        let message = format!("Pictures of {} pixels cannot be put in here.", request.size);
        let [small, middle, large] = SIZES;
        return bad(message, format!("Choose {small}, {middle} or {large}."));
    }
    if !(1..=MOST_SAMPLES).contains(&request.samples) {
        let message = format!(
            "The network cannot be calibrated with {} images here.",
            request.samples
        );
        return bad(message, format!("Choose from 1 to {MOST_SAMPLES}."));
    }
    if session.photos.is_empty() {
        let message = "There are no photos to calibrate with.".to_owned();
        return bad(message, "Run “data” first.".to_owned());
    }
    Ok(())
}

/// Lets images flow through the prepared model. Takes as many steps.
async fn calibrate(
    graph: &Graph,
    watcher: &mut Engine,
    images: impl Iterator<Item = Vec<f32>>,
    words: &str,
    steps: &mut Steps<'_, impl Host>,
) -> Result<Vec<(TensorId, Settled)>, LabError> {
    let mut observers = EagerObservers::prepare(graph).map_err(cannot_convert)?;
    let observed: Vec<_> = observers.tensors().collect();
    for (image, place) in images.zip(1..) {
        steps
            .next(format!("calibrating with {words}, {place}"))
            .await?;
        put_in(watcher, &image)?;
        watcher.invoke().map_err(cannot_run)?;
        for &id in &observed {
            if let Values::Float32(values) = watcher.tensor(id).map_err(cannot_run)? {
                observers.observe(id, values).map_err(cannot_run)?;
            }
        }
    }
    observers.settled().map_err(cannot_convert)
}

/// The logits of every image. Takes as many steps.
async fn outputs(
    graph: &Graph,
    images: &[Vec<f32>],
    words: &str,
    steps: &mut Steps<'_, impl Host>,
) -> Result<Vec<Vec<f32>>, LabError> {
    let mut engine = Engine::new(graph, fastest(), &Options::default()).map_err(cannot_run)?;
    let mut outputs = Vec::with_capacity(images.len());
    for (image, place) in images.iter().zip(1..) {
        steps
            .next(format!("{words}, crop {place} of {}", images.len()))
            .await?;
        put_in(&mut engine, image)?;
        engine.invoke().map_err(cannot_run)?;
        outputs.push(take_out(&engine)?);
    }
    Ok(outputs)
}

fn outcome(calibrated_with: EagerImages, exact: &[Vec<f32>], rough: &[Vec<f32>]) -> EagerOutcome {
    let mut error = ErrorSum::default();
    let mut agreements = 0;
    for (exact, rough) in exact.iter().zip(rough) {
        error.add(exact, rough);
        let best = |logits: &[f32]| top1(logits).map(|(class, _)| class);
        agreements += u32::from(best(exact) == best(rough));
    }
    EagerOutcome {
        calibrated_with,
        sqnr_db: error.figures().sqnr_db,
        agreements,
    }
}

fn observers(
    graph: &Graph,
    settled: &[(TensorId, Settled)],
) -> Result<Vec<EagerObserver>, LabError> {
    let row = |(id, settled): &(TensorId, Settled)| {
        let tensor = graph.tensor(*id).map_err(cannot_convert)?;
        Ok(EagerObserver {
            module: tensor.name.clone(),
            low: settled.range.0,
            high: settled.range.1,
            scale: settled.scale,
            zero_point: settled.zero_point,
        })
    };
    settled.iter().map(row).collect()
}
