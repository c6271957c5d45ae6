//! The loss of a layer whose rounding is being learned, and its gradient.

use super::layer::{Contraction, LayerSamples};
use super::product::{Panel, product};
use super::soft::{Regularizer, inverse, rounding, sigmoid, slope};
use crate::Activation;

/// Nearer than this to a step, in steps, a weight stays on it.
const ON_A_STEP: f32 = 1e-4;

/// A layer in training. Weights lie `[depth, outputs]`, so that loops run over outputs.
pub(super) struct Solver {
    contraction: Contraction,
    bias: Vec<f32>,
    /// Where the activation cuts off.
    clamp: [f32; 2],
    batches: Vec<Batch>,
    samples: usize,
    /// The lower of the two integers between which each weight lies.
    floors: Vec<i32>,
    /// The real that it stands for.
    base: Vec<f32>,
    /// How far up the other one is; 0 where there is nothing to choose.
    step: Vec<f32>,
    /// Where between both the weight lies, from 0 to 1.
    part: Vec<f32>,
    /// V of each weight.
    pub(super) variables: Vec<f32>,
    /// The loss' derivatives by them.
    pub(super) gradient: Vec<f32>,
    /// Their sigmoids.
    sigmoids: Vec<f32>,
    /// The weights of the moment.
    weights: Vec<f32>,
    /// The samples' outputs, and then their part of the gradient.
    outputs: Vec<f32>,
    panel: Panel,
}

/// Some of the samples.
struct Batch {
    samples: usize,
    /// `[samples, inputs]`; depthwise `[samples, taps, outputs]`.
    inputs: Vec<f32>,
    /// `[inputs, samples]`; depthwise empty.
    transposed: Vec<f32>,
    /// `[samples, outputs]`.
    targets: Vec<f32>,
}

impl Solver {
    pub(super) fn new(layer: &LayerSamples<'_>, batch: usize) -> Self {
        let (depth, outputs) = (layer.contraction.depth(), layer.contraction.outputs());
        let batches = batches(layer, batch.max(1));
        let variables = depth * outputs;
        let zeros = vec![0.0; variables];
        let mut solver = Self {
            contraction: layer.contraction,
            bias: padded(layer.bias, outputs),
            clamp: match layer.activation {
                Activation::None => [f32::NEG_INFINITY, f32::INFINITY],
                Activation::Relu => [0.0, f32::INFINITY],
                Activation::Relu6 => [0.0, 6.0],
            },
            samples: batches.iter().map(|batch| batch.samples).sum(),
            outputs: Vec::new(),
            batches,
            floors: vec![0; variables],
            base: zeros.clone(),
            step: zeros.clone(),
            part: zeros.clone(),
            gradient: zeros.clone(),
            sigmoids: zeros.clone(),
            weights: zeros.clone(),
            variables: zeros,
            panel: Panel::new(),
        };
        solver.place(layer);
        solver
    }

    /// Where each weight lies between two integers.
    fn place(&mut self, layer: &LayerSamples<'_>) {
        let outputs = self.bias.len();
        let largest = layer.largest as f32;
        for index in 0..self.variables.len() {
            let weight = layer.weights.get(self.source(index));
            let scale = layer.scales.get(index % outputs).or(layer.scales.first());
            let (weight, scale) = (
                weight.copied().unwrap_or(0.0),
                scale.copied().unwrap_or(1.0),
            );
            let place = weight / scale;
            let (floor, part) = (place.floor(), place - place.floor());
            let between = floor >= -largest && floor < largest;
            let chooses = between && part > ON_A_STEP && part < 1.0 - ON_A_STEP;
            let integer = match chooses {
                true => floor,
                false => place.round().clamp(-largest, largest),
            };
            self.floors[index] = integer as i32;
            self.base[index] = integer * scale;
            self.step[index] = if chooses { scale } else { 0.0 };
            self.part[index] = if chooses { part } else { 0.0 };
            self.variables[index] = if chooses { inverse(part) } else { -1.0 };
        }
    }

    /// Where a weight of ours lies in the layer's own order.
    fn source(&self, index: usize) -> usize {
        match self.contraction {
            Contraction::Full { inputs, outputs } => index % outputs * inputs + index / outputs,
            Contraction::Depthwise { .. } => index,
        }
    }

    /// Which weights are rounded up where all go to the nearest; halves away from zero.
    pub(super) fn nearest(&self) -> Vec<bool> {
        let both = self.part.iter().zip(&self.floors);
        both.map(|(&part, &floor)| part > 0.5 || (part == 0.5 && floor >= 0))
            .collect()
    }

    /// Which weights are rounded up as things stand.
    pub(super) fn learned(&self) -> Vec<bool> {
        self.variables.iter().map(|&v| v >= 0.0).collect()
    }

    /// The integers, in the layer's order.
    pub(super) fn integers(&self, up: &[bool]) -> Vec<i32> {
        let mut integers = vec![0; self.floors.len()];
        for (index, (&floor, &up)) in self.floors.iter().zip(up).enumerate() {
            integers[self.source(index)] = floor + i32::from(up);
        }
        integers
    }

