//! float16 weights, there and back, and half precision itself.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod common;
#[path = "common/run.rs"]
mod run;

use common::{CONV, dense, float, floats, named, noise, noise_values};
use octet_graph::{
    Activation, DType, DynamicRange, Graph, Op, convert_float16, decode_constants, half_from_f32,
    half_to_f32, quantize_dynamic_range,
};
use run::{Run, sqnr};

#[test]
fn every_half_precision_number_survives() {
    for bits in 0..=u16::MAX {
        let value = half_to_f32(bits);
        if value.is_nan() {
            assert_eq!(bits & 0x7c00, 0x7c00);
            assert!(half_to_f32(half_from_f32(value)).is_nan());
        } else {
            assert_eq!(half_from_f32(value), bits);
        }
    }
}

#[test]
fn some_half_precision_numbers() {
    for (bits, value) in [
        (0x0000, 0.0),
        (0x0001, 5.960_464_5e-8),
        (0x03ff, 6.097_555e-5),
        (0x0400, 6.103_515_6e-5),
        (0x3555, 0.333_251_95),
        (0x3c00, 1.0),
        (0xc000, -2.0),
        (0x7bff, 65504.0),
        (0x7c00, f32::INFINITY),
    ] {
        assert_eq!(half_to_f32(bits), value);
    }
    assert_eq!(half_to_f32(0x8000).to_bits(), 0x8000_0000);
}

#[test]
fn to_the_nearest_and_halves_to_even() {
    for bits in 0..0x7bff_u16 {
        let (below, above) = (half_to_f32(bits), half_to_f32(bits + 1));
        // Exact: float32 has 13 bits more.
        let middle = (below + above) / 2.0;
        let even = bits + (bits & 1);
        for sign in [0_u16, 0x8000] {
            let signed = |value: f32| if sign == 0 { value } else { -value };
            assert_eq!(half_from_f32(signed(middle)), even | sign);
            assert_eq!(half_from_f32(signed(middle.next_down())), bits | sign);
            assert_eq!(half_from_f32(signed(middle.next_up())), (bits + 1) | sign);
        }
    }
    assert_eq!(half_from_f32(65519.996), 0x7bff);
    assert_eq!(half_from_f32(65520.0), 0x7c00);
    assert_eq!(half_from_f32(f32::MAX), 0x7c00);
    assert_eq!(half_from_f32(f32::NEG_INFINITY), 0xfc00);
    assert_eq!(half_from_f32(f32::from_bits(1)), 0);
}

/// Two convolutions with the same weights, and a dense layer.
fn graph() -> Graph {
    let mut graph = Graph::default();
    let input = graph.add(named("image", &[1, 4, 4, 4]));
    let weights = graph.add(noise(&[4, 3, 3, 4], 1));
    let bias = graph.add(noise(&[4], 2));
    let shape = [1, 4, 4, 4];
    let conv = Op::Conv2d(CONV);
    let x = graph.push(conv, [input, weights, bias], float(&shape));
    let x = graph.push(conv, [x, weights, bias], float(&shape));
    let weights = graph.add(noise(&[32, 64], 3));
    let x = graph.push(dense(Activation::None), [x, weights], float(&[1, 32]));
    (graph.inputs, graph.outputs) = (vec![input], vec![x]);
    graph.validate().unwrap();
    graph
}

#[test]
fn constants_as_float16() {
    let graph = graph();
    let (half, record) = convert_float16(&graph).unwrap();
    // Weights and bias of both convolutions once, and the dense weights.
    assert_eq!(record.changes.len(), 3);
    let ops: Vec<_> = half.nodes.iter().map(|node| node.op.name()).collect();
    assert_eq!(
        ops,
        [
            "DEQUANTIZE",
            "DEQUANTIZE",
            "CONV_2D",
            "CONV_2D",
            "DEQUANTIZE",
            "FULLY_CONNECTED"
        ]
    );
    let mut constants = half.tensors.iter().filter(|tensor| tensor.data.is_some());
    assert!(constants.all(|tensor| tensor.dtype == DType::Float16));
    let image = [noise_values(64, 4)];
    let (before, after) = (Run::new(&graph, &image), Run::new(&half, &image));
    assert!(sqnr(&before.output(0), &after.output(0)) > 60.0);

    let (decoded, record) = decode_constants(&half).unwrap();
    assert_eq!(record.changes.len(), 3);
    assert_eq!(decoded.nodes.len(), 3);
    let again = Run::new(&decoded, &image);
    assert_eq!(again.output(0), after.output(0));
}

#[test]
fn constants_that_float16_cannot_hold() {
    let mut graph = graph();
    graph.tensors[2] = floats(&[4], [1.0, 2.0, 70_000.0, 4.0]);
    let (half, record) = convert_float16(&graph).unwrap();
    assert_eq!(half.tensors[2], graph.tensors[2]);
    assert_eq!(record.changes.len(), 2);
    assert!(
        record.left[0]
            .text
            .starts_with("float16 cannot hold tensor 2")
    );
    let (again, record) = convert_float16(&half).unwrap();
    assert_eq!(again, half);
    assert!(record.changes.is_empty());
}

#[test]
fn a_dynamic_range_network_becomes_float32_again() {
    let graph = graph();
    let (dynamic, _) = quantize_dynamic_range(&graph, DynamicRange::default()).unwrap();
    let (decoded, record) = decode_constants(&dynamic).unwrap();
    assert_eq!(record.changes.len(), 1);
    assert_eq!(decoded.nodes, graph.nodes);
    for (tensor, original) in decoded.tensors.iter().zip(&graph.tensors) {
        assert_eq!(tensor.dtype, original.dtype);
        let floats = |tensor: &octet_graph::Tensor| {
            let data = tensor.data.as_ref()?.as_f32()?.to_vec();
            Some(data)
        };
        if let (Some(values), Some(original)) = (floats(tensor), floats(original)) {
            // Half a step of 1/127 at most.
            let near = values
                .iter()
                .zip(original)
                .all(|(a, b)| (a - b).abs() < 1.0 / 250.0);
            assert!(near);
        }
    }
    let (same, record) = decode_constants(&graph).unwrap();
    assert_eq!(same, graph);
    assert_eq!(
        record.to_string(),
        "nothing to do: there are no constants in a smaller form\n"
    );
}
