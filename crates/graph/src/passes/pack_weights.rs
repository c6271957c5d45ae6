//! Weights as integers of few bits, for a small file.

use super::layers::Layer;
use super::widths::{Grid, Widths, storage_type};
use super::{PassError, Record};
use crate::{Constant, DType, Graph, Node, Op, Quantization, Tensor};

/// Stores weights as integers of the widths that they are to have, in the smallest type of TFLite's that holds them,
/// each followed by a `Dequantize` back to float32. The network computes what it computes with
/// [rounded](super::round_weights) weights; its file is smaller. Of weights that have been rounded to the same widths
/// before, the reals change by no more than float32 rounds.
///
/// TFLite packs integers of 2 bits (from 2.21 on) and of 4 (from 2.18 on); 3 bits take the room of 4; 5, 6 and 7 that
/// of 8. Weights of more stay float32. Tensors keep their numbers.
///
/// # Errors
/// [`PassError::Graph`] where the graph is not valid; [`PassError::Bits`]; [`PassError::OtherWidths`].
pub fn pack_weights(graph: &Graph, widths: &Widths) -> Result<(Graph, Record), PassError> {
    graph.validate()?;
    widths.fits(graph)?;
    let mut record = Record::new("constant float32 weights");
    let mut constants = widths.constants(graph);
    let mut nodes = Vec::new();
    for (id, node) in graph.numbered() {
        let mut node = node.clone();
        let weights = node.inputs.get(1).copied().flatten();
        if let Some(bits) = widths.get(id) {
            let (Some(dtype), Some((layer, weights))) =
                (storage_type(bits), Layer::new(graph, id).zip(weights))
            else {
                let text =
                    "its weights or bias are not float32 constants, or have more than 8 bits";
                record.leave(id, &node, text);
                nodes.push(node);
                continue;
            };
            let grid = Grid::new(graph, &layer, bits, widths.per_channel)?;
            // At most 127, from `Grid`.
            let integers = grid.nearest(&layer);
            let integers = integers.iter().map(|&q| q as i8).collect();
            let axis = node.op.output_axis().filter(|_| grid.scales.len() > 1);
            let scales = Quantization::per_channel(grid.scales, axis.unwrap_or(0));
            let data = match dtype {
                DType::Int2 => Constant::Int2(integers),
                DType::Int4 => Constant::Int4(integers),
                _ => Constant::Int8(integers),
            };
            let text = format!("{} weights stored as {dtype}", layer.weights.len());
            record.change(id, &node, text);
            let Tensor { name, shape, .. } = graph.tensor(weights)?.clone();
            let stored = constants.replace(weights, data, Some(scales));
            let output = Tensor::activation(name, shape, DType::Float32);
            let output = constants.graph.add(output);
            nodes.push(Node {
                op: Op::Dequantize,
                inputs: vec![Some(stored)],
                output,
            });
            if let Some(input) = node.inputs.get_mut(1) {
                *input = Some(output);
            }
        }
        nodes.push(node);
    }
    constants.graph.nodes = nodes;
    constants.graph.validate()?;
    Ok((constants.graph, record))
}
