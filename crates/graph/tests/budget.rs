//! Bit widths under a budget, and the file that they make.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod common;
#[path = "common/run.rs"]
mod run;

use common::{Random, dense, float, floats, named, noise};
use octet_graph::{
    Activation, DType, Graph, LayerChoices, Look, NodeId, Op, PassError, TensorId, WeightScheme,
    WidthChoice, WidthMeasurement, Widths, allocate_exactly, allocate_greedily, decode_constants,
    pack_weights, round_weights, storage_type,
};
use run::Run;

/// Layers of random sizes whose noise falls with every bit, more or less.
fn random_layers(count: usize, widths: &[u32], random: &mut Random) -> Vec<LayerChoices> {
    let layers = (0..count).map(|index| {
        let weights = 1 + random.below(400);
        let noise = f64::from(random.unit()) + 0.01;
        let choices = widths.iter().map(|&bits| WidthChoice {
            bits,
            bytes: (weights * bits as usize).div_ceil(8),
            noise: noise * 0.3_f64.powi(bits as i32) * (0.5 + f64::from(random.unit())),
        });
        LayerChoices {
            node: NodeId(index),
            choices: choices.collect(),
        }
    });
    layers.collect()
}

/// The least noise of all combinations that fit.
fn by_trying_all(layers: &[LayerChoices], budget: usize) -> f64 {
    let mut all = vec![(0, 0.0)];
    for layer in layers {
        let more = all.iter().flat_map(|&(bytes, noise)| {
            let choices = layer.choices.iter();
            choices.map(move |choice| (bytes + choice.bytes, noise + choice.noise))
        });
        all = more.filter(|&(bytes, _)| bytes <= budget).collect();
    }
    all.iter()
        .fold(f64::INFINITY, |least, &(_, noise)| least.min(noise))
}

#[test]
fn exact_is_the_best_of_all_and_greedy_near_it() {
    let mut random = Random(7);
    for round in 0..60 {
        let widths: &[u32] = [&[2, 4, 8][..], &[2, 3, 4, 5, 6, 7, 8], &[4, 8]][round % 3];
        let layers = random_layers(1 + random.below(5), widths, &mut random);
        let size = |index: fn(&LayerChoices) -> usize| layers.iter().map(index).sum::<usize>();
        let smallest = size(|layer| layer.choices[0].bytes);
        let largest = size(|layer| layer.choices[layer.choices.len() - 1].bytes);
        for step in 0..=4 {
            let budget = smallest + (largest - smallest) * step / 4;
            let exact = allocate_exactly(&layers, budget).unwrap();
            let greedy = allocate_greedily(&layers, budget).unwrap();
            assert!(exact.bytes() <= budget && greedy.bytes() <= budget);
            assert_eq!(exact.layers.len(), layers.len());
            let best = by_trying_all(&layers, budget);
            assert!(
                (exact.noise() / best - 1.0).abs() < 1e-9,
                "{} {best}",
                exact.noise()
            );
            assert!(exact.noise() <= greedy.noise());
            if step == 0 || step == 4 {
                // Nothing to choose, or everything.
                assert!((greedy.noise() / best - 1.0).abs() < 1e-9);
            }
        }
    }
}

#[test]
fn greedy_can_miss_the_best() {
    let choice = |bits, bytes, noise| WidthChoice { bits, bytes, noise };
    let layer = |node, choices| LayerChoices {
        node: NodeId(node),
        choices,
    };
    // The first byte gains most in the small layer, but then the large one does not fit any more.
    let layers = [
        layer(0, vec![choice(4, 1, 0.30), choice(8, 2, 0.01)]),
        layer(1, vec![choice(4, 5, 1.00), choice(8, 10, 0.10)]),
    ];
    let greedy = allocate_greedily(&layers, 11).unwrap();
    let exact = allocate_exactly(&layers, 11).unwrap();
    let bits = |allocation: &octet_graph::Allocation| -> Vec<u32> {
        allocation
            .layers
            .iter()
            .map(|(_, choice)| choice.bits)
            .collect()
    };
    assert_eq!(bits(&greedy), [8, 4]);
    assert_eq!(bits(&exact), [4, 8]);
    assert!(exact.noise() < greedy.noise());
}

#[test]
fn dozens_of_layers_are_solved_exactly() {
    let mut random = Random(11);
    let layers = random_layers(60, &[2, 3, 4, 5, 6, 7, 8], &mut random);
    let largest: usize = layers.iter().map(|layer| layer.choices[6].bytes).sum();
    for percent in [30, 50, 60, 80] {
        let budget = largest * percent / 100;
        let exact = allocate_exactly(&layers, budget).unwrap();
        let greedy = allocate_greedily(&layers, budget).unwrap();
        assert!(exact.bytes() <= budget && exact.noise() <= greedy.noise());
    }
}

#[test]
fn impossible_budgets_are_named() {
    let mut random = Random(3);
    let layers = random_layers(4, &[4, 8], &mut random);
    let smallest = layers.iter().map(|layer| layer.choices[0].bytes).sum();
    let error = PassError::Budget {
        budget: smallest - 1,
        smallest,
    };
    assert_eq!(allocate_exactly(&layers, smallest - 1), Err(error.clone()));
    assert_eq!(allocate_greedily(&layers, smallest - 1), Err(error.clone()));
    let text = error.to_string();
    assert!(text.contains("below the smallest possible size"), "{text}");
    assert!(allocate_exactly(&layers, smallest).is_ok());
    // A layer without a choice; none at all.
    let none = [LayerChoices {
        node: NodeId(5),
        choices: Vec::new(),
    }];
    let error = allocate_greedily(&none, 100);
    assert_eq!(error, Err(PassError::NoWidths { index: 5 }));
    assert!(allocate_exactly(&[], 0).unwrap().layers.is_empty());
}

