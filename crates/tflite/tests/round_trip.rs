//! What is written can be read again, and is the same.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod samples;

use std::collections::HashSet;
use std::sync::Arc;

use octet_graph::{Constant, Op, Tensor};
use octet_tflite::{
    Metadata, Normalization, operator_kinds, read, read_metadata, write, write_with,
};
use samples::Kind;

#[test]
fn every_operator_comes_back_as_it_was() {
    let mut names = HashSet::new();
    for graph in samples::all() {
        names.extend(graph.nodes.iter().map(|node| node.op.name()));
        let bytes = write(&graph).unwrap_or_else(|error| panic!("{}: {error}", graph.name));
        let again = read(&bytes).unwrap_or_else(|error| panic!("{}: {error}", graph.name));
        if !graph.name.starts_with("conv_2d_without_bias") {
            assert_eq!(again, graph, "{}", graph.name);
        }
        assert_eq!(write(&again).unwrap(), bytes, "{}", graph.name);
    }
    // All of `Op`; a new one belongs into the samples.
    assert_eq!(names.len(), 24);
}

/// LiteRT refuses to run one.
#[test]
fn a_convolution_without_bias_gets_zeros() {
    for name in ["float32", "int8", "uint8", "hybrid", "hybrid_per_channel"] {
        let graphs = samples::all();
        let name = format!("conv_2d_without_bias_{name}");
        let graph = graphs.iter().find(|graph| graph.name == name).unwrap();
        let again = read(&write(graph).unwrap()).unwrap();
        let bias = again.nodes[0].inputs[2].unwrap();
        let bias = &again.tensors[bias.0];
        match &bias.data {
            Some(Constant::Float32(zeros)) => assert_eq!(**zeros, [0.0; 2]),
            Some(Constant::Int32(zeros)) => {
                assert_eq!(**zeros, [0; 2]);
                let scale = |index: usize| {
                    let quantization = again.tensors[index].quantization.as_ref();
                    quantization.unwrap().scales[0]
                };
                let found = bias.quantization.as_ref().unwrap().scales[0];
                assert_eq!(found, scale(0) * scale(1));
            }
            other => panic!("{name}: {other:?}"),
        }
        assert_eq!(again.tensors.len(), graph.tensors.len() + 1);
    }
}

#[test]
fn every_type_of_constant_comes_back() {
    let mut graph = samples::classifier(Kind::Float32);
    let constants = [
        Constant::Float32([1.5, -0.0].into()),
        Constant::Float16([0x3c00, 0x8000].into()),
        Constant::Int8([-128, 127].into()),
        Constant::Uint8([0, 255].into()),
        Constant::Int16([i16::MIN, i16::MAX].into()),
        Constant::Int32([i32::MIN, i32::MAX].into()),
        Constant::Int64([i64::MIN, i64::MAX].into()),
        Constant::Bool([0, 1].into()),
    ];
    for constant in constants {
        let name = constant.dtype().name();
        graph.add(Tensor::constant(name, vec![2], constant));
    }
    graph.add(Tensor::constant(
        "none",
        vec![0],
        Constant::Int32([].into()),
    ));
    graph.add(Tensor::constant(
        "scalar",
        vec![],
        Constant::Int32([3].into()),
    ));
    assert_eq!(read(&write(&graph).unwrap()).unwrap(), graph);
}

#[test]
fn equal_constants_are_written_once_and_read_as_one() {
    let mut graph = samples::classifier(Kind::Float32);
    let before = write(&graph).unwrap().len();
    let long: Arc<[f32]> = (0..1000).map(|value| value as f32).collect();
    let same: Arc<[f32]> = long.iter().copied().collect();
    for data in [long.clone(), long, same] {
        graph.add(Tensor::constant(
            "long",
            vec![1000],
            Constant::Float32(data),
        ));
    }
    let bytes = write(&graph).unwrap();
    assert!(
        bytes.len() - before < 4500,
        "{} more bytes",
        bytes.len() - before
    );
    let again = read(&bytes).unwrap();
    let shared: Vec<_> = again
        .tensors
        .iter()
        .filter(|tensor| tensor.name == "long")
        .map(|tensor| match &tensor.data {
            Some(Constant::Float32(values)) => values.as_ptr(),
            _ => panic!("not float32"),
        })
        .collect();
    assert_eq!(shared.len(), 3);
    assert!(shared.iter().all(|&pointer| pointer == shared[0]));
}

/// As the schema asks: the interpreter reads constants where they are.
#[test]
fn constants_lie_at_multiples_of_16_bytes() {
    let mut graph = samples::classifier(Kind::Int8);
    let mut needles = Vec::new();
    for len in [5_u8, 16, 17, 31] {
        let values: Vec<u8> = (0..len).map(|index| index ^ len ^ 0xa5).collect();
        needles.push(values.clone());
        let shape = vec![usize::from(len)];
        graph.add(Tensor::constant(
            "needle",
            shape,
            Constant::Uint8(values.into()),
        ));
    }
    let bytes = write(&graph).unwrap();
    for needle in needles {
        let at = bytes
            .windows(needle.len())
            .position(|window| window == needle);
        assert_eq!(at.unwrap() % 16, 0, "{} bytes", needle.len());
    }
}

#[test]
fn metadata_come_back() {
    let graph = samples::classifier(Kind::Int8);
    let about = Metadata {
        description: "three kinds of animals".into(),
        normalization: Some(Normalization {
            mean: vec![123.675, 116.28, 103.53],
            std: vec![58.395, 57.12, 57.375],
        }),
    };
    let bytes = write_with(&graph, &about).unwrap();
    assert_eq!(read_metadata(&bytes).unwrap(), about);
    assert_eq!(read(&bytes).unwrap(), graph);
    let plain = write(&graph).unwrap();
    assert_eq!(read_metadata(&plain).unwrap(), Metadata::default());
}

#[test]
fn operators_are_counted_as_the_graph_has_them() {
    for graph in samples::all() {
        let kinds = operator_kinds(&write(&graph).unwrap()).unwrap();
        let total: usize = kinds.iter().map(|kind| kind.count).sum();
        assert_eq!(total, graph.nodes.len(), "{}", graph.name);
        for node in &graph.nodes {
            let named = kinds.iter().filter(|kind| kind.name == node.op.name());
            let all = graph.nodes.iter();
            let same = all.filter(|other| other.op.name() == node.op.name());
            let counted: usize = named.map(|kind| kind.count).sum();
            assert_eq!(counted, same.count(), "{}", graph.name);
        }
    }
}

#[test]
fn a_label_is_one_line() {
    let mut graph = samples::classifier(Kind::Float32);
    graph.labels = vec![String::new(), " two  words ".into(), String::new()];
    assert_eq!(read(&write(&graph).unwrap()).unwrap().labels, graph.labels);
    graph.labels[1] = "two\nlines".into();
    let error = write(&graph).unwrap_err();
    assert_eq!(
        error.to_string(),
        "label 1 contains a line break; labels are stored one a line"
    );
}

#[test]
fn an_invalid_graph_is_not_written() {
    let mut graph = samples::classifier(Kind::Float32);
    graph.nodes[0].op = Op::Add(octet_graph::Activation::None);
    assert!(write(&graph).is_err());
}

/// The page and the host must write the same file, twice.
#[test]
fn writing_is_deterministic() {
    for kind in samples::KINDS {
        let (first, second) = (samples::classifier(kind), samples::classifier(kind));
        assert_eq!(write(&first).unwrap(), write(&second).unwrap());
    }
}
