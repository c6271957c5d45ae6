//! What is learned from images: how to round each weight, and how many bits each layer needs.

use octet_engine::{Engine, Options, Values};
use octet_graph::{
    AdaRound, AdaRounding, Allocation, Graph, LearnedRoundings, Look, PassError, TensorId,
    WidthMeasurement, Widths, allocate_exactly, allocate_greedily,
};
use octet_models::Normalization;
use octet_protocol::LabError;

use crate::host::Host;
use crate::integers::{CALIBRATED_BY, Dataset, cannot_run, normalize, put_in};
use crate::photo::StoredPhoto;
use crate::predict::Steps;

/// Images that rounding is learned on: the photos, and crops of them.
pub(super) const ROUNDED_ON: usize = 16;
/// Images that tell how much the width of a layer matters. They run for every layer and width.
pub(super) const MEASURED_ON: usize = 8;
/// Steps of the progress bar that either takes.
pub(super) const STEPS: usize = 100;
/// Widths that a file packs without gaps.
const WIDTHS: [u32; 3] = [2, 4, 8];

/// Why something could not be learned.
pub(super) enum Stopped {
    /// The network is not such that it could.
    Pass(PassError),
    /// Cancelled, or the engine is at fault.
    Lab(LabError),
}

impl From<PassError> for Stopped {
    fn from(error: PassError) -> Self {
        Self::Pass(error)
    }
}

impl From<LabError> for Stopped {
    fn from(error: LabError) -> Self {
        Self::Lab(error)
    }
}

/// Something learned, and how long that took.
pub(super) struct Learned<T> {
    pub(super) what: T,
    pub(super) ms: f64,
}

/// The images to learn from, as they are put in: none of the crops that networks are compared on.
pub(super) fn samples(
    photos: &[StoredPhoto],
    count: usize,
    normalization: &Normalization,
) -> Vec<Vec<f32>> {
    let images = Dataset::new(photos, count);
    images
        .map(|pixels| normalize(&pixels, normalization))
        .collect()
}

/// The network with weights rounded up or down as its layers' outputs ask for.
pub(super) async fn rounding(
    progress: &mut Steps<'_, impl Host>,
    graph: &Graph,
    widths: &Widths,
    samples: &[Vec<f32>],
) -> Result<Learned<(Graph, LearnedRoundings)>, Stopped> {
    let mut learning = AdaRounding::new(graph, widths, &AdaRound::default())?;
    let label = "learning to round";
    let ms = advance(progress, label, samples, |run| learning.advance(run)).await?;
    Ok(Learned {
        what: learning.finish()?,
        ms,
    })
}

/// Bits for each layer, such that all weights take at most so many percent of what 8 bits would take.
pub(super) async fn widths(
    progress: &mut Steps<'_, impl Host>,
    graph: &Graph,
    per_channel: bool,
    percent: u32,
    samples: &[Vec<f32>],
) -> Result<Learned<Chosen>, Stopped> {
    let mut measurement = WidthMeasurement::new(graph, &WIDTHS, per_channel)?;
    let [smallest, all_bytes] = measurement.bounds();
    let budget = (all_bytes as f64 * f64::from(percent) / 100.0) as usize;
    // Before anything is measured in vain.
    if budget < smallest {
        return Err(PassError::Budget { budget, smallest }.into());
    }
    let label = "measuring how many bits each layer needs";
    let ms = advance(progress, label, samples, |run| measurement.advance(run));
    let mut ms = ms.await?;
    let begin = progress.host().now_ms();
    let layers = measurement.finish();
    let allocation = match allocate_exactly(&layers, budget) {
        Err(PassError::TooManyAllocations { .. }) => allocate_greedily(&layers, budget)?,
        other => other?,
    };
    ms += progress.host().now_ms() - begin;
    let what = Chosen {
        widths: allocation.widths(graph, per_channel),
        allocation,
        all_bytes,
    };
    Ok(Learned { what, ms })
}

/// The bits of each layer.
pub(super) struct Chosen {
    pub(super) widths: Widths,
    allocation: Allocation,
    /// Of all weights with 8 bits each.
    all_bytes: usize,
}

impl Chosen {
    /// How many layers have how many bits.
    pub(super) fn summary(&self) -> String {
        let layers = &self.allocation.layers;
        let counts = WIDTHS.map(|bits| {
            let count = layers.iter().filter(|(_, choice)| choice.bits == bits);
            format!("{bits} bits for {}", count.count())
        });
        format!(
            "Bits chosen: {} of {} layers; weights take {:.2} MB instead of {:.2}. Activations stay float32.",
            counts.join(", "),
            layers.len(),
            self.allocation.bytes() as f64 / 1e6,
            self.all_bytes as f64 / 1e6
        )
    }
}

/// Runs a graph over all images and shows the values of some tensors.
type Run<'a> = &'a mut dyn FnMut(&Graph, &[TensorId], Look<'_>) -> Result<(), Stopped>;

/// Does work piece by piece, with a look for Cancel in between; gives the milliseconds of the work alone.
async fn advance(
    progress: &mut Steps<'_, impl Host>,
    label: &str,
    samples: &[Vec<f32>],
    mut piece: impl FnMut(Run<'_>) -> Result<Option<f64>, Stopped>,
) -> Result<f64, Stopped> {
    let first = progress.done();
    let (mut part, mut ms) = (0.0, 0.0);
    loop {
        let words = format!("{label}, {:.0} %", part * 100.0);
        progress.within(first, STEPS, part, words).await?;
        let begin = progress.host().now_ms();
        let done = piece(&mut |graph, tensors, look| watch(graph, samples, tensors, look))?;
        ms += progress.host().now_ms() - begin;
        match done {
            Some(done) => part = done,
            None => return Ok(ms),
        }
    }
}

fn watch(
    graph: &Graph,
    samples: &[Vec<f32>],
    tensors: &[TensorId],
    look: Look<'_>,
) -> Result<(), Stopped> {
    // Memory is shared, and warmer, where nothing but the outputs is asked for.
    let options = Options {
        keep_all_tensors: tensors.iter().any(|id| !graph.outputs.contains(id)),
        ..Options::default()
    };
    let mut engine = Engine::new(graph, CALIBRATED_BY, &options).map_err(cannot_run)?;
    for sample in samples {
        put_in(&mut engine, sample)?;
        engine.invoke().map_err(cannot_run)?;
        for &id in tensors {
            if let Values::Float32(values) = engine.tensor(id).map_err(cannot_run)? {
                look(id, values);
            }
        }
    }
    Ok(())
}
