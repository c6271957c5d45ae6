//! Cell `inference`: both models over the whole batch, timed.

use octet_models::{BurnNetwork, Network, NetworkSpec};
use octet_protocol::{
    ErrorKind, InferenceReport, KindLatency, LabError, LayerKind, PhotoLatency, Precision,
};

use crate::host::Host;
use crate::models;
use crate::predict::{Steps, median};
use crate::session::{Inference, Session};

/// More timed runs than this only wear out the reader.
const MAX_RUNS: u32 = 100;

/// Reads the int8 model back from its file, warms both models up with one run that is not counted, and
/// times each photo `runs` times on each.
pub(crate) async fn run(
    session: &mut Session,
    host: &impl Host,
    runs: u32,
) -> Result<InferenceReport, LabError> {
    if !(1..=MAX_RUNS).contains(&runs) {
        return Err(LabError::new(
            ErrorKind::BadInput,
            format!("{runs} runs are out of range."),
            format!("Choose from 1 to {MAX_RUNS} runs."),
        ));
    }
    let baseline = session.baseline()?;
    let file = &session.quantized()?.dynamic_range;
    let int8 = Network::from_file(models::spec(baseline.model), file)
        .map_err(|error| models::internal(&error))?;
    let int8 = BurnNetwork::new(int8, &models::device(session.backend));

    let passes = 2 * (1 + session.photos.len() * runs as usize);
    let mut steps = Steps::new(host, passes * int8.len());
    let float32 = batch(
        session,
        &mut steps,
        &baseline.on_burn,
        Precision::Float32,
        runs,
    )
    .await?;
    let dynamic_range = batch(session, &mut steps, &int8, Precision::DynamicRange, runs).await?;

    let photos = session
        .photos
        .iter()
        .zip(float32.latencies.iter().zip(&dynamic_range.latencies))
        .map(|(photo, (float32, dynamic_range))| PhotoLatency {
            photo: photo.info.id,
            title: photo.info.title.clone(),
            float32_ms: median(float32.clone()),
            dynamic_range_ms: median(dynamic_range.clone()),
        })
        .collect();
    let report = InferenceReport {
        model: baseline.model,
        backend: session.backend,
        runs,
        photos,
        float32_ms: median(float32.latencies.concat()),
        dynamic_range_ms: median(dynamic_range.latencies.concat()),
        dequantize_ms: median(dynamic_range.dequantize),
        kinds: kinds(
            &baseline.network.spec,
            &float32.layers,
            &dynamic_range.layers,
        ),
    };
    session.inference = Some(Inference {
        float32: float32.probabilities,
        dynamic_range: dynamic_range.probabilities,
    });
    Ok(report)
}

/// One model's results, in batch order.
#[derive(Default)]
struct Batch {
    probabilities: Vec<Vec<f32>>,
    latencies: Vec<Vec<f64>>,
    dequantize: Vec<f64>,
    /// Of each run, each layer's time.
    layers: Vec<Vec<f64>>,
}

async fn batch(
    session: &Session,
    steps: &mut Steps<'_, impl Host>,
    network: &BurnNetwork,
    precision: Precision,
    runs: u32,
) -> Result<Batch, LabError> {
    let mut batch = Batch::default();
    let name = precision.name();
    if let Some(first) = session.photos.first() {
        steps
            .forward(network, &first.pixels, &format!("{name}, warm-up"))
            .await?;
    }
    for (position, photo) in session.photos.iter().enumerate() {
        let mut latencies = Vec::with_capacity(runs as usize);
        for run in 1..=runs {
            let photos = session.photos.len();
            let label = format!(
                "{name}, photo {} of {photos}, run {run} of {runs}",
                position + 1
            );
            let result = steps.forward(network, &photo.pixels, &label).await?;
            latencies.push(result.latency_ms);
            batch.dequantize.push(result.dequantize_ms);
            batch.layers.push(result.layers_ms);
            if run == runs {
                batch.probabilities.push(result.probabilities);
            }
        }
        batch.latencies.push(latencies);
    }
    Ok(batch)
}

/// The time of each kind of layer that the network has.
fn kinds(spec: &NetworkSpec, float32: &[Vec<f64>], dynamic_range: &[Vec<f64>]) -> Vec<KindLatency> {
    let of_layers: Vec<LayerKind> = spec.layers().map(models::kind).collect();
    let time = |runs: &[Vec<f64>], kind| {
        let sum = |layers: &Vec<f64>| {
            layers
                .iter()
                .zip(&of_layers)
                .filter(|layer| *layer.1 == kind)
                .map(|layer| layer.0)
                .sum()
        };
        median(runs.iter().map(sum).collect())
    };
    [LayerKind::Conv, LayerKind::Depthwise, LayerKind::Dense]
        .into_iter()
        .map(|kind| KindLatency {
            kind,
            layers: of_layers.iter().filter(|other| **other == kind).count() as u32,
            float32_ms: time(float32, kind),
            dynamic_range_ms: time(dynamic_range, kind),
        })
        .filter(|kind| kind.layers > 0)
        .collect()
}
