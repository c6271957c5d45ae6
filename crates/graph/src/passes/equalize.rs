//! Cross-layer equalization: channels that follow each other share the load of being large.

use std::fmt;

use super::constants::Constants;
use super::layers::{Layer, Pair, pair_from};
use super::statistics::Statistics;
use super::{PassError, Record};
use crate::{Constant, Graph, NodeId, TensorId};

/// Sweeps over the network at most.
const MOST_SWEEPS: usize = 1000;
/// No scale changes by more than this part in the last sweep.
const TOLERANCE: f64 = 1e-4;
/// Half steps from 0 to the end of an 8-bit scale.
const HALF_STEPS: f64 = 254.0;

/// What equalization did to two layers that follow each other.
#[derive(Clone, Debug, PartialEq)]
pub struct EqualizedPair {
    /// The layer whose output channels were divided by the scales.
    pub first: NodeId,
    /// The layer whose input channels were multiplied by them.
    pub second: NodeId,
    /// What the first writes.
    pub output: TensorId,
    /// One a channel; 1 where a channel of either layer has no weight other than 0, and next to 1 where it
    /// is [dead](Self::dead) otherwise.
    pub scales: Vec<f32>,
    /// max |w| of each output channel of the first layer, before all.
    pub first_before: Vec<f32>,
    /// The same, when all pairs were equalized.
    pub first_after: Vec<f32>,
    /// max |w| of what the second layer multiplies each channel by, before all.
    pub second_before: Vec<f32>,
    /// The same, when all pairs were equalized.
    pub second_after: Vec<f32>,
}

impl EqualizedPair {
    /// Channels that count as dead: `√(r₁ r₂)` is 0, or less than a 254th of the largest channel's.
    pub fn dead(&self) -> usize {
        let both = self.first_after.iter().zip(&self.second_after);
        let middles = both.map(|(&first, &second)| middle((first.into(), second.into())));
        let largest = middles.clone().fold(0.0, f64::max);
        middles
            .filter(|&range| range == 0.0 || is_dead(range, largest))
            .count()
    }
}

/// What equalization did.
#[derive(Clone, Debug, PartialEq)]
pub struct Equalization {
    /// In the order of the first layers.
    pub pairs: Vec<EqualizedPair>,
    /// How many times it went over all pairs.
    pub sweeps: usize,
    /// Whether the last time changed no scale by more than 0.01 %.
    pub converged: bool,
    /// In words, with the layers that are no first of a pair, and why.
    pub record: Record,
}

impl Equalization {
    /// Statistics of the graph before, as they are after.
    pub fn rescale(&self, statistics: &Statistics) -> Statistics {
        let mut scaled = statistics.clone();
        for pair in &self.pairs {
            scaled.change(pair.output, |normal| {
                let both = normal.mean.iter_mut().zip(&mut normal.deviation);
                for ((mean, deviation), scale) in both.zip(&pair.scales) {
                    *mean /= scale;
                    *deviation /= scale;
                }
            });
        }
        scaled
    }
}

impl fmt::Display for Equalization {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.record.fmt(f)
    }
}

