//! Cell `inspect`: a graph, taken apart.

mod layout;
mod noise;
mod tensor;

use std::rc::Rc;

use octet_engine::{Engine, Options};
use octet_graph::{Graph, NodeId, Op, Tensor, TensorId};
use octet_protocol::{
    EdgeType, ErrorKind, InspectReport, InspectRequest, InspectedGraph, InspectedModel,
    InspectedOperator, InspectedTensor, LabError, ObserverName, Precision, WeightScales,
};

use crate::host::Host;
use crate::integers::{self, Form, cannot_run, fastest};
use crate::predict::Steps;
use crate::session::Session;

pub(crate) use tensor::run as tensor;

/// As cell `full-integer` calibrates if it is not told otherwise, so that both share the work.
const SAMPLES: u32 = 32;
const OBSERVER: ObserverName = ObserverName::MinMax;

/// Converts the model, measures it where there is something to hold it against, and lays it out.
pub(crate) async fn run(
    session: &mut Session,
    host: &impl Host,
    request: InspectRequest,
) -> Result<InspectReport, LabError> {
    let forms: &[Precision] = match request.graph {
        InspectedModel::Both => &[Precision::Float32, Precision::FullInteger],
        InspectedModel::Float32 => &[Precision::Float32],
        InspectedModel::DynamicRange => &[Precision::DynamicRange],
        InspectedModel::FullInteger => &[Precision::FullInteger],
        InspectedModel::Yours => return own(session, host).await,
    };
    let calibrates = forms.contains(&Precision::FullInteger);
    let calibration = if calibrates { SAMPLES as usize } else { 0 };
    let mut steps = Steps::new(host, calibration + session.photos.len() + forms.len() + 1);
    let mut converted = Vec::with_capacity(forms.len());
    for &precision in forms {
        let form = form(session, &mut steps, precision).await?;
        steps
            .next(format!("converting, {}", precision.name()))
            .await?;
        converted.push((
            precision,
            integers::converted(session, &form)?,
            integers::convert(session, &form)?,
        ));
    }
    let float32 = integers::float32(session)?;
    let Some((last, quantized, _)) = converted.last() else {
        return Err(no_model());
    };
    let sqnr = match last {
        Precision::Float32 => Vec::new(),
        _ => {
            let normalization = session.baseline()?.network.spec.normalization;
            let reals = |pixels: &[f32]| integers::normalize(pixels, &normalization);
            noise::sqnr(&session.photos, reals, &mut steps, &float32, quantized).await?
        }
    };
    steps.next("laying out".into()).await?;
    let title = session.baseline()?.model.title().to_owned();
    let forms = converted
        .into_iter()
        .map(|(precision, graph, file)| (Some(precision), graph, file.len() as u64));
    report(session, title, request.graph, forms.collect(), &sqnr)
}

/// The model that the reader has brought along: as it is in its file, or, where `your-model` has made full integer of
/// it, both side by side.
async fn own(session: &mut Session, host: &impl Host) -> Result<InspectReport, LabError> {
    let own = session.own.as_ref().ok_or_else(no_model)?;
    let mut steps = Steps::new(host, session.photos.len() + 1);
    let (forms, sqnr) = match &own.pair {
        Some(pair) => {
            let reals = |pixels: &[f32]| pair.photos.reals(pixels);
            let (float32, integers) = (&pair.float32, &pair.full_integer);
            let forms = vec![
                (Some(Precision::Float32), float32.clone(), own.file_bytes),
                (
                    Some(Precision::FullInteger),
                    integers.clone(),
                    pair.full_integer_bytes,
                ),
            ];
            let sqnr = noise::sqnr(&session.photos, reals, &mut steps, float32, integers).await?;
            (forms, sqnr)
        }
        None => (vec![(None, own.graph.clone(), own.file_bytes)], Vec::new()),
    };
    let title = own.name.clone();
    steps.next("laying out".into()).await?;
    report(session, title, InspectedModel::Yours, forms, &sqnr)
}

/// Graphs with the lengths of their files, laid out as the last of them, which is the one that was measured if any was.
fn report(
    session: &mut Session,
    title: String,
    asked: InspectedModel,
    forms: Vec<(Option<Precision>, Rc<Graph>, u64)>,
    sqnr: &[Option<f64>],
) -> Result<InspectReport, LabError> {
    let (_, placed, _) = forms.last().ok_or_else(no_model)?;
    let graphs = forms.iter().map(|(precision, graph, bytes)| {
        let sqnr = if Rc::ptr_eq(graph, placed) { sqnr } else { &[] };
        let mut inspected = inspect(graph, *bytes, placed, sqnr)?;
        inspected.precision = *precision;
        Ok(inspected)
    });
    let report = InspectReport {
        title,
        graph: asked,
        graphs: graphs.collect::<Result<_, LabError>>()?,
        layout: layout::layout(placed),
        photos: if sqnr.is_empty() {
            0
        } else {
            session.photos.len() as u32
        },
    };
    session.inspected = forms
        .into_iter()
        .map(|(precision, graph, _)| (precision, graph))
        .collect();
    Ok(report)
}

