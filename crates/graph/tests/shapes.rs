//! Shapes of outputs, by hand.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod common;

use common::{CONV, DEPTHWISE, dense, float, floats, ints, noise, single};
use octet_graph::{
    Activation, AxisSlice, Conv2d, DepthwiseConv2d, FullyConnected, Graph, GraphError, Op,
    OperatorProblem, Padding, Pool2d, Resize, StridedSlice, Tensor,
};

fn shape(graph: &Graph) -> Vec<usize> {
    graph.output_shape(&graph.nodes[0]).unwrap()
}

fn problem(graph: &Graph) -> OperatorProblem {
    match graph.output_shape(&graph.nodes[0]) {
        Err(GraphError::Operator { problem, .. }) => problem,
        other => panic!("{other:?}"),
    }
}

fn conv(options: Conv2d, input: &[usize], weights: &[usize]) -> Graph {
    single(
        Op::Conv2d(options),
        vec![float(input), float(weights)],
        &[1],
    )
}

#[test]
fn convolution() {
    let strided = Conv2d {
        stride: [2, 3],
        ..CONV
    };
    let of = |options, input: [usize; 2], size: [usize; 2]| {
        let [height, width] = size;
        let graph = conv(options, &[2, input[0], input[1], 3], &[8, height, width, 3]);
        shape(&graph)
    };
    assert_eq!(of(CONV, [7, 5], [3, 3]), [2, 7, 5, 8]);
    assert_eq!(of(strided, [7, 7], [3, 3]), [2, 4, 3, 8]);
    let valid = Conv2d {
        padding: Padding::Valid,
        ..strided
    };
    assert_eq!(of(valid, [7, 8], [3, 3]), [2, 3, 2, 8]);
    assert_eq!(of(valid, [3, 3], [3, 3]), [2, 1, 1, 8]);
    let dilated = Conv2d {
        dilation: [3, 2],
        stride: [1, 1],
        ..valid
    };
    assert_eq!(of(dilated, [7, 5], [3, 3]), [2, 1, 1, 8]);
    let graph = conv(dilated, &[1, 6, 5, 3], &[8, 3, 3, 3]);
    let too_large = OperatorProblem::Window {
        window: [7, 5],
        input: [6, 5],
    };
    assert_eq!(problem(&graph), too_large);
}

#[test]
fn what_does_not_fit_a_convolution() {
    let wrong_channels = conv(CONV, &[1, 4, 4, 3], &[8, 3, 3, 4]);
    assert_eq!(
        wrong_channels
            .output_shape(&wrong_channels.nodes[0])
            .unwrap_err()
            .to_string(),
        "operator 0 (CONV_2D) needs 3 input channels for tensor 1, whose shape is [8, 3, 3, 4]"
    );
    for options in [
        Conv2d {
            stride: [0, 1],
            ..CONV
        },
        Conv2d {
            dilation: [1, 0],
            ..CONV
        },
    ] {
        let graph = conv(options, &[1, 4, 4, 3], &[8, 3, 3, 3]);
        assert!(matches!(problem(&graph), OperatorProblem::Option(_)));
    }
    let empty = conv(CONV, &[1, 4, 4, 3], &[8, 0, 3, 3]);
    assert!(matches!(problem(&empty), OperatorProblem::Option(_)));
    let huge = Conv2d {
        dilation: [usize::MAX, usize::MAX],
        padding: Padding::Valid,
        ..CONV
    };
    let graph = conv(huge, &[1, 4, 4, 3], &[8, 3, 3, 3]);
    assert!(matches!(problem(&graph), OperatorProblem::Window { .. }));
    assert!(matches!(
        problem(&conv(CONV, &[4, 4, 3], &[8, 3, 3, 3])),
        OperatorProblem::Shape { .. }
    ));
    let bias = vec![float(&[1, 4, 4, 3]), float(&[8, 3, 3, 3]), float(&[7])];
    let graph = single(Op::Conv2d(CONV), bias, &[1]);
    assert!(matches!(problem(&graph), OperatorProblem::Shape { .. }));
}

#[test]
fn depthwise_convolution() {
    let twice = DepthwiseConv2d {
        multiplier: 2,
        stride: [2, 2],
        ..DEPTHWISE
    };
    let of = |outputs: usize| {
        let inputs = vec![float(&[1, 9, 9, 4]), float(&[1, 3, 3, outputs])];
        single(Op::DepthwiseConv2d(twice), inputs, &[1])
    };
    assert_eq!(shape(&of(8)), [1, 5, 5, 8]);
    assert!(matches!(problem(&of(4)), OperatorProblem::Shape { .. }));
}

