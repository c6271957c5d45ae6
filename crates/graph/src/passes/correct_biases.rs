//! Bias correction: what rounding the weights adds on average is subtracted again.

use super::absorb_high_biases::add_to_bias;
use super::channel_means::ChannelMeans;
use super::constants::Constants;
use super::layers::Layer;
use super::{PassError, Record};
use crate::{Graph, NodeId};

/// What correction did to a layer.
#[derive(Clone, Debug, PartialEq)]
pub struct CorrectedBias {
    /// The layer.
    pub node: NodeId,
    /// By how much rounded weights raised each output channel on average: what was subtracted from the biases.
    pub shifts: Vec<f32>,
}

/// What correction did.
#[derive(Clone, Debug, PartialEq)]
pub struct BiasCorrection {
    /// In the order of the layers.
    pub layers: Vec<CorrectedBias>,
    /// In words, with the layers that stay as they are, and why.
    pub record: Record,
}

/// Bias correction (Nagel et al. 2019, arXiv 1906.04721, section 4.2): `rounded` is `original` with other weights,
/// W̃ in place of W ([`fake_quantize_weights`](super::fake_quantize_weights())); from the bias of each layer
/// `(W̃ − W) · E[x]` is subtracted, with the expected input of `means`. These are of `original`, and either
/// [expected](ChannelMeans::expected) from batch normalization or observed on data. As in the paper, the zeros
/// that convolutions put around their inputs are left out of account.
///
/// # Errors
/// [`PassError::Graph`] where a graph is not valid, or biases would leave float32; [`PassError::NoSamples`] where
/// the means know nothing; [`PassError::OtherGraph`]; [`PassError::Differs`] where the graphs differ in more than
/// numbers.
pub fn correct_biases(
    original: &Graph,
    rounded: &Graph,
    means: &ChannelMeans,
) -> Result<(Graph, BiasCorrection), PassError> {
    original.validate()?;
    rounded.validate()?;
    means.fits(original)?;
    if original.nodes.len() != rounded.nodes.len() {
        return Err(PassError::Differs {
            index: original.nodes.len().min(rounded.nodes.len()),
        });
    }
    let mut record = Record::new("layers with rounded weights");
    let mut layers = Vec::new();
    let mut constants = Constants::new(rounded);
    for ((id, node), (_, other)) in original.numbered().zip(rounded.numbered()) {
        let same = node.op == other.op
            && node.output == other.output
            && node.inputs.first() == other.inputs.first();
        if !same {
            return Err(PassError::Differs { index: id.0 });
        }
        if node.op.output_axis().is_none() {
            continue;
        }
        let (Some(before), Some(after)) = (Layer::new(original, id), Layer::new(rounded, id))
        else {
            record.leave(id, node, "its weights or bias are not float32 constants");
            continue;
        };
        if before.weights.len() != after.weights.len() {
            return Err(PassError::Differs { index: id.0 });
        }
        if before.weights == after.weights {
            record.leave(id, node, "its weights are not rounded");
            continue;
        }
        let input = node.reads().next();
        let Some(means) = input.and_then(|input| means.get(input)) else {
            record.leave(id, node, "nothing is known of its input");
            continue;
        };
        let pairs = before.weights.iter().zip(after.weights);
        let errors = pairs.map(|(&before, &after)| f64::from(after) - f64::from(before));
        let shifts = after.products(errors, &means);
        let opposite: Vec<f64> = shifts.iter().map(|shift| -shift).collect();
        add_to_bias(&mut constants, &after, &opposite);
        let largest = shifts
            .iter()
            .fold(0.0_f64, |max, shift| max.max(shift.abs()));
        record.change(id, node, format!("shifts of up to {largest:.4} taken back"));
        layers.push(CorrectedBias {
            node: id,
            shifts: shifts.iter().map(|&shift| shift as f32).collect(),
        });
    }
    if layers.is_empty() && means.is_empty() && !record.left.is_empty() {
        return Err(PassError::NoSamples);
    }
    constants.graph.validate()?;
    Ok((constants.graph, BiasCorrection { layers, record }))
}
