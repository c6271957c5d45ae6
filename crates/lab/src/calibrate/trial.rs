//! What comes of ranges: the network is quantized with them, and held against float32 on images that no observer has
//! seen.

use octet_engine::{Engine, Options, Values};
use octet_graph::{Calibration, Edges, FullInteger, Graph, TensorId, quantize_full_integer};
use octet_protocol::{Histogram, LabError, RangeOutcome};
use octet_quant::{ErrorSum, IntRange, QuantParams, Rounder};

use crate::classes::top1;
use crate::host::Host;
use crate::integers::{cannot_convert, cannot_run, fastest, put_in, take_out};
use crate::measure::{histogram, spread};
use crate::predict::Steps;

/// Of each image at most so many values of the layer are looked at, drawn from all of its output.
const MOST_VALUES: usize = 100_000;
const BINS: usize = 160;

/// float32 and the images that it is held against.
pub(super) struct Bench<'a> {
    graph: &'a Graph,
    layer: TensorId,
    /// As they are put in.
    images: Vec<Vec<f32>>,
    /// Of float32, for each image.
    logits: Vec<Vec<f32>>,
    /// The least and the largest value that the layer puts out.
    ends: (f32, f32),
}

/// Ranges that have been tried on the whole network.
pub(super) struct Trial {
    params: QuantParams,
    logits_db: Option<f64>,
    agreements: u32,
}

/// What the layer's output is like on the bench.
pub(super) struct Layer {
    pub(super) histogram: Histogram,
    pub(super) values: u64,
}

impl<'a> Bench<'a> {
    /// Runs float32 over the images, a step for each.
    pub(super) async fn new(
        graph: &'a Graph,
        layer: TensorId,
        images: Vec<Vec<f32>>,
        steps: &mut Steps<'_, impl Host>,
    ) -> Result<Self, LabError> {
        let mut engine = watched(graph)?;
        let mut logits = Vec::with_capacity(images.len());
        let mut ends = (f32::INFINITY, f32::NEG_INFINITY);
        for (place, image) in images.iter().enumerate() {
            let label = format!("float32, unseen crop {} of {}", place + 1, images.len());
            steps.next(label).await?;
            logits.push(run(&mut engine, image)?);
            for &value in output(&engine, layer)? {
                ends = (ends.0.min(value), ends.1.max(value));
            }
        }
        Ok(Self {
            graph,
            layer,
            images,
            logits,
            ends,
        })
    }

    /// Quantizes the whole network with these ranges and runs it over the images: one step.
    pub(super) async fn try_out(
        &self,
        ranges: &Calibration,
        label: String,
        steps: &mut Steps<'_, impl Host>,
    ) -> Result<Trial, LabError> {
        steps.next(label).await?;
        let options = FullInteger {
            per_channel: true,
            inputs: Edges::Int8,
            outputs: Edges::Int8,
        };
        let (graph, _) =
            quantize_full_integer(self.graph, ranges, options).map_err(cannot_convert)?;
        let layer = graph.tensor(self.layer).map_err(cannot_convert)?;
        let single = layer.quantization.as_ref().and_then(|all| all.single());
        let (scale, zero_point) =
            single.ok_or_else(|| cannot_convert("a layer has no scale of its own"))?;
        let params = QuantParams::new(scale, zero_point, IntRange::INT8).map_err(cannot_convert)?;
        let mut engine = engine(&graph)?;
        let mut sum = ErrorSum::default();
        let mut agreements = 0;
        for (image, float32) in self.images.iter().zip(&self.logits) {
            let logits = run(&mut engine, image)?;
            sum.add(float32, &logits);
            let class = |logits: &[f32]| top1(logits).map(|(class, _)| class);
            agreements += u32::from(class(float32) == class(&logits));
        }
        Ok(Trial {
            params,
            logits_db: sum.figures().sqnr_db,
            agreements,
        })
    }

    /// Looks at the layer's output alone, a step for each image: how it is distributed, and what each trial's scale and
    /// zero point keep of it.
    pub(super) async fn look(
        &self,
        trials: &[Trial],
        steps: &mut Steps<'_, impl Host>,
    ) -> Result<(Layer, Vec<RangeOutcome>), LabError> {
        let mut engine = watched(self.graph)?;
        let (low, high) = self.ends;
        let mut sums = vec![(ErrorSum::default(), 0_u64); trials.len()];
        let mut layer: Option<Layer> = None;
        for (place, image) in self.images.iter().enumerate() {
            let label = format!(
                "the layer, unseen crop {} of {}",
                place + 1,
                self.images.len()
            );
            steps.next(label).await?;
            put_in(&mut engine, image)?;
            engine.invoke().map_err(cannot_run)?;
            let values = spread(output(&engine, self.layer)?, MOST_VALUES);
            let mut restored = Vec::with_capacity(values.len());
            for (trial, (sum, clipped)) in trials.iter().zip(&mut sums) {
                let params = &trial.params;
                let mut rounder = Rounder::HalfAwayFromZero;
                restored.clear();
                let restore = |&real: &f32| params.dequantize(params.quantize(real, &mut rounder));
                restored.extend(values.iter().map(restore));
                sum.add(&values, &restored);
                *clipped += values.iter().filter(|real| params.clips(**real)).count() as u64;
            }
            let counted = histogram(&values, low.into(), high.into(), BINS)?;
            let layer = layer.get_or_insert_with(|| Layer {
                histogram: Histogram {
                    counts: vec![0; counted.counts.len()],
                    ..counted.clone()
                },
                values: 0,
            });
            layer.values += values.len() as u64;
            let counts = layer.histogram.counts.iter_mut();
            counts
                .zip(&counted.counts)
                .for_each(|(sum, more)| *sum += more);
        }
        let layer = layer.ok_or_else(|| cannot_run("there is no image to measure on"))?;
        let values = layer.values.max(1) as f64;
        let outcomes = trials.iter().zip(&sums);
        let outcomes = outcomes.map(|(trial, (sum, clipped))| {
            let (low, high) = trial.params.real_range();
            RangeOutcome {
                range: [low, high],
                scale: trial.params.scale(),
                zero_point: trial.params.zero_point(),
                clipped: *clipped as f64 / values,
                layer_db: sum.figures().sqnr_db,
                logits_db: trial.logits_db,
                agreements: trial.agreements,
            }
        });
        let outcomes = outcomes.collect();
        Ok((layer, outcomes))
    }
}

fn engine(graph: &Graph) -> Result<Engine, LabError> {
    Engine::new(graph, fastest(), &Options::default()).map_err(cannot_run)
}

/// For float32, with what each layer puts out.
fn watched(graph: &Graph) -> Result<Engine, LabError> {
    Engine::with_all_tensors_kept(graph, fastest()).map_err(cannot_run)
}

/// What a layer of float32 has put out.
fn output(engine: &Engine, layer: TensorId) -> Result<&[f32], LabError> {
    match engine.tensor(layer).map_err(cannot_run)? {
        Values::Float32(values) => Ok(values),
        other => Err(cannot_run(format!(
            "a layer of float32 puts out {}",
            other.dtype()
        ))),
    }
}

fn run(engine: &mut Engine, image: &[f32]) -> Result<Vec<f32>, LabError> {
    put_in(engine, image)?;
    engine.invoke().map_err(cannot_run)?;
    take_out(engine)
}