/// Cross-layer equalization (Nagel et al. 2019, arXiv 1906.04721, section 4.1): where a layer's output goes to one
/// other layer alone, with nothing in between that would not keep a channel's positive factor a factor (ReLU,
/// pools, padding with zeros, means over places), each output channel of the first is divided by
/// `s = √(r₁ r₂) / r₂`, and what the second multiplies it by is multiplied by s; `r₁` and `r₂` are the largest
/// magnitudes of the channel's weights in both. Repeated over all pairs until nothing moves; then both have
/// `√(r₁ r₂)`. In float64, rounded once: the network computes what it did, up to rounding.
///
/// Of dead channels (batch normalization's variance went to 0 in training) there is little left but a bias,
/// which such scales would blow up to a range that the activations of all channels then had to share. Where `√(r₁ r₂)`
/// is too small for any weight to survive on an 8-bit scale, s stays as near to 1 as the other channels allow.
///
/// The graph should be folded and fused, and without ReLU6
/// ([`replace_relu6`](super::replace_relu6())). Tensors keep their numbers; where layers share weights, new
/// tensors are added.
///
/// # Errors
/// [`PassError::Graph`] where the graph is not valid, or weights would leave float32.
pub fn equalize(graph: &Graph) -> Result<(Graph, Equalization), PassError> {
    graph.validate()?;
    let mut record = Record::new("layers that follow each other");
    let mut layers: Vec<Option<Scaled<'_>>> = Vec::with_capacity(graph.nodes.len());
    let mut pairs = Vec::new();
    for (id, node) in graph.numbered() {
        let layer = Layer::new(graph, id);
        layers.push(layer.map(Scaled::new));
        let Some(layer) = layer else {
            if node.op.output_axis().is_some() {
                record.leave(id, node, "its weights or bias are not float32 constants");
            }
            continue;
        };
        match pair_from(graph, layer) {
            Ok(pair) => pairs.push(pair),
            Err(why) => record.leave(id, node, why),
        }
    }
    let before: Vec<_> = pairs.iter().map(|pair| ranges(&layers, pair)).collect();
    let (mut sweeps, mut converged) = (0, pairs.is_empty());
    while !converged && sweeps < MOST_SWEEPS {
        sweeps += 1;
        converged = pairs
            .iter()
            .map(|pair| balance(&mut layers, pair))
            .fold(0.0, f64::max)
            <= TOLERANCE;
    }
    let mut equalized = Vec::with_capacity(pairs.len());
    for (pair, (first_before, second_before)) in pairs.iter().zip(before) {
        let (first_after, second_after) = ranges(&layers, pair);
        let scaled = layers.get(pair.first.id.0).and_then(Option::as_ref);
        let scales = scaled.map_or(Vec::new(), |layer| narrow(&layer.divisors));
        let (first, second) = (pair.first.id, pair.second.id);
        let done = EqualizedPair {
            first,
            second,
            output: pair.first.node.output,
            scales,
            first_before: narrow(&first_before),
            first_after: narrow(&first_after),
            second_before: narrow(&second_before),
            second_after: narrow(&second_after),
        };
        record.change(first, pair.first.node, describe(&done));
        equalized.push(done);
    }
    let mut constants = Constants::new(graph);
    for layer in layers.iter().flatten() {
        layer.write(&mut constants);
    }
    constants.graph.validate()?;
    let equalization = Equalization {
        pairs: equalized,
        sweeps,
        converged,
        record,
    };
    Ok((constants.graph, equalization))
}

fn describe(pair: &EqualizedPair) -> String {
    let percent = |ranges: &[f32]| 100.0 * mean_share(ranges);
    let mut text = format!(
        "{} channels shared with operator {}; they use {:.0} % of the layer's range on average before, {:.0} % after",
        pair.scales.len(),
        pair.second.0,
        percent(&pair.first_before),
        percent(&pair.first_after)
    );
    if pair.dead() > 0 {
        text += &format!(", dead channels: {}", pair.dead());
    }
    text
}

/// How much of the largest range the ranges are on average: what a scale for all leaves each channel.
fn mean_share(ranges: &[f32]) -> f32 {
    let largest = ranges.iter().copied().fold(0.0, f32::max);
    if largest == 0.0 {
        return 0.0;
    }
    ranges.iter().map(|range| range / largest).sum::<f32>() / ranges.len() as f32
}

fn narrow(values: &[f64]) -> Vec<f32> {
    values.iter().map(|&value| value as f32).collect()
}

/// A layer with what its channels are to be divided and multiplied by.
struct Scaled<'graph> {
    layer: Layer<'graph>,
    /// max |w| for each output channel and, inside, each input channel that it reads.
    largest: Vec<f32>,
    /// How many input channels each output channel reads.
    reads: usize,
    /// Of output channels.
    divisors: Vec<f64>,
    /// Of input channels.
    factors: Vec<f64>,
}

impl<'graph> Scaled<'graph> {
    fn new(layer: Layer<'graph>) -> Self {
        let reads = if layer.is_depthwise() {
            1
        } else {
            layer.inputs
        };
        let mut largest = vec![0.0_f32; layer.outputs * reads];
        for (index, weight) in layer.weights.iter().enumerate() {
            let input = if reads == 1 { 0 } else { layer.input_of(index) };
            if let Some(slot) = largest.get_mut(layer.output_of(index) * reads + input) {
                *slot = slot.max(weight.abs());
            }
        }
        Self {
            layer,
            largest,
            reads,
            divisors: vec![1.0; layer.outputs],
            factors: vec![1.0; layer.inputs],
        }
    }

    /// The factors of the input channels that an output channel reads.
    fn factors_of(&self, output: usize) -> &[f64] {
        let begin = match self.layer.is_depthwise() {
            true => self.layer.input_of(output),
            false => 0,
        };
        self.factors.get(begin..begin + self.reads).unwrap_or(&[])
    }

