//! Folding constants into weights: the same network, with fewer operators.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod common;
#[path = "common/run.rs"]
mod run;

use common::{CONV, DEPTHWISE, dense, float, floats, named, noise, noise_values};
use octet_graph::{
    Activation, Conv2d, DepthwiseConv2d, Graph, Op, Tensor, TensorId, fold_batch_norm,
};
use run::{Run, difference};

const MUL: Op = Op::Mul(Activation::None);
const ADD: Op = Op::Add(Activation::None);
const SUB: Op = Op::Sub(Activation::None);

/// A graph from an image of 6×6×3, ended by `build`.
fn graph(build: impl FnOnce(&mut Graph, TensorId) -> TensorId) -> Graph {
    let mut graph = Graph::default();
    let input = graph.add(named("image", &[1, 6, 6, 3]));
    graph.inputs = vec![input];
    let output = build(&mut graph, input);
    graph.outputs = vec![output];
    graph.validate().unwrap();
    graph
}

fn conv(graph: &mut Graph, input: TensorId, with_bias: bool) -> TensorId {
    let mut inputs = vec![input, graph.add(noise(&[4, 3, 3, 3], 1))];
    if with_bias {
        inputs.push(graph.add(noise(&[4], 2)));
    }
    graph.push(Op::Conv2d(CONV), inputs, float(&[1, 6, 6, 4]))
}

/// An operator on a value and a constant, in this order or the other.
fn with(graph: &mut Graph, op: Op, value: TensorId, constant: Tensor, first: bool) -> TensorId {
    let shape = graph.tensor(value).unwrap().shape.clone();
    let constant = graph.add(constant);
    let inputs = if first {
        [value, constant]
    } else {
        [constant, value]
    };
    graph.push(op, inputs, float(&shape))
}

/// Folds, checks that the outputs stay what they are, and returns how many operators are left.
fn fold(graph: &Graph) -> Graph {
    let (folded, record) = fold_batch_norm(graph).unwrap();
    println!("{record}");
    folded.validate().unwrap();
    let image = vec![noise_values(108, 9)];
    let (before, after) = (Run::new(graph, &image), Run::new(&folded, &image));
    for output in 0..graph.outputs.len() {
        let difference = difference(&before.output(output), &after.output(output));
        assert!(difference < 2e-6, "{difference}");
    }
    let removed = graph.nodes.len() - folded.nodes.len();
    assert_eq!(record.changes.len(), removed);
    folded
}

#[test]
fn batch_norm_behind_a_convolution() {
    for with_bias in [false, true] {
        let graph = graph(|graph, input| {
            let x = conv(graph, input, with_bias);
            let x = with(graph, SUB, x, noise(&[4], 3), true);
            let x = with(graph, MUL, x, noise(&[1, 1, 1, 4], 4), false);
            let x = with(graph, MUL, x, floats(&[], [-0.5]), true);
            with(graph, Op::Add(Activation::Relu6), x, noise(&[4], 5), true)
        });
        let folded = fold(&graph);
        assert_eq!(folded.nodes.len(), 1);
        assert_eq!(folded.nodes[0].op.activation(), Some(Activation::Relu6));
        // No constant that nothing uses is left.
        assert_eq!(folded.tensors.len(), 4);
    }
}

#[test]
fn a_constant_minus_the_layer() {
    let graph = graph(|graph, input| {
        let x = conv(graph, input, true);
        let x = with(graph, SUB, x, noise(&[4], 3), false);
        with(graph, MUL, x, noise(&[4], 4), true)
    });
    assert_eq!(fold(&graph).nodes.len(), 1);
}

#[test]
fn depthwise_and_dense_layers() {
    let graph = graph(|graph, input| {
        let weights = graph.add(noise(&[1, 3, 3, 6], 1));
        let depthwise = Op::DepthwiseConv2d(DepthwiseConv2d {
            multiplier: 2,
            ..DEPTHWISE
        });
        let x = graph.push(depthwise, [input, weights], float(&[1, 6, 6, 6]));
        let x = with(graph, MUL, x, noise(&[6], 2), true);
        let x = with(graph, ADD, x, noise(&[6], 3), true);
        let weights = graph.add(noise(&[5, 216], 4));
        let x = graph.push(dense(Activation::None), [x, weights], float(&[1, 5]));
        let x = with(graph, MUL, x, noise(&[1, 5], 5), true);
        with(graph, SUB, x, floats(&[1], [0.25]), true)
    });
    assert_eq!(fold(&graph).nodes.len(), 2);
}

