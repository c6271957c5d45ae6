//! Graphs that must be refused with a name, and damaged ones, which may do anything but panic.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that can't go on fails"
)]

use std::path::Path;

use octet_engine::{Engine, EngineError, Kernels, Options};
use octet_graph::{
    Activation, Constant, Conv2d, DType, DepthwiseConv2d, Graph, Op, Padding, Pool2d, Quantization,
    Resize, Tensor, TensorId,
};

/// An image of 8×8 with 2 channels and what follows.
fn image(op: Op, others: Vec<Tensor>, output: Tensor) -> Graph {
    let mut graph = Graph::default();
    let input = graph.add(int8(vec![1, 8, 8, 2]));
    graph.inputs.push(input);
    let others: Vec<TensorId> = others.into_iter().map(|tensor| graph.add(tensor)).collect();
    let output = graph.push(op, [input].into_iter().chain(others), output);
    graph.outputs.push(output);
    graph
}

fn int8(shape: Vec<usize>) -> Tensor {
    Tensor::activation("x", shape, DType::Int8).with_quantization(Quantization::per_tensor(0.5, -3))
}

fn weights(shape: Vec<usize>, scales: Vec<f32>, axis: usize) -> Tensor {
    let count = shape.iter().product();
    let zeros = Constant::Int8(vec![0; count].into());
    Tensor::constant("w", shape, zeros).with_quantization(Quantization::per_channel(scales, axis))
}

fn conv(padding: Padding, stride: [usize; 2], dilation: [usize; 2]) -> Op {
    Op::Conv2d(Conv2d {
        padding,
        stride,
        dilation,
        activation: Activation::None,
    })
}

fn refusal(graph: &Graph) -> String {
    match Engine::new(graph, Kernels::Reference, &Options::default()) {
        Ok(_) => panic!("it should be refused"),
        Err(error) => error.to_string(),
    }
}

#[test]
fn what_cannot_run_is_refused_with_a_name() {
    let plain = conv(Padding::Same, [1, 1], [1, 1]);
    let good = image(
        plain,
        vec![weights(vec![3, 1, 1, 2], vec![1.0; 3], 0)],
        int8(vec![1, 8, 8, 3]),
    );
    assert!(Engine::new(&good, Kernels::Reference, &Options::default()).is_ok());

    // Scales whose ratio is beyond 2^30.
    let mut graph = good.clone();
    graph.tensors[1].quantization = Some(Quantization::per_channel(vec![1e30; 3], 0));
    assert!(refusal(&graph).starts_with("operator 0 (CONV_2D): "));

    let mut graph = good.clone();
    graph.tensors[0].quantization = Some(Quantization::per_tensor(f32::NAN, 0));
    refusal(&graph);

    let mut graph = good.clone();
    graph.tensors[1].data = None;
    refusal(&graph);

    for (stride, dilation) in [
        ([0, 1], [1, 1]),
        ([1, 1], [1, 0]),
        ([usize::MAX, 1], [1, 1]),
        ([1, 1], [usize::MAX, 1]),
    ] {
        let mut graph = good.clone();
        graph.nodes[0].op = conv(Padding::Same, stride, dilation);
        // With one tap the dilation may be anything; the stride changes the output.
        if dilation != [usize::MAX, 1] {
            refusal(&graph);
        }
    }

    let mut graph = good.clone();
    graph.nodes[0].op = Op::DepthwiseConv2d(DepthwiseConv2d {
        padding: Padding::Same,
        stride: [1, 1],
        dilation: [1, 1],
        multiplier: usize::MAX,
        activation: Activation::None,
    });
    refusal(&graph);

    let mut graph = good.clone();
    graph.nodes[0].inputs.clear();
    refusal(&graph);
    graph.nodes[0].inputs = vec![Some(TensorId(usize::MAX)), None];
    refusal(&graph);
}

#[test]
fn memory_beyond_the_limit_is_refused_before_it_is_taken() {
    let size = Constant::Int32([1 << 14, 1 << 14].as_slice().into());
    let graph = image(
        Op::ResizeNearest(Resize {
            align_corners: false,
            half_pixel_centers: false,
        }),
        vec![Tensor::constant("size", vec![2], size)],
        int8(vec![1, 1 << 14, 1 << 14, 2]),
    );
    let error = Engine::new(&graph, Kernels::Reference, &Options::default()).unwrap_err();
    let EngineError::ArenaTooLarge { bytes, limit } = error else {
        panic!("{error}");
    };
    assert!(bytes >= 1 << 29 && limit == 512 << 20);
}

#[test]
fn a_window_larger_than_the_world_takes_no_longer() {
    let huge = 1 << 29;
    let pool = Op::AveragePool2d(Pool2d {
        padding: Padding::Same,
        stride: [1, 1],
        filter: [huge, huge],
        activation: Activation::None,
    });
    let graph = image(pool, vec![], int8(vec![1, 8, 8, 2]));
    let mut engine = Engine::new(&graph, Kernels::Reference, &Options::default()).unwrap();
    engine.input_i8_mut(0).unwrap().fill(7);
    engine.invoke().unwrap();
    assert!(engine.output_i8(0).unwrap().iter().all(|&y| y == 7));
}

