//! Files that others wrote (`tests/fixtures/tflite`): by TensorFlow's converter, and by hand what converters rarely do.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::path::PathBuf;

use octet_graph::{Activation, Constant, DType, Graph, Op};
use octet_tflite::{Normalization, TfliteError, read, read_metadata, write};

fn bytes(name: &str) -> Vec<u8> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("../../tests/fixtures/tflite")
        .join(format!("{name}.tflite"));
    std::fs::read(path).unwrap()
}

fn graph(name: &str) -> Graph {
    read(&bytes(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn names(graph: &Graph) -> Vec<&'static str> {
    graph.nodes.iter().map(|node| node.op.name()).collect()
}

const LAYERS: [&str; 10] = [
    "CONV_2D",
    "DEPTHWISE_CONV_2D",
    "CONV_2D",
    "ADD",
    "MAX_POOL_2D",
    "MEAN",
    "RESHAPE",
    "FULLY_CONNECTED",
    "FULLY_CONNECTED",
    "SOFTMAX",
];

/// The converter's way to work out a shape at run time is gone, the rest is there.
#[test]
fn float32_by_the_converter() {
    let graph = graph("converted_float32");
    assert_eq!(names(&graph), LAYERS);
    let input = graph.tensor(graph.inputs[0]).unwrap();
    assert_eq!(
        (input.dtype, input.shape.as_slice()),
        (DType::Float32, &[1, 12, 12, 3][..])
    );
    match graph.nodes[0].op {
        Op::Conv2d(conv) => {
            assert_eq!(conv.stride, [2, 2]);
            assert_eq!(conv.activation, Activation::Relu6);
        }
        other => panic!("{other:?}"),
    }
    match graph.nodes[1].op {
        Op::DepthwiseConv2d(conv) => assert_eq!(conv.multiplier, 1),
        other => panic!("{other:?}"),
    }
}

#[test]
fn dynamic_range_by_the_converter() {
    let graph = graph("converted_dynamic_range");
    assert_eq!(names(&graph), LAYERS);
    let weights = graph.nodes[8].inputs[1].unwrap();
    let weights = graph.tensor(weights).unwrap();
    assert_eq!(weights.dtype, DType::Int8);
    assert_eq!(weights.quantization.as_ref().unwrap().scales.len(), 20);
}

#[test]
fn float16_by_the_converter() {
    let graph = graph("converted_float16");
    let (before, layers): (Vec<_>, Vec<_>) = names(&graph)
        .into_iter()
        .partition(|&name| name == "DEQUANTIZE");
    assert!(before.len() >= 5);
    assert_eq!(layers, LAYERS);
    let halves = graph.tensor(graph.nodes[0].inputs[0].unwrap()).unwrap();
    assert!(matches!(halves.data, Some(Constant::Float16(_))));
}

#[test]
fn full_integer_by_the_converter() {
    let graph = graph("converted_int8");
    assert_eq!(names(&graph), LAYERS);
    let depthwise = graph.nodes[1].inputs[1].unwrap();
    let weights = graph.tensor(depthwise).unwrap();
    let quantization = weights.quantization.as_ref().unwrap();
    assert_eq!((quantization.axis, quantization.scales.len()), (3, 8));

    let edges = self::graph("converted_uint8_edges");
    let mut layers = names(&edges);
    assert_eq!(layers.pop(), Some("QUANTIZE"));
    assert_eq!(layers.remove(0), "QUANTIZE");
    assert_eq!(layers, LAYERS);
    assert_eq!(edges.dtype(edges.outputs[0]).unwrap(), DType::Uint8);
}

#[test]
fn constants_behind_the_flatbuffer() {
    let graph = graph("offset_buffers");
    let weights: Vec<i8> = (-12..12).collect();
    assert_eq!(graph.tensors[1].data, Some(Constant::Int8(weights.into())));
    let bias = Constant::Int32([100, -200, 300].into());
    assert_eq!(graph.tensors[2].data, Some(bias));
}

#[test]
fn both_fields_for_an_operators_number() {
    for name in ["old_codes", "new_codes"] {
        assert_eq!(graph(name).nodes[0].op, Op::Mul(Activation::Relu), "{name}");
    }
}

#[test]
fn squeeze_and_expand_dims_are_reshape() {
    let graph = graph("squeeze");
    assert_eq!(names(&graph), ["RESHAPE", "RESHAPE"]);
    assert_eq!(graph.nodes[0].inputs.len(), 1);
    assert_eq!(graph.tensors[2].shape, [2, 1, 3]);
}

#[test]
fn an_open_batch_is_one() {
    let graph = graph("open_batch");
    assert_eq!(names(&graph), ["RESHAPE", "RELU"]);
    // The new shape came from an operator that is gone.
    assert_eq!(graph.nodes[0].inputs.len(), 1);
    assert_eq!(graph.tensors[7].shape, [1, 6]);
}

#[test]
fn labels_and_normalization_by_others() {
    let bytes = bytes("deflated_labels");
    let graph = read(&bytes).unwrap();
    assert_eq!(graph.labels.len(), 40);
    assert_eq!(
        (&*graph.labels[0], &*graph.labels[39]),
        ("class 0", "class 39")
    );
    let about = read_metadata(&bytes).unwrap();
    assert_eq!(about.description, "softmax alone");
    let half = vec![127.5];
    let normalization = Normalization {
        mean: half.clone(),
        std: half,
    };
    assert_eq!(about.normalization, Some(normalization));
}

/// Labels are for people: without them the model is still a model.
#[test]
fn damaged_labels_are_no_labels() {
    let sound = bytes("deflated_labels");
    let end = sound.len();
    let archive = sound
        .windows(4)
        .position(|four| four == b"PK\x03\x04")
        .unwrap();
    let central = sound
        .windows(4)
        .rposition(|four| four == b"PK\x01\x02")
        .unwrap();
    let cases: [(&str, usize, &[u8]); 6] = [
        ("method", central + 10, &[99, 0]),
        ("checksum", central + 16, &[0, 0, 0, 0]),
        ("packed length", central + 20, &[255, 255, 255, 127]),
        ("a bomb", central + 24, &[255, 255, 255, 255]),
        ("local header", central + 42, &[255, 255, 255, 0]),
        ("no end", end - 31, &[0]),
    ];
    for (what, at, patch) in cases {
        let mut bytes = sound.clone();
        bytes[at..at + patch.len()].copy_from_slice(patch);
        let graph = read(&bytes).unwrap();
        assert!(graph.labels.is_empty(), "{what}");
        assert_eq!(graph.nodes.len(), 1, "{what}");
    }
    assert!(read(&sound[..archive]).unwrap().labels.is_empty());
}

#[test]
fn all_that_is_not_supported_is_named() {
    let error = read(&bytes("unsupported")).unwrap_err();
    let expected = [
        "a model of 2 subgraphs is not supported",
        "tensor 0 (“image”): the dynamic shape [-1, -1, -1, 3] is not supported",
        "tensor 1 (“packed”): type UINT4 is not supported",
        "tensor 2 (“state”): a variable that keeps its value between runs is not supported",
        "tensor 3 (“holes”): sparse storage is not supported",
        "tensor 7 (“text”): type STRING is not supported",
        "operator 0: ADD with activation TANH is not supported",
        "operator 1: RFFT2D (version 1) is not supported",
        "operator 2: the custom operator “Fancy” (version 1) is not supported",
        "operator 3: FULLY_CONNECTED with shuffled weights (format 1) is not supported",
        "operator 4: TANH (version 9) is not supported",
    ];
    match &error {
        TfliteError::Unsupported(all) => {
            let texts: Vec<String> = all.iter().map(ToString::to_string).collect();
            assert_eq!(texts, expected);
        }
        other => panic!("{other:?}"),
    }
    let text = error.to_string();
    assert!(text.starts_with("the model uses what Octet does not support: a model of 2"));
    assert!(text.ends_with(expected[10]));
}

#[test]
fn reading_and_writing_again_changes_nothing_more() {
    for name in [
        "converted_float32",
        "converted_dynamic_range",
        "converted_float16",
        "converted_int8",
        "converted_uint8_edges",
        "offset_buffers",
        "old_codes",
        "new_codes",
        "squeeze",
        "open_batch",
        "deflated_labels",
    ] {
        let first = graph(name);
        let written = write(&first).unwrap();
        assert_eq!(read(&written).unwrap(), first, "{name}");
    }
}
