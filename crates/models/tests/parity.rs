//! Burn's logits and the engine's against onnxruntime's, on the same weights and the same pixels (see
//! `tests/fixtures/logits.py`).
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::path::{Path, PathBuf};

use octet_engine::{Engine, Kernels, Options};
use octet_models::{BurnNetwork, Device, Network, NetworkSpec, efficientnet_lite0, mobilenet_v2};
use safetensors::SafeTensors;

const PHOTOS: [&str; 4] = ["chelsea", "astronaut", "coffee", "rocket"];
const TOLERANCE: f32 = 1e-3;

#[test]
#[expect(deprecated, reason = "both backends are offered")]
fn mobilenet_v2_on_ndarray() {
    compare(mobilenet_v2(), &Device::ndarray());
}

#[test]
fn mobilenet_v2_on_flex() {
    compare(mobilenet_v2(), &Device::flex());
}

#[test]
#[expect(deprecated, reason = "both backends are offered")]
fn efficientnet_lite0_on_ndarray() {
    compare(efficientnet_lite0(), &Device::ndarray());
}

#[test]
fn efficientnet_lite0_on_flex() {
    compare(efficientnet_lite0(), &Device::flex());
}

#[test]
fn mobilenet_v2_as_a_graph() {
    compare_graph(mobilenet_v2());
}

#[test]
fn efficientnet_lite0_as_a_graph() {
    compare_graph(efficientnet_lite0());
}

fn load(spec: NetworkSpec) -> Network {
    let checkpoint = read(&root().join(format!("www/models/{}.safetensors", spec.name)));
    let network = Network::from_checkpoint(spec.clone(), &checkpoint).unwrap();
    // What is shown to the reader went through a file of ours; so does what is tested.
    Network::from_file(spec, &network.to_file().unwrap()).unwrap()
}

fn compare(spec: NetworkSpec, device: &Device) {
    let name = spec.name;
    let network = BurnNetwork::new(load(spec), device);
    for photo in PHOTOS {
        let mut pass = network.start(&pixels(photo)).unwrap();
        while let Some(weights) = pass.weights() {
            pass = pass.apply(weights);
        }
        check(name, photo, &pass.logits().unwrap());
    }
}

/// On the kernels that define the arithmetic, which are slow: one photo will do.
fn compare_graph(spec: NetworkSpec) {
    let (name, normalization) = (spec.name, spec.normalization);
    let graph = load(spec).to_graph();
    let mut engine = Engine::new(&graph, Kernels::Reference, &Options::default()).unwrap();
    let photo = PHOTOS[0];
    for (at, value) in pixels(photo).into_iter().enumerate() {
        let normalized = (value - normalization.mean[at % 3]) / normalization.std[at % 3];
        engine.input_f32_mut(0).unwrap()[at] = normalized;
    }
    engine.invoke().unwrap();
    check(name, photo, engine.output_f32(0).unwrap());
}

fn pixels(photo: &str) -> Vec<f32> {
    let path = root().join(format!("tests/fixtures/photos/{photo}.png"));
    let bytes = image::open(path).unwrap().into_rgb8().into_raw();
    bytes.into_iter().map(f32::from).collect()
}

fn check(name: &str, photo: &str, logits: &[f32]) {
    let fixture = read(&root().join("tests/fixtures/logits.safetensors"));
    let fixture = SafeTensors::deserialize(&fixture).unwrap();
    let expected = fixture.tensor(&format!("{name}/{photo}")).unwrap();
    let (words, _) = expected.data().as_chunks::<4>();
    assert_eq!((logits.len(), words.len()), (1000, 1000));
    let difference = logits
        .iter()
        .zip(words)
        .map(|(logit, word)| (logit - f32::from_le_bytes(*word)).abs())
        .fold(0.0, f32::max);
    println!("{name} {photo}: largest difference {difference:e}");
    assert!(difference < TOLERANCE, "{name} {photo}: {difference}");
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn read(path: &Path) -> Vec<u8> {
    std::fs::read(path).unwrap_or_else(|error| {
        panic!(
            "{}: {error}; run `cargo xtask models` first",
            path.display()
        )
    })
}
