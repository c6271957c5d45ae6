//! One constant of an inspected graph, asked for by a click.

use octet_graph::{Constant, Tensor, half_to_f32};
use octet_protocol::{ErrorKind, InspectTensorRequest, LabError, TensorDetails, TensorReport};

use crate::measure;
use crate::session::Session;

/// Of numbers that are not bytes.
const BINS: usize = 120;

/// Counts the numbers of a constant.
pub(crate) fn run(
    session: &Session,
    request: &InspectTensorRequest,
) -> Result<TensorReport, LabError> {
    let gone = || {
        LabError::new(
            ErrorKind::BadInput,
            "This diagram’s model is not in the worker any more.",
            "Run the cell “inspect” again.",
        )
    };
    let graph = session.inspected.get(request.graph as usize);
    let (precision, graph) = graph.ok_or_else(gone)?;
    let tensor = graph
        .tensors
        .get(request.tensor as usize)
        .ok_or_else(gone)?;
    let Some(data) = &tensor.data else {
        return Err(LabError::new(
            ErrorKind::BadInput,
            format!(
                "“{}” is computed when the model runs and has no numbers of its own.",
                tensor.name
            ),
            "Choose weights or a bias.",
        ));
    };
    let values = numbers(data);
    let statistics = measure::statistics(&values)?;
    let bytes = match data {
        Constant::Int8(_) => Some((-128.5, 127.5)),
        Constant::Uint8(_) | Constant::Bool(_) => Some((-0.5, 255.5)),
        _ => None,
    };
    let (lo, hi) = bytes.unwrap_or((statistics.min, statistics.max));
    let bins = if bytes.is_some() { 256 } else { BINS };
    Ok(TensorReport {
        graph: request.graph,
        details: details(request.tensor, tensor),
        precision: *precision,
        statistics,
        histogram: measure::histogram(&values, lo, hi, bins)?,
        is_whole: bytes.is_some(),
    })
}

fn details(index: u32, tensor: &Tensor) -> TensorDetails {
    let quantization = tensor.quantization.as_ref();
    TensorDetails {
        name: tensor.name.clone(),
        index,
        shape: tensor.shape.clone(),
        dtype: tensor.dtype.name().to_owned(),
        scales: quantization.map_or(Vec::new(), |q| q.scales.clone()),
        zero_points: quantization.map_or(Vec::new(), |q| q.zero_points.clone()),
        axis: quantization.map_or(0, |q| q.axis as u32),
    }
}

/// The stored numbers.
fn numbers(data: &Constant) -> Vec<f64> {
    match data {
        Constant::Float32(values) => values.iter().copied().map(f64::from).collect(),
        Constant::Float16(values) => {
            let widened = values.iter().map(|&bits| f64::from(half_to_f32(bits)));
            widened.collect()
        }
        Constant::Int2(values) | Constant::Int4(values) | Constant::Int8(values) => {
            values.iter().copied().map(f64::from).collect()
        }
        Constant::Uint8(values) | Constant::Bool(values) => {
            values.iter().copied().map(f64::from).collect()
        }
        Constant::Int16(values) => values.iter().copied().map(f64::from).collect(),
        Constant::Int32(values) => values.iter().copied().map(f64::from).collect(),
        Constant::Int64(values) => values.iter().map(|&value| value as f64).collect(),
    }
}
