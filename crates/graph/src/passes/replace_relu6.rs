//! ReLU6 becomes ReLU.

use super::statistics::{Normal, Statistics};
use super::{PassError, Record};
use crate::{Activation, Graph, Node, Op};

/// The cap.
const SIX: f32 = 6.0;

/// Replaces every ReLU6, alone or at the end of an operator, by ReLU. The channels of a layer can then be scaled
/// each by its own factor, which a common cap of 6 forbids (Nagel et al. 2019, arXiv 1906.04721, section 5).
///
/// Values above 6 are no longer cut off, so that a float32 network computes something else. For the paper's
/// MobileNetV2 that hardly matters; others depend on the cap, and [`replace_idle_relu6`] is for them.
///
/// # Errors
/// [`PassError::Graph`] where the graph is not valid.
pub fn replace_relu6(graph: &Graph) -> Result<(Graph, Record), PassError> {
    replace(graph, |_| Ok(()))
}

/// Replaces ReLU6 by ReLU where it has nothing to do: where no channel's mean plus so many standard deviations is
/// above 6.
///
/// # Errors
/// [`PassError::Graph`] where the graph is not valid; [`PassError::OtherGraph`].
pub fn replace_idle_relu6(
    graph: &Graph,
    statistics: &Statistics,
    deviations: f32,
) -> Result<(Graph, Record), PassError> {
    statistics.fits(graph)?;
    let largest = |Normal { mean, deviation }: &Normal| {
        let both = mean.iter().zip(deviation);
        let ends = both.map(|(mean, deviation)| mean + deviations * deviation);
        ends.fold(f32::NEG_INFINITY, f32::max)
    };
    replace(graph, |node| {
        // One of its own is known by the layer before.
        let values = match node.op {
            Op::Relu6 => node.reads().next().unwrap_or(node.output),
            _ => node.output,
        };
        match statistics.get(values).map(largest) {
            Some(largest) if largest <= SIX => Ok(()),
            Some(largest) => Err(format!("a channel is expected to reach {largest:.1}")),
            None => Err("nothing is known of its values: no batch normalization".into()),
        }
    })
}

fn replace(
    graph: &Graph,
    may: impl Fn(&Node) -> Result<(), String>,
) -> Result<(Graph, Record), PassError> {
    graph.validate()?;
    let mut record = Record::new("ReLU6");
    let mut replaced = graph.clone();
    for ((id, old), node) in graph.numbered().zip(&mut replaced.nodes) {
        if node.op != Op::Relu6 && node.op.activation() != Some(Activation::Relu6) {
            continue;
        }
        if let Err(why) = may(old) {
            record.leave(id, old, why);
            continue;
        }
        node.op = match node.op {
            Op::Relu6 => Op::Relu,
            op => op.with_activation(Activation::Relu),
        };
        record.change(id, old, "its ReLU6 became ReLU");
    }
    Ok((replaced, record))
}
