//! Burn's logits against onnxruntime's, on the same weights and the same pixels (see
//! `tests/fixtures/logits.py`).
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::path::{Path, PathBuf};

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

fn compare(spec: NetworkSpec, device: &Device) {
    let name = spec.name;
    let checkpoint = read(&root().join(format!("www/models/{name}.safetensors")));
    let network = Network::from_checkpoint(spec.clone(), &checkpoint).unwrap();
    // What is shown to the reader went through a file of ours; so does what is tested.
    let network = Network::from_file(spec, &network.to_file().unwrap()).unwrap();
    let network = BurnNetwork::new(network, device);
    let fixture = read(&root().join("tests/fixtures/logits.safetensors"));
    let fixture = SafeTensors::deserialize(&fixture).unwrap();

    for photo in PHOTOS {
        let path = root().join(format!("tests/fixtures/photos/{photo}.png"));
        let pixels: Vec<f32> = image::open(path)
            .unwrap()
            .into_rgb8()
            .into_raw()
            .into_iter()
            .map(f32::from)
            .collect();
        let mut pass = network.start(&pixels).unwrap();
        while let Some(weights) = pass.weights() {
            pass = pass.apply(weights);
        }
        let logits = pass.logits().unwrap();

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
