//! Quantization by hand: what shares a scale, where values are converted, and what is refused. That scales and
//! integers are the converter's is in `converter.rs`.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod common;
#[path = "common/run.rs"]
mod run;

use common::{CONV, DEPTHWISE, dense, float, floats, ints, named, noise, noise_values};
use octet_graph::{
    Activation, Calibration, Conv2d, DType, DynamicRange, Edges, FullInteger, Graph, GraphError,
    Op, OperatorProblem, Padding, PassError, Pool2d, Quantization, TensorId, TensorProblem,
    quantize_dynamic_range, quantize_full_integer,
};
use octet_quant::ObserverKind;
use run::{Run, sqnr};

const IMAGE: [usize; 4] = [1, 4, 4, 2];
const CONCAT: Op = Op::Concat {
    axis: 3,
    activation: Activation::None,
};

/// A graph from an image of 4×4×2.
fn graph(build: impl FnOnce(&mut Graph, TensorId) -> Vec<TensorId>) -> Graph {
    let mut graph = Graph::default();
    let input = graph.add(named("image", &IMAGE));
    graph.inputs = vec![input];
    graph.outputs = build(&mut graph, input);
    graph.validate().unwrap();
    graph
}

fn conv(graph: &mut Graph, input: TensorId, name: &str, seed: u32) -> TensorId {
    let channels = graph.tensor(input).unwrap().shape[3];
    let weights = graph.add(noise(&[2, 3, 3, channels], seed));
    let bias = graph.add(noise(&[2], seed + 100));
    let conv = Op::Conv2d(CONV);
    graph.push(conv, [input, weights, bias], named(name, &IMAGE))
}

fn images() -> Vec<Vec<f32>> {
    (1..9).map(|seed| noise_values(32, seed)).collect()
}

/// Runs the graph on some images, as whoever calibrates does.
fn calibrate(graph: &Graph) -> Calibration {
    let mut calibration = Calibration::new(graph, ObserverKind::MinMax).unwrap();
    for image in images() {
        let run = Run::new(graph, &[image]);
        for id in calibration.tensors().collect::<Vec<_>>() {
            calibration.observe(id, &run.reals(id)).unwrap();
        }
    }
    calibration
}

/// A calibration in which every activation reaches from −`most` to `most`.
fn observed(graph: &Graph, most: f32) -> Calibration {
    let mut calibration = Calibration::new(graph, ObserverKind::MinMax).unwrap();
    for id in calibration.tensors().collect::<Vec<_>>() {
        calibration.observe(id, &[-most, most]).unwrap();
    }
    calibration
}

fn quantize(graph: &Graph, edges: Edges) -> Graph {
    let options = FullInteger {
        inputs: edges,
        outputs: edges,
        ..FullInteger::default()
    };
    let (graph, _) = quantize_full_integer(graph, &calibrate(graph), options).unwrap();
    graph
}

fn ops(graph: &Graph) -> Vec<&'static str> {
    graph.nodes.iter().map(|node| node.op.name()).collect()
}

fn params(graph: &Graph, id: TensorId) -> (f32, i32) {
    let quantization = graph.tensor(id).unwrap().quantization.as_ref();
    quantization.unwrap().single().unwrap()
}

#[test]
fn the_network_stays_the_same_within_noise() {
    let graph = graph(|graph, input| {
        let x = conv(graph, input, "conv", 1);
        let weights = graph.add(noise(&[1, 3, 3, 2], 2));
        let depthwise = Op::DepthwiseConv2d(DEPTHWISE);
        let y = graph.push(depthwise, [x, weights], named("depthwise", &IMAGE));
        let x = graph.push(Op::Add(Activation::Relu6), [x, y], named("sum", &IMAGE));
        let weights = graph.add(noise(&[5, 32], 3));
        let op = dense(Activation::None);
        let x = graph.push(op, [x, weights], named("dense", &[1, 5]));
        vec![graph.push(Op::HardSwish, [x], named("swish", &[1, 5]))]
    });
    for per_channel in [false, true] {
        let options = FullInteger {
            per_channel,
            ..FullInteger::default()
        };
        let calibration = calibrate(&graph);
        let (quantized, record) = quantize_full_integer(&graph, &calibration, options).unwrap();
        assert_eq!(record.changes.len(), graph.nodes.len());
        // A tensor's number is the same in both; the outputs differ.
        let watched = calibration.tensors().map(|id| (id, id));
        let outputs = graph.outputs.iter().zip(&quantized.outputs);
        for (before, after) in watched.chain(outputs.map(|(&a, &b)| (a, b))) {
            let of = |graph: &Graph, id: TensorId| -> Vec<f32> {
                let run = |image| Run::new(graph, &[image]).reals(id);
                images().into_iter().flat_map(run).collect()
            };
            let sqnr = sqnr(&of(&graph, before), &of(&quantized, after));
            assert!(sqnr > 25.0, "{before:?}: {sqnr} dB");
        }
    }
}

