//! How large the weights of a layer's channels are, before equalization and behind it.

use octet_graph::{Constant, Graph, Node, NodeId, Op, PassError, equalize};
use octet_protocol::{ChannelRanges, ErrorKind, LabError, LayerChannels};

use super::repair::Original;
use crate::integers::cannot_convert;
use crate::session::Session;

/// The layer of this name; without a name, the depthwise layer whose channels differ most, among those that are
/// equalized if there are any.
pub(super) fn run(
    session: &Session,
    original: &Original,
    name: &str,
) -> Result<LayerChannels, LabError> {
    let graph = &*original.graph;
    let (relu, replaced) = original.without_idle_relu6().map_err(cannot_convert)?;
    let (equalized, equalization) = equalize(&relu).map_err(cannot_convert)?;
    let is_equalized = |id: NodeId| {
        let mut pairs = equalization.pairs.iter();
        pairs.any(|pair| pair.first == id || pair.second == id)
    };
    let layers: Vec<_> = graph
        .numbered()
        .filter_map(|(id, node)| Some((id, node, ranges(graph, node)?)))
        .collect();
    let chosen = if name.is_empty() {
        let depthwise = |node: &Node| matches!(node.op, Op::DepthwiseConv2d(_));
        // false comes before true.
        layers
            .iter()
            .min_by(|(a_id, a_node, a), (b_id, b_node, b)| {
                let rank = |id: NodeId, node: &Node| (!depthwise(node), !is_equalized(id));
                let ranks = rank(*a_id, a_node).cmp(&rank(*b_id, b_node));
                ranks.then(a.range_used.total_cmp(&b.range_used))
            })
    } else {
        layers
            .iter()
            .find(|(_, node, _)| layer_name(graph, node) == Some(name))
    };
    let Some((id, node, before)) = chosen else {
        return Err(LabError::new(
            ErrorKind::BadInput,
            format!(
                "{} has no layer “{name}”.",
                session.baseline()?.model.title()
            ),
            "Choose one of its layers.",
        ));
    };
    let after = match is_equalized(*id) {
        true => equalized.node(*id).map_err(PassError::from),
        false => Ok(*node),
    };
    let after = after.map_err(cannot_convert)?;
    let mut notes = equalization.record.left.iter().chain(&replaced.left);
    let note = notes.find(|note| note.node == *id);
    let why_not = match (is_equalized(*id), note) {
        (true, _) => String::new(),
        (false, Some(note)) => note.text.clone(),
        (false, None) => "it is not between two layers that follow each other".to_owned(),
    };
    Ok(LayerChannels {
        layer: layer_name(graph, node).unwrap_or_default().to_owned(),
        is_widest: name.is_empty(),
        before: before.clone(),
        after: is_equalized(*id)
            .then(|| ranges(&equalized, after))
            .flatten(),
        why_not,
    })
}

/// The name of the layer that writes a tensor is the tensor's.
fn layer_name<'graph>(graph: &'graph Graph, node: &Node) -> Option<&'graph str> {
    let output = graph.tensor(node.output).ok()?;
    Some(output.name.as_str())
}

/// Of each output channel; none where the operator has no constant float32 weights.
fn ranges(graph: &Graph, node: &Node) -> Option<ChannelRanges> {
    let axis = node.op.output_axis()?;
    let weights = graph.tensor(node.inputs.get(1).copied().flatten()?).ok()?;
    let Some(Constant::Float32(values)) = &weights.data else {
        return None;
    };
    let channels = *weights.shape.get(axis)?;
    let inner: usize = weights.shape.get(axis + 1..)?.iter().product();
    let mut ranges = vec![[f32::INFINITY, f32::NEG_INFINITY]; channels];
    for (index, &value) in values.iter().enumerate() {
        let channel = (index / inner.max(1)).checked_rem(channels)?;
        if let Some([low, high]) = ranges.get_mut(channel) {
            *low = low.min(value);
            *high = high.max(value);
        }
    }
    let magnitudes = ranges.iter().map(|[low, high]| low.abs().max(high.abs()));
    let largest = magnitudes.clone().fold(0.0, f32::max);
    let shares = magnitudes.map(|magnitude| f64::from(magnitude / largest));
    let range_used = match largest > 0.0 {
        true => shares.sum::<f64>() / channels as f64,
        false => 0.0,
    };
    Some(ChannelRanges {
        ranges,
        largest,
        range_used,
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;
    use octet_graph::{Activation, Conv2d, DType, Padding, Tensor};

    #[test]
    fn ranges_are_those_of_the_output_channels() {
        let mut graph = Graph::default();
        let input = graph.add(Tensor::activation("x", vec![1, 1, 1, 2], DType::Float32));
        graph.inputs.push(input);
        let weights = Constant::Float32([1.0, -4.0, 0.5, 0.25].into());
        let weights = graph.add(Tensor::constant("w", vec![2, 1, 1, 2], weights));
        let bias = Constant::Float32([0.0, 0.0].into());
        let bias = graph.add(Tensor::constant("b", vec![2], bias));
        let op = Op::Conv2d(Conv2d {
            padding: Padding::Valid,
            stride: [1, 1],
            dilation: [1, 1],
            activation: Activation::None,
        });
        let output = Tensor::activation("y", vec![1, 1, 1, 2], DType::Float32);
        let output = graph.push(op, [input, weights, bias], output);
        graph.outputs.push(output);
        let found = ranges(&graph, &graph.nodes[0]).unwrap();
        assert_eq!(found.ranges, [[-4.0, 1.0], [0.25, 0.5]]);
        assert_eq!((found.largest, found.range_used), (4.0, 0.5625));
        assert_eq!(layer_name(&graph, &graph.nodes[0]), Some("y"));
    }
}
