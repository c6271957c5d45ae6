//! Learned rounding: in one layer, and through a network.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod common;
#[path = "common/run.rs"]
mod run;

use common::{CONV, DEPTHWISE, dense, float, ints, named, noise, noise_values};
use octet_graph::{
    Activation, AdaRound, AdaRounding, Contraction, Conv2d, DepthwiseConv2d, Graph, LayerRounding,
    LayerSamples, LearnedRounding, LearnedRoundings, Look, Op, Padding, PassError, TensorId,
    WeightScheme, Widths, constant_reals, pack_weights, round_weights,
};
use run::{Run, sqnr};

const SCHEME: WeightScheme = WeightScheme {
    bits: 3,
    per_channel: true,
};

fn learn(layer: &LayerSamples<'_>) -> LearnedRounding {
    let mut learning = LayerRounding::new(layer, &AdaRound::default());
    learning.learn(usize::MAX);
    assert_eq!(learning.left(), 0);
    learning.finish()
}

/// Inputs that go together, as neighbouring pixels and channels do: rounding errors can then make up for each other.
fn correlated(samples: usize, inputs: usize, seed: u32) -> Vec<f32> {
    let common = noise_values(samples, seed);
    let own = noise_values(samples * inputs, seed + 1);
    let own = own.chunks(inputs).zip(common);
    own.flat_map(|(own, common)| own.iter().map(move |own| common + 0.2 * own))
        .collect()
}

fn outputs(contraction: Contraction, weights: &[f32], inputs: &[f32]) -> Vec<f32> {
    let (outputs, columns) = (contraction.outputs(), contraction.inputs());
    let rows = inputs.chunks(columns).flat_map(|row| {
        (0..outputs).map(move |output| match contraction {
            Contraction::Full { inputs, .. } => {
                let weights = &weights[output * inputs..];
                row.iter().zip(weights).map(|(x, w)| x * w).sum::<f32>()
            }
            Contraction::Depthwise {
                taps,
                channels,
                multiplier,
            } => (0..taps)
                .map(|tap| {
                    row[tap * channels + output / multiplier] * weights[tap * outputs + output]
                })
                .sum(),
        })
    });
    rows.collect()
}

#[test]
fn never_worse_than_the_nearest_on_the_samples() {
    let contractions = [
        Contraction::Full {
            inputs: 24,
            outputs: 10,
        },
        Contraction::Depthwise {
            taps: 9,
            channels: 6,
            multiplier: 2,
        },
    ];
    for contraction in contractions {
        for activation in [Activation::None, Activation::Relu, Activation::Relu6] {
            for (bits, scales) in [(2, vec![1.0]), (4, vec![0.15]), (8, vec![1.0 / 127.0])] {
                let weights = match contraction {
                    Contraction::Full { inputs, outputs } => noise_values(inputs * outputs, 1),
                    Contraction::Depthwise { .. } => noise_values(9 * 12, 1),
                };
                let inputs = correlated(50, contraction.inputs(), 2);
                let clamp = |value: f32| match activation {
                    Activation::None => value,
                    Activation::Relu => value.max(0.0),
                    Activation::Relu6 => value.clamp(0.0, 6.0),
                };
                let targets = outputs(contraction, &weights, &inputs);
                let targets: Vec<f32> = targets.into_iter().map(clamp).collect();
                let largest = (1 << (bits - 1)) - 1;
                let layer = LayerSamples {
                    contraction,
                    weights: &weights,
                    bias: &[],
                    scales: &scales,
                    largest,
                    activation,
                    inputs: &inputs,
                    targets: &targets,
                };
                let learned = learn(&layer);
                assert!(learned.error <= learned.nearest_error);
                assert!(
                    learned.error < 0.9 * learned.nearest_error,
                    "{bits} {learned:?}"
                );
                assert!(learned.moved > 0);
                for (&integer, weight) in learned.integers.iter().zip(&weights) {
                    let place = weight / scales[0];
                    assert!((-largest..=largest).contains(&integer));
                    let near = (integer as f32 - place).abs() < 1.0;
                    assert!(near || integer.abs() == largest, "{integer} for {place}");
                }
                // The error that is told is the error that there is.
                let reals: Vec<f32> = learned
                    .integers
                    .iter()
                    .map(|&q| q as f32 * scales[0])
                    .collect();
                let found = outputs(contraction, &reals, &inputs).into_iter().map(clamp);
                let squares = found.zip(&targets).map(|(a, b)| f64::from(a - b).powi(2));
                let error = squares.sum::<f64>() / targets.len() as f64;
                assert!(
                    (error / learned.error - 1.0).abs() < 1e-3,
                    "{error} {learned:?}"
                );
            }
        }
    }
}

