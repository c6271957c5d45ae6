//! The memory plan: by hand, and on random graphs.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod common;

use common::{Random, float, noise};
use octet_graph::{Activation, Graph, GraphError, Lifetime, MemoryPlan, Op, plan_memory};

/// in → relu → tanh → …, with a constant added at the end.
fn chain() -> Graph {
    let mut graph = Graph::default();
    let input = graph.add(float(&[10]));
    let a = graph.push(Op::Relu, [input], float(&[10]));
    let b = graph.push(Op::Tanh, [a], float(&[10]));
    let constant = graph.add(noise(&[10], 1));
    let c = graph.push(Op::Add(Activation::None), [b, constant], float(&[10]));
    (graph.inputs, graph.outputs) = (vec![input], vec![c]);
    graph
}

#[test]
fn a_chain_takes_two_places_in_turn() {
    let plan = plan_memory(&chain(), &[], 16).unwrap();
    // 40 bytes each, rounded up to 48.
    assert_eq!(plan.offsets, [Some(0), Some(48), Some(0), None, Some(48)]);
    assert_eq!(plan.bytes, 96);
    assert_eq!(plan.live_bytes, [96, 96, 96]);
    assert_eq!(plan.least_possible(), 96);
    assert_eq!(plan.lifetimes[0], Some(Lifetime { first: 0, last: 0 }));
    assert_eq!(plan.lifetimes[2], Some(Lifetime { first: 1, last: 2 }));
    assert_eq!(plan.lifetimes[3], None);
}

#[test]
fn working_memory_lives_for_one_operator() {
    let plan = plan_memory(&chain(), &[0, 100], 4).unwrap();
    assert_eq!(plan.scratch, [None, Some(0), None]);
    assert_eq!(plan.live_bytes, [80, 180, 80]);
    // The largest is placed first, then the tensors in turn.
    assert_eq!(plan.offsets, [Some(0), Some(100), Some(140), None, Some(0)]);
    assert_eq!(plan.bytes, 180);
}

#[test]
fn outputs_stay_and_what_nothing_reads_has_a_place() {
    let mut graph = chain();
    graph.outputs.push(graph.nodes[0].output);
    let unread = graph.push(Op::Relu, [graph.inputs[0]], float(&[2]));
    let untouched = graph.add(float(&[1000]));
    let plan = plan_memory(&graph, &[], 1).unwrap();
    let last = graph.nodes.len() - 1;
    assert_eq!(plan.lifetimes[1], Some(Lifetime { first: 0, last }));
    assert_eq!(plan.lifetimes[0], Some(Lifetime { first: 0, last }));
    assert!(plan.offsets[unread.0].is_some());
    assert_eq!(plan.offsets[untouched.0], None);
    check(&graph, &plan, 1);
}

#[test]
fn a_graph_without_operators() {
    let mut graph = Graph::default();
    let input = graph.add(float(&[3]));
    (graph.inputs, graph.outputs) = (vec![input], vec![input]);
    let plan = plan_memory(&graph, &[], 4).unwrap();
    assert_eq!((plan.offsets, plan.bytes), (vec![Some(0)], 12));
    assert_eq!(plan_memory(&Graph::default(), &[], 4).unwrap().bytes, 0);
}

#[test]
fn what_no_memory_holds_is_refused() {
    let mut graph = chain();
    graph.tensors[0].shape = vec![1 << 28];
    graph.tensors[1].shape = vec![1 << 28];
    assert_eq!(plan_memory(&graph, &[], 16), Err(GraphError::Memory));
    assert_eq!(
        plan_memory(&chain(), &[usize::MAX], 16),
        Err(GraphError::Memory)
    );
    graph.tensors[1].shape = vec![usize::MAX, 2];
    assert_eq!(plan_memory(&graph, &[], 16), Err(GraphError::Memory));
}

#[test]
fn random_graphs() {
    for seed in 1..200 {
        let mut random = Random(seed);
        let mut graph = Graph::default();
        let inputs = 1 + random.below(3);
        graph.inputs = (0..inputs)
            .map(|_| graph.add(float(&[1 + random.below(500)])))
            .collect();
        let nodes = 1 + random.below(40);
        let mut values = graph.inputs.clone();
        let mut scratch = Vec::new();
        for _ in 0..nodes {
            // The plan asks for no valid shapes, so that any sizes will do.
            let near = values.len().saturating_sub(4);
            let left = values[near + random.below(values.len() - near)];
            let right = values[random.below(values.len())];
            let most = [200, 200, 200, 5000][random.below(4)];
            let size = 1 + random.below(most);
            values.push(graph.push(Op::Add(Activation::None), [left, right], float(&[size])));
            scratch.push(random.below(3) * random.below(2000));
        }
        graph.outputs = vec![values[values.len() - 1], values[random.below(values.len())]];
        let align = [1, 4, 16, 64][random.below(4)];
        let plan = plan_memory(&graph, &scratch, align).unwrap();
        check(&graph, &plan, align);
    }
}

/// That no two things share a byte while both are needed, that all lie within the plan, and that the live
/// bytes are the sums they should be.
fn check(graph: &Graph, plan: &MemoryPlan, align: usize) {
    let mut things = Vec::new();
    for (index, tensor) in graph.tensors.iter().enumerate() {
        assert_eq!(
            plan.offsets[index].is_some(),
            plan.lifetimes[index].is_some()
        );
        if let (Some(offset), Some(lifetime)) = (plan.offsets[index], plan.lifetimes[index]) {
            let size = (tensor.elements().unwrap() * 4).next_multiple_of(align);
            things.push((offset, size, lifetime));
        }
    }
    let tensors = things.len();
    for (one, &(offset, size, lifetime)) in things.iter().enumerate() {
        assert_eq!(offset % align, 0);
        assert!(offset + size <= plan.bytes);
        for &(other, other_size, other_lifetime) in &things[one + 1..tensors] {
            let apart = offset + size <= other || other + other_size <= offset;
            assert!(apart || !lifetime.overlaps(other_lifetime));
        }
    }
    for time in 0..graph.nodes.len() {
        let live = things
            .iter()
            .filter(|(_, _, lifetime)| lifetime.first <= time && time <= lifetime.last);
        let sum: usize = live.clone().map(|(_, size, _)| size).sum();
        assert!(plan.live_bytes[time] >= sum);
        assert!(plan.live_bytes[time] <= plan.bytes);
        if let Some(scratch) = plan.scratch[time] {
            assert_eq!(scratch % align, 0);
            assert!(scratch < plan.bytes);
            // It ends where the live bytes say; nothing that is live lies in it.
            let size = plan.live_bytes[time] - sum;
            assert!(size > 0);
            for (offset, length, _) in live {
                assert!(scratch + size <= *offset || offset + length <= scratch);
            }
        } else {
            assert_eq!(plan.live_bytes[time], sum);
        }
    }
    assert!(plan.least_possible() <= plan.bytes);
}
