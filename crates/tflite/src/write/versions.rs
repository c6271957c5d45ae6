//! Which version of an operator a file has to ask for: the lowest whose kernel does what the tensors need. The numbers
//! are those that TFLite's converter writes (`tools/versioning/op_version.cc` of LiteRT).

use octet_graph::DType::{Bool, Float16, Float32, Int2, Int4, Int8, Int16, Int64, Uint8};
use octet_graph::{DType, Graph, Node, Op, Tensor};

/// The version that a node needs.
pub(super) fn version(graph: &Graph, node: &Node) -> i32 {
    let tensor = |index: usize| {
        let id = node.inputs.get(index).copied().flatten()?;
        graph.tensors.get(id.0)
    };
    let first = tensor(0);
    let weights = tensor(1);
    let output = graph.tensors.get(node.output.0);
    let dtype = first.map(|tensor| tensor.dtype);
    let rank = first.map_or(0, |tensor| tensor.shape.len());
    match &node.op {
        Op::Conv2d(_) => match weighted(dtype, weights) {
            Weighted::Hybrid { per_channel: true } => 5,
            Weighted::Hybrid { per_channel: false } => 2,
            Weighted::Int8 => 3,
            Weighted::Other => 1,
        },
        Op::DepthwiseConv2d(conv) => match weighted(dtype, weights) {
            Weighted::Hybrid { per_channel: true } => 6,
            Weighted::Hybrid { per_channel: false } => 4,
            Weighted::Int8 => 3,
            Weighted::Other if conv.dilation != [1, 1] => 2,
            Weighted::Other => 1,
        },
        Op::FullyConnected(dense) => match weighted(dtype, weights) {
            Weighted::Hybrid { per_channel: true } => 12,
            _ if node.inputs.len() == 2 => 6,
            _ if dense.keep_num_dims => 5,
            Weighted::Int8 => 4,
            Weighted::Hybrid { .. } if dense.asymmetric_inputs => 9,
            Weighted::Hybrid { .. } => 3,
            Weighted::Other => 1,
        },
        Op::Add(_) if dtype == Some(Int64) => 4,
        Op::Add(_) => int8(dtype),
        Op::Sub(_) if dtype == Some(Int64) => 4,
        Op::Sub(_) if broadcast_5d(first, weights) => 3,
        Op::Sub(_) => int8(dtype),
        Op::Mul(_) if dtype == Some(Int64) => 5,
        Op::Mul(_) if enlarges(first, weights, output) => 3,
        Op::Mul(_) => int8(dtype),
        Op::Transpose if rank > 5 => 6,
        Op::Transpose if dtype == Some(Int16) => 5,
        Op::Transpose if rank > 4 => 4,
        Op::StridedSlice(_) if rank > 4 => 4,
        Op::Transpose | Op::StridedSlice(_) if dtype == Some(Bool) => 3,
        Op::Pad if dtype == Some(Bool) => 5,
        Op::Pad if rank > 4 => 4,
        Op::Pad | Op::Concat { .. } if dtype == Some(Int16) => 3,
        Op::ResizeBilinear(_) | Op::ResizeNearest(_) if dtype == Some(Int16) => 4,
        Op::ResizeBilinear(resize) if resize.half_pixel_centers => 3,
        Op::ResizeNearest(resize) if resize.half_pixel_centers || resize.align_corners => 3,
        Op::Relu if matches!(dtype, Some(Int8 | Uint8)) => 2,
        Op::Quantize if output.is_some_and(per_channel) => 3,
        Op::Quantize if output.map(|tensor| tensor.dtype) == Some(Int16) => 2,
        Op::Dequantize if dtype == Some(Int2) => 7,
        Op::Dequantize if dtype == Some(Int4) => 6,
        Op::Dequantize if matches!(dtype, Some(Int16 | Float16)) => 3,
        Op::Dequantize if dtype == Some(Int8) && first.is_some_and(per_channel) => 5,
        Op::Quantize | Op::Reshape | Op::HardSwish | Op::Relu => 1,
        Op::Pad
        | Op::Concat { .. }
        | Op::Transpose
        | Op::StridedSlice(_)
        | Op::ResizeBilinear(_)
        | Op::ResizeNearest(_)
        | Op::Dequantize
        | Op::AveragePool2d(_)
        | Op::MaxPool2d(_)
        | Op::Mean { .. }
        | Op::Softmax { .. }
        | Op::Logistic
        | Op::Tanh
        | Op::Relu6 => int8(dtype),
    }
}

/// Most operators: version 2 brought int8.
fn int8(dtype: Option<DType>) -> i32 {
    if dtype == Some(Int8) { 2 } else { 1 }
}

enum Weighted {
    /// float32 with int8 weights.
    Hybrid {
        per_channel: bool,
    },
    Int8,
    Other,
}

