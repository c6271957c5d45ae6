//! The engine against LiteRT's reference kernels: random single-operator networks and whole ones made by
//! `tests/fixtures/engine/make.py`. Integers must be equal; floats near.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that can't go on fails"
)]

use std::path::{Path, PathBuf};

use octet_engine::{Engine, Kernels, Options, TensorInfo};
use octet_graph::DType;

/// How far a float may be off, as a part of the output's largest number.
const FLOAT_ERROR: f32 = 1e-4;

fn folder() -> PathBuf {
    let committed = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/engine");
    std::env::var_os("OCTET_ENGINE_CASES").map_or(committed, PathBuf::from)
}

/// Reads a file from front to back.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, length: usize) -> &'a [u8] {
        let taken;
        (taken, self.0) = self.0.split_at(length);
        taken
    }

    fn number(&mut self) -> usize {
        u32::from_le_bytes(self.take(4).try_into().unwrap()) as usize
    }
}

/// What is different in an output, if anything is.
fn difference(info: &TensorInfo, found: &[u8], expected: &[u8]) -> Option<String> {
    if info.dtype != DType::Float32 {
        let wrong = found.iter().zip(expected).filter(|(a, b)| a != b).count();
        return (wrong > 0).then(|| format!("{wrong} of {} bytes differ", expected.len()));
    }
    let floats = |bytes: &[u8]| -> Vec<f32> {
        let numbers = bytes.chunks_exact(4);
        numbers
            .map(|number| f32::from_le_bytes(number.try_into().unwrap()))
            .collect()
    };
    let (found, expected) = (floats(found), floats(expected));
    let largest = expected
        .iter()
        .fold(f32::MIN_POSITIVE, |most, x| most.max(x.abs()));
    let near = |(a, b): (&f32, &f32)| (a - b).abs() <= FLOAT_ERROR * largest;
    // NaN is not near.
    let wrong = found.iter().zip(&expected).find(|&pair| !near(pair));
    wrong.map(|(a, b)| format!("{a} instead of {b}, where the largest is {largest}"))
}

/// Runs all cases of a file; returns how many outputs were compared.
fn compare(name: &str, kernels: Kernels, options: &Options) -> usize {
    let file = std::fs::read(folder().join(format!("{name}.cases"))).unwrap();
    let mut reader = Reader(&file);
    let length = reader.number();
    let graph = octet_tflite::read(reader.take(length)).unwrap();
    let mut engine = Engine::new(&graph, kernels, options).unwrap();
    let inputs = engine.inputs().to_vec();
    let outputs = engine.outputs().to_vec();
    let mut compared = 0;
    let mut problems = Vec::new();
    for run in 0..reader.number() {
        for (index, info) in inputs.iter().enumerate() {
            let bytes = reader.take(info.elements() * info.dtype.bytes());
            match info.dtype {
                DType::Float32 => {
                    let numbers = bytes.chunks_exact(4);
                    let numbers =
                        numbers.map(|number| f32::from_le_bytes(number.try_into().unwrap()));
                    let input = engine.input_f32_mut(index).unwrap();
                    input.iter_mut().zip(numbers).for_each(|(x, y)| *x = y);
                }
                DType::Int8 => {
                    let input = engine.input_i8_mut(index).unwrap();
                    let pairs = input.iter_mut().zip(bytes);
                    pairs.for_each(|(x, y)| *x = y.cast_signed());
                }
                _ => engine.input_u8_mut(index).unwrap().copy_from_slice(bytes),
            }
        }
        engine.invoke().unwrap();
        for (index, info) in outputs.iter().enumerate() {
            let expected = reader.take(info.elements() * info.dtype.bytes());
            let found = engine.output(index).unwrap().bytes();
            compared += 1;
            if let Some(difference) = difference(info, found, expected) {
                let node = graph.producer(info.id).unwrap();
                problems.push(format!(
                    "run {run}, output {index}: {difference}: {:?}\n{}",
                    graph.node(node).unwrap().op,
                    describe(&graph, node),
                ));
            }
        }
    }
    assert!(reader.0.is_empty(), "{name}: bytes left over");
    assert!(
        problems.is_empty(),
        "{name} with {kernels:?}: {} of {compared} differ\n{}",
        problems.len(),
        problems[..problems.len().min(8)].join("\n")
    );
    compared
}

fn describe(graph: &octet_graph::Graph, node: octet_graph::NodeId) -> String {
    let node = graph.node(node).unwrap();
    let tensors = node.reads().chain([node.output]);
    tensors
        .map(|id| {
            let tensor = graph.tensor(id).unwrap();
            format!(
                "    {:?} {} {:?}\n",
                tensor.shape, tensor.dtype, tensor.quantization
            )
        })
        .collect()
}

/// Compares all kernels, with and without the memory that tensors share.
fn compare_all(name: &str) -> usize {
    let mut compared = 0;
    for kernels in [Kernels::Reference, Kernels::Fast] {
        for keep_all_tensors in [false, true] {
            let options = Options {
                keep_all_tensors,
                ..Options::default()
            };
            compared += compare(name, kernels, &options);
        }
    }
    compared
}

macro_rules! operators {
    ($($name:ident),* $(,)?) => {
        $(
            #[test]
            fn $name() {
                let compared = compare_all(stringify!($name));
                assert!(compared > 200, "only {compared} outputs");
            }
        )*
    };
}

operators! {
    add,
    average_pool,
    concat,
    conv,
    dequantize,
    depthwise,
    fully_connected,
    hard_swish,
    logistic,
    max_pool,
    mean,
    mul,
    pad,
    padded_conv,
    quantize,
    relu,
    relu6,
    reshape,
    resize_bilinear,
    resize_nearest,
    softmax,
    strided_slice,
    sub,
    tanh,
    transpose,
}

/// As the page has trained and converted it.
#[test]
fn the_digit_network() {
    for form in ["dynamic_range", "full_integer"] {
        // 16 drawings on two sets of kernels, with and without all tensors kept.
        assert_eq!(compare_all(&format!("digits_{form}")), 64);
    }
}

#[test]
fn whole_networks() {
    for mode in ["float32", "float16", "dynamic_range", "int8", "uint8"] {
        assert!(compare_all(&format!("network_{mode}")) > 0);
    }
}