/// Three dense layers of 4 × 4, the last with a channel of zeros; two share their weights.
fn network() -> Graph {
    let mut graph = Graph::default();
    let x = graph.add(named("x", &[1, 4]));
    graph.inputs = vec![x];
    let shared = graph.add(noise(&[4, 4], 1));
    let dead: Vec<f32> = (0..16)
        .map(|index| if index < 4 { 0.0 } else { index as f32 / 9.0 })
        .collect();
    let last = graph.add(floats(&[4, 4], dead));
    let x = graph.push(dense(Activation::Relu), [x, shared], float(&[1, 4]));
    let x = graph.push(dense(Activation::Relu), [x, shared], float(&[1, 4]));
    let x = graph.push(dense(Activation::None), [x, last], float(&[1, 4]));
    graph.outputs = vec![x];
    graph.validate().unwrap();
    graph
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

#[test]
fn measured_noise_falls_with_the_bits() {
    let graph = network();
    let images = vec![vec![1.0, -0.5, 0.7, 0.2], vec![-0.3, 0.9, 0.4, -1.0]];
    let mut measurement = WidthMeasurement::new(&graph, &[2, 4, 6, 8], true).unwrap();
    assert_eq!(measurement.bounds(), [12, 48]);
    let mut told = Vec::new();
    while let Some(done) = measurement.advance(runner(&images)).unwrap() {
        told.push(done);
    }
    assert!(told.is_sorted() && told.last() == Some(&1.0));
    let measured = measurement.finish();
    assert_eq!(measured.len(), 3);
    for layer in &measured {
        let bytes: Vec<usize> = layer.choices.iter().map(|choice| choice.bytes).collect();
        assert_eq!(bytes, [4, 8, 16, 16]);
        assert!(layer.choices[0].noise > layer.choices[3].noise);
    }
    let mut measurement = WidthMeasurement::new(&graph, &[8], true).unwrap();
    let nothing = measurement.advance(runner(&[]));
    assert_eq!(nothing, Err(PassError::NoSamples));
    for bits in [1, 9] {
        let error = WidthMeasurement::new(&graph, &[bits], true).err();
        assert!(matches!(error, Some(PassError::Bits(_))));
    }
}

#[test]
fn packed_weights_are_the_rounded_ones_in_fewer_bytes() {
    let graph = network();
    for (bits, dtype) in [
        (2, DType::Int2),
        (3, DType::Int4),
        (4, DType::Int4),
        (7, DType::Int8),
    ] {
        for per_channel in [false, true] {
            let widths = Widths::uniform(&graph, WeightScheme { bits, per_channel });
            let (packed, record) = pack_weights(&graph, &widths).unwrap();
            assert_eq!(storage_type(bits), Some(dtype));
            assert_eq!(record.changes.len(), 3);
            let (rounded, _) = round_weights(&graph, &widths).unwrap();
            let image = [vec![1.0, -0.5, 0.7, 0.2]];
            assert_eq!(
                Run::new(&packed, &image).output(0),
                Run::new(&rounded, &image).output(0)
            );
            // Through the file, and back to float32.
            let bytes = octet_tflite::write(&packed).unwrap();
            let read = octet_tflite::read(&bytes).unwrap();
            assert_eq!(read, packed);
            let stored = read.tensors.iter().filter(|tensor| tensor.dtype == dtype);
            assert!(stored.count() >= 2);
            let (decoded, _) = decode_constants(&read).unwrap();
            assert_eq!(
                Run::new(&decoded, &image).output(0),
                Run::new(&rounded, &image).output(0)
            );
        }
    }
}

#[test]
fn a_layer_that_keeps_its_weights_is_not_touched_by_another() {
    let graph = network();
    let mut widths = Widths::none(&graph, true);
    widths.set(NodeId(0), Some(2));
    // The second layer reads the same weights.
    let (rounded, record) = round_weights(&graph, &widths).unwrap();
    assert_eq!(record.changes.len(), 1);
    assert_eq!(rounded.nodes[1], graph.nodes[1]);
    assert_eq!(rounded.tensors[1], graph.tensors[1]);
    assert_ne!(rounded.nodes[0], graph.nodes[0]);
    let (packed, _) = pack_weights(&graph, &widths).unwrap();
    assert_eq!(packed.nodes[0].op, Op::Dequantize);
    assert_eq!(packed.tensors[1], graph.tensors[1]);
}

#[test]
fn four_bits_take_half_the_bytes_of_eight() {
    let mut graph = Graph::default();
    let x = graph.add(named("x", &[1, 200]));
    graph.inputs = vec![x];
    let weights = graph.add(noise(&[128, 200], 3));
    let y = graph.push(dense(Activation::None), [x, weights], float(&[1, 128]));
    graph.outputs = vec![y];
    let size = |bits| {
        let widths = Widths::uniform(
            &graph,
            WeightScheme {
                bits,
                per_channel: true,
            },
        );
        octet_tflite::write(&pack_weights(&graph, &widths).unwrap().0)
            .unwrap()
            .len()
    };
    let [two, four, eight] = [2, 4, 8].map(size);
    assert_eq!((eight - four, four - two), (12_800, 6_400));
    assert_eq!((size(3), size(5)), (four, eight));
}
