//! What the cells about integer networks share: the loaded model as a float32 graph, a calibration of it, the
//! three forms that converters make of it, each as the bytes of its `.tflite` file, and the engine to run them.

mod dataset;
mod edges;
mod faults;
mod kernels;
mod latency;
mod runner;

use std::rc::Rc;

use octet_engine::{Engine, Kernels, Values};
use octet_graph::{
    Calibration, DynamicRange, FullInteger, Graph, quantize_dynamic_range, quantize_full_integer,
};
use octet_protocol::{EdgeType, ErrorKind, LabError, ObserverName, Precision, WeightScales};
use octet_quant::ObserverKind;
use octet_tflite::{Metadata, Normalization, write_with};

pub(crate) use dataset::Dataset;
pub(crate) use edges::{details, edges, normalize, params, put_in, take_out};
pub(crate) use faults::{cannot_convert, cannot_run};
pub(crate) use kernels::{available, by_name, fastest, name, used};
pub(crate) use latency::latency;
pub(crate) use runner::{Runner, gives_probabilities};

use crate::host::Host;
use crate::predict::Steps;
use crate::session::Session;

/// A hundred or so are usual; more than this only take time.
pub(crate) const MAX_SAMPLES: u32 = 256;

/// Without relaxed SIMD every browser rounds floats alike, so that all make the same file of the same photos.
pub(crate) const CALIBRATED_BY: Kernels = Kernels::Simd;

/// What has been made of the loaded model so far. It belongs to one `baseline`.
#[derive(Default)]
pub(crate) struct Integers {
    float32: Option<Rc<Graph>>,
    calibration: Option<(CalibratedWith, Rc<Calibration>)>,
}

/// What a calibration depends on, besides the model.
#[derive(Clone, Debug, PartialEq)]
struct CalibratedWith {
    observer: ObserverName,
    samples: u32,
    /// The ids of the photos.
    photos: Vec<u32>,
}

/// What cells calibrate with that do not let the reader choose, unless another cell has calibrated already.
const DEFAULT: (ObserverName, u32) = (ObserverName::MinMax, 32);

/// What a calibration with the present photos was made with, if there is one; else what it will be made with.
pub(crate) fn calibration_at_hand(session: &Session) -> Result<(ObserverName, u32), LabError> {
    let photos = session.photos.iter().map(|photo| photo.info.id);
    let known = session.baseline()?.integers.calibration.as_ref();
    let known = known.filter(|(with, _)| photos.eq(with.photos.iter().copied()));
    Ok(known.map_or(DEFAULT, |(with, _)| (with.observer, with.samples)))
}

/// The loaded model as a float32 graph, with the names of its classes.
pub(crate) fn float32(session: &mut Session) -> Result<Rc<Graph>, LabError> {
    let labels = session.classes.clone().unwrap_or_default();
    let baseline = session.baseline_mut()?;
    if let Some(graph) = &baseline.integers.float32 {
        return Ok(graph.clone());
    }
    let mut graph = baseline.network.to_graph();
    graph.labels = labels;
    let graph = Rc::new(graph);
    baseline.integers.float32 = Some(graph.clone());
    Ok(graph)
}

/// A calibration and how it came about.
pub(crate) struct Calibrated {
    pub(crate) ranges: Rc<Calibration>,
    /// 0 where an earlier one could be used.
    pub(crate) ms: f64,
}

/// Runs the float32 graph over a representative dataset ([`Dataset`]: the photos and crops of them) and
/// watches every activation. Takes `samples` steps, or none where the same has been done before.
pub(crate) async fn calibrate(
    session: &mut Session,
    steps: &mut Steps<'_, impl Host>,
    observer: ObserverName,
    samples: u32,
) -> Result<Calibrated, LabError> {
    if !(1..=MAX_SAMPLES).contains(&samples) {
        return Err(LabError::new(
            ErrorKind::BadInput,
            format!("A network cannot be calibrated with {samples} images here."),
            format!("Choose from 1 to {MAX_SAMPLES}."),
        ));
    }
    let with = CalibratedWith {
        observer,
        samples,
        photos: session.photos.iter().map(|photo| photo.info.id).collect(),
    };
    let graph = float32(session)?;
    let baseline = session.baseline()?;
    if let Some((known, ranges)) = &baseline.integers.calibration
        && *known == with
    {
        return Ok(Calibrated {
            ranges: ranges.clone(),
            ms: 0.0,
        });
    }
    let normalization = baseline.network.spec.normalization;
    let begin = steps.host().now_ms();
    let images = Dataset::new(&session.photos, samples as usize);
    let images = images.map(|pixels| normalize(&pixels, &normalization));
    let ranges = Rc::new(watch(&graph, images, steps, observer, samples).await?);
    let ms = steps.host().now_ms() - begin;
    let kept = &mut session.baseline_mut()?.integers.calibration;
    *kept = Some((with, ranges.clone()));
    Ok(Calibrated { ranges, ms })
}

