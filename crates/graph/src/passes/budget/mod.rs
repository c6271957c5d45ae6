//! Which bit width each layer's weights get when a file may have so many bytes.

mod exact;
mod greedy;
mod measure;

pub use exact::allocate_exactly;
pub use greedy::allocate_greedily;
pub use measure::WidthMeasurement;

use super::PassError;
use super::widths::Widths;
use crate::{Graph, NodeId};

/// A form that a layer's weights can have.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct WidthChoice {
    /// Bits a weight.
    pub bits: u32,
    /// Bytes in the file.
    pub bytes: usize,
    /// What it adds to the network's outputs: squared error in parts of the squared outputs, hence 1 / SQNR.
    pub noise: f64,
}

/// A layer with the forms that its weights can have.
#[derive(Clone, Debug, PartialEq)]
pub struct LayerChoices {
    /// The layer.
    pub node: NodeId,
    /// At least one.
    pub choices: Vec<WidthChoice>,
}

/// A choice for every layer.
#[derive(Clone, Debug, PartialEq)]
pub struct Allocation {
    /// In the order of the layers.
    pub layers: Vec<(NodeId, WidthChoice)>,
}

impl Allocation {
    /// Bytes of all weights.
    pub fn bytes(&self) -> usize {
        self.layers.iter().map(|(_, choice)| choice.bytes).sum()
    }

    /// The sum of all noise: what would reach the outputs if layers did not disturb each other.
    pub fn noise(&self) -> f64 {
        self.layers.iter().map(|(_, choice)| choice.noise).sum()
    }

    /// The bit widths.
    pub fn widths(&self, graph: &Graph, per_channel: bool) -> Widths {
        let mut widths = Widths::none(graph, per_channel);
        for (node, choice) in &self.layers {
            widths.set(*node, Some(choice.bits));
        }
        widths
    }
}

/// The forms that are worth a thought: by growing size, each with less noise than all that are smaller.
fn worthwhile(layer: &LayerChoices) -> Vec<WidthChoice> {
    let mut choices = layer.choices.clone();
    choices.retain(|choice| choice.noise.is_finite());
    choices.sort_by(|a, b| a.bytes.cmp(&b.bytes).then(a.noise.total_cmp(&b.noise)));
    let mut least = f64::INFINITY;
    choices.retain(|choice| {
        let better = choice.noise < least;
        least = least.min(choice.noise);
        better
    });
    choices
}

/// Every layer's worthwhile forms, the smallest first, where all of the smallest fit into the budget.
fn fitting(layers: &[LayerChoices], budget: usize) -> Result<Vec<Vec<WidthChoice>>, PassError> {
    let worthwhile: Vec<_> = layers.iter().map(worthwhile).collect();
    if let Some(index) = worthwhile.iter().position(Vec::is_empty) {
        let node = layers.get(index).map_or(0, |layer| layer.node.0);
        return Err(PassError::NoWidths { index: node });
    }
    let first = worthwhile.iter().filter_map(|choices| choices.first());
    let smallest = first.map(|choice| choice.bytes).sum();
    if budget < smallest {
        return Err(PassError::Budget { budget, smallest });
    }
    Ok(worthwhile)
}
