//! The passes that repair a network before it is quantized: each leaves what it computes as it is.
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
    Activation, Calibration, ChannelMeans, Constant, Conv2d, DepthwiseConv2d, Equalization,
    FullInteger, Graph, GraphError, Normal, Op, Padding, PassError, Statistics, Tensor, TensorId,
    WeightScheme, absorb_high_biases, correct_biases, equalize, fake_quantize_weights,
    quantize_full_integer, replace_idle_relu6, replace_relu6,
};
use octet_quant::ObserverKind;
use run::{Run, difference};

const RELU: Activation = Activation::Relu;
const NONE: Activation = Activation::None;

fn conv(activation: Activation) -> Op {
    Op::Conv2d(Conv2d { activation, ..CONV })
}

fn depthwise(activation: Activation, padding: Padding, multiplier: usize) -> Op {
    Op::DepthwiseConv2d(DepthwiseConv2d {
        activation,
        padding,
        multiplier,
        ..DEPTHWISE
    })
}

/// Noise whose channels, along an axis, are of very different sizes.
fn uneven(shape: &[usize], axis: usize, seed: u32) -> Tensor {
    let sizes = noise_values(shape[axis], seed + 1000);
    let run: usize = shape[axis + 1..].iter().product();
    let values = noise_values(shape.iter().product(), seed);
    let scaled = values.into_iter().enumerate().map(|(index, value)| {
        let size = sizes[index / run % sizes.len()];
        value * 10.0_f32.powf(2.0 * size)
    });
    floats(shape, scaled.collect::<Vec<_>>())
}

/// A graph from an image of 6×6×3, ended by `build`.
fn graph(build: impl FnOnce(&mut Graph, TensorId) -> TensorId) -> Graph {
    let mut graph = Graph::default();
    let input = graph.add(named("image", &[1, 6, 6, 3]));
    graph.inputs = vec![input];
    let output = build(&mut graph, input);
    graph.outputs = vec![output];
    graph.validate().unwrap();
    graph
}

/// An operator with weights and bias.
fn layer(graph: &mut Graph, op: Op, input: TensorId, weights: Tensor, shape: &[usize]) -> TensorId {
    let weights = graph.add(weights);
    let channels = *shape.last().unwrap();
    let bias = graph.add(noise(&[channels], weights.0 as u32));
    graph.push(op, [input, weights, bias], float(shape))
}

/// Convolution, padding, depthwise convolution with a multiplier, pointwise convolution without activation, another
/// with, mean, dense.
fn network() -> Graph {
    graph(|graph, x| {
        let x = layer(
            graph,
            conv(RELU),
            x,
            uneven(&[8, 3, 3, 3], 0, 1),
            &[1, 6, 6, 8],
        );
        let paddings = Constant::Int32([0, 0, 1, 1, 1, 1, 0, 0].into());
        let paddings = graph.add(Tensor::constant("", vec![4, 2], paddings));
        let x = graph.push(Op::Pad, [x, paddings], float(&[1, 8, 8, 8]));
        let op = depthwise(RELU, Padding::Valid, 2);
        let x = layer(graph, op, x, uneven(&[1, 3, 3, 16], 3, 2), &[1, 6, 6, 16]);
        let x = layer(
            graph,
            conv(NONE),
            x,
            uneven(&[4, 1, 1, 16], 0, 3),
            &[1, 6, 6, 4],
        );
        let x = layer(
            graph,
            conv(RELU),
            x,
            uneven(&[12, 1, 1, 4], 0, 4),
            &[1, 6, 6, 12],
        );
        let axes = graph.add(ints(&[1, 2]));
        let mean = Op::Mean { keep_dims: false };
        let x = graph.push(mean, [x, axes], float(&[1, 12]));
        layer(graph, dense(NONE), x, uneven(&[5, 12], 0, 5), &[1, 5])
    })
}

fn images() -> Vec<Vec<f32>> {
    (0..4).map(|seed| noise_values(108, 50 + seed)).collect()
}

