//! Ranges of activations.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod common;

use common::{CONV, int8, named, noise};
use octet_graph::{Calibration, Graph, GraphError, Op, PassError, TensorId};
use octet_quant::{ObserverKind, QuantError};

/// image, weights → conv → relu; and an int8 input that is not watched.
fn graph() -> Graph {
    let mut graph = Graph::default();
    let image = graph.add(named("image", &[1, 2, 2, 1]));
    let weights = graph.add(noise(&[1, 1, 1, 1], 1));
    let conv = Op::Conv2d(CONV);
    let conv = graph.push(conv, [image, weights], named("conv", &[1, 2, 2, 1]));
    let relu = graph.push(Op::Relu, [conv], named("relu", &[1, 2, 2, 1]));
    let integers = graph.add(int8(&[4], 1.0, 0));
    (graph.inputs, graph.outputs) = (vec![image, integers], vec![relu]);
    graph.validate().unwrap();
    graph
}

fn new(kind: ObserverKind) -> Calibration {
    Calibration::new(&graph(), kind).unwrap()
}

#[test]
fn float32_activations_are_watched() {
    let watched: Vec<_> = new(ObserverKind::MinMax).tensors().collect();
    assert_eq!(watched, [0, 2, 3].map(TensorId));
}

#[test]
fn ranges_grow_sample_by_sample() {
    let mut calibration = new(ObserverKind::MinMax);
    assert_eq!(calibration.ranges(), [None; 5]);
    calibration.observe(TensorId(2), &[0.5, -1.5]).unwrap();
    calibration.observe(TensorId(2), &[2.0]).unwrap();
    // Constants and integers are ignored.
    calibration.observe(TensorId(1), &[9.0]).unwrap();
    calibration.observe(TensorId(4), &[9.0]).unwrap();
    let expected = [None, None, Some((-1.5, 2.0)), None, None];
    assert_eq!(calibration.ranges(), expected);
    assert_eq!(calibration.range(TensorId(2)), Some((-1.5, 2.0)));
    assert_eq!(calibration.range(TensorId(99)), None);
}

#[test]
fn parts_of_the_dataset_are_merged() {
    let (mut one, mut other) = (new(ObserverKind::MinMax), new(ObserverKind::MinMax));
    one.observe(TensorId(0), &[1.0]).unwrap();
    other.observe(TensorId(0), &[-3.0]).unwrap();
    other.observe(TensorId(3), &[7.0]).unwrap();
    one.merge(&other).unwrap();
    assert_eq!(one.range(TensorId(0)), Some((-3.0, 1.0)));
    assert_eq!(one.range(TensorId(3)), Some((7.0, 7.0)));
}

#[test]
fn what_is_refused() {
    let mut calibration = new(ObserverKind::MinMax);
    let error = calibration.observe(TensorId(2), &[0.0, f32::NAN]);
    assert!(matches!(
        &error,
        Err(PassError::Observer { tensor, source: QuantError::NotFinite { index: 1 } })
            if tensor.name == "conv"
    ));
    assert_eq!(
        calibration.observe(TensorId(99), &[0.0]),
        Err(GraphError::NoTensor(99).into())
    );
    let other = new(ObserverKind::Percentile { percent: 99.0 });
    assert!(matches!(
        calibration.merge(&other),
        Err(PassError::Observer { .. })
    ));
    let other = Calibration::new(&Graph::default(), ObserverKind::MinMax).unwrap();
    assert_eq!(
        calibration.merge(&other),
        Err(PassError::OtherGraph {
            calibration: 5,
            graph: 0
        })
    );
    let kind = ObserverKind::Percentile { percent: 0.0 };
    assert!(matches!(
        Calibration::new(&graph(), kind),
        Err(PassError::ObserverKind(_))
    ));
}
