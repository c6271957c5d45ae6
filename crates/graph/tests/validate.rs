//! What `Graph::validate` refuses, and with which words.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod common;

use common::{CONV, dense, float, floats, int8, ints, named, noise, single, single_into};
use octet_graph::{
    Activation, Constant, DType, Graph, GraphError, Op, OperatorProblem, Padding, Pool2d,
    Quantization, Tensor, TensorId, TensorProblem,
};

fn tensor_problem(graph: &Graph) -> TensorProblem {
    match graph.validate() {
        Err(GraphError::Tensor { problem, .. }) => problem,
        other => panic!("{other:?}"),
    }
}

fn problem(graph: &Graph) -> OperatorProblem {
    match graph.validate() {
        Err(GraphError::Operator { problem, .. }) => problem,
        other => panic!("{other:?}"),
    }
}

fn with_constant(tensor: Tensor) -> Graph {
    let mut graph = Graph::default();
    graph.add(tensor);
    graph
}

fn relu() -> Graph {
    single(Op::Relu, vec![float(&[2])], &[2])
}

/// int8 in, int8 weights for two channels, int32 bias, int8 out.
fn integer_conv(weights: Quantization, bias: Constant) -> Graph {
    let weights = Tensor::constant("w", vec![2, 1, 1, 1], Constant::Int8([1, 2].into()))
        .with_quantization(weights);
    let bias = Tensor::constant("b", vec![2], bias);
    let inputs = vec![int8(&[1, 4, 4, 1], 0.5, 3), weights, bias];
    single_into(Op::Conv2d(CONV), inputs, int8(&[1, 4, 4, 2], 0.25, -3))
}

fn bias() -> Constant {
    Constant::Int32([1, 2].into())
}

#[test]
fn a_graph_that_makes_sense() {
    let per_channel = Quantization::per_channel(vec![0.5, 1.0], 0);
    integer_conv(per_channel, bias()).validate().unwrap();
    integer_conv(Quantization::per_tensor(0.5, 0), bias())
        .validate()
        .unwrap();
    relu().validate().unwrap();
    Graph::default().validate().unwrap();
}

#[test]
fn sizes() {
    for shape in [vec![usize::MAX, 2], vec![1 << 31], vec![1 << 15, 1 << 14]] {
        let graph = with_constant(float(&shape));
        assert_eq!(tensor_problem(&graph), TensorProblem::TooLarge(shape));
    }
    let graph = with_constant(float(&[2, 0]));
    assert_eq!(tensor_problem(&graph), TensorProblem::Empty(vec![2, 0]));
    let graph = with_constant(float(&[1; 9]));
    assert_eq!(tensor_problem(&graph), TensorProblem::Rank(9));
    assert_eq!(
        with_constant(named("x", &[1 << 31]))
            .validate()
            .unwrap_err()
            .to_string(),
        "tensor 0 “x” has shape [2147483648], which is 2 GiB or more"
    );
}

#[test]
fn constants() {
    let graph = with_constant(floats(&[3], [1.0, 2.0]));
    let (expected, found) = (3, 2);
    assert_eq!(
        tensor_problem(&graph),
        TensorProblem::Length { expected, found }
    );
    let mut tensor = floats(&[1], [1.0]);
    tensor.dtype = DType::Int32;
    assert_eq!(
        tensor_problem(&with_constant(tensor)),
        TensorProblem::Type {
            declared: DType::Int32,
            found: DType::Float32
        }
    );
    for value in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
        let graph = with_constant(floats(&[2], [1.0, value]));
        assert_eq!(tensor_problem(&graph), TensorProblem::NotFinite(1));
    }
    for bits in [0x7c00, 0xfc00, 0x7e01] {
        let half = Constant::Float16([0x3c00, 0x7bff, bits].into());
        let graph = with_constant(Tensor::constant("", vec![3], half));
        assert_eq!(tensor_problem(&graph), TensorProblem::NotFinite(2));
    }
    for (data, dtype) in [
        (Constant::Int2([-2, 1, 2].into()), DType::Int2),
        (Constant::Int4([-8, 7, -9].into()), DType::Int4),
    ] {
        let graph = with_constant(Tensor::constant("", vec![3], data));
        assert_eq!(tensor_problem(&graph), TensorProblem::Beyond(dtype, 2));
        let activation = Tensor::activation("", vec![3], dtype);
        assert_eq!(
            tensor_problem(&with_constant(activation)),
            TensorProblem::StorageOnly(dtype)
        );
    }
}