async fn form(
    session: &mut Session,
    steps: &mut Steps<'_, impl Host>,
    precision: Precision,
) -> Result<Form, LabError> {
    let weights = WeightScales::PerChannel;
    Ok(match precision {
        Precision::Float32 => Form::Float32,
        Precision::DynamicRange => Form::DynamicRange(weights),
        Precision::FullInteger => Form::FullInteger {
            weights,
            inputs: EdgeType::Int8,
            outputs: EdgeType::Int8,
            ranges: integers::calibrate(session, steps, OBSERVER, SAMPLES)
                .await?
                .ranges,
        },
    })
}

fn no_model() -> LabError {
    LabError::new(
        ErrorKind::BadInput,
        "There is no model of your own here yet.",
        "Bring one along in the cell “your-model”, or choose another graph.",
    )
}

/// What there is to tell of a graph whose operators lie where those of `placed` do.
fn inspect(
    graph: &Graph,
    file_bytes: u64,
    placed: &Graph,
    sqnr: &[Option<f64>],
) -> Result<InspectedGraph, LabError> {
    let engine = Engine::new(graph, fastest(), &Options::default()).map_err(cannot_run)?;
    let mut macs = vec![0_u64; graph.nodes.len()];
    for step in 0..engine.steps() {
        let info = engine.step_info(step).map_err(cannot_run)?;
        if let Some(macs) = macs.get_mut(info.node.0) {
            *macs = info.macs;
        }
    }
    let number = |id: TensorId| id.0 as u32;
    let operators = graph.numbered().zip(macs).map(|((id, node), macs)| {
        let constants = node.reads().filter(|id| graph.is_constant(*id));
        let bytes = constants
            .filter_map(|id| graph.tensor(id).ok())
            .map(bytes_of);
        InspectedOperator {
            name: node.op.name().to_owned(),
            options: options(graph, id),
            inputs: node.inputs.iter().map(|input| input.map(number)).collect(),
            output: number(node.output),
            place: placed.producer(node.output).unwrap_or(id).0 as u32,
            macs,
            constant_bytes: bytes.sum(),
            sqnr_db: sqnr.get(id.0).copied().flatten(),
        }
    });
    Ok(InspectedGraph {
        name: graph.name.clone(),
        precision: None,
        file_bytes,
        arena_bytes: engine.arena_bytes() as u64,
        operators: operators.collect(),
        tensors: graph.tensors.iter().map(inspected).collect(),
        inputs: graph.inputs.iter().copied().map(number).collect(),
        outputs: graph.outputs.iter().copied().map(number).collect(),
        dump: graph.dump(),
    })
}

/// An operator's options, with the window where its weights tell it.
fn options(graph: &Graph, id: NodeId) -> String {
    let Ok(node) = graph.node(id) else {
        return String::new();
    };
    let weights = node.inputs.get(1).copied().flatten();
    let shape = weights
        .and_then(|id| graph.tensor(id).ok())
        .map(|tensor| tensor.shape.as_slice());
    match (&node.op, shape) {
        (Op::Conv2d(_) | Op::DepthwiseConv2d(_), Some(&[_, height, width, _])) => {
            format!("{height}×{width} {}", node.op.options())
        }
        _ => node.op.options(),
    }
}

fn inspected(tensor: &Tensor) -> InspectedTensor {
    let quantization = tensor.quantization.as_ref();
    let scales = quantization.map_or(&[][..], |of| of.scales.as_slice());
    let single = quantization.and_then(|of| of.single());
    InspectedTensor {
        name: tensor.name.clone(),
        shape: tensor.shape.clone(),
        dtype: tensor.dtype.name().to_owned(),
        is_constant: tensor.data.is_some(),
        bytes: bytes_of(tensor),
        scales: scales.len() as u32,
        least_scale: scales.iter().copied().reduce(f32::min).unwrap_or(0.0),
        largest_scale: scales.iter().copied().reduce(f32::max).unwrap_or(0.0),
        zero_point: single.map(|(_, zero_point)| zero_point),
        axis: quantization.map_or(0, |of| of.axis as u32),
    }
}

fn bytes_of(tensor: &Tensor) -> u64 {
    (tensor.elements().unwrap_or(0) * tensor.dtype.bytes()) as u64
}
