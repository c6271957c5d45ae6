//! The order of operators, who reads what, and a graph as text.

mod common;

use common::{CONV, float, int8, named, noise};
use octet_graph::{
    Activation, Constant, Conv2d, Graph, GraphError, NodeId, Op, Quantization, Tensor,
};

/// x → relu → a; a, x → add → b; b → tanh → c.
fn graph() -> Graph {
    let mut graph = Graph::default();
    let x = graph.add(named("x", &[2]));
    let a = graph.push(Op::Relu, [x], named("a", &[2]));
    let b = graph.push(Op::Add(Activation::None), [a, x], named("b", &[2]));
    let c = graph.push(Op::Tanh, [b], named("c", &[2]));
    (graph.inputs, graph.outputs) = (vec![x], vec![c]);
    graph
}

#[test]
fn a_graph_in_order_stays() {
    let order = graph().topological_order().unwrap();
    assert_eq!(order, [NodeId(0), NodeId(1), NodeId(2)]);
}

#[test]
fn sorting_makes_any_order_valid() {
    let sorted = graph();
    let mut mixed = sorted.clone();
    mixed.nodes.rotate_left(1);
    assert!(mixed.validate().is_err());
    mixed.sort().unwrap();
    assert_eq!(mixed, sorted);
}

#[test]
fn cycles_are_named() {
    let mut cyclic = graph();
    let c = cyclic.nodes[2].output;
    cyclic.nodes[1].inputs[1] = Some(c);
    let before = cyclic.clone();
    assert!(matches!(
        cyclic.sort(),
        Err(GraphError::Cycle { index: 1, .. })
    ));
    assert_eq!(cyclic, before);
    assert_eq!(
        cyclic.sort().unwrap_err().to_string(),
        "operator 1 (ADD) can never run: it needs tensor 3 “c”, which depends on the operator itself or on \
         something that nothing computes"
    );
    let mut orphan = graph();
    let nothing = orphan.add(named("nothing", &[2]));
    orphan.nodes[0].inputs[0] = Some(nothing);
    assert!(matches!(
        orphan.sort(),
        Err(GraphError::Cycle { index: 0, .. })
    ));
}

#[test]
fn who_reads_and_writes() {
    let graph = graph();
    let x = graph.inputs[0];
    let readers: Vec<_> = graph.consumers(x).collect();
    assert_eq!(readers, [NodeId(0), NodeId(1)]);
    assert_eq!(graph.producer(x), None);
    let a = graph.nodes[0].output;
    assert_eq!(graph.producer(a), Some(NodeId(0)));
    assert!(graph.has_one_reader(a));
    assert!(!graph.has_one_reader(x));
    assert!(!graph.has_one_reader(graph.outputs[0]));
    assert!(!graph.is_constant(a));
}

#[test]
fn text() {
    let mut graph = Graph {
        name: "tiny".into(),
        ..Graph::default()
    };
    let input = graph.add(int8(&[1, 4, 4, 1], 0.5, -3));
    let weights = Tensor::constant("", vec![2, 1, 1, 1], Constant::Int8([1, 2].into()));
    let weights =
        graph.add(weights.with_quantization(Quantization::per_channel(vec![0.25, 2.0], 0)));
    let conv = Op::Conv2d(Conv2d {
        stride: [2, 2],
        activation: Activation::Relu6,
        ..CONV
    });
    let output = graph.push(conv, [input, weights], int8(&[1, 2, 2, 2], 1.0, 0));
    graph.nodes[0].inputs.push(None);
    let output = graph.push(Op::Dequantize, [output], float(&[1, 2, 2, 2]));
    let constant = graph.add(noise(&[2], 1));
    let output = graph.push(
        Op::Mul(Activation::None),
        [output, constant],
        float(&[1, 2, 2, 2]),
    );
    (graph.inputs, graph.outputs) = (vec![input], vec![output]);
    graph.validate().unwrap();
    assert_eq!(
        graph.dump(),
        "\
graph “tiny”: 3 operators, 6 tensors, 2 of them constants
input  %0 int8[1, 4, 4, 1]·0.5@-3
   0  CONV_2D SAME stride 2×2 relu6  %0 int8[1, 4, 4, 1]·0.5@-3, %1= int8[2, 1, 1, 1]·(2 scales on axis 0: 0.25 to 2), – → %2 int8[1, 2, 2, 2]·1@0
   1  DEQUANTIZE  %2 int8[1, 2, 2, 2]·1@0 → %3 float32[1, 2, 2, 2]
   2  MUL  %3 float32[1, 2, 2, 2], %4= float32[2] → %5 float32[1, 2, 2, 2]
output %5 float32[1, 2, 2, 2]
"
    );
    // A broken graph can be shown too.
    graph.nodes[0].output = octet_graph::TensorId(77);
    assert!(graph.dump().contains("%77 (missing)"));
}