#[test]
fn quantization_of_a_tensor() {
    let of = |scales: &[f32], zero_points: &[i32], axis| {
        let quantization = Quantization {
            scales: scales.into(),
            zero_points: zero_points.into(),
            axis,
        };
        let tensor = Tensor::activation("", vec![2, 3], DType::Int8);
        with_constant(tensor.with_quantization(quantization))
    };
    of(&[1.0; 3], &[0; 3], 1).validate().unwrap();
    of(&[1.0], &[0], 7).validate().unwrap();
    for (scales, axis, expected) in [(&[1.0; 3][..], 0, 2), (&[], 0, 2), (&[1.0; 2], 2, 1)] {
        let graph = of(scales, &vec![0; scales.len()], axis);
        assert_eq!(
            tensor_problem(&graph),
            TensorProblem::Scales {
                axis,
                expected,
                found: scales.len()
            }
        );
    }
    assert!(matches!(
        tensor_problem(&of(&[1.0; 3], &[0], 1)),
        TensorProblem::ZeroPoints { .. }
    ));
    for scale in [0.0, -1.0, f32::NAN, f32::INFINITY] {
        assert!(matches!(
            tensor_problem(&of(&[1.0, scale], &[0; 2], 0)),
            TensorProblem::Scale { channel: 1, .. }
        ));
    }
    for zero_point in [128, -129] {
        assert!(matches!(
            tensor_problem(&of(&[1.0], &[zero_point], 0)),
            TensorProblem::ZeroPoint { channel: 0, .. }
        ));
    }
    let float = float(&[2]).with_quantization(Quantization::per_tensor(1.0, 0));
    assert_eq!(
        tensor_problem(&with_constant(float)),
        TensorProblem::NotQuantizable(DType::Float32)
    );
}

#[test]
fn numbers_that_do_not_exist() {
    let far = TensorId(99);
    let mut graph = relu();
    graph.inputs.push(far);
    assert_eq!(graph.validate(), Err(GraphError::NoTensor(99)));
    let mut graph = relu();
    graph.outputs.push(far);
    assert_eq!(graph.validate(), Err(GraphError::NoTensor(99)));
    let mut graph = relu();
    graph.nodes[0].inputs[0] = Some(far);
    assert_eq!(problem(&graph), OperatorProblem::NoTensor(99));
    let mut graph = relu();
    graph.nodes[0].output = far;
    assert_eq!(problem(&graph), OperatorProblem::NoTensor(99));
    assert_eq!(
        graph.validate().unwrap_err().to_string(),
        "operator 0 (RELU) refers to tensor 99, which does not exist"
    );
}

#[test]
fn order_of_execution() {
    let mut graph = relu();
    let second = graph.push(Op::Tanh, [graph.outputs[0]], named("t", &[2]));
    graph.outputs = vec![second];
    graph.validate().unwrap();
    let mut early = graph.clone();
    early.nodes.reverse();
    assert!(matches!(problem(&early), OperatorProblem::ReadTooEarly(_)));
    let mut twice = graph.clone();
    twice.nodes[1].inputs = twice.nodes[0].inputs.clone();
    twice.nodes[1].output = twice.nodes[0].output;
    assert!(matches!(
        problem(&twice),
        OperatorProblem::WrittenTwice(_, 0)
    ));
    let mut input = graph.clone();
    input.nodes[1].output = input.inputs[0];
    assert!(matches!(problem(&input), OperatorProblem::WritesInput(_)));
    let mut itself = graph.clone();
    itself.nodes[1].inputs = vec![Some(itself.nodes[1].output)];
    assert!(matches!(problem(&itself), OperatorProblem::ReadTooEarly(_)));
    let mut never = graph.clone();
    let nothing = never.add(named("nothing", &[2]));
    never.outputs.push(nothing);
    assert_eq!(tensor_problem(&never), TensorProblem::NeverWritten);
    let mut inputs = graph.clone();
    inputs.inputs.push(inputs.inputs[0]);
    assert_eq!(tensor_problem(&inputs), TensorProblem::InputTwice);
    let mut constant = graph;
    let one = constant.add(floats(&[1], [1.0]));
    constant.inputs.push(one);
    assert_eq!(tensor_problem(&constant), TensorProblem::ConstantInput);
}

#[test]
fn inputs_of_an_operator() {
    let mut graph = relu();
    graph.nodes[0].inputs.push(Some(TensorId(0)));
    assert!(matches!(
        problem(&graph),
        OperatorProblem::InputCount { found: 2, .. }
    ));
    graph.nodes[0].inputs = vec![None];
    assert_eq!(problem(&graph), OperatorProblem::MissingInput(0));
    let mut conv = integer_conv(Quantization::per_tensor(1.0, 0), bias());
    conv.nodes[0].inputs[2] = None;
    conv.validate().unwrap();
    conv.nodes[0].inputs[1] = None;
    assert_eq!(problem(&conv), OperatorProblem::MissingInput(1));
}