#[test]
fn what_moves_numbers_keeps_their_scale() {
    let pool = Pool2d {
        padding: Padding::Same,
        stride: [1, 1],
        filter: [3, 3],
        activation: Activation::None,
    };
    let graph = graph(|graph, input| {
        let x = conv(graph, input, "conv", 1);
        let a = graph.push(Op::MaxPool2d(pool), [x], float(&IMAGE));
        let b = graph.push(Op::AveragePool2d(pool), [a], float(&IMAGE));
        let paddings = graph.add(ints(&[0, 0, 1, 0, 0, 1, 0, 0]));
        let c = graph.push(Op::Pad, [b, paddings], float(&[1, 5, 5, 2]));
        let d = graph.push(Op::Reshape, [c], float(&[5, 10]));
        let order = graph.add(ints(&[1, 0]));
        let e = graph.push(Op::Transpose, [d, order], float(&[10, 5]));
        vec![graph.push(Op::Softmax { beta: 1.0 }, [e], float(&[10, 5]))]
    });
    let quantized = quantize(&graph, Edges::Int8);
    assert_eq!(ops(&quantized), ops(&graph));
    let conv = params(&quantized, graph.nodes[0].output);
    for node in &graph.nodes[1..6] {
        assert_eq!(params(&quantized, node.output), conv);
    }
    assert_eq!(params(&quantized, graph.outputs[0]), (1.0 / 256.0, -128));
}

#[test]
fn joined_tensors_that_nothing_else_reads_are_computed_at_one_scale() {
    let graph = graph(|graph, input| {
        let a = conv(graph, input, "a", 1);
        let b = conv(graph, input, "b", 2);
        let pool = Op::MaxPool2d(Pool2d {
            padding: Padding::Same,
            stride: [1, 1],
            filter: [2, 2],
            activation: Activation::None,
        });
        let b = graph.push(pool, [b], named("pooled", &IMAGE));
        let inner = graph.push(CONCAT, [a, b], named("inner", &[1, 4, 4, 4]));
        let c = conv(graph, input, "c", 3);
        vec![graph.push(CONCAT, [inner, c], named("outer", &[1, 4, 4, 6]))]
    });
    let quantized = quantize(&graph, Edges::Int8);
    assert_eq!(ops(&quantized), ops(&graph));
    let joined = params(&quantized, graph.outputs[0]);
    for node in &graph.nodes {
        assert_eq!(params(&quantized, node.output), joined);
    }
}

#[test]
fn joined_tensors_that_others_read_are_converted() {
    let graph = graph(|graph, input| {
        let a = conv(graph, input, "a", 1);
        let tanh = graph.push(Op::Tanh, [a], named("tanh", &IMAGE));
        // What has the widest range, `a` and then `large`, needs no conversion.
        let one = graph.push(CONCAT, [a, tanh, input], named("one", &[1, 4, 4, 6]));
        let two = graph.push(CONCAT, [tanh, a, tanh], named("two", &[1, 4, 4, 6]));
        let nine = graph.add(floats(&[], [9.0]));
        let op = Op::Mul(Activation::None);
        let large = graph.push(op, [a, nine], named("large", &IMAGE));
        let three = graph.push(CONCAT, [large, a, a], named("three", &[1, 4, 4, 6]));
        vec![one, two, three]
    });
    let quantized = quantize(&graph, Edges::Int8);
    let own = |id: TensorId| {
        let range = calibrate(&graph).range(id).unwrap();
        let scale = (range.1.max(0.0) - range.0.min(0.0)) / 255.0;
        assert_eq!(params(&quantized, id).0, scale);
    };
    own(graph.inputs[0]);
    own(graph.nodes[0].output);
    assert_eq!(params(&quantized, graph.nodes[1].output), (1.0 / 128.0, 0));
    assert_eq!(
        ops(&quantized),
        [
            "CONV_2D",
            "TANH",
            // tanh, then the image
            "QUANTIZE",
            "QUANTIZE",
            "CONCATENATION",
            "CONCATENATION",
            "MUL",
            // `a`
            "QUANTIZE",
            "CONCATENATION"
        ]
    );
    let inputs = |node: usize| &quantized.nodes[node].inputs;
    // Once for all places.
    assert_eq!(inputs(5)[0], inputs(4)[1]);
    assert_eq!(inputs(5)[0], inputs(5)[2]);
    assert_eq!(inputs(8)[1], inputs(8)[2]);
    assert_eq!(inputs(4)[0], Some(graph.nodes[0].output));
}

