//! Graphs put together at random: whatever they are, nothing panics, and what is valid can be planned.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod common;

use common::Random;
use octet_graph::{
    Activation, Calibration, ChannelMeans, Constant, Conv2d, DType, DepthwiseConv2d, DynamicRange,
    FullInteger, FullyConnected, Graph, Node, Normal, Op, Padding, PassError, Pool2d, Quantization,
    Resize, Statistics, StridedSlice, Tensor, TensorId, WeightScheme, absorb_high_biases,
    convert_float16, correct_biases, decode_constants, equalize, fake_quantize_weights,
    fold_batch_norm, fuse_activations, plan_memory, quantize_dynamic_range, quantize_full_integer,
    replace_idle_relu6, replace_relu6,
};
use octet_quant::ObserverKind;

const DTYPES: [DType; 10] = [
    DType::Float32,
    DType::Float32,
    DType::Float16,
    DType::Int2,
    DType::Int4,
    DType::Int8,
    DType::Uint8,
    DType::Int32,
    DType::Int64,
    DType::Bool,
];

fn pick<T: Copy>(random: &mut Random, from: &[T]) -> T {
    from[random.below(from.len())]
}

/// Mostly what makes sense.
fn size(random: &mut Random) -> usize {
    match random.below(20) {
        0 => pick(random, &[0, usize::MAX, 1 << 31, 1 << 16]),
        _ => 1 + random.below(3),
    }
}

fn pair(random: &mut Random) -> [usize; 2] {
    [size(random), size(random)]
}

fn number(random: &mut Random) -> i64 {
    match random.below(10) {
        0 => pick(
            random,
            &[i64::MIN, i64::MAX, i32::MIN.into(), i32::MAX.into()],
        ),
        _ => random.below(7) as i64 - 3,
    }
}

fn op(random: &mut Random) -> Op {
    let activation = pick(
        random,
        &[Activation::None, Activation::Relu, Activation::Relu6],
    );
    let padding = pick(random, &[Padding::Same, Padding::Valid]);
    let flag = random.below(2) == 0;
    let pool = Pool2d {
        padding,
        stride: pair(random),
        filter: pair(random),
        activation,
    };
    let resize = Resize {
        align_corners: flag,
        half_pixel_centers: random.below(2) == 0,
    };
    match random.below(24) {
        0..3 => Op::Conv2d(Conv2d {
            padding,
            stride: pair(random),
            dilation: pair(random),
            activation,
        }),
        3 => Op::DepthwiseConv2d(DepthwiseConv2d {
            padding,
            stride: pair(random),
            dilation: pair(random),
            multiplier: size(random),
            activation,
        }),
        4 => Op::FullyConnected(FullyConnected {
            keep_num_dims: flag,
            asymmetric_inputs: flag,
            activation,
        }),
        5 => Op::Add(activation),
        6 => Op::Sub(activation),
        7 => Op::Mul(activation),
        8 => Op::AveragePool2d(pool),
        9 => Op::MaxPool2d(pool),
        10 => Op::Mean { keep_dims: flag },
        11 => Op::Pad,
        12 | 13 => Op::Concat {
            axis: size(random),
            activation,
        },
        14 => Op::Reshape,
        15 => Op::Softmax { beta: 1.0 },
        16 => pick(random, &[Op::Logistic, Op::Tanh, Op::HardSwish]),
        17 => pick(random, &[Op::Relu, Op::Relu6]),
        18 => Op::ResizeBilinear(resize),
        19 => Op::ResizeNearest(resize),
        20 => Op::Quantize,
        21 => Op::Dequantize,
        22 => Op::Transpose,
        _ => Op::StridedSlice(StridedSlice {
            begin_mask: random.next(),
            end_mask: random.next(),
            shrink_axis_mask: random.next(),
        }),
    }
}

