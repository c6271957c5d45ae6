//! Convolutions without a bias: LiteRT refuses them, so they get one of zeros.

use std::borrow::Cow;

use octet_graph::{Constant, DType, Graph, Node, Op, Quantization, Tensor};

/// The same graph with a bias for every CONV_2D; the new tensors are behind all others.
pub(super) fn completed(graph: &Graph) -> Cow<'_, Graph> {
    let mut completed = Cow::Borrowed(graph);
    for (index, node) in graph.nodes.iter().enumerate() {
        let without = !matches!(node.inputs.get(2), Some(Some(_)));
        if !without || !matches!(node.op, Op::Conv2d(_)) {
            continue;
        }
        let Some(bias) = zeros(graph, node) else {
            continue;
        };
        let graph = completed.to_mut();
        let bias = graph.add(bias);
        if let Some(node) = graph.nodes.get_mut(index) {
            node.inputs.resize(2, None);
            node.inputs.push(Some(bias));
        }
    }
    completed
}

fn zeros(graph: &Graph, node: &Node) -> Option<Tensor> {
    let tensor = |index: usize| {
        let id = node.inputs.get(index).copied().flatten()?;
        graph.tensors.get(id.0)
    };
    let (input, weights) = (tensor(0)?, tensor(1)?);
    let channels = *weights.shape.first()?;
    let name = format!("{} zero bias", weights.name);
    if input.dtype == DType::Float32 {
        let data = Constant::Float32(vec![0.0; channels].into());
        return Some(Tensor::constant(name, vec![channels], data));
    }
    let (input, _) = input.quantization.as_ref()?.single()?;
    let scales = weights.quantization.as_ref()?.scales.iter();
    // Not even the product of tiny scales may be 0.
    let scales = scales.map(|scale| (scale * input).clamp(f32::MIN_POSITIVE, f32::MAX));
    let data = Constant::Int32(vec![0; channels].into());
    let bias = Tensor::constant(name, vec![channels], data);
    Some(bias.with_quantization(Quantization::per_channel(scales.collect(), 0)))
}