#[test]
fn tensors_of_one_scale_are_joined_as_they_are() {
    let graph = graph(|graph, input| {
        let turned = graph.add(ints(&[0, 2, 1, 3]));
        let turned = graph.push(Op::Transpose, [input, turned], named("turned", &IMAGE));
        vec![graph.push(CONCAT, [turned, input], named("joined", &[1, 4, 4, 4]))]
    });
    let quantized = quantize(&graph, Edges::Int8);
    assert_eq!(ops(&quantized), ["TRANSPOSE", "CONCATENATION"]);
}

#[test]
fn edges() {
    let graph = graph(|graph, input| {
        let x = conv(graph, input, "conv", 1);
        // Given twice, and the input given out again.
        vec![x, x, input]
    });
    let output = graph.outputs[0];
    let int8 = quantize(&graph, Edges::Int8);
    assert_eq!(ops(&int8), ["CONV_2D"]);
    assert_eq!(int8.inputs, graph.inputs);
    assert_eq!(int8.outputs, graph.outputs);
    let (scale, zero_point) = params(&int8, output);

    let float = quantize(&graph, Edges::Float32);
    assert_eq!(ops(&float), ["QUANTIZE", "CONV_2D", "DEQUANTIZE"]);
    assert_eq!(float.dtype(float.inputs[0]), Ok(DType::Float32));
    assert_eq!(float.dtype(float.outputs[0]), Ok(DType::Float32));
    assert_eq!(float.outputs[0], float.outputs[1]);
    assert_eq!(float.outputs[2], float.inputs[0]);
    assert_eq!(params(&float, output), (scale, zero_point));

    let uint8 = quantize(&graph, Edges::Uint8);
    assert_eq!(ops(&uint8), ["QUANTIZE", "CONV_2D", "QUANTIZE"]);
    assert_eq!(uint8.dtype(uint8.inputs[0]), Ok(DType::Uint8));
    assert_eq!(params(&uint8, uint8.outputs[0]), (scale, zero_point + 128));
    let (scale, zero_point) = params(&int8, int8.inputs[0]);
    assert_eq!(params(&uint8, uint8.inputs[0]), (scale, zero_point + 128));

    let options = FullInteger {
        inputs: Edges::Uint8,
        outputs: Edges::Float32,
        ..FullInteger::default()
    };
    let (mixed, _) = quantize_full_integer(&graph, &calibrate(&graph), options).unwrap();
    assert_eq!(ops(&mixed), ["QUANTIZE", "CONV_2D", "DEQUANTIZE"]);
}

#[test]
fn an_input_that_nothing_reads_needs_no_operator() {
    let mut graph = graph(|graph, input| vec![conv(graph, input, "conv", 1)]);
    let unread = graph.add(named("unread", &[3]));
    graph.inputs.push(unread);
    let calibration = observed(&graph, 1.0);
    let options = FullInteger::default();
    let (quantized, _) = quantize_full_integer(&graph, &calibration, options).unwrap();
    assert_eq!(ops(&quantized), ["QUANTIZE", "CONV_2D", "DEQUANTIZE"]);
    assert_eq!(quantized.dtype(unread), Ok(DType::Float32));
}

#[test]
fn weights_that_two_layers_share() {
    let graph = graph(|graph, input| {
        let weights = graph.add(noise(&[2, 3, 3, 2], 1));
        let bias = graph.add(noise(&[2], 2));
        let conv = Op::Conv2d(Conv2d {
            activation: Activation::Relu,
            ..CONV
        });
        let x = graph.push(conv, [input, weights, bias], named("x", &IMAGE));
        vec![graph.push(conv, [x, weights, bias], named("y", &IMAGE))]
    });
    let quantized = quantize(&graph, Edges::Int8);
    let inputs = |node: usize| &quantized.nodes[node].inputs;
    // The weights are the same; the biases are at two scales.
    assert_eq!(inputs(0)[1], inputs(1)[1]);
    assert_ne!(inputs(0)[2], inputs(1)[2]);
    let scale = |node: usize, input: usize| {
        let id = inputs(node)[input].unwrap();
        let quantization = quantized.tensor(id).unwrap().quantization.clone().unwrap();
        quantization.scales[0]
    };
    for node in 0..2 {
        assert_eq!(scale(node, 2), scale(node, 0) * scale(node, 1));
    }
}

