//! Layers with constant weights, and which of them follow each other.

use crate::{Activation, DType, Graph, Node, NodeId, Op, TensorId};

/// A convolution, depthwise convolution or dense layer with constant float32 weights and bias.
#[derive(Clone, Copy)]
pub(super) struct Layer<'graph> {
    pub(super) id: NodeId,
    pub(super) node: &'graph Node,
    pub(super) weights: &'graph [f32],
    pub(super) bias: Option<&'graph [f32]>,
    /// How many channels it reads. Dense layers may count each place of a picture as a channel.
    pub(super) inputs: usize,
    pub(super) outputs: usize,
    /// How many neighbouring weights belong to the same output channel.
    run: usize,
    /// How many output channels read the same input channel and no other; None where each reads all.
    multiplier: Option<usize>,
}

impl<'graph> Layer<'graph> {
    pub(super) fn new(graph: &'graph Graph, id: NodeId) -> Option<Self> {
        let node = graph.nodes.get(id.0)?;
        let axis = node.op.output_axis()?;
        let constant = |index: usize| {
            let input = node.inputs.get(index).copied().flatten()?;
            let tensor = graph.tensors.get(input.0)?;
            Some((tensor.data.as_ref()?.as_f32()?, &tensor.shape))
        };
        let (weights, shape) = constant(1)?;
        let bias = match node.inputs.get(2).copied().flatten() {
            Some(_) => Some(constant(2)?.0),
            None => None,
        };
        let multiplier = match node.op {
            Op::DepthwiseConv2d(op) => Some(op.multiplier),
            _ => None,
        };
        let outputs = *shape.get(axis)?;
        Some(Self {
            id,
            node,
            weights,
            bias,
            inputs: match multiplier {
                Some(multiplier) => outputs.checked_div(multiplier)?,
                None => *shape.last()?,
            },
            outputs,
            run: shape.get(axis + 1..)?.iter().product(),
            multiplier,
        })
    }

    /// The output channel that a weight belongs to.
    pub(super) fn output_of(&self, weight: usize) -> usize {
        weight / self.run % self.outputs
    }

    /// The input channel that a weight is multiplied by.
    pub(super) fn input_of(&self, weight: usize) -> usize {
        match self.multiplier {
            Some(multiplier) => weight % self.outputs / multiplier,
            None => weight % self.inputs,
        }
    }

    /// For each output channel, what is added to it when input channel `i` is `values[i % values.len()]`
    /// everywhere. `weights` are this layer's or others of the same shape.
    pub(super) fn products<W: Into<f64>>(
        &self,
        weights: impl IntoIterator<Item = W>,
        values: &[f64],
    ) -> Vec<f64> {
        let mut sums = vec![0.0; self.outputs];
        for (index, weight) in weights.into_iter().enumerate() {
            let value = values.get(self.input_of(index) % values.len().max(1));
            if let (Some(sum), Some(value)) = (sums.get_mut(self.output_of(index)), value) {
                *sum += weight.into() * value;
            }
        }
        sums
    }

    /// Whether each output channel reads one input channel.
    pub(super) fn is_depthwise(&self) -> bool {
        self.multiplier.is_some()
    }

    /// What ends it.
    pub(super) fn activation(&self) -> Activation {
        self.node.op.activation().unwrap_or_default()
    }
}

/// Two layers in a row: what the first gives goes to the second and nowhere else, past nothing that would not
/// keep a positive factor of a channel a factor.
pub(super) struct Pair<'graph> {
    pub(super) first: Layer<'graph>,
    pub(super) second: Layer<'graph>,
    /// Whether negative values are cut off in between.
    pub(super) relu: bool,
    /// Whether zeros are put around in between.
    pub(super) padded: bool,
}

impl Pair<'_> {
    /// Channels between both.
    pub(super) fn channels(&self) -> usize {
        self.first.outputs
    }
}