    /// The largest weight of each output channel.
    fn output_ranges(&self) -> Vec<f64> {
        let rows = self.largest.chunks_exact(self.reads.max(1)).enumerate();
        let ranges = rows.zip(&self.divisors).map(|((output, row), divisor)| {
            let products = row.iter().zip(self.factors_of(output));
            let largest = products.map(|(&weight, factor)| f64::from(weight) * factor);
            largest.fold(0.0, f64::max) / divisor
        });
        ranges.collect()
    }

    /// The largest weight that each of so many channels is multiplied by.
    fn input_ranges(&self, channels: usize) -> Vec<f64> {
        let mut ranges = vec![0.0_f64; channels];
        let rows = self.largest.chunks_exact(self.reads.max(1)).enumerate();
        for ((output, row), divisor) in rows.zip(&self.divisors) {
            let first = match self.layer.is_depthwise() {
                true => self.layer.input_of(output),
                false => 0,
            };
            let products = row.iter().zip(self.factors_of(output)).enumerate();
            for (input, (&weight, factor)) in products {
                if let Some(range) = ranges.get_mut((first + input) % channels.max(1)) {
                    *range = range.max(f64::from(weight) * factor / divisor);
                }
            }
        }
        ranges
    }

    /// Puts the scaled weights and bias into the graph, where anything changed.
    fn write(&self, constants: &mut Constants<'_>) {
        let mut scales = self.divisors.iter().chain(&self.factors);
        if scales.all(|&scale| scale == 1.0) {
            return;
        }
        let Layer {
            id,
            node,
            weights,
            bias,
            ..
        } = self.layer;
        let divisor = |output: usize| self.divisors.get(output).copied().unwrap_or(1.0);
        let factor = |input: usize| self.factors.get(input).copied().unwrap_or(1.0);
        let weights = weights.iter().enumerate().map(|(index, &weight)| {
            let factor = factor(self.layer.input_of(index));
            (f64::from(weight) * factor / divisor(self.layer.output_of(index))) as f32
        });
        let bias = bias.into_iter().flatten().enumerate();
        let bias = bias.map(|(output, &bias)| (f64::from(bias) / divisor(output)) as f32);
        let new: [Vec<f32>; 2] = [weights.collect(), bias.collect()];
        for (index, values) in [1, 2].into_iter().zip(new) {
            let Some(old) = node.inputs.get(index).copied().flatten() else {
                continue;
            };
            let new = constants.replace(old, Constant::Float32(values.into()), None);
            constants.put(id, index, new);
        }
    }
}

/// The ranges of both layers' channels.
fn ranges(layers: &[Option<Scaled<'_>>], pair: &Pair<'_>) -> (Vec<f64>, Vec<f64>) {
    let of = |layer: &Layer<'_>| layers.get(layer.id.0).and_then(Option::as_ref);
    let first = of(&pair.first).map(Scaled::output_ranges);
    let second = of(&pair.second).map(|layer| layer.input_ranges(pair.channels()));
    (first.unwrap_or_default(), second.unwrap_or_default())
}

/// What both ranges of a channel become.
fn middle((first, second): (f64, f64)) -> f64 {
    (first * second).sqrt()
}

/// Whether a channel's equalized weights would round to 0 in both layers, on the 8-bit scale that the largest need.
fn is_dead(middle: f64, largest: f64) -> bool {
    middle < largest / HALF_STEPS
}

/// Gives both layers of a pair the same ranges. Returns by which part a scale changed at most.
fn balance(layers: &mut [Option<Scaled<'_>>], pair: &Pair<'_>) -> f64 {
    let (first, second) = ranges(layers, pair);
    let both = || first.iter().copied().zip(second.iter().copied());
    let largest = both().map(middle).fold(0.0, f64::max);
    let scale = |(first, second): (f64, f64)| {
        if first == 0.0 || second == 0.0 {
            1.0
        } else if is_dead(middle((first, second)), largest) {
            // No further from 1 than keeps both within the range of the others.
            1.0_f64.max(first / largest).min(largest / second)
        } else {
            (first / second).sqrt()
        }
    };
    let scales: Vec<f64> = both().map(scale).collect();
    if let Some(Some(layer)) = layers.get_mut(pair.first.id.0) {
        for (divisor, scale) in layer.divisors.iter_mut().zip(&scales) {
            *divisor *= scale;
        }
    }
    if let Some(Some(layer)) = layers.get_mut(pair.second.id.0) {
        for (factor, scale) in layer.factors.iter_mut().zip(scales.iter().cycle()) {
            *factor *= scale;
        }
    }
    let changes = scales.iter().map(|scale| (scale - 1.0).abs());
    changes.fold(0.0, f64::max)
}
