//! Weights rounded to few steps, still float32.

use super::layers::Layer;
use super::widths::{Grid, Widths};
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
    round_weights(graph, &Widths::uniform(graph, scheme))
}

/// The same with another number of bits for each layer.
///
/// # Errors
/// As [`fake_quantize_weights`]; [`PassError::OtherWidths`].
pub fn round_weights(graph: &Graph, widths: &Widths) -> Result<(Graph, Record), PassError> {
    graph.validate()?;
    widths.fits(graph)?;
    let mut record = Record::new("constant float32 weights");
    let mut constants = widths.constants(graph);
    for (id, node) in graph.numbered() {
        let Some(bits) = widths.get(id) else {
            continue;
        };
        let weights = node.inputs.get(1).copied().flatten();
        let Some((layer, weights)) = Layer::new(graph, id).zip(weights) else {
            record.leave(id, node, "its weights or bias are not float32 constants");
            continue;
        };
        let grid = Grid::new(graph, &layer, bits, widths.per_channel)?;
        let rounded = grid.reals(&layer, &grid.nearest(&layer));
        let text = format!("{} weights rounded to {bits} bits", rounded.len());
        let weights = constants.replace(weights, Constant::Float32(rounded.into()), None);
        constants.put(id, 1, weights);
        record.change(id, node, text);
    }
    constants.graph.validate()?;
    Ok((constants.graph, record))
}
