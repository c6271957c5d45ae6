//! What a `.tflite` file is made of.

use octet_graph::{Constant, DType, Graph, Node, Op, Tensor, TensorId, plan_memory};
use octet_protocol::{FileAnatomy, FileKind, OperatorCount, TensorDetails, TypeCount};
use octet_tflite::{TfliteError, operator_kinds};

/// Buffers of the arena begin at multiples of so many bytes, as in TensorFlow Lite and TensorFlow Lite Micro.
pub(crate) const ALIGN: usize = 16;

/// Takes a file apart; `graph` is what was read from it or written to it.
///
/// # Errors
/// Those of [`operator_kinds`] and of [`plan_memory`].
pub(crate) fn anatomy(bytes: &[u8], graph: &Graph) -> Result<FileAnatomy, TfliteError> {
    let operators = operator_kinds(bytes)?;
    let operators = operators.into_iter().map(|kind| OperatorCount {
        name: kind.name,
        version: kind.version,
        count: kind.count as u32,
    });
    let plan = plan_memory(graph, &[], ALIGN)?;
    let peak = plan.least_possible();
    let at_peak = plan.live_bytes.iter().position(|&live| live == peak);
    let at_peak = at_peak.and_then(|index| Some((index, graph.nodes.get(index)?)));
    let details = |ids: &[TensorId]| {
        let tensors = ids.iter().map(|&id| Some((id, graph.tensors.get(id.0)?)));
        tensors
            .flatten()
            .map(|(id, tensor)| details(id, tensor))
            .collect()
    };
    Ok(FileAnatomy {
        kind: kind(graph),
        bytes: bytes.len() as u64,
        parameters: used(graph).filter_map(parameters).sum(),
        operators: operators.collect(),
        types: types(graph),
        inputs: details(&graph.inputs),
        outputs: details(&graph.outputs),
        arena_bytes: plan.bytes as u64,
        arena_peak: at_peak.map_or_else(String::new, |(index, node)| {
            format!("{index}, {}", node.op.name())
        }),
    })
}

/// A tensor as an interpreter describes it.
pub(crate) fn details(id: TensorId, tensor: &Tensor) -> TensorDetails {
    let quantization = tensor.quantization.as_ref();
    TensorDetails {
        name: tensor.name.clone(),
        index: id.0 as u32,
        shape: tensor.shape.clone(),
        dtype: tensor.dtype.name().to_owned(),
        scales: quantization.map_or_else(Vec::new, |q| q.scales.clone()),
        zero_points: quantization.map_or_else(Vec::new, |q| q.zero_points.clone()),
        axis: quantization.map_or(0, |q| q.axis as u32),
    }
}

/// How many weights or biases a constant holds; None of activations, and of shapes, axes and paddings.
pub(crate) fn parameters(tensor: &Tensor) -> Option<u64> {
    let data = tensor.data.as_ref()?;
    let is_figure = match data {
        Constant::Float32(_)
        | Constant::Float16(_)
        | Constant::Int2(_)
        | Constant::Int4(_)
        | Constant::Int8(_)
        | Constant::Uint8(_) => true,
        // Biases have scales.
        _ => tensor.quantization.is_some(),
    };
    is_figure.then_some(data.len() as u64)
}

/// The tensors that an operator touches or that the network takes or gives.
fn used(graph: &Graph) -> impl Iterator<Item = &Tensor> {
    let mut is_used = vec![false; graph.tensors.len()];
    let nodes = graph.nodes.iter();
    let touched = nodes.flat_map(|node| node.reads().chain([node.output]));
    for id in touched.chain(graph.inputs.iter().chain(&graph.outputs).copied()) {
        if let Some(slot) = is_used.get_mut(id.0) {
            *slot = true;
        }
    }
    let tensors = graph.tensors.iter().zip(is_used);
    tensors.filter_map(|(tensor, is_used)| is_used.then_some(tensor))
}

fn types(graph: &Graph) -> Vec<TypeCount> {
    let mut types: Vec<TypeCount> = Vec::new();
    for tensor in used(graph) {
        let name = tensor.dtype.name();
        let place = types.iter().position(|known| known.dtype == name);
        let place = place.unwrap_or_else(|| {
            types.push(TypeCount {
                dtype: name.to_owned(),
                constants: 0,
                constant_bytes: 0,
                activations: 0,
            });
            types.len() - 1
        });
        let Some(count) = types.get_mut(place) else {
            continue;
        };
        match &tensor.data {
            Some(data) => {
                count.constants += 1;
                count.constant_bytes += (data.len() * tensor.dtype.bytes()) as u64;
            }
            None => count.activations += 1,
        }
    }
    types
}

/// What a network stores and computes with.
pub(crate) fn kind(graph: &Graph) -> FileKind {
    let (mut floats, mut integers, mut hybrids) = (0, 0, 0);
    for node in &graph.nodes {
        if matches!(node.op, Op::Quantize | Op::Dequantize) {
            continue;
        }
        match graph.dtype(node.output) {
            Ok(DType::Float32) if has_integer_weights(graph, node) => hybrids += 1,
            Ok(DType::Float32) => floats += 1,
            // Shapes and the like are neither.
            Ok(DType::Int8 | DType::Uint8 | DType::Int16) => integers += 1,
            _ => {}
        }
    }
    let has_float16 = used(graph).any(|tensor| tensor.dtype == DType::Float16);
    match (floats, integers, hybrids) {
        (0, 1.., 0) => FileKind::FullInteger,
        (_, 0, 1..) => FileKind::DynamicRange,
        (_, 1.., _) => FileKind::Mixed,
        _ if has_float16 => FileKind::Float16,
        _ => FileKind::Float32,
    }
}

/// Whether an operator multiplies float32 activations by int8 weights.
fn has_integer_weights(graph: &Graph, node: &Node) -> bool {
    let weights = node.inputs.get(1).copied().flatten();
    let is_product = matches!(
        node.op,
        Op::Conv2d(_) | Op::DepthwiseConv2d(_) | Op::FullyConnected(_)
    );
    is_product && weights.is_some_and(|id| graph.dtype(id) == Ok(DType::Int8))
}
