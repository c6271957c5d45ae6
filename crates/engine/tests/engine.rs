//! The engine on graphs put together by hand.

use octet_engine::{Engine, EngineError, Kernels, Options, Values};
use octet_graph::{
    Activation, Constant, Conv2d, DType, FullyConnected, Graph, Op, Padding, Quantization, Tensor,
};

fn floats(values: &[f32]) -> Constant {
    Constant::Float32(values.into())
}

/// A 2×2 image, padded by 1 on all sides, summed up by a 3×3 window, then `y = 2x + 1`.
fn small() -> Graph {
    let mut graph = Graph::default();
    let input = graph.add(Tensor::activation("in", vec![1, 2, 2, 1], DType::Float32));
    graph.inputs.push(input);
    let paddings = Constant::Int32([0, 0, 1, 1, 1, 1, 0, 0].as_slice().into());
    let paddings = graph.add(Tensor::constant("paddings", vec![4, 2], paddings));
    let padded = graph.push(
        Op::Pad,
        [input, paddings],
        Tensor::activation("padded", vec![1, 4, 4, 1], DType::Float32),
    );
    let weights = graph.add(Tensor::constant("w", vec![1, 3, 3, 1], floats(&[1.0; 9])));
    let conv = Op::Conv2d(Conv2d {
        padding: Padding::Valid,
        stride: [1, 1],
        dilation: [1, 1],
        activation: Activation::None,
    });
    let sums = graph.push(
        conv,
        [padded, weights],
        Tensor::activation("sums", vec![1, 2, 2, 1], DType::Float32),
    );
    let row = graph.push(
        Op::Reshape,
        [sums],
        Tensor::activation("row", vec![4, 1], DType::Float32),
    );
    let weights = graph.add(Tensor::constant("v", vec![1, 1], floats(&[2.0])));
    let bias = graph.add(Tensor::constant("b", vec![1], floats(&[1.0])));
    let dense = Op::FullyConnected(FullyConnected {
        keep_num_dims: false,
        asymmetric_inputs: false,
        activation: Activation::None,
    });
    let output = graph.push(
        dense,
        [row, weights, bias],
        Tensor::activation("out", vec![4, 1], DType::Float32),
    );
    graph.outputs.push(output);
    graph
}

#[test]
fn runs_steps_in_one_block_of_memory() {
    let graph = small();
    let mut engine = Engine::new(&graph, Kernels::Reference, &Options::default()).unwrap();
    // The Pad is part of the convolution.
    assert_eq!(engine.steps(), 3);
    assert_eq!(engine.step_info(0).unwrap().operator, "CONV_2D");
    assert_eq!(engine.step_info(0).unwrap().macs, 4 * 9);
    assert_eq!(engine.inputs()[0].name, "in");
    engine
        .set_input(0, Values::Float32(&[1.0, 2.0, 3.0, 4.0]))
        .unwrap();
    for _ in 0..2 {
        engine.invoke().unwrap();
        assert_eq!(engine.output_f32(0).unwrap(), [21.0; 4]);
    }
    let not_kept = engine.tensor(graph.nodes[1].output);
    assert_eq!(not_kept, Err(EngineError::NotKept(graph.nodes[1].output.0)));
}

#[test]
fn all_tensors_can_be_kept() {
    let graph = small();
    let mut engine = Engine::with_all_tensors_kept(&graph, Kernels::Reference).unwrap();
    assert_eq!(engine.steps(), 4);
    engine
        .input_f32_mut(0)
        .unwrap()
        .copy_from_slice(&[1.0, 2.0, 3.0, 4.0]);
    engine.invoke().unwrap();
    let padded = engine.tensor(graph.nodes[0].output).unwrap();
    let expected = [
        0.0, 0.0, 0.0, 0.0, 0.0, 1.0, 2.0, 0.0, 0.0, 3.0, 4.0, 0.0, 0.0, 0.0, 0.0, 0.0,
    ];
    assert_eq!(padded, Values::Float32(&expected));
    assert_eq!(engine.output_f32(0).unwrap(), [21.0; 4]);
}

#[test]
fn wrong_calls_are_named() {
    let mut engine = Engine::new(&small(), Kernels::Reference, &Options::default()).unwrap();
    assert_eq!(
        engine.set_input(1, Values::Float32(&[])),
        Err(EngineError::NoInput { index: 1, count: 1 })
    );
    let error = engine.set_input(0, Values::Int8(&[0; 4])).unwrap_err();
    assert_eq!(
        error.to_string(),
        "tensor “in” holds float32; int8 was given"
    );
    let error = engine.set_input(0, Values::Float32(&[0.0])).unwrap_err();
    assert_eq!(
        error.to_string(),
        "tensor “in” holds 4 numbers; 1 were given"
    );
    assert!(engine.input_i8_mut(0).is_err());
    assert!(engine.output_u8(0).is_err());
    assert!(engine.output(1).is_err());
    assert!(engine.invoke_step(3).is_err());
    assert!(engine.step_info(3).is_err());
}

#[test]
fn memory_is_limited() {
    let engine = Engine::new(&small(), Kernels::Reference, &Options::default()).unwrap();
    let limit = engine.arena_bytes() - 1;
    let options = Options {
        arena_limit: limit,
        ..Options::default()
    };
    let error = Engine::new(&small(), Kernels::Reference, &options).unwrap_err();
    let bytes = engine.arena_bytes();
    assert_eq!(error, EngineError::ArenaTooLarge { bytes, limit });
}

#[test]
fn a_network_without_operators_gives_back_what_is_put_in() {
    let mut graph = Graph::default();
    let tensor = Tensor::activation("x", vec![2], DType::Int8)
        .with_quantization(Quantization::per_tensor(1.0, 0));
    let input = graph.add(tensor);
    graph.inputs.push(input);
    graph.outputs.push(input);
    let mut engine = Engine::new(&graph, Kernels::Reference, &Options::default()).unwrap();
    engine.set_input(0, Values::Int8(&[5, -5])).unwrap();
    engine.invoke().unwrap();
    assert_eq!(engine.output_i8(0).unwrap(), [5, -5]);
}