#[test]
fn types_of_an_operator() {
    let floats = Constant::Float32([1.0, 2.0].into());
    let graph = integer_conv(Quantization::per_tensor(1.0, 0), floats);
    assert_eq!(
        graph.validate().unwrap_err().to_string(),
        "operator 0 (CONV_2D) takes int32 for tensor 2 “b”, which is float32"
    );
    let mixed = single_into(
        Op::Add(Activation::None),
        vec![float(&[2]), int8(&[2], 1.0, 0)],
        float(&[2]),
    );
    assert!(matches!(problem(&mixed), OperatorProblem::Type { .. }));
    let into_int8 = single_into(Op::Relu, vec![float(&[2])], int8(&[2], 1.0, 0));
    assert!(matches!(problem(&into_int8), OperatorProblem::Type { .. }));
    let quantized = single_into(Op::Quantize, vec![float(&[2])], float(&[2]));
    assert!(matches!(problem(&quantized), OperatorProblem::Type { .. }));
}

#[test]
fn the_dynamic_range_form() {
    let weights = Tensor::constant("w", vec![2, 3], Constant::Int8([1; 6].into()))
        .with_quantization(Quantization::per_channel(vec![1.0; 2], 0));
    let inputs = vec![float(&[4, 3]), weights, floats(&[2], [0.5, 1.5])];
    let graph = single(dense(Activation::Relu), inputs, &[4, 2]);
    graph.validate().unwrap();
}

#[test]
fn scales_of_an_operator() {
    let graph = integer_conv(Quantization::per_tensor(1.0, 5), bias());
    assert!(matches!(
        problem(&graph),
        OperatorProblem::Quantization { .. }
    ));
    let mut graph = integer_conv(Quantization::per_tensor(1.0, 0), bias());
    graph.tensors[1].quantization = None;
    assert!(matches!(problem(&graph), OperatorProblem::NoScale(_)));
    let mut graph = integer_conv(Quantization::per_tensor(1.0, 0), bias());
    graph.tensors[0].quantization = None;
    assert!(matches!(problem(&graph), OperatorProblem::NoScale(_)));

    let softmax = |scale, zero_point| {
        let output = int8(&[1, 2], scale, zero_point);
        single_into(
            Op::Softmax { beta: 1.0 },
            vec![int8(&[1, 2], 0.1, 0)],
            output,
        )
    };
    softmax(1.0 / 256.0, -128).validate().unwrap();
    assert!(matches!(
        problem(&softmax(0.5, -128)),
        OperatorProblem::Quantization { .. }
    ));

    let pool = |scale| {
        let pool = Op::MaxPool2d(Pool2d {
            padding: Padding::Valid,
            stride: [1, 1],
            filter: [2, 2],
            activation: Activation::None,
        });
        let inputs = vec![int8(&[1, 2, 2, 1], 0.1, 0)];
        single_into(pool, inputs, int8(&[1, 1, 1, 1], scale, 0))
    };
    pool(0.1).validate().unwrap();
    assert!(matches!(
        problem(&pool(0.2)),
        OperatorProblem::Quantization { .. }
    ));

    let concat = |scale| {
        let concat = Op::Concat {
            axis: 0,
            activation: Activation::None,
        };
        let inputs = vec![int8(&[1], 0.1, 0), int8(&[1], scale, 0)];
        single_into(concat, inputs, int8(&[2], 0.1, 0))
    };
    concat(0.1).validate().unwrap();
    assert!(matches!(
        problem(&concat(0.2)),
        OperatorProblem::Quantization { .. }
    ));
}

#[test]
fn the_shape_of_the_output() {
    let graph = single(Op::Relu, vec![named("x", &[2, 3])], &[3, 2]);
    assert_eq!(
        graph.validate().unwrap_err().to_string(),
        "operator 0 (RELU) gives shape [2, 3], but tensor 1 has shape [3, 2]"
    );
    let pad = vec![float(&[1, 7, 7, 5]), ints(&[0, 0, 1, 1, 0, 1, 0])];
    let graph = single(Op::Pad, pad, &[1, 9, 8, 5]);
    assert_eq!(
        graph.validate().unwrap_err().to_string(),
        "operator 0 (PAD) has [0, 0, 1, 1, 0, 1, 0] for the paddings; two for each of the input's 4 axes \
         are needed, none below 0"
    );
}

#[test]
fn the_operator_is_named_by_its_place() {
    let mut graph = relu();
    let weights = graph.add(noise(&[4, 3], 1));
    let input = graph.outputs[0];
    graph.push(dense(Activation::None), [input, weights], float(&[1, 4]));
    let text = graph.validate().unwrap_err().to_string();
    assert!(text.starts_with("operator 1 (FULLY_CONNECTED) "), "{text}");
}