#[test]
fn a_constant_that_is_joined_is_at_the_joint_scale() {
    let graph = graph(|graph, input| {
        let constant = graph.add(noise(&IMAGE, 1));
        let x = conv(graph, input, "x", 1);
        let joined = graph.push(CONCAT, [x, constant], named("joined", &[1, 4, 4, 4]));
        let factor = graph.add(floats(&[2], [0.5, -1.5]));
        let op = Op::Mul(Activation::None);
        vec![
            joined,
            graph.push(op, [input, factor], named("product", &IMAGE)),
        ]
    });
    let quantized = quantize(&graph, Edges::Int8);
    let joined = params(&quantized, graph.outputs[0]);
    for input in quantized.nodes[1].reads() {
        assert_eq!(params(&quantized, input), joined);
    }
    let factor = quantized.nodes[2].inputs[1].unwrap();
    let factor = quantized.tensor(factor).unwrap();
    // −1.5 to 0.5: 2/255 a step.
    let expected = Quantization::per_tensor(2.0 / 255.0, 63);
    assert_eq!(factor.quantization, Some(expected));
    assert_eq!(factor.data.as_ref().unwrap().as_i8().unwrap(), [127, -128]);
}

#[test]
fn whole_numbers_are_left_alone() {
    let mut graph = graph(|graph, input| vec![conv(graph, input, "conv", 1)]);
    let numbers = graph.add(octet_graph::Tensor::activation(
        "n",
        vec![2, 3],
        DType::Int32,
    ));
    graph.inputs.push(numbers);
    let output = octet_graph::Tensor::activation("m", vec![6], DType::Int32);
    let output = graph.push(Op::Reshape, [numbers], output);
    graph.outputs.push(output);
    let calibration = observed(&graph, 1.0);
    let options = FullInteger::default();
    let (quantized, _) = quantize_full_integer(&graph, &calibration, options).unwrap();
    assert_eq!(quantized.dtype(quantized.outputs[1]), Ok(DType::Int32));
}

fn simple() -> Graph {
    graph(|graph, input| {
        let weights = graph.add(noise(&[64, 32], 1));
        let op = dense(Activation::None);
        vec![graph.push(op, [input, weights], named("dense", &[1, 64]))]
    })
}

#[test]
fn calibrations_that_do_not_do() {
    let graph = simple();
    let options = FullInteger::default();
    let none = Calibration::new(&graph, ObserverKind::MinMax).unwrap();
    let error = quantize_full_integer(&graph, &none, options).unwrap_err();
    assert_eq!(error, PassError::NoSamples);
    let mut half = none.clone();
    half.observe(graph.inputs[0], &[1.0]).unwrap();
    let error = quantize_full_integer(&graph, &half, options).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the calibration has seen no values of tensor 2 “dense”"
    );
    let other = Calibration::new(&Graph::default(), ObserverKind::MinMax).unwrap();
    let error = quantize_full_integer(&graph, &other, options).unwrap_err();
    assert!(matches!(error, PassError::OtherGraph { .. }));
}

#[test]
fn nan_weights() {
    let mut graph = simple();
    let calibration = calibrate(&graph);
    let mut values = noise_values(64 * 32, 1);
    values[7] = f32::NAN;
    graph.tensors[1] = floats(&[64, 32], values);
    let expected = |error: PassError| {
        assert!(matches!(
            error,
            PassError::Graph(GraphError::Tensor {
                problem: TensorProblem::NotFinite(7),
                ..
            })
        ));
    };
    let options = FullInteger::default();
    expected(quantize_full_integer(&graph, &calibration, options).unwrap_err());
    expected(quantize_dynamic_range(&graph, DynamicRange::default()).unwrap_err());
}

