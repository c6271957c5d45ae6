//! Weights as symmetric int8, and their biases, as TensorFlow's converter (2.21) makes them. Where a weight lies
//! half-way between two integers it matters in which arithmetic; each form has its own.

use crate::{Constant, Quantization};

/// Half of the narrowest range that weights are given; narrower ones, also those of nothing but zeros, are
/// treated as if they had it.
const SMALLEST: f32 = 0.5e-6;

/// Weights with the scales that they are to have.
pub(super) struct Weights<'values> {
    values: &'values [f32],
    /// The axis with a scale for each index; without one there is a single scale.
    axis: Option<usize>,
    /// How many neighbours have the same scale.
    run: usize,
    /// max |w|
    largest: Vec<f32>,
    /// max |w| / 127, or more
    scales: Vec<f32>,
}

impl<'values> Weights<'values> {
    /// `shape` must be that of `values`.
    pub(super) fn new(values: &'values [f32], shape: &[usize], axis: Option<usize>) -> Self {
        let channels = axis
            .and_then(|axis| shape.get(axis))
            .map_or(1, |&n| n.max(1));
        let inner = axis.and_then(|axis| shape.get(axis + 1..));
        let run = inner.map_or(values.len(), |inner| inner.iter().product());
        let mut weights = Self {
            values,
            axis,
            run: run.max(1),
            largest: vec![SMALLEST; channels],
            scales: Vec::new(),
        };
        for (index, &value) in values.iter().enumerate() {
            let channel = weights.channel(index);
            if let Some(largest) = weights.largest.get_mut(channel) {
                *largest = largest.max(value.abs());
            }
        }
        weights.scales = weights.largest.iter().map(|max| max / 127.0).collect();
        weights
    }

    fn channel(&self, index: usize) -> usize {
        index / self.run % self.largest.len()
    }

    /// A bias as int32, with `scale = input_scale · weight_scale`, rounded half away from zero behind a
    /// product with `1 / scale` in float32.
    ///
    /// Where it would not fit, its scale becomes one at which it is 2^30, and that of the weights is widened to
    /// suit: they lose steps that are too small to matter beside it. Returns those channels too.
    pub(super) fn quantize_bias(&mut self, bias: &[f32], input_scale: f32) -> Bias {
        let most = f64::from(i32::MAX) / 2.0;
        let mut scales: Vec<f32> = self
            .scales
            .iter()
            .map(|scale| scale * input_scale)
            .collect();
        let channels = scales.len();
        let mut widened = Vec::new();
        for (index, &bias) in bias.iter().enumerate() {
            let channel = index % channels;
            let pair = scales.get_mut(channel).zip(self.scales.get_mut(channel));
            let Some((scale, weights)) = pair else {
                continue;
            };
            let bias = f64::from(bias.abs());
            if bias > most * f64::from(*scale) {
                *scale = (bias / most) as f32;
                *weights = *scale / input_scale;
                widened.push(channel);
            }
        }
        widened.dedup();
        let steps = bias.iter().zip(scales.iter().cycle());
        // `as` keeps to the ends of i32, which widening keeps it away from.
        let steps = steps.map(|(&bias, &scale)| (bias * scale.recip()).round() as i32);
        Bias {
            data: Constant::Int32(steps.collect()),
            quantization: Quantization::per_channel(scales, 0),
            widened,
        }
    }

    /// Channels without a weight other than 0.
    pub(super) fn dead(&self) -> usize {
        let mut alive = vec![false; self.largest.len()];
        for (index, &value) in self.values.iter().enumerate() {
            if value != 0.0
                && let Some(alive) = alive.get_mut(self.channel(index))
            {
                *alive = true;
            }
        }
        alive.iter().filter(|alive| !**alive).count()
    }

    /// Of the full-integer form: `clamp(round(w · (1 / scale)), −127, 127)`, halves away from zero, in
    /// float32. A single scale that is not widened is inverted as `127 / max |w|`.
    pub(super) fn quantize(&self) -> (Constant, Quantization) {
        let both = self.scales.iter().zip(&self.largest);
        let inverses = both.map(|(&scale, &largest)| {
            if self.axis.is_none() && scale == largest / 127.0 {
                127.0 / largest
            } else {
                scale.recip()
            }
        });
        let inverses: Vec<f32> = inverses.collect();
        let steps = self.values.iter().enumerate().map(|(index, &value)| {
            let inverse = inverses.get(self.channel(index)).copied();
            (value * inverse.unwrap_or(1.0)).round()
        });
        self.int8(steps)
    }

    /// Of the dynamic-range form: `round(w / (max |w| / 127))`, halves away from zero, in float64.
    pub(super) fn quantize_in_float64(&self) -> (Constant, Quantization) {
        let scales: Vec<f64> = self
            .largest
            .iter()
            .map(|&max| f64::from(max) / 127.0)
            .collect();
        let steps = self.values.iter().enumerate().map(|(index, &value)| {
            let scale = scales.get(self.channel(index)).copied();
            (f64::from(value) / scale.unwrap_or(1.0)).round() as f32
        });
        self.int8(steps)
    }

    fn int8(&self, steps: impl Iterator<Item = f32>) -> (Constant, Quantization) {
        let steps = steps.map(|step| step.clamp(-127.0, 127.0) as i8);
        let quantization = Quantization::per_channel(self.scales.clone(), self.axis.unwrap_or(0));
        (Constant::Int8(steps.collect()), quantization)
    }
}

/// A quantized bias.
pub(super) struct Bias {
    pub(super) data: Constant,
    pub(super) quantization: Quantization,
    /// Channels of the weights whose scale was widened.
    pub(super) widened: Vec<usize>,
}
