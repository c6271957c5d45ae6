//! Our quantization against TensorFlow's converter: same network, same ranges, same integers (see
//! `tests/fixtures/graph/converter.py`).
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::path::{Path, PathBuf};

use octet_graph::{
    Calibration, DynamicRange, Edges, FullInteger, Graph, Node, Op, TensorId,
    quantize_dynamic_range, quantize_full_integer,
};
use octet_quant::ObserverKind;

fn path(name: &str) -> PathBuf {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/graph");
    fixtures.join(name)
}

fn read(name: &str) -> Graph {
    octet_tflite::read(&std::fs::read(path(&format!("{name}.tflite"))).unwrap()).unwrap()
}

/// The converter's own calibration.
fn calibration(name: &str, graph: &Graph) -> Calibration {
    let mut calibration = Calibration::new(graph, ObserverKind::MinMax).unwrap();
    let text = std::fs::read_to_string(path(&format!("{name}_ranges.txt"))).unwrap();
    for line in text.lines() {
        let [id, min, max] = line.split(' ').collect::<Vec<_>>().try_into().unwrap();
        let ends = [min.parse().unwrap(), max.parse().unwrap()];
        let id = TensorId(id.parse().unwrap());
        calibration.observe(id, &ends).unwrap();
    }
    calibration
}

fn full_integer(name: &str, per_channel: bool, edges: Edges) -> Graph {
    let graph = read(&format!("{name}_float32"));
    let options = FullInteger {
        per_channel,
        inputs: edges,
        outputs: edges,
    };
    let calibration = calibration(name, &graph);
    let (graph, record) = quantize_full_integer(&graph, &calibration, options).unwrap();
    println!("{record}");
    graph
}

/// Walks both graphs from each output towards the inputs and compares everything but names and numbers.
fn assert_same(ours: &Graph, theirs: &Graph) {
    assert_eq!(ours.outputs.len(), theirs.outputs.len());
    let mut pairs: Vec<_> = ours
        .outputs
        .iter()
        .copied()
        .zip(theirs.outputs.iter().copied())
        .collect();
    let mut compared = 0;
    while let Some((our, their)) = pairs.pop() {
        let (our_tensor, their_tensor) = (ours.tensor(our).unwrap(), theirs.tensor(their).unwrap());
        let name = &our_tensor.name;
        assert_eq!(our_tensor.shape, their_tensor.shape, "{name}");
        assert_eq!(our_tensor.dtype, their_tensor.dtype, "{name}");
        assert_eq!(our_tensor.quantization, their_tensor.quantization, "{name}");
        // Not printed: they are long.
        assert!(our_tensor.data == their_tensor.data, "{name}");
        let nodes = (ours.producer(our), theirs.producer(their));
        let (Some(our), Some(their)) = nodes else {
            assert_eq!(nodes, (None, None), "{name}");
            assert_eq!(ours.inputs.contains(&our), theirs.inputs.contains(&their));
            continue;
        };
        let (our, their) = (ours.node(our).unwrap(), theirs.node(their).unwrap());
        assert_eq!(our.op, their.op);
        compared += 1;
        pairs.extend(inputs(our, ours).into_iter().zip(inputs(their, theirs)));
    }
    assert!(compared >= theirs.nodes.len());
}

/// What an operator reads. A bias of nothing but zeros that the converter left out is the same as one.
fn inputs(node: &Node, graph: &Graph) -> Vec<TensorId> {
    let mut inputs: Vec<_> = node.reads().collect();
    let bias = inputs.get(2).map(|&bias| graph.tensor(bias).unwrap());
    let data = bias.and_then(|bias| bias.data.as_ref()?.as_i32());
    if matches!(node.op, Op::FullyConnected(_)) && data.is_some_and(|d| d.iter().all(|&b| b == 0)) {
        inputs.truncate(2);
    }
    inputs
}

#[test]
fn a_small_convolutional_network() {
    assert_same(
        &full_integer("cnn", true, Edges::Float32),
        &read("cnn_int8"),
    );
}

#[test]
fn one_scale_for_all_weights() {
    assert_same(
        &full_integer("cnn", false, Edges::Float32),
        &read("cnn_per_tensor"),
    );
}

#[test]
fn the_other_operators() {
    assert_same(
        &full_integer("operators", true, Edges::Float32),
        &read("operators_int8"),
    );
}

#[test]
fn uint8_at_the_edges() {
    assert_same(
        &full_integer("operators", true, Edges::Uint8),
        &read("operators_uint8_edges"),
    );
}

#[test]
fn dead_channels_and_biases_that_overflow() {
    assert_same(
        &full_integer("odd", true, Edges::Float32),
        &read("odd_int8"),
    );
    assert_same(
        &full_integer("odd", false, Edges::Float32),
        &read("odd_per_tensor"),
    );
}

#[test]
fn dynamic_range() {
    let graph = read("cnn_float32");
    let (graph, record) = quantize_dynamic_range(&graph, DynamicRange::default()).unwrap();
    println!("{record}");
    assert_eq!((record.changes.len(), record.left.len()), (2, 5));
    assert_same(&graph, &read("cnn_dynamic_range"));
}

#[test]
fn halves_are_rounded_alike() {
    assert_same(
        &full_integer("ties", true, Edges::Float32),
        &read("ties_int8"),
    );
    assert_same(
        &full_integer("ties", false, Edges::Float32),
        &read("ties_per_tensor"),
    );
    let graph = read("ties_float32");
    let (graph, _) = quantize_dynamic_range(&graph, DynamicRange::default()).unwrap();
    assert_same(&graph, &read("ties_dynamic_range"));
}