#[track_caller]
fn assert_same(before: &Graph, after: &Graph, tolerance: f32) {
    after.validate().unwrap();
    for image in images() {
        let image = [image];
        let (before, after) = (Run::new(before, &image), Run::new(after, &image));
        let difference = difference(&before.output(0), &after.output(0));
        assert!(difference < tolerance, "{difference}");
    }
}

fn spread(ranges: &[f32]) -> f32 {
    let most = ranges.iter().copied().fold(0.0, f32::max);
    most / ranges.iter().copied().fold(f32::INFINITY, f32::min)
}

#[test]
fn equalized_networks_compute_the_same() {
    let graph = network();
    let (equalized, equalization) = equalize(&graph).unwrap();
    println!("{equalization}");
    assert_same(&graph, &equalized, 1e-5);
    assert!(equalization.converged, "{}", equalization.sweeps);
    let pairs = equalization.pairs.iter();
    let pairs: Vec<_> = pairs.map(|pair| (pair.first.0, pair.second.0)).collect();
    assert_eq!(pairs, [(0, 2), (2, 3), (3, 4), (4, 6)]);
    for pair in &equalization.pairs {
        // Both layers use their range alike. (The depthwise layer is in two pairs at once.)
        for (first, second) in pair.first_after.iter().zip(&pair.second_after) {
            assert!((first / second - 1.0).abs() < 1e-3, "{pair:?}");
        }
        assert_eq!(pair.dead(), 0);
    }
    // The depthwise layer's channels.
    let pair = &equalization.pairs[1];
    assert!(spread(&pair.first_before) > 100.0);
    assert!(spread(&pair.first_after) < spread(&pair.first_before) / 3.0);
    // Nothing is left to do.
    let (_, again) = equalize(&equalized).unwrap();
    assert_eq!(again.sweeps, 1);
}

/// `s = √(r₁ r₂) / r₂`, from the paper.
#[test]
fn one_pair_as_in_the_paper() {
    let graph = graph(|graph, x| {
        let weights = floats(&[2, 1, 1, 3], [8.0, -2.0, 1.0, 0.5, 0.125, -0.25]);
        let x = layer(graph, conv(RELU), x, weights, &[1, 6, 6, 2]);
        let weights = floats(&[1, 1, 1, 2], [-2.0, 8.0]);
        layer(graph, conv(NONE), x, weights, &[1, 6, 6, 1])
    });
    let (equalized, Equalization { pairs, sweeps, .. }) = equalize(&graph).unwrap();
    assert_eq!(sweeps, 2);
    let [pair] = &pairs[..] else {
        panic!("{pairs:?}")
    };
    assert_eq!(pair.first_before, [8.0, 0.5]);
    assert_eq!(pair.second_before, [2.0, 8.0]);
    assert_eq!(pair.scales, [2.0, 0.25]);
    assert_eq!(pair.first_after, [4.0, 2.0]);
    assert_eq!(pair.second_after, [4.0, 2.0]);
    let weights = |node: usize| {
        let id = equalized.nodes[node].inputs[1].unwrap();
        equalized.tensors[id.0].data.clone().unwrap()
    };
    assert_eq!(
        weights(0).as_f32().unwrap(),
        [4.0, -1.0, 0.5, 2.0, 0.5, -1.0]
    );
    assert_eq!(weights(1).as_f32().unwrap(), [-4.0, 2.0]);
}