    /// Mean squared error of the outputs over all samples.
    pub(super) fn error(&mut self, up: &[bool]) -> f64 {
        self.round(up);
        let mut sum = 0.0;
        for index in 0..self.batches.len() {
            self.run(index);
            let [low, high] = self.clamp;
            let targets = &self.batches[index].targets;
            for (values, targets) in self
                .outputs
                .chunks_exact(self.bias.len())
                .zip(targets.chunks_exact(self.bias.len()))
            {
                for ((value, bias), target) in values.iter().zip(&self.bias).zip(targets) {
                    sum += f64::from((value + bias).clamp(low, high) - target).powi(2);
                }
            }
        }
        sum / ((self.samples * self.bias.len()) as f64).max(1.0)
    }

    /// How much rounding adds, squared, to a sample's outputs before the activation, on average.
    pub(super) fn added_error(&mut self, weights: &[f32], up: &[bool]) -> f32 {
        self.round(up);
        for index in 0..self.weights.len() {
            let weight = weights.get(self.source(index)).copied();
            self.weights[index] -= weight.unwrap_or(0.0);
        }
        let mut sum = 0.0;
        for index in 0..self.batches.len() {
            self.run(index);
            let squares = self.outputs.iter().map(|&value| f64::from(value).powi(2));
            sum += squares.sum::<f64>();
        }
        (sum / self.samples.max(1) as f64) as f32
    }

    fn round(&mut self, up: &[bool]) {
        let places = self.base.iter().zip(&self.step).zip(up);
        for (weight, ((base, step), &up)) in self.weights.iter_mut().zip(places) {
            *weight = base + if up { *step } else { 0.0 };
        }
    }

    /// Makes the gradient at the variables as they are, on a batch.
    pub(super) fn descend(&mut self, batch: usize, regularizer: Regularizer, reference: f32) {
        let Some(batch) = batch.checked_rem(self.batches.len()) else {
            return;
        };
        let places = self.base.iter().zip(&self.step);
        let soft = self.weights.iter_mut().zip(&mut self.sigmoids).zip(places);
        for (&v, ((weight, slot), (base, step))) in self.variables.iter().zip(soft) {
            *slot = sigmoid(v);
            *weight = base + step * rounding(*slot);
        }
        self.run(batch);
        self.differentiate(batch, reference);
        let regularizer = regularizer.gradient();
        let places = self.sigmoids.iter().zip(&self.step);
        for (slot, (&sigmoid, &step)) in self.gradient.iter_mut().zip(places) {
            let down = *slot * step + regularizer.at(rounding(sigmoid));
            let chooses = if step > 0.0 { slope(sigmoid) } else { 0.0 };
            *slot = down * chooses;
        }
    }

    /// The outputs of a batch, without bias and activation.
    fn run(&mut self, batch: usize) {
        let batch = &self.batches[batch];
        let outputs = self.bias.len();
        self.outputs.clear();
        self.outputs.resize(batch.samples * outputs, 0.0);
        match self.contraction {
            Contraction::Full { inputs, .. } => product(
                &batch.inputs,
                &self.weights,
                &mut self.outputs,
                [inputs, outputs],
                &mut self.panel,
            ),
            Contraction::Depthwise { taps, .. } => {
                let samples = batch.inputs.chunks_exact(taps * outputs);
                for (sums, inputs) in self.outputs.chunks_exact_mut(outputs).zip(samples) {
                    let each = inputs.chunks_exact(outputs);
                    for (inputs, weights) in each.zip(self.weights.chunks_exact(outputs)) {
                        for ((sum, input), weight) in sums.iter_mut().zip(inputs).zip(weights) {
                            *sum += input * weight;
                        }
                    }
                }
            }
        }
    }

    /// From a batch's outputs to the derivatives of its error by the weights.
    fn differentiate(&mut self, batch: usize, reference: f32) {
        let batch = &self.batches[batch];
        let outputs = self.bias.len();
        let [low, high] = self.clamp;
        let factor = 2.0 * self.variables.len() as f32 / (batch.samples as f32 * reference);
        let targets = batch.targets.chunks_exact(outputs);
        for (values, targets) in self.outputs.chunks_exact_mut(outputs).zip(targets) {
            for ((value, bias), target) in values.iter_mut().zip(&self.bias).zip(targets) {
                let before = *value + bias;
                let after = before.clamp(low, high);
                let passes = if before == after { factor } else { 0.0 };
                *value = passes * (after - target);
            }
        }
        match self.contraction {
            Contraction::Full { .. } => product(
                &batch.transposed,
                &self.outputs,
                &mut self.gradient,
                [batch.samples, outputs],
                &mut self.panel,
            ),
            Contraction::Depthwise { taps, .. } => {
                self.gradient.fill(0.0);
                let samples = batch.inputs.chunks_exact(taps * outputs);
                for (errors, inputs) in self.outputs.chunks_exact(outputs).zip(samples) {
                    let each = inputs.chunks_exact(outputs);
                    for (slots, inputs) in self.gradient.chunks_exact_mut(outputs).zip(each) {
                        for ((slot, input), error) in slots.iter_mut().zip(inputs).zip(errors) {
                            *slot += input * error;
                        }
                    }
                }
            }
        }
    }

