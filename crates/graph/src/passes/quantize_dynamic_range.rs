//! int8 weights, float32 activations.

use super::constants::Constants;
use super::weights::Weights;
use super::{PassError, Record};
use crate::{DType, Graph, Op};

/// Weights of fewer numbers stay float32, as TensorFlow's converter leaves them: there is little to save.
const FEWEST: usize = 1024;

/// How to quantize to the dynamic-range form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DynamicRange {
    /// Whether each output channel has a scale of its own, or all weights of an operator share one.
    pub per_channel: bool,
}

impl Default for DynamicRange {
    fn default() -> Self {
        Self { per_channel: true }
    }
}

/// Turns the constant float32 weights of convolutions, depthwise convolutions and dense layers into int8,
/// symmetric in [−127, 127]; activations and biases stay float32. The engine quantizes the inputs of these
/// operators on the fly (those of dense layers with a zero point).
///
/// A channel of nothing but zeros has scale 0.5e-6 / 127. Tensors keep their numbers.
///
/// # Errors
/// [`PassError::Graph`] where the graph is not valid (NaN weights, for one);
/// [`PassError::AlreadyQuantized`].
pub fn quantize_dynamic_range(
    graph: &Graph,
    options: DynamicRange,
) -> Result<(Graph, Record), PassError> {
    graph.validate()?;
    let mut record = Record::new("weights");
    let mut constants = Constants::new(graph);
    for (id, node) in graph.numbered() {
        let Some(axis) = node.op.output_axis() else {
            continue;
        };
        let already = PassError::AlreadyQuantized {
            index: id.0,
            op: node.op.name(),
        };
        let Some(weights) = node.inputs.get(1).copied().flatten() else {
            continue;
        };
        if graph.dtype(weights)? != DType::Float32 {
            return Err(already);
        }
        let Some((values, shape)) = constants.floats(weights) else {
            record.leave(id, node, "its weights are computed, not constant");
            continue;
        };
        if values.len() < FEWEST {
            let text = format!("{} weights; fewer than {FEWEST} stay float32", values.len());
            record.leave(id, node, text);
            continue;
        }
        let quantized = Weights::new(values, shape, options.per_channel.then_some(axis));
        let (data, quantization) = quantized.quantize_in_float64();
        let scales = quantization.scales.len();
        let text = format!("{} weights to int8, scales: {scales}", values.len());
        let weights = constants.replace(weights, data, Some(quantization));
        if let Some(node) = constants.graph.nodes.get_mut(id.0) {
            if let Some(input) = node.inputs.get_mut(1) {
                *input = Some(weights);
            }
            if let Op::FullyConnected(op) = &mut node.op {
                op.asymmetric_inputs = true;
            }
        }
        record.change(id, node, text);
    }
    constants.graph.validate()?;
    Ok((constants.graph, record))
}