#[test]
fn dead_channels_keep_their_scale() {
    let graph = graph(|graph, x| {
        let weights = floats(&[3, 1, 1, 3], [0.0, 0.0, 0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
        let x = layer(graph, conv(RELU), x, weights, &[1, 6, 6, 3]);
        let weights = floats(&[2, 1, 1, 3], [5.0, 0.0, 1.0, 6.0, 0.0, 2.0]);
        layer(graph, conv(NONE), x, weights, &[1, 6, 6, 2])
    });
    let (equalized, Equalization { pairs, record, .. }) = equalize(&graph).unwrap();
    assert_eq!(pairs[0].scales[..2], [1.0, 1.0]);
    assert_ne!(pairs[0].scales[2], 1.0);
    assert_eq!(pairs[0].dead(), 2);
    assert!(record.to_string().contains("dead channels: 2"), "{record}");
    assert_same(&graph, &equalized, 1e-6);
}

/// A channel whose variance went to 0: hardly any weight, but a bias.
#[test]
fn nearly_dead_channels_keep_their_bias() {
    let network = |second: f32| {
        graph(|graph, x| {
            let faint = [1e-9, 0.0, 0.0];
            let weights = floats(&[2, 1, 1, 3], [&[1.0, -2.0, 3.0][..], &faint].concat());
            let weights = graph.add(weights);
            let bias = graph.add(floats(&[2], [0.5, 2.0]));
            let x = graph.push(conv(RELU), [x, weights, bias], float(&[1, 6, 6, 2]));
            let weights = floats(&[1, 1, 1, 2], [3.0, second]);
            layer(graph, conv(NONE), x, weights, &[1, 6, 6, 1])
        })
    };
    // Within the range of the other, or far outside.
    for (second, scale) in [(1.0, 1.0), (300.0, 0.01)] {
        let graph = network(second);
        let (equalized, Equalization { pairs, .. }) = equalize(&graph).unwrap();
        assert_same(&graph, &equalized, 1e-5);
        assert_eq!(pairs[0].dead(), 1);
        assert_eq!(pairs[0].scales, [1.0, scale]);
    }
}

#[test]
fn flattened_pictures_reach_dense_layers() {
    let graph = graph(|graph, x| {
        let x = layer(
            graph,
            conv(RELU),
            x,
            uneven(&[4, 1, 1, 3], 0, 1),
            &[1, 6, 6, 4],
        );
        let x = graph.push(Op::Reshape, [x], float(&[1, 144]));
        layer(graph, dense(NONE), x, noise(&[5, 144], 2), &[1, 5])
    });
    let (equalized, equalization) = equalize(&graph).unwrap();
    assert_eq!(equalization.pairs[0].scales.len(), 4);
    assert_same(&graph, &equalized, 1e-5);
}

#[test]
fn layers_that_share_weights_get_their_own() {
    let graph = graph(|graph, x| {
        let weights = graph.add(uneven(&[3, 1, 1, 3], 0, 1));
        let x = graph.push(conv(RELU), [x, weights], float(&[1, 6, 6, 3]));
        graph.push(conv(NONE), [x, weights], float(&[1, 6, 6, 3]))
    });
    let (equalized, equalization) = equalize(&graph).unwrap();
    assert_eq!(equalization.pairs.len(), 1);
    assert_same(&graph, &equalized, 1e-5);
}

#[test]
fn why_nothing_is_equalized() {
    #[track_caller]
    fn stays(graph: &Graph, why: &[&str]) {
        let (same, Equalization { pairs, record, .. }) = equalize(graph).unwrap();
        assert_eq!(&same, graph);
        assert!(pairs.is_empty());
        let reasons: Vec<_> = record.left.iter().map(|note| note.text.as_str()).collect();
        assert_eq!(reasons, why);
    }
    const LAST: &str = "the network gives its output out";
    let two = |activation, between: fn(&mut Graph, TensorId) -> TensorId| {
        graph(|graph, x| {
            let x = layer(
                graph,
                conv(activation),
                x,
                noise(&[3, 1, 1, 3], 1),
                &[1, 6, 6, 3],
            );
            let x = between(graph, x);
            layer(graph, conv(NONE), x, noise(&[2, 1, 1, 3], 1), &[1, 6, 6, 2])
        })
    };
    let cap = "a ReLU6, which stops all channels at 6, stands behind it";
    stays(&two(Activation::Relu6, |_, x| x), &[cap, LAST]);
    let alone = two(NONE, |graph, x| {
        graph.push(Op::Relu6, [x], float(&[1, 6, 6, 3]))
    });
    stays(&alone, &[cap, LAST]);
    let tanh = two(NONE, |graph, x| {
        graph.push(Op::Tanh, [x], float(&[1, 6, 6, 3]))
    });
    let why = "operator 1 (TANH) stands before the next layer, if there is one";
    stays(&tanh, &[why, LAST]);
    let split = two(NONE, |graph, x| {
        let y = graph.push(Op::Relu, [x], float(&[1, 6, 6, 3]));
        graph.push(Op::Add(NONE), [x, y], float(&[1, 6, 6, 3]))
    });
    stays(&split, &["something else needs its output as it is", LAST]);
    let turned = two(NONE, |graph, x| {
        let x = graph.push(Op::Reshape, [x], float(&[1, 3, 2, 18]));
        graph.push(Op::Reshape, [x], float(&[1, 6, 6, 3]))
    });
    // Channels stay in their order.
    assert_eq!(equalize(&turned).unwrap().1.pairs.len(), 1);
    let mixed = two(NONE, |graph, x| {
        let x = graph.push(Op::Reshape, [x], float(&[1, 6, 9, 2]));
        graph.push(Op::Reshape, [x], float(&[1, 6, 6, 3]))
    });
    stays(&mixed, &["operator 1 mixes its channels", LAST]);
    let computed = graph(|graph, x| {
        let weights = graph.add(noise(&[3, 1, 1, 3], 1));
        let weights = graph.push(Op::Tanh, [weights], float(&[3, 1, 1, 3]));
        graph.push(conv(NONE), [x, weights], float(&[1, 6, 6, 3]))
    });
    stays(
        &computed,
        &["its weights or bias are not float32 constants"],
    );
    let without = graph(|graph, x| graph.push(Op::Relu, [x], float(&[1, 6, 6, 3])));
    stays(&without, &[]);
    let (_, equalization) = equalize(&without).unwrap();
    let nothing = "nothing to do: there are no layers that follow each other\n";
    assert_eq!(equalization.to_string(), nothing);
}

#[test]
fn graphs_that_make_no_sense() {
    let mut nan = network();
    nan.tensors[1].data = Some(Constant::Float32([f32::NAN; 216].into()));
    let statistics = Statistics::new(&nan);
    let scheme = WeightScheme {
        bits: 8,
        per_channel: false,
    };
    let errors = [
        equalize(&nan).err(),
        replace_relu6(&nan).err(),
        absorb_high_biases(&nan, &statistics).err(),
        fake_quantize_weights(&nan, scheme).err(),
        ChannelMeans::new(&nan).err(),
        ChannelMeans::expected(&nan, &statistics).err(),
        Calibration::expected(&nan, &statistics, 6.0).err(),
    ];
    for error in errors {
        let error = error.unwrap();
        assert!(
            matches!(error, PassError::Graph(GraphError::Tensor { .. })),
            "{error}"
        );
    }
}

#[test]
fn relu6_becomes_relu() {
    let build = |activation, alone: Op| {
        graph(|graph, x| {
            let x = layer(
                graph,
                conv(activation),
                x,
                noise(&[3, 1, 1, 3], 1),
                &[1, 6, 6, 3],
            );
            graph.push(alone, [x], float(&[1, 6, 6, 3]))
        })
    };
    let graph = build(Activation::Relu6, Op::Relu6);
    let (replaced, record) = replace_relu6(&graph).unwrap();
    assert_eq!(replaced, build(RELU, Op::Relu));
    assert_eq!(record.changes.len(), 2);
    // No value is above 6.
    assert_same(&graph, &replaced, 1e-9);
    let (same, record) = replace_relu6(&replaced).unwrap();
    assert_eq!(same, replaced);
    assert_eq!(record.to_string(), "nothing to do: there are no ReLU6\n");
}

#[test]
fn idle_relu6_becomes_relu() {
    let graph = graph(|graph, x| {
        let op = conv(Activation::Relu6);
        let x = layer(graph, op, x, noise(&[2, 1, 1, 3], 1), &[1, 6, 6, 2]);
        let x = layer(graph, op, x, noise(&[2, 1, 1, 2], 2), &[1, 6, 6, 2]);
        let x = layer(graph, conv(NONE), x, noise(&[2, 1, 1, 2], 3), &[1, 6, 6, 2]);
        let x = graph.push(Op::Relu6, [x], float(&[1, 6, 6, 2]));
        layer(graph, op, x, noise(&[2, 1, 1, 2], 4), &[1, 6, 6, 2])
    });
    let mut statistics = Statistics::new(&graph);
    for (node, deviation) in [(0, 1.0), (1, 1.5), (2, 1.0)] {
        let normal = Normal {
            mean: vec![2.0, -9.0],
            deviation: vec![deviation; 2],
        };
        let output = graph.nodes[node].output;
        statistics.set(&graph, output, normal).unwrap();
    }
    let (replaced, record) = replace_idle_relu6(&graph, &statistics, 3.0).unwrap();
    let changed: Vec<_> = record.changes.iter().map(|note| note.node.0).collect();
    assert_eq!(changed, [0, 3]);
    assert_eq!(replaced.nodes[0].op, conv(RELU));
    assert_eq!(replaced.nodes[3].op, Op::Relu);
    let reasons: Vec<_> = record.left.iter().map(|note| note.text.as_str()).collect();
    let unknown = "nothing is known of its values: no batch normalization";
    assert_eq!(reasons, ["a channel is expected to reach 6.5", unknown]);
}

/// What is before the activation of operator `node`, channel by channel, on all images.
fn channels(graph: &Graph, node: usize) -> Vec<Vec<f32>> {
    let mut linear = graph.clone();
    linear.nodes[node].op = linear.nodes[node].op.with_activation(NONE);
    let output = linear.nodes[node].output;
    let count = *linear.tensors[output.0].shape.last().unwrap();
    let mut channels = vec![Vec::new(); count];
    for image in images() {
        for (index, value) in Run::new(&linear, &[image])
            .reals(output)
            .into_iter()
            .enumerate()
        {
            channels[index % count].push(value);
        }
    }
    channels
}

/// Mean and deviation of each channel before the activation, as they are on the images.
fn measured(graph: &Graph, node: usize) -> Normal {
    let channels = channels(graph, node);
    let mean = |values: &[f32]| values.iter().sum::<f32>() / values.len() as f32;
    let deviation = |values: &[f32]| {
        let middle = mean(values);
        let squares: Vec<f32> = values.iter().map(|v| (v - middle).powi(2)).collect();
        mean(&squares).sqrt()
    };
    Normal {
        mean: channels.iter().map(|values| mean(values)).collect(),
        deviation: channels.iter().map(|values| deviation(values)).collect(),
    }
}

#[test]
fn statistics_are_scaled_with_the_channels() {
    let graph = network();
    let mut statistics = Statistics::new(&graph);
    assert!(statistics.is_empty());
    for node in [0, 2] {
        let normal = measured(&graph, node);
        statistics
            .set(&graph, graph.nodes[node].output, normal)
            .unwrap();
    }
    let (equalized, equalization) = equalize(&graph).unwrap();
    let scaled = equalization.rescale(&statistics);
    for node in [0, 2] {
        let expected = measured(&equalized, node);
        let found = scaled.get(graph.nodes[node].output).unwrap();
        assert!(difference(&expected.mean, &found.mean) < 1e-4);
        assert!(difference(&expected.deviation, &found.deviation) < 1e-4);
    }
}

/// A layer whose biases lift some channels far above 0, with what is known of it; then one of `op`.
fn lifted(op: Op, weights: &[usize]) -> (Graph, Statistics) {
    let outputs = *weights.iter().max().unwrap();
    let graph = graph(|graph, x| {
        let weights_1 = graph.add(noise(&[4, 1, 1, 3], 1));
        let bias = graph.add(floats(&[4], [9.0, -0.5, 30.0, 0.1]));
        let x = graph.push(conv(RELU), [x, weights_1, bias], float(&[1, 6, 6, 4]));
        let weights_2 = graph.add(noise(weights, 2));
        graph.push(op, [x, weights_2], float(&[1, 6, 6, outputs]))
    });
    let mut statistics = Statistics::new(&graph);
    let normal = measured(&graph, 0);
    // Uniform noise: nothing lies 3 deviations from the mean.
    statistics
        .set(&graph, graph.nodes[0].output, normal)
        .unwrap();
    (graph, statistics)
}

#[test]
fn high_biases_move_on() {
    let (graph, statistics) = lifted(conv(NONE), &[5, 1, 1, 4]);
    let (absorbed, absorption) = absorb_high_biases(&graph, &statistics).unwrap();
    assert_same(&graph, &absorbed, 1e-6);
    let [pair] = &absorption.pairs[..] else {
        panic!("{absorption:?}")
    };
    let amounts = &pair.amounts;
    assert!(amounts[0] > 5.0 && amounts[1] == 0.0 && amounts[2] > 25.0 && amounts[3] == 0.0);
    // The second layer had no bias.
    assert_eq!(absorbed.nodes[1].inputs.len(), 3);
    // Values are smaller, and the statistics say so.
    let output = graph.nodes[0].output;
    let expected = measured(&absorbed, 0);
    let shifted = absorption.shift(&statistics);
    assert!(difference(&expected.mean, &shifted.get(output).unwrap().mean) < 1e-5);
    assert!(expected.mean.iter().all(|&mean| mean < 4.0));
    let (_, again) = absorb_high_biases(&absorbed, &shifted).unwrap();
    let largest =
        |pair: &octet_graph::AbsorbedPair| pair.amounts.iter().copied().fold(0.0, f32::max);
    assert!(again.pairs.iter().all(|pair| largest(pair) < 1e-5));
}

#[test]
fn why_nothing_is_absorbed() {
    #[track_caller]
    fn stays(graph: &Graph, statistics: &Statistics, why: &str) {
        let (same, absorption) = absorb_high_biases(graph, statistics).unwrap();
        assert_eq!(&same, graph);
        assert!(absorption.pairs.is_empty());
        assert_eq!(absorption.record.left[0].text, why);
    }
    let (graph, statistics) = lifted(conv(NONE), &[5, 1, 1, 4]);
    let unknown = Statistics::new(&graph);
    stays(
        &graph,
        &unknown,
        "nothing is known of its values: no batch normalization",
    );
    let (mut linear, _) = lifted(conv(NONE), &[5, 1, 1, 4]);
    linear.nodes[0].op = conv(NONE);
    stays(&linear, &statistics, "no ReLU stands behind it");
    let mut low = Statistics::new(&graph);
    let normal = Normal {
        mean: vec![1.0; 4],
        deviation: vec![0.5; 4],
    };
    low.set(&graph, graph.nodes[0].output, normal).unwrap();
    stays(&graph, &low, "none of its channels stays above 0");
    let (padded, statistics) = lifted(depthwise(NONE, Padding::Same, 1), &[1, 3, 3, 4]);
    stays(
        &padded,
        &statistics,
        "operator 1 sees zeros around its output",
    );
}

#[test]
fn statistics_that_make_no_sense() {
    let (graph, mut statistics) = lifted(conv(NONE), &[5, 1, 1, 4]);
    let output = graph.nodes[0].output;
    let mut set = |mean: &[f32], deviation: &[f32]| {
        let normal = Normal {
            mean: mean.to_vec(),
            deviation: deviation.to_vec(),
        };
        match statistics.set(&graph, output, normal) {
            Err(PassError::Statistics { problem, .. }) => problem,
            other => panic!("{other:?}"),
        }
    };
    let each = "needs a mean and a deviation for each channel";
    assert_eq!(set(&[0.0; 3], &[1.0; 4]), each);
    assert_eq!(set(&[0.0; 4], &[1.0; 5]), each);
    let infinite = "has a NaN or an infinity in its statistics";
    assert_eq!(set(&[0.0, 0.0, f32::NAN, 0.0], &[1.0; 4]), infinite);
    assert_eq!(set(&[0.0; 4], &[1.0, f32::INFINITY, 1.0, 1.0]), infinite);
    let negative = "has a negative standard deviation";
    assert_eq!(set(&[0.0; 4], &[1.0, -1.0, 1.0, 1.0]), negative);
    let normal = Normal {
        mean: vec![],
        deviation: vec![],
    };
    let error = statistics.set(&graph, TensorId(99), normal).unwrap_err();
    assert_eq!(error, GraphError::NoTensor(99).into());
    // Of a larger graph.
    let small = Graph::default();
    let error = absorb_high_biases(&small, &statistics).unwrap_err();
    assert!(matches!(error, PassError::OtherGraph { .. }), "{error}");
}

fn observed(graph: &Graph) -> ChannelMeans {
    let mut means = ChannelMeans::new(graph).unwrap();
    let watched: Vec<_> = means.tensors().collect();
    for image in images() {
        let image = [image];
        let run = Run::new(graph, &image);
        for &id in &watched {
            means.observe(id, &run.reals(id)).unwrap();
        }
    }
    means
}

#[test]
fn corrected_biases_restore_the_mean() {
    // Pointwise layers: no zeros around.
    let graph = graph(|graph, x| {
        let x = layer(
            graph,
            conv(RELU),
            x,
            uneven(&[8, 1, 1, 3], 0, 1),
            &[1, 6, 6, 8],
        );
        layer(graph, conv(NONE), x, noise(&[6, 1, 1, 8], 2), &[1, 6, 6, 6])
    });
    let scheme = WeightScheme {
        bits: 3,
        per_channel: false,
    };
    let (rounded, record) = fake_quantize_weights(&graph, scheme).unwrap();
    assert_eq!(record.changes.len(), 2);
    let means = observed(&graph);
    let (corrected, correction) = correct_biases(&graph, &rounded, &means).unwrap();
    println!("{}", correction.record);
    assert_eq!(correction.layers.len(), 2);
    // The first layer sees the same input in all; its mean is restored exactly.
    let mean = |graph: &Graph| measured(graph, 0).mean;
    let off = difference(&mean(&graph), &mean(&rounded));
    let left = difference(&mean(&graph), &mean(&corrected));
    assert!(off > 1e-3 && left < 1e-5, "{off} {left}");
}

#[test]
fn what_correction_refuses() {
    let graph = network();
    let scheme = WeightScheme {
        bits: 4,
        per_channel: true,
    };
    let (rounded, _) = fake_quantize_weights(&graph, scheme).unwrap();
    let nothing = ChannelMeans::new(&graph).unwrap();
    assert!(nothing.is_empty());
    let error = correct_biases(&graph, &rounded, &nothing).unwrap_err();
    assert_eq!(error, PassError::NoSamples);
    let means = observed(&graph);
    let small = Graph::default();
    let error = correct_biases(&small, &small, &means).unwrap_err();
    assert!(matches!(error, PassError::OtherGraph { .. }), "{error}");
    let mut other = rounded.clone();
    other.nodes[3].op = conv(RELU);
    let error = correct_biases(&graph, &other, &means).unwrap_err();
    assert_eq!(error, PassError::Differs { index: 3 });
    let error = correct_biases(&graph, &small, &means).unwrap_err();
    assert_eq!(error, PassError::Differs { index: 0 });
    // Nothing rounded: nothing to do, and it is said.
    let (same, correction) = correct_biases(&graph, &graph, &means).unwrap();
    assert_eq!(same, graph);
    assert!(correction.layers.is_empty());
    let why = &correction.record.left[0].text;
    assert_eq!(why, "its weights are not rounded");
    let error = fake_quantize_weights(&graph, WeightScheme { bits: 1, ..scheme });
    assert!(matches!(error, Err(PassError::Bits(_))));
    let mut means = nothing;
    let error = means.observe(TensorId(0), &[f32::NAN; 3]).unwrap_err();
    assert!(matches!(error, PassError::Observer { .. }), "{error}");
    let error = means.observe(TensorId(0), &[0.0; 4]).unwrap_err();
    assert!(matches!(error, PassError::Observer { .. }), "{error}");
    let error = means.observe(TensorId(999), &[0.0; 4]).unwrap_err();
    assert_eq!(error, GraphError::NoTensor(999).into());
}

#[test]
fn what_batch_normalization_lets_expect() {
    let graph = graph(|graph, x| {
        let a = layer(graph, conv(RELU), x, noise(&[2, 1, 1, 3], 1), &[1, 6, 6, 2]);
        let b = layer(graph, conv(NONE), a, noise(&[2, 1, 1, 2], 2), &[1, 6, 6, 2]);
        let x = graph.push(Op::Add(NONE), [a, b], float(&[1, 6, 6, 2]));
        let axes = graph.add(ints(&[1, 2]));
        let mean = Op::Mean { keep_dims: false };
        let x = graph.push(mean, [x, axes], float(&[1, 2]));
        let weights = graph.add(floats(&[1, 2], [2.0, -1.0]));
        graph.push(dense(NONE), [x, weights], float(&[1, 1]))
    });
    let mut statistics = Statistics::new(&graph);
    let [a, b, sum, pooled, last] = [0, 1, 2, 3, 4].map(|node: usize| graph.nodes[node].output);
    let mut set = |id, mean: [f32; 2], deviation: [f32; 2]| {
        let normal = Normal {
            mean: mean.into(),
            deviation: deviation.into(),
        };
        statistics.set(&graph, id, normal).unwrap();
    };
    set(a, [0.0, 2.0], [1.0, 0.0]);
    set(b, [1.0, -1.0], [2.0, 0.5]);
    let means = ChannelMeans::expected(&graph, &statistics).unwrap();
    assert_eq!(means.get(graph.inputs[0]), None);
    let near = |id, expected: &[f64]| {
        let found = means.get(id).unwrap();
        let differences = found.iter().zip(expected).map(|(a, b)| (a - b).abs());
        assert!(differences.fold(0.0, f64::max) < 1e-9, "{found:?}");
    };
    // Half of a standard normal distribution.
    let half = 1.0 / (2.0 * std::f64::consts::PI).sqrt();
    near(a, &[half, 2.0]);
    near(b, &[1.0, -1.0]);
    near(sum, &[1.0 + half, 1.0]);
    near(pooled, &[1.0 + half, 1.0]);
    near(last, &[2.0 * (1.0 + half) - 1.0]);
    let ranges = Calibration::expected(&graph, &statistics, 6.0).unwrap();
    assert_eq!(ranges.range(graph.inputs[0]), None);
    assert_eq!(ranges.range(a), Some((0.0, 6.0)));
    assert_eq!(ranges.range(b), Some((-11.0, 13.0)));
    assert!(ranges.range(last).is_some());
}

/// What is rounded beforehand becomes the same integers.
#[test]
fn rounded_weights_stay_in_full_integer_networks() {
    let graph = network();
    for per_channel in [false, true] {
        let scheme = WeightScheme {
            bits: 8,
            per_channel,
        };
        let (rounded, _) = fake_quantize_weights(&graph, scheme).unwrap();
        let mut calibration = Calibration::new(&graph, ObserverKind::MinMax).unwrap();
        let watched: Vec<_> = calibration.tensors().collect();
        for id in watched {
            calibration.observe(id, &[-1.0, 30.0]).unwrap();
        }
        let options = FullInteger {
            per_channel,
            ..FullInteger::default()
        };
        let integers = |graph: &Graph| {
            let (quantized, _) = quantize_full_integer(graph, &calibration, options).unwrap();
            let constants = quantized
                .tensors
                .iter()
                .filter_map(|tensor| tensor.data.as_ref());
            let integers = constants.filter_map(|data| data.as_i8().map(<[i8]>::to_vec));
            integers.collect::<Vec<_>>()
        };
        assert_eq!(integers(&graph), integers(&rounded));
    }
}
