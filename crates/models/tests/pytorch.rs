//! Eager-mode static quantization of ResNet-18 against PyTorch's (see `tests/fixtures/pytorch/resnet18.py`).
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use std::path::Path;

use octet_engine::{Engine, Kernels, Options, Values};
use octet_graph::{Constant, Graph};
use octet_models::{EagerObservers, ResNet18, fbgemm_quantize};
use octet_quant::RandomState;
use serde_json::Value;

fn fixture() -> Value {
    let path =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/pytorch/resnet18.json");
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

fn integer(fixture: &Value, name: &str) -> usize {
    fixture[name].as_u64().unwrap() as usize
}

fn reals(value: &Value) -> Vec<f64> {
    let values = value.as_array().unwrap().iter();
    values.map(|value| value.as_f64().unwrap()).collect()
}

/// The script's images, one after the other.
fn images(fixture: &Value) -> Vec<Vec<f32>> {
    let mut random = RandomState::new(integer(fixture, "input_seed") as u32);
    let size = integer(fixture, "size");
    let count = integer(fixture, "calibration") + integer(fixture, "tests");
    let mut image = || {
        (0..size * size * 3)
            .map(|_| random.randn() as f32)
            .collect()
    };
    (0..count).map(|_| image()).collect()
}

fn run(engine: &mut Engine, image: &[f32]) -> Vec<f32> {
    engine.set_input(0, Values::Float32(image)).unwrap();
    engine.invoke().unwrap();
    engine.output_f32(0).unwrap().to_vec()
}

fn weights(graph: &Graph, module: &str) -> (Vec<f64>, Vec<i64>) {
    let name = format!("{module}.weight");
    let tensor = graph.tensors.iter().find(|tensor| tensor.name == name);
    let tensor = tensor.unwrap();
    let Some(Constant::Int8(integers)) = &tensor.data else {
        panic!("{name} is not int8");
    };
    let scales = &tensor.quantization.as_ref().unwrap().scales;
    (
        scales.iter().map(|&scale| scale.into()).collect(),
        integers.iter().map(|&integer| integer.into()).collect(),
    )
}

#[test]
fn resnet18_is_quantized_as_pytorch_does() {
    let fixture = fixture();
    let network = ResNet18::seeded(integer(&fixture, "seed") as u32).unwrap();
    let graph = network.to_graph(integer(&fixture, "size"));
    let images = images(&fixture);
    let (calibration, tests) = images.split_at(integer(&fixture, "calibration"));

    // The float32 network.
    let mut float32 = Engine::with_all_tensors_kept(&graph, Kernels::Simd).unwrap();
    let logits: Vec<_> = tests.iter().map(|image| run(&mut float32, image)).collect();
    for (logit, expected) in logits[0].iter().zip(reals(&fixture["logits"])) {
        assert!(
            (f64::from(*logit) - expected).abs() < 2e-4 * expected.abs().max(1.0),
            "{logit} {expected}"
        );
    }

    // The observers.
    let mut observers = EagerObservers::prepare(&graph).unwrap();
    let observed: Vec<_> = observers.tensors().collect();
    for image in calibration {
        run(&mut float32, image);
        for &id in &observed {
            if let Values::Float32(values) = float32.tensor(id).unwrap() {
                observers.observe(id, values).unwrap();
            }
        }
    }
    let settled = observers.settled().unwrap();
    let expected = fixture["activations"].as_object().unwrap();
    assert_eq!(settled.len(), expected.len());
    for (id, settled) in &settled {
        let name = &graph.tensor(*id).unwrap().name;
        let [scale, zero_point] = reals(&expected[name])[..] else {
            panic!("{name}");
        };
        // Sums are rounded in another order, so ranges differ in their last bits.
        let off = (f64::from(settled.scale) / scale - 1.0).abs();
        println!(
            "{name}: {} {} off {off:.1e}",
            settled.scale, settled.zero_point
        );
        assert!(off < 1e-5, "{name}: {} {scale}", settled.scale);
        assert_eq!(f64::from(settled.zero_point), zero_point, "{name}");
    }

    // The weights.
    let quantized = fbgemm_quantize(&graph, &settled).unwrap();
    let expected = fixture["weights"].as_object().unwrap();
    assert_eq!(expected.len(), 21);
    for (name, expected) in expected {
        let (scales, integers) = weights(&quantized, name);
        let [first, last, sum, total, squares] = reals(expected)[..] else {
            panic!("{name}");
        };
        let near = |a: f64, b: f64| (a / b - 1.0).abs() < 1e-5;
        assert!(near(scales[0], first) && near(*scales.last().unwrap(), last));
        assert!(near(scales.iter().sum(), sum), "{name}");
        let found: i64 = integers.iter().sum();
        let found_squares: i64 = integers.iter().map(|x| x * x).sum();
        // The largest weight of a channel lies half-way between −127 and −128 if it is negative, and what folding has
        // rounded otherwise decides; so do the last bits of a few others.
        let ties = scales.len() as f64;
        println!("{name}: {found} {total}, squares {found_squares} {squares}");
        assert!(
            (found as f64 - total).abs() <= ties,
            "{name}: {found} {total}"
        );
        assert!(
            (found_squares as f64 - squares).abs() <= ties * 255.0,
            "{name}"
        );
    }

    // The network in integers.
    let mut int8 = Engine::new(&quantized, Kernels::Simd, &Options::default()).unwrap();
    let (mut signal, mut noise) = (0.0, 0.0);
    for (image, logits) in tests.iter().zip(&logits) {
        for (rough, exact) in run(&mut int8, image).iter().zip(logits) {
            signal += f64::from(*exact).powi(2);
            noise += f64::from(rough - exact).powi(2);
        }
    }
    let sqnr = 10.0 * f64::log10(signal / noise);
    let expected = fixture["sqnr_db"].as_f64().unwrap();
    println!("SQNR {sqnr} dB, PyTorch {expected} dB");
    assert!((sqnr - expected).abs() < 0.4, "{sqnr} {expected}");
}