/// Weights, inputs, targets, and the integers.
type Case<'a> = ([f32; 4], &'a [f32], &'a [f32], [i32; 4]);

#[test]
fn what_has_nothing_to_learn_stays_at_the_nearest() {
    fn layer<'a>(weights: &'a [f32], inputs: &'a [f32], targets: &'a [f32]) -> LayerSamples<'a> {
        LayerSamples {
            contraction: Contraction::Full {
                inputs: 2,
                outputs: 2,
            },
            weights,
            bias: &[],
            scales: &[0.5],
            largest: 7,
            activation: Activation::None,
            inputs,
            targets,
        }
    }
    // On the steps already; dead; no samples; inputs of nothing but zeros; too large.
    let cases: [Case<'_>; 5] = [
        (
            [0.5, -1.0, 1.5, 0.0],
            &[1.0, 2.0],
            &[3.0, 4.0],
            [1, -2, 3, 0],
        ),
        ([0.0; 4], &[1.0, 2.0], &[0.0, 0.0], [0; 4]),
        ([0.6, -0.8, 0.3, 0.1], &[], &[], [1, -2, 1, 0]),
        (
            [0.6, -0.8, 0.3, 0.1],
            &[0.0, 0.0],
            &[0.0, 0.0],
            [1, -2, 1, 0],
        ),
        (
            [60.0, -80.0, 9.0, -9.0],
            &[1.0, 2.0],
            &[1.0, 1.0],
            [7, -7, 7, -7],
        ),
    ];
    for (weights, inputs, targets, expected) in cases {
        let learned = learn(&layer(&weights, inputs, targets));
        assert_eq!(learned.integers, expected);
        assert_eq!((learned.moved, learned.error), (0, learned.nearest_error));
    }
    let none = LayerSamples {
        contraction: Contraction::Full {
            inputs: 0,
            outputs: 0,
        },
        ..layer(&[], &[], &[])
    };
    assert!(learn(&none).integers.is_empty());
}

/// A convolution with stride and zeros around, a dilated depthwise one with a multiplier, a mean, a dense layer.
fn network() -> Graph {
    let mut graph = Graph::default();
    let x = graph.add(named("image", &[1, 9, 9, 3]));
    graph.inputs = vec![x];
    let op = Op::Conv2d(Conv2d {
        stride: [2, 2],
        activation: Activation::Relu,
        ..CONV
    });
    let x = layer(&mut graph, op, x, &[8, 3, 3, 3], &[1, 5, 5, 8]);
    let op = Op::DepthwiseConv2d(DepthwiseConv2d {
        multiplier: 2,
        dilation: [2, 1],
        padding: Padding::Same,
        activation: Activation::Relu6,
        ..DEPTHWISE
    });
    let x = layer(&mut graph, op, x, &[1, 3, 3, 16], &[1, 5, 5, 16]);
    let axes = graph.add(ints(&[1, 2]));
    let mean = Op::Mean { keep_dims: false };
    let x = graph.push(mean, [x, axes], float(&[1, 16]));
    let x = layer(&mut graph, dense(Activation::None), x, &[6, 16], &[1, 6]);
    graph.outputs = vec![x];
    graph.validate().unwrap();
    graph
}

fn layer(graph: &mut Graph, op: Op, x: TensorId, weights: &[usize], shape: &[usize]) -> TensorId {
    let seed = graph.tensors.len() as u32;
    let weights = graph.add(noise(weights, seed));
    let bias = graph.add(noise(&shape[shape.len() - 1..], seed + 1));
    graph.push(op, [x, weights, bias], float(shape))
}

fn images(seed: u32) -> Vec<Vec<f32>> {
    (0..6)
        .map(|image| correlated(81, 3, seed + 10 * image))
        .collect()
}

fn runner(images: &[Vec<f32>]) -> impl Fn(&Graph, &[TensorId], Look<'_>) -> Result<(), PassError> {
    move |graph, tensors, look| {
        for image in images {
            let run = Run::new(graph, std::slice::from_ref(image));
            tensors.iter().for_each(|&id| look(id, &run.reals(id)));
        }
        Ok(())
    }
}

