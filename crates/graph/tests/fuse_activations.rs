//! Activations become part of the operator before.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod common;
#[path = "common/run.rs"]
mod run;

use common::{CONV, dense, float, floats, int8, named, noise, noise_values, single_into};
use octet_graph::{Activation, Conv2d, Graph, Op, Padding, Pool2d, TensorId, fuse_activations};
use run::{Run, difference};

const SHAPE: [usize; 4] = [1, 4, 4, 3];

/// One of each operator that can end in a clamp, on an image of 4×4×3.
fn producers() -> Vec<fn(&mut Graph, TensorId) -> TensorId> {
    fn conv(graph: &mut Graph, input: TensorId) -> TensorId {
        let weights = graph.add(noise(&[3, 3, 3, 3], 1));
        graph.push(Op::Conv2d(CONV), [input, weights], float(&SHAPE))
    }
    fn depthwise(graph: &mut Graph, input: TensorId) -> TensorId {
        let weights = graph.add(noise(&[1, 3, 3, 3], 1));
        graph.push(
            Op::DepthwiseConv2d(common::DEPTHWISE),
            [input, weights],
            float(&SHAPE),
        )
    }
    fn fully_connected(graph: &mut Graph, input: TensorId) -> TensorId {
        let weights = graph.add(noise(&[5, 48], 1));
        graph.push(dense(Activation::None), [input, weights], float(&[1, 5]))
    }
    fn add(graph: &mut Graph, input: TensorId) -> TensorId {
        graph.push(Op::Add(Activation::None), [input, input], float(&SHAPE))
    }
    fn sub(graph: &mut Graph, input: TensorId) -> TensorId {
        let other = graph.add(noise(&[3], 1));
        graph.push(Op::Sub(Activation::None), [input, other], float(&SHAPE))
    }
    fn mul(graph: &mut Graph, input: TensorId) -> TensorId {
        let other = graph.add(floats(&[], [9.0]));
        graph.push(Op::Mul(Activation::None), [input, other], float(&SHAPE))
    }
    const POOL: Pool2d = Pool2d {
        padding: Padding::Same,
        stride: [1, 1],
        filter: [2, 2],
        activation: Activation::None,
    };
    fn average(graph: &mut Graph, input: TensorId) -> TensorId {
        graph.push(Op::AveragePool2d(POOL), [input], float(&SHAPE))
    }
    fn max(graph: &mut Graph, input: TensorId) -> TensorId {
        graph.push(Op::MaxPool2d(POOL), [input], float(&SHAPE))
    }
    vec![
        conv,
        depthwise,
        fully_connected,
        add,
        sub,
        mul,
        average,
        max,
    ]
}

/// A producer with operators behind, one after the other.
fn chain(producer: impl FnOnce(&mut Graph, TensorId) -> TensorId, behind: &[Op]) -> Graph {
    let mut graph = Graph::default();
    let input = graph.add(named("image", &SHAPE));
    let mut x = producer(&mut graph, input);
    for &op in behind {
        let shape = graph.tensor(x).unwrap().shape.clone();
        x = graph.push(op, [x], float(&shape));
    }
    (graph.inputs, graph.outputs) = (vec![input], vec![x]);
    graph.validate().unwrap();
    graph
}

#[test]
fn into_every_operator_that_can_end_so() {
    for producer in producers() {
        for (behind, end) in [
            (&[Op::Relu][..], Activation::Relu),
            (&[Op::Relu6], Activation::Relu6),
            (&[Op::Relu, Op::Relu6], Activation::Relu6),
            (&[Op::Relu6, Op::Relu], Activation::Relu6),
            (&[Op::Relu, Op::Relu], Activation::Relu),
        ] {
            let graph = chain(producer, behind);
            let (fused, record) = fuse_activations(&graph).unwrap();
            fused.validate().unwrap();
            assert_eq!(fused.nodes.len(), 1);
            assert_eq!(fused.nodes[0].op.activation(), Some(end));
            assert_eq!(record.changes.len(), behind.len());
            let image = [noise_values(48, 7)];
            let (before, after) = (Run::new(&graph, &image), Run::new(&fused, &image));
            assert_eq!(difference(&before.output(0), &after.output(0)), 0.0);
        }
    }
}

#[track_caller]
fn assert_stays(graph: &Graph, why: &str) {
    let (fused, record) = fuse_activations(graph).unwrap();
    assert_eq!(fused.nodes.len(), graph.nodes.len());
    assert_eq!(record.left.len(), 1);
    assert_eq!(record.left[0].text, why);
}

#[test]
fn what_stays_on_its_own() {
    let tanh = |graph: &mut Graph, input| graph.push(Op::Tanh, [input], float(&SHAPE));
    let cannot = "the operator before cannot end in an activation";
    assert_stays(&chain(tanh, &[Op::Relu]), cannot);
    let concat = |graph: &mut Graph, input| {
        let op = Op::Concat {
            axis: 0,
            activation: Activation::None,
        };
        graph.push(op, [input, input], float(&[2, 4, 4, 3]))
    };
    assert_stays(&chain(concat, &[Op::Relu]), cannot);
    assert_stays(
        &chain(|_, input| input, &[Op::Relu]),
        "it is applied to an input of the network",
    );
    let mut both = chain(producers()[0], &[Op::Relu]);
    both.outputs.push(both.nodes[0].output);
    assert_stays(&both, "something else needs the values before it");
}

#[test]
fn nothing_to_do() {
    let (_, record) = fuse_activations(&chain(producers()[0], &[])).unwrap();
    assert_eq!(
        record.to_string(),
        "nothing to do: there are no float32 activations of their own\n"
    );
    // Integers at two scales.
    let relu = single_into(Op::Relu, vec![int8(&[2], 0.5, 0)], int8(&[2], 0.25, -128));
    let (same, record) = fuse_activations(&relu).unwrap();
    assert_eq!(same, relu);
    assert!(record.changes.is_empty() && record.left.is_empty());
}

#[test]
fn what_the_operator_did_before_is_kept() {
    let strided = |graph: &mut Graph, input| {
        let weights = graph.add(noise(&[3, 3, 3, 3], 1));
        let conv = Op::Conv2d(Conv2d {
            stride: [2, 2],
            ..CONV
        });
        graph.push(conv, [input, weights], named("conv", &[1, 2, 2, 3]))
    };
    let mut graph = chain(strided, &[Op::Relu6]);
    graph.tensors[graph.outputs[0].0].name = "clamped".into();
    let (fused, _) = fuse_activations(&graph).unwrap();
    let expected = Op::Conv2d(Conv2d {
        stride: [2, 2],
        activation: Activation::Relu6,
        ..CONV
    });
    assert_eq!(fused.nodes[0].op, expected);
    // The output's name is that of the activation; the one between is gone.
    let names: Vec<_> = fused.tensors.iter().map(|t| t.name.as_str()).collect();
    assert_eq!(names, ["image", "", "clamped"]);
}
