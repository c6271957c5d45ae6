//! High-bias absorption: what a channel never falls below moves into the next layer.

use super::constants::Constants;
use super::layers::{Layer, Pair, pair_from};
use super::statistics::Statistics;
use super::{PassError, Record};
use crate::{Constant, Graph, NodeId, Tensor, TensorId};

/// How many standard deviations below the mean a channel is taken never to fall.
const DEVIATIONS: f64 = 3.0;

/// What absorption did to two layers that follow each other.
#[derive(Clone, Debug, PartialEq)]
pub struct AbsorbedPair {
    /// The layer whose biases became smaller.
    pub first: NodeId,
    /// The layer whose biases took that in.
    pub second: NodeId,
    /// What the first writes.
    pub output: TensorId,
    /// What was subtracted from each channel; 0 or more.
    pub amounts: Vec<f32>,
}

/// What absorption did.
#[derive(Clone, Debug, PartialEq)]
pub struct Absorption {
    /// In the order of the first layers; those with nothing to absorb are left out.
    pub pairs: Vec<AbsorbedPair>,
    /// In words, with the layers that stay as they are, and why.
    pub record: Record,
}

impl Absorption {
    /// Statistics of the graph before, as they are after.
    pub fn shift(&self, statistics: &Statistics) -> Statistics {
        let mut shifted = statistics.clone();
        for pair in &self.pairs {
            shifted.change(pair.output, |normal| {
                for (mean, amount) in normal.mean.iter_mut().zip(&pair.amounts) {
                    *mean -= amount;
                }
            });
        }
        shifted
    }
}

/// High-bias absorption (Nagel et al. 2019, arXiv 1906.04721, section 4.1): where a layer ends in ReLU and its
/// output goes to one other layer alone, `c = max(0, mean − 3 · deviation)` is subtracted from each channel's bias, and
/// what c contributes to the next layer is added to that one's biases. Values are smaller then, and one scale
/// serves more channels.
///
/// A value that was c or more is computed as before, up to rounding; of normally distributed ones, 0.13 % are less.
/// Where the next layer puts zeros around its input, those would have to become −c, so such pairs are left as they
/// are.
///
/// # Errors
/// [`PassError::Graph`] where the graph is not valid, or biases would leave float32; [`PassError::OtherGraph`].
pub fn absorb_high_biases(
    graph: &Graph,
    statistics: &Statistics,
) -> Result<(Graph, Absorption), PassError> {
    graph.validate()?;
    statistics.fits(graph)?;
    let mut record = Record::new("layers that follow each other");
    let mut pairs = Vec::new();
    // A layer can be first of one pair and second of another.
    let mut changes: Vec<Vec<f64>> = vec![Vec::new(); graph.nodes.len()];
    for (id, node) in graph.numbered() {
        let Some(layer) = Layer::new(graph, id) else {
            continue;
        };
        let (pair, amounts) = match amounts(graph, layer, statistics) {
            Ok(pair) => pair,
            Err(why) => {
                record.leave(id, node, why);
                continue;
            }
        };
        let second = &pair.second;
        let minus = amounts.iter().map(|amount| -amount).collect();
        let plus = second.products(second.weights.iter().copied(), &amounts);
        add(&mut changes, id, minus);
        add(&mut changes, second.id, plus);
        let absorbed = amounts.iter().filter(|&&amount| amount > 0.0).count();
        let largest = amounts.iter().copied().fold(0.0, f64::max);
        let text = format!(
            "biases of {absorbed} channels, up to {largest:.3}, became part of operator {}",
            second.id.0
        );
        record.change(id, node, text);
        pairs.push(AbsorbedPair {
            first: id,
            second: second.id,
            output: node.output,
            amounts: amounts.iter().map(|&amount| amount as f32).collect(),
        });
    }
    let mut constants = Constants::new(graph);
    for ((id, _), change) in graph.numbered().zip(&changes) {
        if let Some(layer) = Layer::new(graph, id) {
            add_to_bias(&mut constants, &layer, change);
        }
    }
    constants.graph.validate()?;
    Ok((constants.graph, Absorption { pairs, record }))
}

/// What to subtract from each channel of a layer, with the pair that it begins.
fn amounts<'graph>(
    graph: &'graph Graph,
    layer: Layer<'graph>,
    statistics: &Statistics,
) -> Result<(Pair<'graph>, Vec<f64>), String> {
    let pair = pair_from(graph, layer)?;
    if !pair.relu {
        return Err("no ReLU stands behind it".into());
    }
    if pair.padded {
        let second = pair.second.id.0;
        return Err(format!("operator {second} sees zeros around its output"));
    }
    let normal = statistics.get(layer.node.output);
    let normal = normal.ok_or("nothing is known of its values: no batch normalization")?;
    // As float32 holds them, so that both layers change by the same.
    let both = normal.mean.iter().zip(&normal.deviation);
    let amounts = both.map(|(&mean, &deviation)| {
        let least = f64::from(mean) - DEVIATIONS * f64::from(deviation);
        f64::from(least.max(0.0) as f32)
    });
    let amounts: Vec<f64> = amounts.collect();
    if amounts.iter().all(|&amount| amount == 0.0) {
        return Err("none of its channels stays above 0".into());
    }
    Ok((pair, amounts))
}

fn add(changes: &mut [Vec<f64>], id: NodeId, more: Vec<f64>) {
    if let Some(change) = changes.get_mut(id.0) {
        change.resize(more.len(), 0.0);
        for (sum, more) in change.iter_mut().zip(more) {
            *sum += more;
        }
    }
}

/// Adds a number to the bias of each output channel; a layer without a bias gets one, unless all are 0.
pub(super) fn add_to_bias(constants: &mut Constants<'_>, layer: &Layer<'_>, change: &[f64]) {
    if change.iter().all(|&change| change == 0.0) {
        return;
    }
    let old = layer.bias.into_iter().flatten().copied();
    let old = old.chain(std::iter::repeat(0.0));
    let sums = old
        .zip(change)
        .map(|(bias, change)| (f64::from(bias) + change) as f32);
    let data = Constant::Float32(sums.collect());
    let bias = match layer.node.inputs.get(2).copied().flatten() {
        Some(bias) => constants.replace(bias, data, None),
        None => constants
            .graph
            .add(Tensor::constant("bias", vec![layer.outputs], data)),
    };
    constants.put(layer.id, 2, bias);
}
