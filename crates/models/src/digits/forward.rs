//! The digit network on Burn's tensors, written as matrix products.
//!
//! A convolution multiplies its patches (each 3×3 neighbourhood in a row) with its weights, which lie in TFLite's
//! layout, NHWC. Of the second convolution's 11×11 outputs the pool reads 10×10; no others are computed. The pool comes
//! before ReLU and rounding, which changes nothing, since both keep the order, and leaves them a fourth of the work.

use burn::tensor::activation::relu;
use burn::tensor::{Device, Tensor, TensorData};

use super::data::{CLASSES, PIXELS, SIDE};
use super::weights::{DIGIT_LAYERS, DigitWeights, LayerNumbers};
use crate::ModelError;

/// Height and width of a kernel.
const KERNEL: usize = 3;
/// Outputs of the first convolution in a row.
const FIRST: usize = SIDE - KERNEL + 1;
/// The same behind the pool.
const POOLED: usize = FIRST / 2;
/// Outputs of the second convolution in a row that the pool reads.
const SECOND: usize = (POOLED - KERNEL).div_ceil(2) * 2;
const CHANNELS: [usize; 2] = [16, 32];

/// Weights and bias of each layer as tensors: `[out, in]` and `[1, out]`.
pub(super) type Parameters = [Tensor<2>; 6];

/// What is done to the numbers on their way.
pub(super) trait Hooks {
    /// To a layer's weights, before it multiplies with them.
    fn weights(&mut self, layer: usize, weights: Tensor<2>) -> Tensor<2>;
    /// To a layer's outputs.
    fn outputs(&mut self, layer: usize, outputs: Tensor<2>) -> Tensor<2>;
}

/// Nothing is done to them.
pub(super) struct Plain;

impl Hooks for Plain {
    fn weights(&mut self, _: usize, weights: Tensor<2>) -> Tensor<2> {
        weights
    }

    fn outputs(&mut self, _: usize, outputs: Tensor<2>) -> Tensor<2> {
        outputs
    }
}

/// The weights on a device.
pub(super) fn to_tensors(weights: &DigitWeights, device: &Device) -> Parameters {
    let matrix = |values: &[f32], rows: usize| {
        let shape = [rows, values.len() / rows.max(1)];
        Tensor::from_data(TensorData::new(values.to_vec(), shape), device)
    };
    let [conv1, conv2, dense] = weights.layers();
    let pair = |layer: &LayerNumbers| {
        [
            matrix(&layer.weights, layer.bias.len()),
            matrix(&layer.bias, 1),
        ]
    };
    let ([a, b], [c, d], [e, f]) = (pair(conv1), pair(conv2), pair(dense));
    [a, b, c, d, e, f]
}

/// And back.
pub(super) fn from_tensors(parameters: &Parameters) -> Result<DigitWeights, ModelError> {
    let mut numbers = parameters.iter().map(|tensor| to_vec(tensor.clone()));
    let mut layers: [LayerNumbers; DIGIT_LAYERS.len()] = Default::default();
    for layer in &mut layers {
        layer.weights = numbers.next().unwrap_or_else(|| Ok(Vec::new()))?;
        layer.bias = numbers.next().unwrap_or_else(|| Ok(Vec::new()))?;
    }
    DigitWeights::from_layers(layers)
}

/// A tensor's numbers.
pub(super) fn to_vec<const D: usize>(tensor: Tensor<D>) -> Result<Vec<f32>, ModelError> {
    let data = tensor
        .try_into_data()
        .map_err(|error| ModelError::Backend(error.to_string()))?;
    data.try_into_vec()
        .map_err(|error| ModelError::Backend(format!("{error:?}")))
}

/// The patches of images, each of 0 to 1: what the first convolution multiplies with.
pub(super) fn patches(images: &[[f32; PIXELS]], device: &Device) -> Tensor<2> {
    let mut rows: Vec<f32> = Vec::with_capacity(images.len() * FIRST * FIRST * KERNEL * KERNEL);
    for image in images {
        for y in 0..FIRST {
            for x in 0..FIRST {
                for line in image.chunks_exact(SIDE).skip(y).take(KERNEL) {
                    rows.extend(line.iter().skip(x).take(KERNEL));
                }
            }
        }
    }
    let shape = [images.len() * FIRST * FIRST, KERNEL * KERNEL];
    Tensor::from_data(TensorData::new(rows, shape), device)
}

/// The logits `[images, 10]` for the patches of so many images.
pub(super) fn forward(
    patches: Tensor<2>,
    images: usize,
    parameters: &Parameters,
    hooks: &mut impl Hooks,
) -> Tensor<2> {
    let [w1, b1, w2, b2, w3, b3] = parameters.clone();
    let [first, second] = CHANNELS;

    let w1 = hooks.weights(0, w1);
    let x = patches.matmul(w1.transpose()) + b1;
    let x = relu(pool(x, images, FIRST, first));
    let x = hooks.outputs(0, x);

    let x = x.reshape([images, POOLED, POOLED, first]);
    let neighbours = (0..KERNEL * KERNEL).map(|at| {
        let (y, x0) = (at / KERNEL, at % KERNEL);
        x.clone()
            .slice([0..images, y..y + SECOND, x0..x0 + SECOND, 0..first])
    });
    let x = Tensor::cat(neighbours.collect(), 3);
    let x = x.reshape([images * SECOND * SECOND, KERNEL * KERNEL * first]);
    let w2 = hooks.weights(1, w2);
    let x = x.matmul(w2.transpose()) + b2;
    let x = relu(pool(x, images, SECOND, second));
    let x = hooks.outputs(1, x);

    let inputs = (SECOND / 2) * (SECOND / 2) * second;
    let x = x.reshape([images, inputs]);
    let w3 = hooks.weights(2, w3);
    let x = x.matmul(w3.transpose()) + b3;
    hooks.outputs(2, x)
}

/// The largest of each 2×2 of `[images · size · size, channels]`.
fn pool(x: Tensor<2>, images: usize, size: usize, channels: usize) -> Tensor<2> {
    let half = size / 2;
    let x = larger(x.reshape([images * half, 2, size * channels]));
    let x = larger(x.reshape([images * half * half, 2, channels]));
    x.reshape([images * half * half, channels])
}

/// The larger of two neighbours on the second axis.
fn larger(x: Tensor<3>) -> Tensor<3> {
    let [rows, _, length] = x.dims();
    let first = x.clone().slice([0..rows, 0..1, 0..length]);
    first.max_pair(x.slice([0..rows, 1..2, 0..length]))
}

/// The class of each row of logits: the first of the largest.
pub(super) fn classes(logits: &[f32]) -> impl Iterator<Item = usize> {
    logits.chunks(CLASSES).map(|row| {
        let mut best = 0;
        for (class, value) in row.iter().enumerate() {
            if row.get(best).is_some_and(|most| value > most) {
                best = class;
            }
        }
        best
    })
}
