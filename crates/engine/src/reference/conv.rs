//! Convolution over all input channels; weights `[out, height, width, in]`.

use std::ops::Range;
use std::sync::Arc;

use super::hybrid;
use crate::byte::{Byte, part};
use crate::geometry::{Geometry, Place};
use crate::requantize::Requantize;

/// float32.
#[derive(Clone, Debug)]
pub(crate) struct ConvFloat {
    pub(crate) geometry: Geometry,
    pub(crate) weights: Arc<[f32]>,
    pub(crate) bias: Option<Arc<[f32]>>,
    pub(crate) clamp: (f32, f32),
}

impl ConvFloat {
    pub(crate) fn run(&self, input: &[f32], output: &mut [f32]) {
        let (least, largest) = self.clamp;
        self.geometry.outputs(|place| {
            let mut sum = 0.0;
            taps(&self.geometry, place, |pixel, tap| {
                for (x, w) in input[pixel].iter().zip(&self.weights[tap]) {
                    sum += x * w;
                }
            });
            let bias = self.bias.as_ref().map_or(0.0, |bias| bias[place.channel]);
            output[place.at] = (sum + bias).max(least).min(largest);
        });
    }
}

/// int8 or uint8.
#[derive(Clone, Debug)]
pub(crate) struct ConvQuantized<T> {
    pub(crate) geometry: Geometry,
    pub(crate) weights: Arc<[T]>,
    /// 0 for int8.
    pub(crate) weights_zero_point: i32,
    pub(crate) bias: Option<Arc<[i32]>>,
    pub(crate) input_zero_point: i32,
    pub(crate) requantize: Requantize,
}

impl<T: Byte> ConvQuantized<T> {
    pub(crate) fn run(&self, input: &[T], output: &mut [T]) {
        let (input_zero, weights_zero) = (self.input_zero_point, self.weights_zero_point);
        self.geometry.outputs(|place| {
            let mut sum = 0_i32;
            taps(&self.geometry, place, |pixel, tap| {
                for (&x, &w) in input[pixel].iter().zip(&self.weights[tap]) {
                    let (x, w): (i32, i32) = (x.into(), w.into());
                    sum = sum.wrapping_add((x - input_zero) * (w - weights_zero));
                }
            });
            let bias = self.bias.as_ref().map_or(0, |bias| bias[place.channel]);
            output[place.at] = self.requantize.apply(place.channel, sum.wrapping_add(bias));
        });
    }
}

/// float32 with int8 weights: each image is quantized on the fly (TFLite's hybrid kernel).
#[derive(Clone, Debug)]
pub(crate) struct ConvHybrid {
    pub(crate) geometry: Geometry,
    pub(crate) weights: Arc<[i8]>,
    /// One for each output channel.
    pub(crate) scales: Vec<f32>,
    /// Whether images get a zero point. TFLite gives them one where the weights have different scales.
    pub(crate) asymmetric: bool,
    pub(crate) bias: Option<Arc<[f32]>>,
    pub(crate) clamp: (f32, f32),
}

impl ConvHybrid {
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
            let (scale, zero_point) = hybrid::quantize(input, quantized, self.asymmetric);
            image.outputs(|place| {
                let mut sum = 0_i32;
                taps(&image, place, |pixel, tap| {
                    for (&x, &w) in quantized[pixel].iter().zip(&self.weights[tap]) {
                        let (x, w) = (i32::from(x), i32::from(w));
                        sum = sum.wrapping_add((x - zero_point) * w);
                    }
                });
                let real = if self.asymmetric {
                    sum as f32 * self.scales[place.channel] * scale
                } else {
                    sum as f32 * (scale * self.scales[place.channel])
                };
                let bias = self.bias.as_ref().map_or(0.0, |bias| bias[place.channel]);
                output[place.at] = (real + bias).max(least).min(largest);
            });
        }
    }
}

/// Where the input channels of each tap inside the image lie, and where their weights.
fn taps(geometry: &Geometry, place: Place, mut visit: impl FnMut(Range<usize>, Range<usize>)) {
    let [_, _, depth] = geometry.input;
    let [filter_height, filter_width] = geometry.filter;
    let weights = place.channel * filter_height * filter_width;
    geometry.taps(place.row, place.column, |pixel, tap| {
        let start = place.image + pixel * depth;
        visit(start..start + depth, part(weights + tap, depth));
    });
}
