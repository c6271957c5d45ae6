//! Weights rounded to few steps, still float32.

use octet_quant::{Granularity, IntRange, Rounding, Symmetry, fake_quantize, min_max_params};

use super::constants::Constants;
use super::layers::Layer;
use super::{PassError, Record};
use crate::{Constant, Graph};

/// How weights are rounded: symmetric around 0, from −(2^(bits − 1) − 1) to 2^(bits − 1) − 1 steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WeightScheme {
    /// 2 to 16.
    pub bits: u32,
    /// Whether each output channel has a scale of its own, or all weights of an operator share one.
    pub per_channel: bool,
}

/// Rounds the weights of convolutions, depthwise convolutions and dense layers to the steps that integers of so many
/// bits have, with the largest magnitude at the end; biases stay. What is lost by integer weights can so be seen,
/// and repaired, in a float32 network, and [`quantize_full_integer`](super::quantize_full_integer()) with the same
/// granularity gives 8-bit weights the same integers.
///
/// Tensors keep their numbers.
///
/// # Errors
/// [`PassError::Graph`] where the graph is not valid; [`PassError::Bits`].
pub fn fake_quantize_weights(
    graph: &Graph,
    scheme: WeightScheme,
) -> Result<(Graph, Record), PassError> {
    graph.validate()?;
    let range = IntRange::new(scheme.bits, true, true).map_err(PassError::Bits)?;
    let mut record = Record::new("constant float32 weights");
    let mut constants = Constants::new(graph);
    for (id, node) in graph.numbered() {
        let Some(axis) = node.op.output_axis() else {
            continue;
        };
        let weights = node.inputs.get(1).copied().flatten();
        let known = weights.and_then(|weights| Some((weights, constants.floats(weights)?)));
        let Some((weights, (values, shape))) = known.filter(|_| Layer::new(graph, id).is_some())
        else {
            record.leave(id, node, "its weights or bias are not float32 constants");
            continue;
        };
        let granularity = match scheme.per_channel {
            true => Granularity::PerChannel { axis },
            false => Granularity::PerTensor,
        };
        let rounding = Rounding::HalfAwayFromZero;
        let symmetry = Symmetry::Symmetric;
        let rounded = min_max_params(values, shape, granularity, symmetry, range, rounding)
            .and_then(|params| fake_quantize(values, shape, granularity, &params, rounding));
        let rounded = rounded.map_err(|source| PassError::Observer {
            tensor: graph.label(weights),
            source,
        })?;
        let weights = constants.replace(weights, Constant::Float32(rounded.into()), None);
        constants.put(id, 1, weights);
        let text = format!("{} weights rounded to {} bits", values.len(), scheme.bits);
        record.change(id, node, text);
    }
    constants.graph.validate()?;
    Ok((constants.graph, record))
}
