//! How many bits the weights of each layer have, and rounding to them.

use octet_quant::{Granularity, IntRange, Rounding, Symmetry, min_max_params};

use super::constants::Constants;
use super::layers::Layer;
use super::{PassError, WeightScheme};
use crate::{DType, Graph, NodeId};

/// How many bits the weights of each layer are to have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Widths {
    /// Whether each output channel has a scale of its own, or all weights of an operator share one.
    pub per_channel: bool,
    /// One an operator; None where weights stay as they are.
    bits: Vec<Option<u32>>,
}

impl Widths {
    /// All weights stay as they are.
    pub fn none(graph: &Graph, per_channel: bool) -> Self {
        Self {
            per_channel,
            bits: vec![None; graph.nodes.len()],
        }
    }

    /// The same for each convolution, depthwise convolution and dense layer.
    pub fn uniform(graph: &Graph, scheme: WeightScheme) -> Self {
        let has_weights = |(_, node): (NodeId, &crate::Node)| node.op.output_axis().is_some();
        let bits = graph.numbered().map(has_weights);
        Self {
            per_channel: scheme.per_channel,
            bits: bits.map(|has| has.then_some(scheme.bits)).collect(),
        }
    }

    /// Those of an operator; None where its weights stay as they are.
    pub fn get(&self, node: NodeId) -> Option<u32> {
        self.bits.get(node.0).copied().flatten()
    }

    /// Sets those of an operator. One that there is not is ignored.
    pub fn set(&mut self, node: NodeId, bits: Option<u32>) {
        if let Some(slot) = self.bits.get_mut(node.0) {
            *slot = bits;
        }
    }

    /// A graph whose weights can be replaced, without an effect on operators that keep theirs.
    pub(super) fn constants<'graph>(&self, graph: &'graph Graph) -> Constants<'graph> {
        let mut constants = Constants::new(graph);
        for (_, node) in graph.numbered().filter(|(id, _)| self.get(*id).is_none()) {
            node.reads().for_each(|id| constants.keep(id));
        }
        constants
    }

    /// That these are of a graph with so many operators.
    pub(super) fn fits(&self, graph: &Graph) -> Result<(), PassError> {
        if self.bits.len() == graph.nodes.len() {
            return Ok(());
        }
        Err(PassError::OtherWidths {
            widths: self.bits.len(),
            graph: graph.nodes.len(),
        })
    }
}

/// The smallest type of TFLite's that holds integers of so many bits; None beyond 8.
pub fn storage_type(bits: u32) -> Option<DType> {
    match bits {
        0..=2 => Some(DType::Int2),
        3..=4 => Some(DType::Int4),
        5..=8 => Some(DType::Int8),
        _ => None,
    }
}

/// The steps of a layer's weights: symmetric around 0, the largest magnitude at the end.
pub(super) struct Grid {
    /// One, or one for each output channel.
    pub(super) scales: Vec<f32>,
    /// Integers go from −`largest` to `largest`.
    pub(super) largest: i32,
}

impl Grid {
    pub(super) fn new(
        graph: &Graph,
        layer: &Layer<'_>,
        bits: u32,
        per_channel: bool,
    ) -> Result<Self, PassError> {
        let range = IntRange::new(bits, true, true).map_err(PassError::Bits)?;
        let weights = layer.node.inputs.get(1).copied().flatten();
        let tensor = weights.and_then(|id| graph.tensors.get(id.0));
        let shape = tensor.map_or(&[][..], |tensor| &tensor.shape);
        let granularity = match layer.node.op.output_axis().filter(|_| per_channel) {
            Some(axis) => Granularity::PerChannel { axis },
            None => Granularity::PerTensor,
        };
        let params = min_max_params(
            layer.weights,
            shape,
            granularity,
            Symmetry::Symmetric,
            range,
            Rounding::HalfAwayFromZero,
        );
        let params = params.map_err(|source| PassError::Observer {
            tensor: graph.label(weights.unwrap_or(crate::TensorId(usize::MAX))),
            source,
        })?;
        Ok(Self {
            scales: params.iter().map(|params| params.scale()).collect(),
            largest: range.qmax(),
        })
    }

    fn scale(&self, layer: &Layer<'_>, weight: usize) -> f32 {
        let channel = layer.output_of(weight) % self.scales.len().max(1);
        self.scales.get(channel).copied().unwrap_or(1.0)
    }

    /// The nearest integers, halves away from zero.
    pub(super) fn nearest(&self, layer: &Layer<'_>) -> Vec<i32> {
        let largest = self.largest as f32;
        let weights = layer.weights.iter().enumerate();
        let integers = weights.map(|(index, weight)| {
            let place = weight / self.scale(layer, index);
            place.round().clamp(-largest, largest) as i32
        });
        integers.collect()
    }

    /// What integers stand for.
    pub(super) fn reals(&self, layer: &Layer<'_>, integers: &[i32]) -> Vec<f32> {
        let integers = integers.iter().enumerate();
        let reals = integers.map(|(index, &q)| q as f32 * self.scale(layer, index));
        reals.collect()
    }
}