/// A small generator, so that a failure can be repeated.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 20) as usize % limit
    }
}

/// A number that somebody may try.
fn odd_number(random: &mut Random) -> usize {
    let numbers = [
        0,
        1,
        2,
        3,
        7,
        255,
        1 << 16,
        1 << 30,
        1 << 31,
        usize::MAX / 2,
        usize::MAX,
    ];
    numbers[random.below(numbers.len())]
}

/// Changes one thing in a graph.
fn damage(graph: &mut Graph, random: &mut Random) {
    let tensors = graph.tensors.len();
    let node = random.below(graph.nodes.len());
    let tensor = random.below(tensors);
    match random.below(9) {
        0 => {
            let shape = &mut graph.tensors[tensor].shape;
            if !shape.is_empty() {
                let axis = random.below(shape.len());
                shape[axis] = odd_number(random);
            }
        }
        1 => {
            graph.tensors[tensor].shape.push(random.below(3));
        }
        2 => {
            let scales = [
                0.0,
                -1.0,
                1e-30,
                1e30,
                f32::INFINITY,
                f32::NAN,
                f32::MIN_POSITIVE,
                1.0,
            ];
            if let Some(quantization) = &mut graph.tensors[tensor].quantization {
                let channel = random.below(quantization.scales.len());
                quantization.scales[channel] = scales[random.below(scales.len())];
            }
        }
        3 => {
            if let Some(quantization) = &mut graph.tensors[tensor].quantization {
                quantization.zero_points[0] = odd_number(random) as i32;
            }
        }
        4 => {
            let inputs = &mut graph.nodes[node].inputs;
            let input = random.below(inputs.len());
            inputs[input] = [None, Some(TensorId(random.below(tensors + 2)))][random.below(2)];
        }
        5 => graph.nodes[node].output = TensorId(random.below(tensors + 2)),
        6 => {
            let number = odd_number(random);
            match &mut graph.nodes[node].op {
                Op::Conv2d(op) => [&mut op.stride, &mut op.dilation][random.below(2)][1] = number,
                Op::DepthwiseConv2d(op) => {
                    [&mut op.stride, &mut op.dilation][random.below(2)][0] = number;
                    op.padding = Padding::Same;
                }
                Op::AveragePool2d(op) | Op::MaxPool2d(op) => {
                    [&mut op.stride, &mut op.filter][random.below(2)][1] = number;
                }
                Op::Concat { axis, .. } => *axis = number,
                Op::Softmax { beta } => *beta = [f32::NAN, -1.0, 1e30, 0.0][random.below(4)],
                _ => {}
            }
        }
        7 => {
            let dtypes = [
                DType::Float32,
                DType::Int8,
                DType::Uint8,
                DType::Int32,
                DType::Int64,
            ];
            graph.tensors[tensor].dtype = dtypes[random.below(dtypes.len())];
        }
        _ => {
            if let Some(Constant::Int32(numbers)) = &graph.tensors[tensor].data {
                let mut numbers = numbers.to_vec();
                let index = random.below(numbers.len().max(1));
                if let Some(number) = numbers.get_mut(index) {
                    *number = odd_number(random) as i32;
                }
                graph.tensors[tensor].data = Some(Constant::Int32(numbers.into()));
            }
        }
    }
}

#[test]
fn damaged_networks_do_not_panic() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/engine");
    let rounds = std::env::var("OCTET_ENGINE_ROUNDS").map_or(40, |text| text.parse().unwrap());
    let options = Options {
        arena_limit: 1 << 20,
        ..Options::default()
    };
    let mut random = Random(0x9E37_79B9_7F4A_7C15);
    let (mut refused, mut run) = (0, 0);
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|kind| kind == "cases"))
        .collect();
    files.sort();
    for path in files {
        let file = std::fs::read(path).unwrap();
        let length = u32::from_le_bytes(file[..4].try_into().unwrap()) as usize;
        let graph = octet_tflite::read(&file[4..4 + length]).unwrap();
        for _ in 0..rounds {
            let mut graph = graph.clone();
            for _ in 0..=random.below(2) {
                damage(&mut graph, &mut random);
            }
            for kernels in [Kernels::Reference, Kernels::Fast] {
                match Engine::new(&graph, kernels, &options) {
                    Ok(mut engine) => {
                        engine.invoke().unwrap();
                        run += 1;
                    }
                    Err(_) => refused += 1,
                }
            }
        }
    }
    // Both happen, or the damage is of the wrong kind.
    assert!(refused > 100 && run > 100, "{refused} refused, {run} run");
}
