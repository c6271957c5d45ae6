//! Model files that are not what they should be: an error that names the fault, never a panic.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use octet_models::{ModelError, Network, NetworkSpec, mobilenet_v2};
use safetensors::tensor::{Dtype, TensorView};

/// A network of one dense layer, so that a whole file fits into a line.
fn tiny() -> NetworkSpec {
    let mut spec = mobilenet_v2();
    spec.blocks.clear();
    spec.classifier.inputs = 2;
    spec.classifier.outputs = 2;
    spec
}

fn file(tensors: &[(&str, Dtype, &[usize], &[u8])]) -> Vec<u8> {
    let views = tensors.iter().map(|(name, dtype, shape, data)| {
        (
            *name,
            TensorView::new(*dtype, shape.to_vec(), data).unwrap(),
        )
    });
    safetensors::serialize(views, None).unwrap()
}

const BIAS: (&str, Dtype, &[usize], &[u8]) = ("classifier.bias", Dtype::F32, &[2], &[0; 8]);

#[test]
fn whole_files_are_read() {
    let weight = (
        "classifier.weight",
        Dtype::F32,
        &[2_usize, 2][..],
        &[0_u8; 16][..],
    );
    let network = Network::from_file(tiny(), &file(&[weight, BIAS])).unwrap();
    assert_eq!(network.parameters(), 6);
}

#[test]
fn every_length_that_is_cut_short_is_an_error() {
    let weight = (
        "classifier.weight",
        Dtype::F32,
        &[2_usize, 2][..],
        &[0_u8; 16][..],
    );
    let whole = file(&[weight, BIAS]);
    for length in 0..whole.len() {
        let error = Network::from_file(tiny(), &whole[..length]).unwrap_err();
        assert!(
            matches!(error, ModelError::NotSafetensors(_)),
            "{length}: {error}"
        );
    }
}

#[test]
fn a_header_that_claims_more_than_there_is_allocates_nothing() {
    let mut bytes = u64::MAX.to_le_bytes().to_vec();
    bytes.extend(b"{}");
    assert!(matches!(
        Network::from_file(tiny(), &bytes),
        Err(ModelError::NotSafetensors(_))
    ));
}

#[test]
fn missing_misshapen_mistyped_and_infinite_tensors_are_named() {
    let read = |weight| Network::from_file(tiny(), &file(&[weight, BIAS])).unwrap_err();
    let name = "classifier.weight";
    assert_eq!(
        Network::from_file(tiny(), &file(&[BIAS])),
        Err(ModelError::MissingTensor(name.into()))
    );
    assert_eq!(
        read((name, Dtype::F32, &[4, 1], &[0; 16])),
        ModelError::WrongShape {
            name: name.into(),
            expected: vec![2, 2],
            found: vec![4, 1]
        }
    );
    assert_eq!(
        read((name, Dtype::F16, &[2, 2], &[0; 8])),
        ModelError::WrongType {
            name: name.into(),
            expected: "F32",
            found: "F16".into()
        }
    );
    let infinite: Vec<u8> = [f32::INFINITY, 0.0, 0.0, 0.0]
        .map(f32::to_le_bytes)
        .concat();
    assert_eq!(
        read((name, Dtype::F32, &[2, 2], &infinite)),
        ModelError::NotFinite(name.into())
    );
}

#[test]
fn int8_weights_need_sound_scales() {
    let weight = (
        "classifier.weight",
        Dtype::I8,
        &[2_usize, 2][..],
        &[1_u8; 4][..],
    );
    let missing = Network::from_file(tiny(), &file(&[weight, BIAS])).unwrap_err();
    assert_eq!(
        missing,
        ModelError::MissingTensor("classifier.weight_scale".into())
    );
    let zeros = (
        "classifier.weight_scale",
        Dtype::F32,
        &[2_usize][..],
        &[0_u8; 8][..],
    );
    let error = Network::from_file(tiny(), &file(&[weight, zeros, BIAS])).unwrap_err();
    assert!(
        error.to_string().contains("the scale of channel 0"),
        "{error}"
    );
}