#[test]
fn fully_connected() {
    let of = |keep_num_dims, input: &[usize]| {
        let op = Op::FullyConnected(FullyConnected {
            keep_num_dims,
            asymmetric_inputs: false,
            activation: Activation::None,
        });
        single(op, vec![float(input), float(&[10, 12])], &[1])
    };
    assert_eq!(shape(&of(false, &[2, 3, 12])), [6, 10]);
    assert_eq!(shape(&of(false, &[2, 3, 4])), [2, 10]);
    assert_eq!(shape(&of(true, &[2, 3, 12])), [2, 3, 10]);
    for graph in [of(true, &[2, 3, 4]), of(false, &[5, 5]), of(true, &[])] {
        assert!(matches!(problem(&graph), OperatorProblem::Shape { .. }));
    }
    let empty = single(
        dense(Activation::None),
        vec![float(&[2, 3]), float(&[10, 0])],
        &[1],
    );
    assert!(matches!(problem(&empty), OperatorProblem::Shape { .. }));
}

#[test]
fn broadcasting() {
    let of = |left: &[usize], right: &[usize]| {
        single(
            Op::Add(Activation::None),
            vec![float(left), float(right)],
            &[1],
        )
    };
    assert_eq!(shape(&of(&[2, 1, 4], &[3, 1])), [2, 3, 4]);
    assert_eq!(shape(&of(&[], &[3, 1])), [3, 1]);
    assert_eq!(
        problem(&of(&[2, 3], &[2])),
        OperatorProblem::Broadcast(vec![2, 3], vec![2])
    );
}

#[test]
fn pools() {
    let pool = |padding| {
        let op = Op::MaxPool2d(Pool2d {
            padding,
            stride: [2, 2],
            filter: [3, 3],
            activation: Activation::None,
        });
        single(op, vec![float(&[1, 8, 8, 5])], &[1])
    };
    assert_eq!(shape(&pool(Padding::Same)), [1, 4, 4, 5]);
    assert_eq!(shape(&pool(Padding::Valid)), [1, 3, 3, 5]);
}

#[test]
fn mean() {
    let of = |keep_dims, axes: &[i32]| {
        single(
            Op::Mean { keep_dims },
            vec![float(&[1, 7, 7, 5]), ints(axes)],
            &[1],
        )
    };
    assert_eq!(shape(&of(false, &[1, 2])), [1, 5]);
    assert_eq!(shape(&of(true, &[1, 2])), [1, 1, 1, 5]);
    // TFLite takes an axis twice, and from the end.
    assert_eq!(shape(&of(false, &[-1, 3, 0])), [7, 7]);
    assert!(matches!(
        problem(&of(false, &[4])),
        OperatorProblem::Argument { .. }
    ));
    assert!(matches!(
        problem(&of(false, &[-5])),
        OperatorProblem::Argument { .. }
    ));
    let computed = single(
        Op::Mean { keep_dims: true },
        vec![float(&[1, 7]), float(&[1])],
        &[1],
    );
    assert!(matches!(
        problem(&computed),
        OperatorProblem::NotConstant { .. }
    ));
}

#[test]
fn pad() {
    let of = |paddings: &[i32]| single(Op::Pad, vec![float(&[1, 7, 7, 5]), ints(paddings)], &[1]);
    assert_eq!(shape(&of(&[0, 0, 1, 1, 0, 1, 0, 0])), [1, 9, 8, 5]);
    for paddings in [
        &[0, 0, 1, 1, 0, 1, 0][..],
        &[0; 10],
        &[0, 0, -1, 1, 0, 1, 0, 0],
    ] {
        assert!(matches!(
            problem(&of(paddings)),
            OperatorProblem::Argument { .. }
        ));
    }
    let huge = problem(&of(&[i32::MAX; 8]));
    assert!(matches!(huge, OperatorProblem::OutputSize(_)), "{huge:?}");
}

#[test]
fn concat() {
    let of = |axis, shapes: &[&[usize]]| {
        let op = Op::Concat {
            axis,
            activation: Activation::None,
        };
        single(op, shapes.iter().map(|shape| float(shape)).collect(), &[1])
    };
    assert_eq!(shape(&of(1, &[&[2, 3], &[2, 1], &[2, 4]])), [2, 8]);
    assert!(matches!(
        problem(&of(1, &[&[2, 3], &[3, 3]])),
        OperatorProblem::Shape { .. }
    ));
    assert!(matches!(
        problem(&of(2, &[&[2, 3], &[2, 3]])),
        OperatorProblem::Shape { .. }
    ));
}

#[test]
fn reshape_keeps_what_its_output_says() {
    let of = |output| single(Op::Reshape, vec![float(&[2, 6])], output);
    assert_eq!(shape(&of(&[3, 4])), [3, 4]);
    assert!(matches!(
        problem(&of(&[3, 5])),
        OperatorProblem::Shape { .. }
    ));
}

#[test]
fn resize() {
    let plain = Resize {
        align_corners: false,
        half_pixel_centers: true,
    };
    let of = |op, size: &[i32]| {
        single(
            Op::ResizeBilinear(op),
            vec![float(&[1, 7, 7, 5]), ints(size)],
            &[1],
        )
    };
    assert_eq!(shape(&of(plain, &[14, 3])), [1, 14, 3, 5]);
    for size in [&[14][..], &[0, 3], &[-1, 3], &[1, 2, 3]] {
        assert!(matches!(
            problem(&of(plain, size)),
            OperatorProblem::Argument { .. }
        ));
    }
    let both = Resize {
        align_corners: true,
        half_pixel_centers: true,
    };
    assert!(matches!(
        problem(&of(both, &[1, 1])),
        OperatorProblem::Option(_)
    ));
}

