//! Constants in a smaller form become float32 again.

use super::constants::Constants;
use super::{PassError, Record, half_to_f32};
use crate::{Constant, DType, Graph, Op, Tensor};

/// Turns a network that only stores its constants in a smaller form into a float32 one that can be
/// calibrated and quantized: a `Dequantize` of a constant (float16 weights) becomes a float32 constant, and
/// so do the int8 weights of the dynamic-range form.
///
/// # Errors
/// [`PassError::Graph`] where the graph is not valid.
pub fn decode_constants(graph: &Graph) -> Result<(Graph, Record), PassError> {
    graph.validate()?;
    let mut record = Record::new("constants in a smaller form");
    let mut constants = Constants::new(graph);
    let mut gone = vec![false; graph.nodes.len()];
    for (id, node) in graph.numbered() {
        let input = |index: usize| {
            let input = node.inputs.get(index).copied().flatten()?;
            Some((input, graph.tensors.get(input.0)?))
        };
        if node.op == Op::Dequantize {
            let Some(values) = input(0).and_then(|(_, tensor)| constant_reals(tensor)) else {
                continue;
            };
            if let Some(output) = constants.graph.tensors.get_mut(node.output.0) {
                output.data = Some(Constant::Float32(values.into()));
            }
            if let Some(gone) = gone.get_mut(id.0) {
                *gone = true;
            }
            record.change(id, node, "became a float32 constant");
            continue;
        }
        let is_hybrid = node.op.output_axis().is_some()
            && input(0).is_some_and(|(_, tensor)| tensor.dtype == DType::Float32);
        let Some((weights, tensor)) = input(1).filter(|_| is_hybrid) else {
            continue;
        };
        let Some(values) = constant_reals(tensor) else {
            continue;
        };
        let weights = constants.replace(weights, Constant::Float32(values.into()), None);
        if let Some(node) = constants.graph.nodes.get_mut(id.0) {
            if let Some(input) = node.inputs.get_mut(1) {
                *input = Some(weights);
            }
            if let Op::FullyConnected(op) = &mut node.op {
                op.asymmetric_inputs = false;
            }
        }
        record.change(id, node, "its weights became float32");
    }
    let mut decoded = constants.graph;
    decoded.remove_nodes(&gone);
    decoded.remove_unused();
    decoded.validate()?;
    Ok((decoded, record))
}

/// The reals that a constant stands for, where that is not float32 itself; None too where it has no scale.
pub fn constant_reals(tensor: &Tensor) -> Option<Vec<f32>> {
    let integers: Vec<i32> = match tensor.data.as_ref()? {
        Constant::Float16(values) => {
            return Some(values.iter().map(|&half| half_to_f32(half)).collect());
        }
        Constant::Int2(values) | Constant::Int4(values) | Constant::Int8(values) => {
            values.iter().map(|&q| q.into()).collect()
        }
        Constant::Uint8(values) => values.iter().map(|&q| q.into()).collect(),
        Constant::Int16(values) => values.iter().map(|&q| q.into()).collect(),
        Constant::Int32(values) => values.to_vec(),
        _ => return None,
    };
    let quantization = tensor.quantization.as_ref()?;
    let inner = tensor
        .shape
        .get(quantization.axis + 1..)
        .unwrap_or_default();
    let run = inner.iter().product::<usize>().max(1);
    let channels = quantization.scales.len().max(1);
    let real = |(index, &q): (usize, &i32)| {
        let channel = index / run % channels;
        let zero_point = quantization.zero_points.get(channel)?;
        let scale = quantization.scales.get(channel)?;
        Some((i64::from(q) - i64::from(*zero_point)) as f32 * scale)
    };
    integers.iter().enumerate().map(real).collect()
}