#[test]
fn what_is_quantized_already() {
    let graph = simple();
    let (dynamic, _) = quantize_dynamic_range(&graph, DynamicRange::default()).unwrap();
    let already = PassError::AlreadyQuantized {
        index: 0,
        op: "FULLY_CONNECTED",
    };
    let error = quantize_dynamic_range(&dynamic, DynamicRange::default()).unwrap_err();
    assert_eq!(error, already);
    let options = FullInteger::default();
    let error = quantize_full_integer(&dynamic, &calibrate(&dynamic), options).unwrap_err();
    assert_eq!(error, already);
    let integer = quantize(&graph, Edges::Float32);
    let calibration = Calibration::new(&integer, ObserverKind::MinMax).unwrap();
    let error = quantize_full_integer(&integer, &calibration, options).unwrap_err();
    assert!(matches!(
        error,
        PassError::AlreadyQuantized {
            index: 0,
            op: "QUANTIZE"
        }
    ));
}

#[test]
fn weights_that_are_computed() {
    let graph = graph(|graph, input| {
        let weights = graph.push(Op::Reshape, [input], named("computed", &[2, 16]));
        let row = graph.add(noise(&[1, 16], 1));
        let op = dense(Activation::None);
        vec![graph.push(op, [row, weights], named("dense", &[1, 2]))]
    });
    let calibration = observed(&graph, 1.0);
    let options = FullInteger::default();
    let error = quantize_full_integer(&graph, &calibration, options).unwrap_err();
    assert_eq!(
        error.to_string(),
        "operator 1 (FULLY_CONNECTED) computes its weights or bias, tensor 1 “computed”; only constant ones can \
         be quantized"
    );
    let (same, record) = quantize_dynamic_range(&graph, DynamicRange::default()).unwrap();
    assert_eq!(same, graph);
    assert_eq!(
        record.left[0].text,
        "its weights are computed, not constant"
    );
}

#[test]
fn scales_that_leave_float32() {
    let mut graph = simple();
    graph.tensors[1] = floats(&[64, 32], vec![1e38; 2048]);
    let bias = graph.add(noise(&[64], 1));
    graph.nodes[0].inputs.push(Some(bias));
    let calibration = observed(&graph, 1e30);
    let error = quantize_full_integer(&graph, &calibration, FullInteger::default()).unwrap_err();
    assert!(matches!(
        error,
        PassError::Graph(GraphError::Tensor {
            problem: TensorProblem::Scale { .. },
            ..
        })
    ));
}

#[test]
fn dynamic_range() {
    let graph = simple();
    let weights = |per_channel| {
        let options = DynamicRange { per_channel };
        let (quantized, record) = quantize_dynamic_range(&graph, options).unwrap();
        assert_eq!(record.changes.len(), 1);
        let Op::FullyConnected(op) = quantized.nodes[0].op else {
            panic!("{:?}", quantized.nodes[0]);
        };
        assert!(op.asymmetric_inputs);
        assert_eq!(quantized.tensors.len(), graph.tensors.len());
        let image = [noise_values(32, 3)];
        let (float, hybrid) = (Run::new(&graph, &image), Run::new(&quantized, &image));
        assert!(sqnr(&float.output(0), &hybrid.output(0)) > 30.0);
        quantized.tensors[1].quantization.clone().unwrap()
    };
    let (channels, one) = (weights(true), weights(false));
    assert_eq!((channels.scales.len(), channels.axis), (64, 0));
    assert_eq!(one.scales.len(), 1);
    let largest = channels.scales.iter().copied().fold(0.0, f32::max);
    assert_eq!(one.scales[0], largest);
}

#[test]
fn nothing_to_quantize() {
    let graph = graph(|graph, input| vec![graph.push(Op::Tanh, [input], float(&IMAGE))]);
    let (same, record) = quantize_dynamic_range(&graph, DynamicRange::default()).unwrap();
    assert_eq!(same, graph);
    assert_eq!(record.to_string(), "nothing to do: there are no weights\n");
    let broken = Graph {
        outputs: vec![TensorId(5)],
        ..Graph::default()
    };
    let error = quantize_dynamic_range(&broken, DynamicRange::default()).unwrap_err();
    assert_eq!(error, GraphError::NoTensor(5).into());
    let early = {
        let mut graph = simple();
        graph.inputs.clear();
        graph
    };
    assert!(matches!(
        quantize_dynamic_range(&early, DynamicRange::default()),
        Err(PassError::Graph(GraphError::Operator {
            problem: OperatorProblem::ReadTooEarly(_),
            ..
        }))
    ));
}