    /// The loss whose gradient [`Self::descend`] makes.
    #[cfg(test)]
    pub(super) fn loss(&mut self, batch: usize, regularizer: Regularizer, reference: f32) -> f64 {
        let soft = |solver: &Self, index: usize| rounding(sigmoid(solver.variables[index]));
        let mut regular = 0.0;
        for index in 0..self.variables.len() {
            let rounding = soft(self, index);
            self.weights[index] = self.base[index] + self.step[index] * rounding;
            if self.step[index] > 0.0 {
                regular += regularizer.value(rounding);
            }
        }
        self.run(batch);
        let [low, high] = self.clamp;
        let outputs = self.bias.len();
        let batch = &self.batches[batch];
        let values = self.outputs.iter().zip(&batch.targets).enumerate();
        let squares = values.map(|(index, (value, target))| {
            let after = (value + self.bias[index % outputs]).clamp(low, high);
            f64::from(after - target).powi(2)
        });
        let factor = self.variables.len() as f64 / (batch.samples as f64 * f64::from(reference));
        factor * squares.sum::<f64>() + regular
    }
}

/// The samples in batches, each with some of every part of them.
fn batches(layer: &LayerSamples<'_>, size: usize) -> Vec<Batch> {
    let (inputs, outputs) = (layer.contraction.inputs(), layer.contraction.outputs());
    if inputs == 0 || outputs == 0 {
        return Vec::new();
    }
    let samples: Vec<(&[f32], &[f32])> = layer
        .inputs
        .chunks_exact(inputs)
        .zip(layer.targets.chunks_exact(outputs))
        .collect();
    let count = samples.len().div_ceil(size);
    let batches = (0..count).map(|first| {
        let taken: Vec<_> = samples.iter().skip(first).step_by(count).collect();
        let targets = taken.iter().flat_map(|(_, targets)| *targets);
        let values = taken.iter().flat_map(|(inputs, _)| *inputs).copied();
        let (inputs, transposed) = match layer.contraction {
            Contraction::Full { .. } => {
                let column = |place: usize| taken.iter().map(move |(inputs, _)| inputs[place]);
                (values.collect(), (0..inputs).flat_map(column).collect())
            }
            Contraction::Depthwise { multiplier, .. } => {
                let repeated = values.flat_map(|value| std::iter::repeat_n(value, multiplier));
                (repeated.collect(), Vec::new())
            }
        };
        Batch {
            samples: taken.len(),
            targets: targets.copied().collect(),
            inputs,
            transposed,
        }
    });
    batches.collect()
}

fn padded(values: &[f32], len: usize) -> Vec<f32> {
    let mut padded = values.to_vec();
    padded.resize(len, 0.0);
    padded
}

#[cfg(test)]
mod tests {
    use octet_quant::RandomState;

    use super::*;

    fn numbers(random: &mut RandomState, count: usize) -> Vec<f32> {
        (0..count).map(|_| random.randn() as f32).collect()
    }

    #[test]
    fn the_gradient_is_that_of_finite_differences() {
        let full = Contraction::Full {
            inputs: 7,
            outputs: 5,
        };
        let depthwise = Contraction::Depthwise {
            taps: 4,
            channels: 3,
            multiplier: 2,
        };
        let mut random = RandomState::new(3);
        for contraction in [full, depthwise] {
            for activation in [Activation::None, Activation::Relu, Activation::Relu6] {
                let (depth, outputs) = (contraction.depth(), contraction.outputs());
                let weights = numbers(&mut random, depth * outputs);
                let bias = numbers(&mut random, outputs);
                let inputs = numbers(&mut random, 9 * contraction.inputs());
                let targets = numbers(&mut random, 9 * outputs);
                let layer = LayerSamples {
                    contraction,
                    weights: &weights,
                    bias: &bias,
                    scales: &[0.4],
                    largest: 7,
                    activation,
                    inputs: &inputs,
                    targets: &targets,
                };
                let mut solver = Solver::new(&layer, 5);
                let regularizer = Regularizer::at(0.7, 0.2, 0.5);
                for batch in 0..2 {
                    solver.descend(batch, regularizer, 2.0);
                    let gradient = solver.gradient.clone();
                    for (index, &found) in gradient.iter().enumerate() {
                        let v = solver.variables[index];
                        let mut loss = |moved: f32| {
                            solver.variables[index] = moved;
                            solver.loss(batch, regularizer, 2.0)
                        };
                        let difference = (loss(v + 1e-3) - loss(v - 1e-3)) / 2e-3;
                        solver.variables[index] = v;
                        let off = (difference - f64::from(found)).abs();
                        let tolerance = 0.02 * difference.abs().max(1.0);
                        assert!(off < tolerance, "{index}: {difference} {found}");
                    }
                }
            }
        }
    }
}