#[test]
fn exact_where_float32_is() {
    let graph = graph(|graph, input| {
        let inputs = [
            input,
            graph.add(floats(&[1, 1, 1, 3], [1.5, -2.0, 0.25])),
            graph.add(floats(&[1], [3.0])),
        ];
        let x = graph.push(Op::Conv2d(CONV), inputs, float(&[1, 6, 6, 1]));
        let x = with(graph, MUL, x, floats(&[1], [-4.0]), true);
        with(graph, SUB, x, floats(&[1], [0.5]), false)
    });
    let folded = fold(&graph);
    let constant = |index: usize| {
        let id = folded.nodes[0].inputs[index].unwrap();
        folded.tensor(id).unwrap().data.clone().unwrap()
    };
    assert_eq!(constant(1).as_f32().unwrap(), [6.0, -8.0, 1.0]);
    assert_eq!(constant(2).as_f32().unwrap(), [12.5]);
}

/// What must stay as it is.
#[track_caller]
fn assert_stays(graph: &Graph, why: Option<&str>) {
    let (folded, record) = fold_batch_norm(graph).unwrap();
    assert_eq!(folded.nodes, graph.nodes);
    assert!(record.changes.is_empty());
    let reasons: Vec<_> = record.left.iter().map(|note| note.text.as_str()).collect();
    assert_eq!(reasons, why.into_iter().collect::<Vec<_>>());
}

#[test]
fn an_activation_stands_between() {
    let graph = graph(|graph, input| {
        let weights = graph.add(noise(&[4, 3, 3, 3], 1));
        let conv = Op::Conv2d(Conv2d {
            activation: Activation::Relu,
            ..CONV
        });
        let x = graph.push(conv, [input, weights], float(&[1, 6, 6, 4]));
        with(graph, MUL, x, noise(&[4], 4), true)
    });
    assert_stays(&graph, Some("an activation comes before it"));
}

#[test]
fn something_else_reads_the_layer() {
    let both = graph(|graph, input| {
        let x = conv(graph, input, true);
        let y = with(graph, MUL, x, noise(&[4], 4), true);
        graph.push(ADD, [x, y], float(&[1, 6, 6, 4]))
    });
    let why = "something else needs the layer’s output as it is";
    assert_stays(&both, Some(why));
    let mut given = graph(|graph, input| {
        let x = conv(graph, input, true);
        with(graph, MUL, x, noise(&[4], 4), true)
    });
    given.outputs.push(given.nodes[0].output);
    assert_stays(&given, Some(why));
}

#[test]
fn what_is_no_constant_a_channel() {
    let nothing = graph(|graph, input| conv(graph, input, true));
    assert_stays(&nothing, None);
    let (_, record) = fold_batch_norm(&nothing).unwrap();
    assert_eq!(
        record.to_string(),
        "nothing to do: there are no constant factors or summands behind a convolution or dense layer\n"
    );
    // A factor for each pixel.
    assert_stays(
        &graph(|graph, input| {
            let x = conv(graph, input, true);
            with(graph, MUL, x, noise(&[1, 6, 6, 4], 4), true)
        }),
        None,
    );
    // A factor for each row: as many as channels, but on another axis.
    assert_stays(
        &graph(|graph, input| {
            let weights = graph.add(noise(&[6, 3, 3, 3], 1));
            let x = graph.push(Op::Conv2d(CONV), [input, weights], float(&[1, 6, 6, 6]));
            with(graph, MUL, x, noise(&[6, 1], 4), true)
        }),
        None,
    );
    // The square of the layer.
    assert_stays(
        &graph(|graph, input| {
            let x = conv(graph, input, true);
            graph.push(MUL, [x, x], float(&[1, 6, 6, 4]))
        }),
        None,
    );
    // A wider output.
    assert_stays(
        &graph(|graph, input| {
            let x = conv(graph, input, true);
            let factors = graph.add(noise(&[2, 1, 1, 4], 4));
            graph.push(MUL, [x, factors], float(&[2, 6, 6, 4]))
        }),
        None,
    );
    // A product that is no layer's.
    assert_stays(
        &graph(|graph, input| with(graph, MUL, input, noise(&[3], 4), true)),
        None,
    );
}

#[test]
fn weights_that_would_leave_float32() {
    let graph = graph(|graph, input| {
        let x = conv(graph, input, true);
        let x = with(graph, MUL, x, floats(&[1], [3e38]), true);
        with(graph, MUL, x, floats(&[1], [10.0]), true)
    });
    assert_stays(
        &graph,
        Some("the folded weights would be too large for float32"),
    );
}

#[test]
fn shared_weights_keep_their_other_use() {
    let graph = graph(|graph, input| {
        let weights = graph.add(noise(&[4, 3, 3, 3], 1));
        let of = |graph: &mut Graph| {
            graph.push(Op::Conv2d(CONV), [input, weights], float(&[1, 6, 6, 4]))
        };
        let (x, y) = (of(graph), of(graph));
        let x = with(graph, MUL, x, noise(&[4], 4), true);
        graph.push(ADD, [x, y], float(&[1, 6, 6, 4]))
    });
    assert_eq!(fold(&graph).nodes.len(), 3);
}