fn tensor(random: &mut Random) -> Tensor {
    let rank = pick(random, &[0, 1, 2, 4, 4, 4, 9]);
    let shape: Vec<usize> = (0..rank).map(|_| size(random)).collect();
    let mut tensor = Tensor::activation("t", shape, pick(random, &DTYPES));
    let elements = tensor.elements().filter(|&elements| elements < 1000);
    if let Some(mut elements) = elements.filter(|_| random.below(2) == 0) {
        if random.below(20) == 0 {
            elements += 1;
        }
        let numbers: Vec<i64> = (0..elements).map(|_| number(random)).collect();
        tensor.data = Some(match tensor.dtype {
            DType::Float32 => Constant::Float32(numbers.iter().map(|&n| n as f32).collect()),
            DType::Float16 => Constant::Float16(numbers.iter().map(|&n| n as u16).collect()),
            DType::Int2 => Constant::Int2(numbers.iter().map(|&n| n as i8).collect()),
            DType::Int4 => Constant::Int4(numbers.iter().map(|&n| n as i8).collect()),
            DType::Int8 => Constant::Int8(numbers.iter().map(|&n| n as i8).collect()),
            DType::Uint8 => Constant::Uint8(numbers.iter().map(|&n| n as u8).collect()),
            DType::Int64 => Constant::Int64(numbers.into()),
            _ => Constant::Int32(numbers.iter().map(|&n| n as i32).collect()),
        });
    }
    if tensor.dtype.integers().is_some() && random.below(3) > 0 {
        let count = pick(random, &[1, 1, 2, 3]);
        let scale = pick(random, &[0.5, 1e-30, 1e30, f32::NAN, 0.0]);
        tensor.quantization = Some(Quantization {
            scales: vec![scale; count],
            zero_points: vec![number(random) as i32; count],
            axis: random.below(4),
        });
    }
    tensor
}

/// Some that exist, some that do not.
fn id(random: &mut Random, graph: &Graph) -> TensorId {
    match random.below(40) {
        0 => TensorId(usize::MAX),
        _ => TensorId(random.below(graph.tensors.len())),
    }
}

fn graph(random: &mut Random) -> Graph {
    let mut graph = Graph {
        tensors: (0..3 + random.below(6)).map(|_| tensor(random)).collect(),
        ..Graph::default()
    };
    graph.inputs = (0..random.below(4)).map(|_| id(random, &graph)).collect();
    for _ in 0..1 + random.below(4) {
        let op = op(random);
        let inputs = (0..random.below(5)).map(|_| Some(id(random, &graph)));
        let mut inputs: Vec<_> = inputs.collect();
        if random.below(10) == 0 {
            inputs.push(None);
        }
        let mut node = Node {
            op,
            inputs,
            output: id(random, &graph),
        };
        // An output that fits, as often as there is one.
        if let Ok(shape) = graph.output_shape(&node) {
            let dtype = node.reads().next().and_then(|id| graph.dtype(id).ok());
            let tensor = Tensor::activation("o", shape, dtype.unwrap_or(DType::Float32));
            node.output = graph.add(tensor);
        }
        graph.nodes.push(node);
    }
    graph.outputs = (0..random.below(3)).map(|_| id(random, &graph)).collect();
    graph
        .outputs
        .extend(graph.nodes.last().map(|node| node.output));
    graph
}

/// One of float32, whose operators have inputs that fit as far as shapes go.
fn sensible(random: &mut Random) -> Graph {
    let mut graph = Graph::default();
    while graph.tensors.len() < 8 {
        let tensor = tensor(random);
        let fits = matches!(tensor.dtype, DType::Float32 | DType::Int32)
            && (1..100).contains(&tensor.elements().unwrap_or(0))
            && tensor.shape.len() < 5;
        if fits {
            graph.add(Tensor {
                quantization: None,
                ..tensor
            });
        }
    }
    for tensor in &mut graph.tensors {
        let elements = tensor.elements();
        tensor.data.take_if(|data| Some(data.len()) != elements);
    }
    let ids = (0..graph.tensors.len()).map(TensorId);
    graph.inputs = ids.filter(|&id| !graph.is_constant(id)).collect();
    for _ in 0..1000 {
        let inputs = (0..1 + random.below(3)).map(|_| Some(id(random, &graph)));
        let mut node = Node {
            inputs: inputs.collect(),
            op: op(random),
            output: TensorId(0),
        };
        let Ok(shape) = graph.output_shape(&node) else {
            continue;
        };
        let dtype = node.reads().next().and_then(|id| graph.dtype(id).ok());
        node.output = graph.add(Tensor::activation("o", shape, dtype.unwrap()));
        graph.nodes.push(node);
        graph.outputs = graph
            .nodes
            .last()
            .map(|node| node.output)
            .into_iter()
            .collect();
        if graph.validate().is_err() {
            graph.nodes.pop();
            graph.tensors.pop();
            graph.outputs = graph
                .nodes
                .last()
                .map(|node| node.output)
                .into_iter()
                .collect();
        }
        if graph.nodes.len() == 4 {
            break;
        }
    }
    graph
}