/// The pair that begins with a layer, or why none does. Channel c of the first layer is what the second counts
/// as input channel c, c + channels, c + 2 · channels …
pub(super) fn pair_from<'graph>(
    graph: &'graph Graph,
    first: Layer<'graph>,
) -> Result<Pair<'graph>, String> {
    const SPLIT: &str = "something else needs its output as it is";
    let channels = first.outputs;
    let (mut relu, mut padded) = (false, false);
    let mut activation = first.activation();
    let mut tensor = first.node.output;
    // Each operator at most once, however the graph is knotted.
    for _ in 0..graph.nodes.len() {
        match activation {
            Activation::None => {}
            Activation::Relu => relu = true,
            Activation::Relu6 => {
                return Err("a ReLU6, which stops all channels at 6, stands behind it".into());
            }
        }
        if graph.outputs.contains(&tensor) {
            return Err("the network gives its output out".into());
        }
        let mut readers = graph.consumers(tensor);
        let Some(id) = readers.next().filter(|_| readers.next().is_none()) else {
            return Err(SPLIT.into());
        };
        let node = graph.nodes.get(id.0).ok_or(SPLIT)?;
        if node.reads().filter(|&input| input == tensor).count() > 1 {
            return Err(SPLIT.into());
        }
        let reads_as_input = node.inputs.first() == Some(&Some(tensor));
        if let Some(second) = Layer::new(graph, id).filter(|_| reads_as_input) {
            padded |= pads(&node.op, graph, node);
            if !second.inputs.is_multiple_of(channels) {
                return Err(format!("operator {} mixes its channels", id.0));
            }
            return Ok(Pair {
                first,
                second,
                relu,
                padded,
            });
        }
        let rows = |id: TensorId| graph.tensors.get(id.0)?.shape.last().copied();
        let keeps_factors = match node.op {
            Op::Relu | Op::Relu6 | Op::Reshape | Op::MaxPool2d(_) | Op::AveragePool2d(_) => true,
            Op::Pad => rows(tensor) == rows(node.output),
            Op::Mean { .. } => keeps_last_axis(graph, node),
            _ => false,
        };
        if !keeps_factors || graph.dtype(node.output) != Ok(DType::Float32) {
            let name = node.op.name();
            return Err(format!(
                "operator {} ({name}) stands before the next layer, if there is one",
                id.0
            ));
        }
        padded |= node.op == Op::Pad;
        activation = match node.op {
            Op::Relu => Activation::Relu,
            Op::Relu6 => Activation::Relu6,
            op => op.activation().unwrap_or_default(),
        };
        tensor = node.output;
        if rows(tensor).is_none_or(|rows| !rows.is_multiple_of(channels)) {
            return Err(format!("operator {} mixes its channels", id.0));
        }
    }
    Err(SPLIT.into())
}

/// Whether a convolution puts zeros around its input.
fn pads(op: &Op, graph: &Graph, node: &Node) -> bool {
    let padding = match op {
        Op::Conv2d(op) => op.padding,
        Op::DepthwiseConv2d(op) => op.padding,
        _ => return false,
    };
    let weights = node.inputs.get(1).copied().flatten();
    let shape = weights.and_then(|id| Some(&graph.tensors.get(id.0)?.shape));
    let is_dot = shape.is_some_and(|shape| shape.get(1..3) == Some(&[1, 1]));
    padding == crate::Padding::Same && !is_dot
}

/// Whether a mean goes over other axes than the last, each channel for itself.
pub(super) fn keeps_last_axis(graph: &Graph, node: &Node) -> bool {
    let input = |index: usize| {
        let id = node.inputs.get(index).copied().flatten()?;
        graph.tensors.get(id.0)
    };
    let (Some(values), Some(axes)) = (input(0), input(1)) else {
        return false;
    };
    let axes = axes.data.as_ref().and_then(|axes| axes.to_i64s());
    let rank = values.shape.len() as i64;
    axes.is_some_and(|axes| axes.iter().all(|&axis| axis != -1 && axis != rank - 1))
}
