//! In a real browser's wasm engine, in a worker as on the page: Burn's logits against onnxruntime's, on the
//! same weights and the same pixels. The host's twin of this test is in `crates/models/tests/parity.rs`.
#![cfg(target_arch = "wasm32")]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use octet_models::{BurnNetwork, Device, Network, NetworkSpec, efficientnet_lite0, mobilenet_v2};
use octet_quant::Rounding;
use safetensors::SafeTensors;
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_dedicated_worker);

const MOBILENET_V2: &[u8] = include_bytes!("../../../www/models/mobilenet_v2.safetensors");
const EFFICIENTNET_LITE0: &[u8] =
    include_bytes!("../../../www/models/efficientnet_lite0.safetensors");
const LOGITS: &[u8] = include_bytes!("../../fixtures/logits.safetensors");
/// Red, green and blue of each pixel.
const PHOTOS: [(&str, &[u8]); 4] = [
    (
        "chelsea",
        include_bytes!(concat!(env!("OUT_DIR"), "/chelsea.rgb")),
    ),
    (
        "astronaut",
        include_bytes!(concat!(env!("OUT_DIR"), "/astronaut.rgb")),
    ),
    (
        "coffee",
        include_bytes!(concat!(env!("OUT_DIR"), "/coffee.rgb")),
    ),
    (
        "rocket",
        include_bytes!(concat!(env!("OUT_DIR"), "/rocket.rgb")),
    ),
];
const TOLERANCE: f32 = 1e-3;

#[wasm_bindgen_test]
#[expect(deprecated, reason = "both backends are offered")]
fn mobilenet_v2_on_ndarray() {
    compare(mobilenet_v2(), MOBILENET_V2, &Device::ndarray());
}

#[wasm_bindgen_test]
fn mobilenet_v2_on_flex() {
    compare(mobilenet_v2(), MOBILENET_V2, &Device::flex());
}

#[wasm_bindgen_test]
#[expect(deprecated, reason = "both backends are offered")]
fn efficientnet_lite0_on_ndarray() {
    compare(efficientnet_lite0(), EFFICIENTNET_LITE0, &Device::ndarray());
}

#[wasm_bindgen_test]
fn efficientnet_lite0_on_flex() {
    compare(efficientnet_lite0(), EFFICIENTNET_LITE0, &Device::flex());
}

/// The int8 file gives the same bytes and the same logits on every machine that reads it.
#[wasm_bindgen_test]
fn int8_weights_survive_their_file() {
    let network = Network::from_checkpoint(mobilenet_v2(), MOBILENET_V2).unwrap();
    let int8 = network
        .quantize_weights(Rounding::HalfAwayFromZero)
        .unwrap();
    let file = int8.to_file().unwrap();
    let read_back = Network::from_file(mobilenet_v2(), &file).unwrap();
    assert!(int8 == read_back);
    assert!(file == read_back.to_file().unwrap());
}

fn compare(spec: NetworkSpec, checkpoint: &[u8], device: &Device) {
    let name = spec.name;
    let network = Network::from_checkpoint(spec, checkpoint).unwrap();
    let network = BurnNetwork::new(network, device);
    let fixture = SafeTensors::deserialize(LOGITS).unwrap();
    for (photo, pixels) in PHOTOS {
        let pixels: Vec<f32> = pixels.iter().copied().map(f32::from).collect();
        let mut pass = network.start(&pixels).unwrap();
        while let Some(weights) = pass.weights() {
            pass = pass.apply(weights);
        }
        let expected = fixture.tensor(&format!("{name}/{photo}")).unwrap();
        let (words, _) = expected.data().as_chunks::<4>();
        let logits = pass.logits().unwrap();
        assert_eq!((logits.len(), words.len()), (1000, 1000));
        for (class, (logit, word)) in logits.iter().zip(words).enumerate() {
            let difference = (logit - f32::from_le_bytes(*word)).abs();
            assert!(
                difference < TOLERANCE,
                "{name} {photo} class {class}: {difference}"
            );
        }
    }
}
