//! Cell `inference`: both models over the whole batch, timed.

use octet_models::{BurnNetwork, Network, NetworkSpec};
use octet_protocol::{
    ErrorKind, InferenceReport, KindLatency, LabError, LayerKind, PhotoLatency, Precision,
};

use crate::host::Host;
use crate::models;
use crate::photo::StoredPhoto;
use crate::predict::{Run, Steps, median};
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
    let mut float32 = Contender::new(Precision::Float32, &baseline.on_burn);
    let mut int8 = Contender::new(Precision::DynamicRange, &int8);
    if let Some(first) = session.photos.first() {
        for model in [&float32, &int8] {
            model.forward(&mut steps, first, "warm-up").await?;
        }
    }
    for (position, photo) in session.photos.iter().enumerate() {
        for run in 1..=runs {
            let photos = session.photos.len();
            let label = format!("photo {} of {photos}, run {run} of {runs}", position + 1);
            // In turn, so that a processor which slows down or speeds up does so to both.
            for model in [&mut float32, &mut int8] {
                let run = model.forward(&mut steps, photo, &label).await?;
                model.runs.push(run);
            }
        }
    }

    let by_photo = runs as usize;
    let photos = session
        .photos
        .iter()
        .zip(
            float32
                .runs
                .chunks(by_photo)
                .zip(int8.runs.chunks(by_photo)),
        )
        .map(|(photo, (float32, int8))| PhotoLatency {
            photo: photo.info.id,
            title: photo.info.title.clone(),
            float32_ms: latency(float32),
            dynamic_range_ms: latency(int8),
        })
        .collect();
    let report = InferenceReport {
        model: baseline.model,
        backend: session.backend,
        runs,
        photos,
        float32_ms: latency(&float32.runs),
        dynamic_range_ms: latency(&int8.runs),
        dequantize_ms: median(int8.runs.iter().map(|run| run.dequantize_ms).collect()),
        kinds: kinds(&baseline.network.spec, &float32.runs, &int8.runs),
    };
    session.inference = Some(Inference {
        float32: float32.probabilities(by_photo),
        dynamic_range: int8.probabilities(by_photo),
        float32_ms: report.float32_ms,
        dynamic_range_ms: report.dynamic_range_ms,
    });
    Ok(report)
}

/// One of the two models, and its timed runs: photo by photo in batch order.
struct Contender<'network> {
    precision: Precision,
    network: &'network BurnNetwork,
    runs: Vec<Run>,
}

impl<'network> Contender<'network> {
    fn new(precision: Precision, network: &'network BurnNetwork) -> Self {
        Self {
            precision,
            network,
            runs: Vec::new(),
        }
    }

    async fn forward(
        &self,
        steps: &mut Steps<'_, impl Host>,
        photo: &StoredPhoto,
        label: &str,
    ) -> Result<Run, LabError> {
        let label = format!("{}, {label}", self.precision.name());
        steps.forward(self.network, &photo.pixels, &label).await
    }

    /// Those of each photo's last run; all of its runs give the same.
    fn probabilities(self, by_photo: usize) -> Vec<Vec<f32>> {
        let last = self.runs.into_iter().skip(by_photo - 1).step_by(by_photo);
        last.map(|run| run.probabilities).collect()
    }
}

fn latency(runs: &[Run]) -> f64 {
    median(runs.iter().map(|run| run.latency_ms).collect())
}

/// The time of each kind of layer that the network has.
fn kinds(spec: &NetworkSpec, float32: &[Run], int8: &[Run]) -> Vec<KindLatency> {
    let of_layers: Vec<LayerKind> = spec.layers().map(models::kind).collect();
    let time = |runs: &[Run], kind| {
        let sum = |run: &Run| {
            let layers = run.layers_ms.iter().zip(&of_layers);
            layers
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
            dynamic_range_ms: time(int8, kind),
        })
        .filter(|kind| kind.layers > 0)
        .collect()
}