fn round(graph: &Graph, widths: &Widths, images: &[Vec<f32>]) -> (Graph, LearnedRoundings) {
    let mut rounding = AdaRounding::new(graph, widths, &AdaRound::default()).unwrap();
    let mut told = 0.0;
    while let Some(done) = rounding.advance(runner(images)).unwrap() {
        assert!(done >= told && done <= 1.0 + 1e-9);
        told = done;
    }
    assert!(told == 0.0 || (told - 1.0).abs() < 1e-9);
    rounding.finish().unwrap()
}

fn quality(graph: &Graph, rounded: &Graph) -> f32 {
    let of = |graph: &Graph| -> Vec<f32> {
        let images = images(900);
        let outputs = images
            .into_iter()
            .flat_map(|image| Run::new(graph, &[image]).output(0));
        outputs.collect()
    };
    sqnr(&of(graph), &of(rounded))
}

#[test]
fn a_network_is_rounded_layer_by_layer() {
    let graph = network();
    let images = images(100);
    for per_channel in [false, true] {
        let scheme = WeightScheme {
            per_channel,
            ..SCHEME
        };
        let widths = Widths::uniform(&graph, scheme);
        let (rounded, learned) = round(&graph, &widths, &images);
        assert_eq!(learned.layers.len(), 3);
        assert_eq!(learned.record.changes.len(), 3);
        let samples: Vec<usize> = learned.layers.iter().map(|layer| layer.samples).collect();
        assert_eq!(samples, [96, 96, 6]);
        for layer in &learned.layers {
            assert!(layer.error <= layer.nearest_error, "{layer:?}");
            assert!(layer.moved > 0);
        }
        let (nearest, _) = round_weights(&graph, &widths).unwrap();
        let (before, after) = (quality(&graph, &nearest), quality(&graph, &rounded));
        assert!(after > before + 1.0, "{before} dB, {after} dB");
        // The same again gives the same.
        assert_eq!(round(&graph, &widths, &images).0, rounded);
        // What is packed is what was learned.
        let (packed, _) = pack_weights(&rounded, &widths).unwrap();
        for (node, original) in packed
            .nodes
            .iter()
            .filter(|node| node.op == Op::Dequantize)
            .zip([1, 4, 9])
        {
            let stored = &packed.tensors[node.inputs[0].unwrap().0];
            let reals = constant_reals(stored).unwrap();
            let learned = rounded.tensors[original]
                .data
                .as_ref()
                .unwrap()
                .as_f32()
                .unwrap();
            for (a, b) in reals.iter().zip(learned) {
                assert!((a - b).abs() <= 1e-6 * b.abs(), "{a} {b}");
            }
        }
    }
}

/// The error of a layer in the network's own terms: what the layer samples, the engine computes too.
#[test]
fn eight_bits_leave_next_to_nothing_to_gain() {
    let graph = network();
    let scheme = WeightScheme {
        bits: 8,
        per_channel: true,
    };
    let widths = Widths::uniform(&graph, scheme);
    let images = images(100);
    for layer in round(&graph, &widths, &images).1.layers {
        // Were patches not what the convolution reads, its own outputs would be far from them.
        assert!(layer.nearest_error < 1e-3, "{layer:?}");
    }
}

#[test]
fn what_stands_against_it_is_said() {
    let graph = network();
    let widths = Widths::uniform(&graph, SCHEME);
    let options = AdaRound::default();
    let mut rounding = AdaRounding::new(&graph, &widths, &options).unwrap();
    let nothing = rounding.advance(runner(&[]));
    assert_eq!(nothing, Err(PassError::NoSamples));
    let begin = |widths: &Widths| AdaRounding::new(&graph, widths, &options).err();
    let other = Widths::none(&Graph::default(), true);
    let error = PassError::OtherWidths {
        widths: 0,
        graph: 4,
    };
    assert_eq!(begin(&other), Some(error));
    let scheme = WeightScheme { bits: 1, ..SCHEME };
    let one = Widths::uniform(&graph, scheme);
    assert!(matches!(begin(&one), Some(PassError::Bits(_))));
    // Nothing to round, nothing done.
    let none = Widths::none(&graph, true);
    let (same, learned) = round(&graph, &none, &[]);
    assert_eq!(same, graph);
    assert!(learned.record.to_string().contains("nothing to do"));
}