/// Runs a float32 graph over `samples` images, as they are put in, and watches every activation. Takes as many steps.
pub(crate) async fn watch(
    graph: &Graph,
    images: impl Iterator<Item = Vec<f32>>,
    steps: &mut Steps<'_, impl Host>,
    observer: ObserverName,
    samples: u32,
) -> Result<Calibration, LabError> {
    let mut ranges = Calibration::new(graph, kind(observer)).map_err(cannot_convert)?;
    let watched: Vec<_> = ranges.tensors().collect();
    let mut engine = Engine::with_all_tensors_kept(graph, CALIBRATED_BY).map_err(cannot_run)?;
    for (place, reals) in images.enumerate() {
        steps
            .next(format!("calibrating, image {} of {samples}", place + 1))
            .await?;
        put_in(&mut engine, &reals)?;
        engine.invoke().map_err(cannot_run)?;
        for &id in &watched {
            if let Values::Float32(values) = engine.tensor(id).map_err(cannot_run)? {
                ranges.observe(id, values).map_err(cannot_convert)?;
            }
        }
    }
    Ok(ranges)
}

/// An observer of activations. Images are its batches.
pub(crate) fn kind(observer: ObserverName) -> ObserverKind {
    match observer {
        ObserverName::MinMax => ObserverKind::MinMax,
        ObserverName::MovingAverage => ObserverKind::MovingAverage { constant: 0.1 },
        ObserverName::Percentile => ObserverKind::Percentile { percent: 99.99 },
        ObserverName::Mse => ObserverKind::Mse,
        ObserverName::Entropy => ObserverKind::Entropy,
        ObserverName::Histogram => ObserverKind::Histogram,
    }
}

/// What a model is converted to.
#[derive(Clone)]
pub(crate) enum Form {
    /// As it is.
    Float32,
    /// int8 weights, float32 activations.
    DynamicRange(WeightScales),
    /// int8 weights and activations.
    FullInteger {
        weights: WeightScales,
        inputs: EdgeType,
        outputs: EdgeType,
        ranges: Rc<Calibration>,
    },
}

impl Form {
    /// Its name.
    pub(crate) fn precision(&self) -> Precision {
        match self {
            Self::Float32 => Precision::Float32,
            Self::DynamicRange(_) => Precision::DynamicRange,
            Self::FullInteger { .. } => Precision::FullInteger,
        }
    }
}

/// The loaded model in another form, as the bytes of its `.tflite` file.
pub(crate) fn convert(session: &mut Session, form: &Form) -> Result<Vec<u8>, LabError> {
    let graph = converted(session, form)?;
    file(session, &graph, form.precision().name())
}

/// A graph that was made from the loaded model as the bytes of a `.tflite` file; `form` is what it was made into.
pub(crate) fn file(session: &Session, graph: &Graph, form: &str) -> Result<Vec<u8>, LabError> {
    let baseline = session.baseline()?;
    let normalization = baseline.network.spec.normalization;
    let about = Metadata {
        description: format!("{}, {form}, converted by Octet", baseline.model.title()),
        normalization: Some(Normalization {
            mean: normalization.mean.to_vec(),
            std: normalization.std.to_vec(),
        }),
    };
    write_with(graph, &about).map_err(cannot_convert)
}

/// The same as a graph.
pub(crate) fn converted(session: &mut Session, form: &Form) -> Result<Rc<Graph>, LabError> {
    let graph = float32(session)?;
    let per_channel = |scales: WeightScales| scales == WeightScales::PerChannel;
    let (graph, _) = match form {
        Form::Float32 => return Ok(graph),
        Form::DynamicRange(scales) => {
            let options = DynamicRange {
                per_channel: per_channel(*scales),
            };
            quantize_dynamic_range(&graph, options)
        }
        Form::FullInteger {
            weights,
            inputs,
            outputs,
            ranges,
        } => {
            let options = FullInteger {
                per_channel: per_channel(*weights),
                inputs: edges(*inputs),
                outputs: edges(*outputs),
            };
            quantize_full_integer(&graph, ranges, options)
        }
    }
    .map_err(cannot_convert)?;
    Ok(Rc::new(graph))
}
