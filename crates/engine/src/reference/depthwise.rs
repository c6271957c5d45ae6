//! Convolution of each channel on its own; weights `[1, height, width, in · multiplier]`.

use std::sync::Arc;

use super::hybrid;
use crate::byte::{Byte, part};
use crate::geometry::{Geometry, Place};
use crate::requantize::Requantize;

/// float32.
#[derive(Clone, Debug)]
pub(crate) struct DepthwiseFloat {
    pub(crate) geometry: Geometry,
    pub(crate) weights: Arc<[f32]>,
    pub(crate) bias: Option<Arc<[f32]>>,
    pub(crate) clamp: (f32, f32),
}

impl DepthwiseFloat {
    pub(crate) fn run(&self, input: &[f32], output: &mut [f32]) {
        let (least, largest) = self.clamp;
        self.geometry.outputs(|place| {
            let mut sum = 0.0;
            taps(&self.geometry, place, |x, w| {
                sum += input[x] * self.weights[w]
            });
            let bias = self.bias.as_ref().map_or(0.0, |bias| bias[place.channel]);
            output[place.at] = (sum + bias).max(least).min(largest);
        });
    }
}

/// int8 or uint8.
#[derive(Clone, Debug)]
pub(crate) struct DepthwiseQuantized<T> {
    pub(crate) geometry: Geometry,
    pub(crate) weights: Arc<[T]>,
    /// 0 for int8.
    pub(crate) weights_zero_point: i32,
    pub(crate) bias: Option<Arc<[i32]>>,
    pub(crate) input_zero_point: i32,
    pub(crate) requantize: Requantize,
}

impl<T: Byte> DepthwiseQuantized<T> {
    pub(crate) fn run(&self, input: &[T], output: &mut [T]) {
        let (input_zero, weights_zero) = (self.input_zero_point, self.weights_zero_point);
        self.geometry.outputs(|place| {
            let mut sum = 0_i32;
            taps(&self.geometry, place, |x, w| {
                let (x, w): (i32, i32) = (input[x].into(), self.weights[w].into());
                sum = sum.wrapping_add((x - input_zero) * (w - weights_zero));
            });
            let bias = self.bias.as_ref().map_or(0, |bias| bias[place.channel]);
            output[place.at] = self.requantize.apply(place.channel, sum.wrapping_add(bias));
        });
    }
}

/// float32 with int8 weights: each image is quantized on the fly with a zero point (TFLite's hybrid kernel).
#[derive(Clone, Debug)]
pub(crate) struct DepthwiseHybrid {
    pub(crate) geometry: Geometry,
    pub(crate) weights: Arc<[i8]>,
    /// One for each output channel.
    pub(crate) scales: Vec<f32>,
    pub(crate) bias: Option<Arc<[f32]>>,
    pub(crate) clamp: (f32, f32),
}

impl DepthwiseHybrid {
    /// For one image in int8.
    pub(crate) fn scratch_bytes(&self) -> usize {
        self.geometry.input_image()
    }

    pub(crate) fn run(&self, input: &[f32], output: &mut [f32], scratch: &mut [u8]) {
        let (least, largest) = self.clamp;
        let image = Geometry {
            batch: 1,
            ..self.geometry.clone()
        };
        let quantized: &mut [i8] = bytemuck::cast_slice_mut(scratch);
        for batch in 0..self.geometry.batch {
            let input = &input[part(batch, image.input_image())];
            let output = &mut output[part(batch, image.output_image())];
            let (scale, zero_point) = hybrid::quantize(input, quantized, true);
            image.outputs(|place| {
                let mut sum = 0_i32;
                taps(&image, place, |x, w| {
                    let (x, w) = (i32::from(quantized[x]), i32::from(self.weights[w]));
                    sum = sum.wrapping_add((x - zero_point) * w);
                });
                let real = sum as f32 * (self.scales[place.channel] * scale);
                let bias = self.bias.as_ref().map_or(0.0, |bias| bias[place.channel]);
                output[place.at] = (real + bias).max(least).min(largest);
            });
        }
    }
}

/// Where the input of each tap inside the image lies, and where its weight.
fn taps(geometry: &Geometry, place: Place, mut visit: impl FnMut(usize, usize)) {
    let [_, _, depth] = geometry.input;
    let [_, _, channels] = geometry.output;
    let channel = place.channel * depth / channels;
    geometry.taps(place.row, place.column, |pixel, tap| {
        visit(
            place.image + pixel * depth + channel,
            tap * channels + place.channel,
        );
    });
}
