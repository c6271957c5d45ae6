//! The passes that repair a network before it is quantized, on the real ones.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::path::{Path, PathBuf};

use octet_engine::{Engine, Kernels, Options, Values};
use octet_graph::{
    ChannelMeans, Equalization, Graph, Normal, Statistics, WeightScheme, absorb_high_biases,
    correct_biases, equalize, fake_quantize_weights, replace_relu6,
};
use octet_models::{Network, NetworkSpec, efficientnet_lite0, mobilenet_v2};

const PHOTOS: [&str; 4] = ["chelsea", "astronaut", "coffee", "rocket"];

/// A network with its batch normalization's statistics, and photos as it takes them.
fn load(spec: NetworkSpec) -> (Graph, Statistics, Vec<Vec<f32>>) {
    let path = root().join(format!("www/models/{}.safetensors", spec.name));
    let bytes = std::fs::read(&path).unwrap_or_else(|error| {
        panic!(
            "{}: {error}; run `cargo xtask models` first",
            path.display()
        )
    });
    let normalization = spec.normalization;
    let network = Network::from_checkpoint(spec, &bytes).unwrap();
    let (graph, statistics) = network.to_graph_with_statistics().unwrap();
    assert_eq!(graph, network.to_graph());
    let photo = |name: &&str| {
        let path = root().join(format!("tests/fixtures/photos/{name}.png"));
        let pixels = image::open(path).unwrap().into_rgb8().into_raw();
        let pixels = pixels.into_iter().map(f32::from).enumerate();
        pixels
            .map(|(at, pixel)| (pixel - normalization.mean[at % 3]) / normalization.std[at % 3])
            .collect()
    };
    (graph, statistics, PHOTOS.iter().map(photo).collect())
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn logits(graph: &Graph, photos: &[Vec<f32>]) -> Vec<f32> {
    let mut engine = Engine::new(graph, Kernels::Fast, &Options::default()).unwrap();
    let run = |photo: &Vec<f32>| {
        engine.set_input(0, Values::Float32(photo)).unwrap();
        engine.invoke().unwrap();
        engine.output_f32(0).unwrap().to_vec()
    };
    photos.iter().flat_map(run).collect()
}

/// What each channel of each layer's output does not fall below, as statistics.
fn least(graph: &Graph, photos: &[Vec<f32>]) -> Statistics {
    let mut engine = Engine::with_all_tensors_kept(graph, Kernels::Fast).unwrap();
    let layers = graph.nodes.iter();
    let layers = layers.filter(|node| node.op.output_axis().is_some());
    let mut least: Vec<_> = layers
        .map(|node| {
            let channels = *graph.tensors[node.output.0].shape.last().unwrap();
            (node.output, vec![f32::INFINITY; channels])
        })
        .collect();
    for photo in photos {
        engine.set_input(0, Values::Float32(photo)).unwrap();
        engine.invoke().unwrap();
        for (output, least) in &mut least {
            let Values::Float32(values) = engine.tensor(*output).unwrap() else {
                panic!("{output:?}")
            };
            for place in values.chunks_exact(least.len()) {
                for (least, &value) in least.iter_mut().zip(place) {
                    *least = least.min(value);
                }
            }
        }
    }
    let mut statistics = Statistics::new(graph);
    for (output, mean) in least {
        let deviation = vec![0.0; mean.len()];
        let normal = Normal { mean, deviation };
        statistics.set(graph, output, normal).unwrap();
    }
    statistics
}

/// The largest difference, in parts of the largest logit.
fn difference(expected: &[f32], found: &[f32]) -> f32 {
    let largest = expected.iter().fold(0.0_f32, |max, v| max.max(v.abs()));
    let differences = expected.iter().zip(found).map(|(a, b)| (a - b).abs());
    differences.fold(0.0, f32::max) / largest
}

/// How much of the layer's range its channels use on average.
fn share(ranges: &[f32]) -> f32 {
    let largest = ranges.iter().copied().fold(0.0, f32::max);
    ranges.iter().map(|range| range / largest).sum::<f32>() / ranges.len() as f32
}

fn rescue(spec: NetworkSpec, pairs: usize) {
    let name = spec.name;
    let (graph, statistics, photos) = load(spec);
    let (relu, record) = replace_relu6(&graph).unwrap();
    assert!(record.left.is_empty());
    let (before, after) = (logits(&graph, &photos), logits(&relu, &photos));
    println!(
        "{name}: ReLU instead of ReLU6 changes logits by {:e}",
        difference(&before, &after)
    );

    let (equalized, equalization) = equalize(&relu).unwrap();
    let found = difference(&after, &logits(&equalized, &photos));
    println!("{name}: equalization changes logits by {found:e}\n{equalization}");
    assert!(found < 1e-4, "{found}");
    let Equalization {
        sweeps, converged, ..
    } = equalization;
    println!("{name}: {sweeps} sweeps");
    assert!(converged);
    assert_eq!(equalization.pairs.len(), pairs);

    // What no channel falls below on these photos can be absorbed without a trace.
    let least = least(&equalized, &photos);
    let (absorbed, absorption) = absorb_high_biases(&equalized, &least).unwrap();
    assert!(!absorption.pairs.is_empty());
    let found = difference(&after, &logits(&absorbed, &photos));
    println!("{name}: absorption of what is always there changes logits by {found:e}");
    assert!(found < 1e-4, "{found}");

    // With the statistics, absorption is as good as the assumption that values are normally distributed.
    let statistics = equalization.rescale(&statistics);
    let (absorbed, absorption) = absorb_high_biases(&equalized, &statistics).unwrap();
    let changed = difference(&after, &logits(&absorbed, &photos));
    println!(
        "{name}: absorption changes logits by {changed:e}\n{}",
        absorption.record
    );

    // Coarse weights move the logits far away; what corrected biases leave is less.
    let scheme = WeightScheme {
        bits: 8,
        per_channel: false,
    };
    let (rounded, _) = fake_quantize_weights(&equalized, scheme).unwrap();
    let means = ChannelMeans::expected(&equalized, &statistics).unwrap();
    let (corrected, correction) = correct_biases(&equalized, &rounded, &means).unwrap();
    // All but the first, of whose input nothing is known.
    assert_eq!(correction.record.left.len(), 1, "{}", correction.record);
    let noise = |graph: &Graph| {
        let found = logits(graph, &photos);
        let squares = after.iter().zip(&found).map(|(a, b)| (a - b).powi(2));
        (squares.sum::<f32>() / after.len() as f32).sqrt()
    };
    let (rounded, corrected) = (noise(&rounded), noise(&corrected));
    println!("{name}: weights rounded per tensor: noise {rounded}, biases corrected: {corrected}");
    assert!(corrected < rounded);
}

#[test]
fn mobilenet_v2_is_rescued() {
    rescue(mobilenet_v2(), 37);
}

#[test]
fn efficientnet_lite0_is_rescued() {
    rescue(efficientnet_lite0(), 35);
}

/// The figure that explains why a scale for all weights of a layer is not enough, and that it is after.
#[test]
fn channels_of_depthwise_layers_become_alike() {
    let (graph, _, _) = load(mobilenet_v2());
    let (relu, _) = replace_relu6(&graph).unwrap();
    let (_, equalization) = equalize(&relu).unwrap();
    let is_depthwise = |pair: &&octet_graph::EqualizedPair| {
        graph.nodes[pair.first.0].op.name() == "DEPTHWISE_CONV_2D"
    };
    let pairs: Vec<_> = equalization.pairs.iter().filter(is_depthwise).collect();
    assert_eq!(pairs.len(), 17);
    let mean = |of: fn(&octet_graph::EqualizedPair) -> &[f32]| {
        let shares = pairs.iter().map(|pair| share(of(pair)));
        shares.sum::<f32>() / pairs.len() as f32
    };
    let (before, after) = (
        mean(|pair| &pair.first_before),
        mean(|pair| &pair.first_after),
    );
    println!("channels use {before} of the range before, {after} after");
    assert!(after > 1.5 * before);
}
