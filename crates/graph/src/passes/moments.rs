//! From what is known of layers to what every value is expected to be, without data.

use super::clipped_normal::{Moments, limits};
use super::layers::{Layer, keeps_last_axis};
use super::statistics::Statistics;
use crate::{Graph, Node, Op, TensorId};

/// What is expected of a tensor, for each index of its last axis.
pub(super) struct Expected {
    /// Behind the operator's activation.
    pub(super) moments: Vec<Moments>,
    /// The same before it, where that is normal.
    normal: Vec<Moments>,
    activation: crate::Activation,
}

impl Expected {
    fn normal(normal: Vec<Moments>, activation: crate::Activation) -> Self {
        let moments = normal.iter().map(|moments| moments.behind(activation));
        Self {
            moments: moments.collect(),
            normal,
            activation,
        }
    }

    /// From so many deviations below the lowest mean to so many above the highest, as far as the activation lets
    /// it.
    pub(super) fn range(&self, deviations: f64) -> (f64, f64) {
        let ends = self.normal.iter().map(|normal| {
            let reach = deviations * normal.variance.sqrt();
            (normal.mean - reach, normal.mean + reach)
        });
        let outer = (f64::INFINITY, f64::NEG_INFINITY);
        let (low, high) = ends.fold(outer, |(low, high), (from, to)| {
            (low.min(from), high.max(to))
        });
        let (least, most) = limits(self.activation);
        let clamp = |end: f64| {
            let end = least.map_or(end, |least| end.max(least));
            most.map_or(end, |most| end.min(most))
        };
        (clamp(low), clamp(high))
    }
}

/// What is expected of each tensor; None where nothing is known.
///
/// A layer's output is what the statistics say, or, without such, follows from its input as if all numbers that it
/// reads were independent. Sums add means and, as if both were independent, variances;
/// means over places keep the variance, an upper bound, since neighbouring places are alike.
pub(super) fn expected(graph: &Graph, statistics: &Statistics) -> Vec<Option<Expected>> {
    let mut known: Vec<Option<Expected>> = Vec::new();
    known.resize_with(graph.tensors.len(), || None);
    for (id, node) in graph.numbered() {
        let expected = match Layer::new(graph, id) {
            Some(layer) => of_layer(&layer, statistics, &known),
            None => of_other(graph, node, &known),
        };
        if let Some(slot) = known.get_mut(node.output.0) {
            *slot = expected;
        }
    }
    known
}

fn of_layer(
    layer: &Layer<'_>,
    statistics: &Statistics,
    known: &[Option<Expected>],
) -> Option<Expected> {
    if let Some(normal) = statistics.get(layer.node.output) {
        let both = normal.mean.iter().zip(&normal.deviation);
        let moments = both.map(|(&mean, &deviation)| Moments {
            mean: mean.into(),
            variance: f64::from(deviation).powi(2),
        });
        return Some(Expected::normal(moments.collect(), layer.activation()));
    }
    let input = &get(known, layer.node.reads().next()?)?.moments;
    let means: Vec<f64> = input.iter().map(|moments| moments.mean).collect();
    let variances: Vec<f64> = input.iter().map(|moments| moments.variance).collect();
    let weights = layer.weights.iter().map(|&weight| f64::from(weight));
    let means = layer.products(weights.clone(), &means);
    let variances = layer.products(weights.map(|weight| weight * weight), &variances);
    let bias = layer
        .bias
        .into_iter()
        .flatten()
        .map(|&bias| f64::from(bias));
    let bias = bias.chain(std::iter::repeat(0.0));
    let moments = means.into_iter().zip(variances).zip(bias);
    let moments = moments.map(|((mean, variance), bias)| Moments {
        mean: mean + bias,
        variance,
    });
    Some(Expected::normal(moments.collect(), layer.activation()))
}

fn of_other(graph: &Graph, node: &Node, known: &[Option<Expected>]) -> Option<Expected> {
    let channels = |id: TensorId| graph.tensors.get(id.0)?.shape.last().copied();
    let outputs = channels(node.output)?;
    let input = get(known, node.reads().next()?)?;
    let same = input
        .moments
        .iter()
        .copied()
        .cycle()
        .take(outputs)
        .collect();
    let activation = node.op.activation().unwrap_or_default();
    match node.op {
        Op::Relu => Some(Expected::normal(same, crate::Activation::Relu)),
        Op::Relu6 => Some(Expected::normal(same, crate::Activation::Relu6)),
        Op::AveragePool2d(_) => Some(Expected::normal(same, activation)),
        Op::Pad if outputs == input.moments.len() => Some(keep(input, outputs)),
        Op::Reshape if outputs % input.moments.len().max(1) == 0 => Some(keep(input, outputs)),
        Op::Mean { .. } if keeps_last_axis(graph, node) => Some(Expected::normal(same, activation)),
        Op::Add(_) => {
            let [Some(left), Some(right)] = *node.inputs.as_slice() else {
                return None;
            };
            let (left, right) = (get(known, left)?, get(known, right)?);
            if left.moments.len() != outputs || right.moments.len() != outputs {
                return None;
            }
            let sums = left.moments.iter().zip(&right.moments);
            let sums = sums.map(|(left, right)| Moments {
                mean: left.mean + right.mean,
                variance: left.variance + right.variance,
            });
            Some(Expected::normal(sums.collect(), activation))
        }
        _ => None,
    }
}

/// The same values in another place.
fn keep(input: &Expected, outputs: usize) -> Expected {
    let cycle = |moments: &[Moments]| moments.iter().copied().cycle().take(outputs).collect();
    Expected {
        moments: cycle(&input.moments),
        normal: cycle(&input.normal),
        activation: input.activation,
    }
}

fn get(known: &[Option<Expected>], id: TensorId) -> Option<&Expected> {
    known.get(id.0)?.as_ref()
}
