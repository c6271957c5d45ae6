//! Weights as symmetric int8, and their biases, as TensorFlow's converter (2.21) makes them.

use crate::{Constant, Quantization};

/// Half of the narrowest range that weights are given; narrower ones, also those of nothing but zeros, are
/// treated as if they had it.
const SMALLEST: f64 = 0.5e-6;

/// Weights with the scales that they are to have.
pub(super) struct Weights<'values> {
    values: &'values [f32],
    /// The axis with a scale for each index; without one there is a single scale.
    axis: Option<usize>,
    /// How many neighbours have the same scale.
    run: usize,
    /// `max |w| / 127`
    scales: Vec<f64>,
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
            scales: vec![SMALLEST / 127.0; channels],
        };
        for (index, &value) in values.iter().enumerate() {
            let channel = weights.channel(index);
            if let Some(scale) = weights.scales.get_mut(channel) {
                *scale = scale.max(f64::from(value.abs()) / 127.0);
            }
        }
        weights
    }

    fn channel(&self, index: usize) -> usize {
        index / self.run % self.scales.len()
    }

    /// Widens the scales of channels whose bias would not fit int32 at `input_scale · scale`: it then
    /// becomes 2^30, and the weights lose steps that are too small to matter beside it. Returns the channels.
    pub(super) fn widen_for(&mut self, bias: &[f32], input_scale: f64) -> Vec<usize> {
        let most = f64::from(i32::MAX) / 2.0;
        let mut widened = Vec::new();
        for (index, &bias) in bias.iter().enumerate() {
            let channel = if self.axis.is_some() { index } else { 0 };
            let Some(scale) = self.scales.get_mut(channel) else {
                continue;
            };
            let bias = f64::from(bias.abs());
            if bias > most * input_scale * *scale {
                *scale = bias / (most * input_scale);
                widened.push(channel);
            }
        }
        widened.dedup();
        widened
    }

    /// Channels without a weight other than 0.
    pub(super) fn dead(&self) -> usize {
        let mut alive = vec![false; self.scales.len()];
        for (index, &value) in self.values.iter().enumerate() {
            if value != 0.0
                && let Some(alive) = alive.get_mut(self.channel(index))
            {
                *alive = true;
            }
        }
        alive.iter().filter(|alive| !**alive).count()
    }

    /// `clamp(round(w / scale), −127, 127)`, halves away from zero.
    pub(super) fn quantize(&self) -> (Constant, Quantization) {
        let steps = self.values.iter().enumerate().map(|(index, &value)| {
            let scale = self.scales.get(self.channel(index)).copied();
            let step = f64::from(value) / scale.unwrap_or(1.0);
            step.round().clamp(-127.0, 127.0) as i8
        });
        (
            Constant::Int8(steps.collect()),
            self.quantization(1.0, self.axis),
        )
    }

    /// int32 with `scale = input_scale · weight_scale`, halves away from zero.
    pub(super) fn quantize_bias(&self, bias: &[f32], input_scale: f64) -> (Constant, Quantization) {
        let scales = self.scales.iter().cycle();
        let steps = bias.iter().zip(scales).map(|(&bias, &scale)| {
            // `as` keeps to the ends of i32, which only a bias of 2^30 steps comes near.
            (f64::from(bias) / (input_scale * scale)).round() as i32
        });
        let quantization = self.quantization(input_scale, self.axis.map(|_| 0));
        (Constant::Int32(steps.collect()), quantization)
    }

    fn quantization(&self, factor: f64, axis: Option<usize>) -> Quantization {
        let scales = self.scales.iter().map(|&scale| (scale * factor) as f32);
        Quantization::per_channel(scales.collect(), axis.unwrap_or(0))
    }
}