#[test]
fn transpose() {
    let of = |order: &[i32]| single(Op::Transpose, vec![float(&[2, 3, 4]), ints(order)], &[1]);
    assert_eq!(shape(&of(&[2, 0, 1])), [4, 2, 3]);
    for order in [&[0, 1][..], &[0, 1, 1], &[0, 1, 3]] {
        assert!(matches!(
            problem(&of(order)),
            OperatorProblem::Argument { .. }
        ));
    }
}

fn slice(options: StridedSlice, input: &[usize], [begin, end, strides]: [&[i32]; 3]) -> Graph {
    let inputs = vec![float(input), ints(begin), ints(end), ints(strides)];
    single(Op::StridedSlice(options), inputs, &[1])
}

/// Start and length along a single axis of length 10.
fn along_ten(begin: i32, end: i32, stride: i32) -> Option<(usize, usize)> {
    let graph = slice(
        StridedSlice::default(),
        &[10],
        [&[begin], &[end], &[stride]],
    );
    let slices = graph.slices(&graph.nodes[0]).ok()?;
    assert_eq!(shape(&graph), [slices[0].length]);
    Some((slices[0].start, slices[0].length))
}

#[test]
fn strided_slices_are_pythons() {
    // `range(10)[begin:end:stride]`, for which Python says (first, length).
    assert_eq!(along_ten(2, 9, 3), Some((2, 3)));
    assert_eq!(along_ten(2, 8, 3), Some((2, 2)));
    assert_eq!(along_ten(-3, -1, 1), Some((7, 2)));
    assert_eq!(along_ten(-100, 100, 4), Some((0, 3)));
    assert_eq!(along_ten(8, 1, -2), Some((8, 4)));
    assert_eq!(along_ten(100, -100, -3), Some((9, 4)));
    assert_eq!(along_ten(-1, -4, -1), Some((9, 3)));
    for (begin, end, stride) in [(5, 5, 1), (6, 5, 1), (5, 6, -1), (10, 20, 1), (0, 5, 0)] {
        assert_eq!(along_ten(begin, end, stride), None);
    }
    assert_eq!(along_ten(9, -11, i32::MIN), Some((9, 1)));
}

#[test]
fn strided_slice_masks() {
    let masks = StridedSlice {
        begin_mask: 0b001,
        end_mask: 0b010,
        shrink_axis_mask: 0b100,
    };
    let graph = slice(masks, &[4, 5, 6, 7], [&[3, 1, -2], &[2, 2, 0], &[1, 2, 1]]);
    assert_eq!(shape(&graph), [2, 2, 7]);
    let expected = [
        (0, 1, 2, false),
        (1, 2, 2, false),
        (4, 1, 1, true),
        (0, 1, 7, false),
    ]
    .map(|(start, stride, length, dropped)| AxisSlice {
        start,
        stride,
        length,
        dropped,
    });
    assert_eq!(graph.slices(&graph.nodes[0]).unwrap(), expected);

    let backwards = StridedSlice {
        begin_mask: 1,
        end_mask: 1,
        shrink_axis_mask: 0,
    };
    let graph = slice(backwards, &[5], [&[0], &[0], &[-2]]);
    assert_eq!(shape(&graph), [3]);
    assert_eq!(graph.slices(&graph.nodes[0]).unwrap()[0].start, 4);

    let outside = StridedSlice {
        shrink_axis_mask: 1,
        ..StridedSlice::default()
    };
    let graph = slice(outside, &[5], [&[5], &[6], &[1]]);
    assert!(matches!(problem(&graph), OperatorProblem::Argument { .. }));
    let graph = slice(outside, &[5], [&[1, 1], &[2, 2], &[1, 1]]);
    assert!(matches!(problem(&graph), OperatorProblem::Argument { .. }));
}

#[test]
fn what_keeps_the_shape() {
    for op in [
        Op::Softmax { beta: 1.0 },
        Op::Logistic,
        Op::HardSwish,
        Op::Tanh,
        Op::Relu,
        Op::Relu6,
    ] {
        assert_eq!(shape(&single(op, vec![float(&[2, 3])], &[1])), [2, 3]);
    }
    let scalar: Vec<Tensor> = vec![floats(&[], [1.0])];
    let graph = single(Op::Softmax { beta: 1.0 }, scalar, &[]);
    assert!(matches!(problem(&graph), OperatorProblem::Shape { .. }));
}

#[test]
fn an_output_of_two_giga_is_refused() {
    let inputs = vec![float(&[1, 65536, 1]), noise(&[1, 1, 32768], 1)];
    let graph = single(Op::Mul(Activation::None), inputs, &[1]);
    assert_eq!(
        problem(&graph),
        OperatorProblem::OutputSize(vec![1, 65536, 32768])
    );
}