fn weighted(input: Option<DType>, weights: Option<&Tensor>) -> Weighted {
    match (input, weights) {
        (Some(Float32), Some(weights)) if weights.dtype == Int8 => Weighted::Hybrid {
            per_channel: per_channel(weights),
        },
        (Some(Int8), _) => Weighted::Int8,
        _ => Weighted::Other,
    }
}

fn per_channel(tensor: &Tensor) -> bool {
    let scales = tensor.quantization.as_ref();
    scales.is_some_and(|quantization| quantization.scales.len() > 1)
}

fn broadcast_5d(left: Option<&Tensor>, right: Option<&Tensor>) -> bool {
    match (left, right) {
        (Some(left), Some(right)) => {
            left.shape != right.shape && left.shape.len().max(right.shape.len()) > 4
        }
        _ => false,
    }
}

/// Whether a product's integers are multiplied by 1 or more to get the output's.
fn enlarges(left: Option<&Tensor>, right: Option<&Tensor>, output: Option<&Tensor>) -> bool {
    let scale = |tensor: Option<&Tensor>| {
        let (scale, _) = tensor?.quantization.as_ref()?.single()?;
        Some(scale)
    };
    match (scale(left), scale(right), scale(output)) {
        (Some(left), Some(right), Some(output)) => left * right / output >= 1.0,
        _ => false,
    }
}

#[cfg(test)]
#[path = "../../tests/samples/mod.rs"]
mod samples;

#[cfg(test)]
mod tests {
    use super::{samples, version};

    /// The version of the last operator in the sample of this name.
    fn last(name: &str) -> i32 {
        let graphs = samples::all();
        let graph = graphs.iter().find(|graph| graph.name == name);
        let graph = graph.unwrap_or_else(|| panic!("there is no sample {name}"));
        graph.nodes.last().map_or(0, |node| version(graph, node))
    }

    /// `op_version.cc`, operator by operator.
    #[test]
    fn versions_are_those_of_the_converter() {
        let weighted = [
            ("conv_2d", [1, 3, 1, 2, 5]),
            ("depthwise_conv_2d", [1, 3, 1, 4, 6]),
            ("depthwise_conv_2d_dilated", [2, 3, 2, 4, 6]),
            ("fully_connected", [1, 4, 1, 3, 12]),
            ("fully_connected_asymmetric", [1, 4, 1, 9, 12]),
            ("fully_connected_keep_num_dims", [5, 5, 5, 5, 12]),
            ("fully_connected_without_bias", [6, 6, 6, 6, 12]),
        ];
        let kinds = ["float32", "int8", "uint8", "hybrid", "hybrid_per_channel"];
        for (name, versions) in weighted {
            let found = kinds.map(|kind| last(&format!("{name}_{kind}")));
            assert_eq!(found, versions, "{name}");
        }
        let plain = [
            ("add", [1, 2, 1]),
            ("sub", [1, 2, 1]),
            ("mul", [1, 2, 1]),
            ("mul_enlarging", [1, 3, 3]),
            ("average_pool_2d", [1, 2, 1]),
            ("max_pool_2d", [1, 2, 1]),
            ("mean_keep_true", [1, 2, 1]),
            ("pad", [1, 2, 1]),
            ("concatenation", [1, 2, 1]),
            ("softmax", [1, 2, 1]),
            ("logistic", [1, 2, 1]),
            ("tanh", [1, 2, 1]),
            ("hard_swish", [1, 1, 1]),
            ("relu", [1, 2, 2]),
            ("relu6", [1, 2, 1]),
            ("resize_bilinear_00", [1, 2, 1]),
            ("resize_bilinear_01", [3, 3, 3]),
            ("resize_nearest_00", [1, 2, 1]),
            ("resize_nearest_10", [3, 3, 3]),
            ("reshape", [1, 1, 1]),
            ("transpose", [1, 2, 1]),
            ("strided_slice", [1, 2, 1]),
        ];
        for (name, versions) in plain {
            let found = ["float32", "int8", "uint8"].map(|kind| last(&format!("{name}_{kind}")));
            assert_eq!(found, versions, "{name}");
        }
        for (name, version) in [
            ("dequantize_int8", 2),
            ("dequantize_uint8", 1),
            ("quantize_int8", 1),
            ("requantize_uint8", 1),
        ] {
            assert_eq!(last(name), version, "{name}");
        }
        for (name, expected) in [("int4_weights_3", 6), ("int2_weights_1", 7)] {
            let graphs = samples::all();
            let graph = graphs.iter().find(|graph| graph.name == name);
            let found = graph.map(|graph| version(graph, &graph.nodes[0]));
            assert_eq!(found, Some(expected), "{name}");
        }
    }
}