/// Every pass, on a graph that may make no sense. What comes out is valid where what went in was.
fn passes(graph: &Graph) {
    let is_valid = graph.validate().is_ok();
    let checked = |result: Result<Graph, _>| match result {
        Ok(graph) => graph.validate().unwrap(),
        Err(PassError::Graph(error)) => assert!(!is_valid, "{error}"),
        Err(error) => assert!(!error.to_string().is_empty()),
    };
    checked(fold_batch_norm(graph).map(|(graph, _)| graph));
    checked(fuse_activations(graph).map(|(graph, _)| graph));
    checked(convert_float16(graph).map(|(graph, _)| graph));
    checked(decode_constants(graph).map(|(graph, _)| graph));
    for per_channel in [false, true] {
        let options = DynamicRange { per_channel };
        checked(quantize_dynamic_range(graph, options).map(|(graph, _)| graph));
    }
    rescue(graph, checked);
    let Ok(mut calibration) = Calibration::new(graph, ObserverKind::MinMax) else {
        return;
    };
    for id in calibration.tensors().collect::<Vec<_>>() {
        calibration.observe(id, &[-1.0, 2.0]).unwrap();
    }
    let quantized = quantize_full_integer(graph, &calibration, FullInteger::default());
    checked(quantized.map(|(graph, _)| graph));
}

/// The passes that need statistics, which are made up.
fn rescue(graph: &Graph, checked: impl Fn(Result<Graph, PassError>)) {
    let mut statistics = Statistics::new(graph);
    for node in &graph.nodes {
        let tensor = graph.tensor(node.output);
        let channels = tensor.ok().and_then(|tensor| tensor.shape.last().copied());
        let channels = channels.filter(|&channels| channels < 1000).unwrap_or(1);
        let normal = Normal {
            mean: vec![4.0; channels],
            deviation: vec![0.5; channels],
        };
        // Refused where there is no such tensor.
        let _ = statistics.set(graph, node.output, normal);
    }
    checked(replace_relu6(graph).map(|(graph, _)| graph));
    checked(replace_idle_relu6(graph, &statistics, 3.0).map(|(graph, _)| graph));
    checked(equalize(graph).map(|(graph, _)| graph));
    checked(absorb_high_biases(graph, &statistics).map(|(graph, _)| graph));
    checked(Calibration::expected(graph, &statistics, 6.0).map(|_| graph.clone()));
    let scheme = WeightScheme {
        bits: 2,
        per_channel: true,
    };
    let rounded = fake_quantize_weights(graph, scheme).map(|(graph, _)| graph);
    checked(rounded.clone());
    let means = ChannelMeans::expected(graph, &statistics);
    checked(means.clone().map(|_| graph.clone()));
    if let (Ok(rounded), Ok(means)) = (rounded, means) {
        checked(correct_biases(graph, &rounded, &means).map(|(graph, _)| graph));
    }
}

#[test]
fn nothing_panics() {
    let mut random = Random(1);
    let mut valid = 0;
    for round in 0..10_000 {
        let mut graph = match round % 5 {
            0 => sensible(&mut random),
            _ => graph(&mut random),
        };
        let dump = graph.dump();
        assert!(dump.lines().count() > graph.nodes.len());
        passes(&graph);
        let is_valid = graph.validate();
        if let Err(error) = &is_valid {
            assert!(!error.to_string().is_empty());
        }
        match plan_memory(&graph, &[1, 100, usize::MAX / 2], 16) {
            Ok(plan) => assert!(plan.least_possible() <= plan.bytes),
            Err(error) => assert!(!error.to_string().is_empty()),
        }
        if is_valid.is_ok() {
            valid += 1;
            plan_memory(&graph, &[1, 100], 16).unwrap();
            let before = graph.clone();
            graph.sort().unwrap();
            assert_eq!(graph.nodes, before.nodes);
        } else {
            let _ = graph.sort();
        }
        graph.remove_unused();
    }
    println!("{valid} valid graphs");
    assert!(valid >= 2000, "{valid}");
}
