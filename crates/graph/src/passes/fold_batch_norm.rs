//! Constant factors and summands behind a convolution or dense layer become part of its weights and bias.

use super::{PassError, Record};
use crate::{Activation, Constant, Graph, Node, NodeId, Op, Tensor, TensorId};

/// Folds multiplications by, and additions and subtractions of, a constant a channel into the weights and
/// bias of the convolution, depthwise convolution or dense layer before them: what is left of batch
/// normalization when its mean and variance are constants (Jacob et al. 2018, arXiv 1712.05877, section
/// 3.2). A whole chain is folded in float64 and rounded once. An activation of the last one becomes the
/// layer's.
///
/// # Errors
/// [`PassError::Graph`] where the graph is not valid.
pub fn fold_batch_norm(graph: &Graph) -> Result<(Graph, Record), PassError> {
    graph.validate()?;
    let mut record =
        Record::new("constant factors or summands behind a convolution or dense layer");
    let mut folded = graph.clone();
    let mut gone = vec![false; graph.nodes.len()];
    for (id, node) in graph.numbered() {
        let Some(mut layer) = Layer::new(graph, id, node) else {
            continue;
        };
        while let Some((next, step)) = layer.next(&mut record) {
            layer.apply(&step);
            layer.end = next;
            layer.activation = step.activation;
            layer.steps.push(next);
        }
        if layer.steps.is_empty() {
            continue;
        }
        let Some((weights, bias)) = layer.rounded() else {
            record.leave(
                id,
                node,
                "the folded weights would be too large for float32",
            );
            continue;
        };
        for &step in &layer.steps {
            if let Some(gone) = gone.get_mut(step.0) {
                *gone = true;
            }
            if let Ok(node) = graph.node(step) {
                record.change(step, node, format!("became part of operator {}", id.0));
            }
        }
        layer.write(&mut folded, weights, bias);
    }
    folded.remove_nodes(&gone);
    folded.remove_unused();
    Ok((folded, record))
}

/// A factor or a summand for each output channel, or one for all.
struct Step<'graph> {
    kind: Kind,
    values: &'graph [f32],
    activation: Activation,
}

enum Kind {
    /// `y · c`
    Times,
    /// `y + c`
    Plus,
    /// `y − c`
    Minus,
    /// `c − y`
    From,
}

/// A layer with what has been folded into it: `y = factor · (w ∗ x) + bias` for each output channel.
struct Layer<'graph> {
    graph: &'graph Graph,
    id: NodeId,
    /// The operator that now gives the layer's output.
    end: NodeId,
    activation: Activation,
    weights: &'graph [f32],
    /// How many neighbouring weights belong to the same output channel.
    run: usize,
    factors: Vec<f64>,
    bias: Vec<f64>,
    steps: Vec<NodeId>,
}

impl<'graph> Layer<'graph> {
    /// None where the operator has no constant float32 weights.
    fn new(graph: &'graph Graph, id: NodeId, node: &'graph Node) -> Option<Self> {
        let axis = node.op.output_axis()?;
        let constant = |index: usize| {
            let input = node.inputs.get(index).copied().flatten()?;
            let tensor = graph.tensors.get(input.0)?;
            Some((tensor, tensor.data.as_ref()?.as_f32()?))
        };
        let (tensor, weights) = constant(1)?;
        let channels = *tensor.shape.get(axis)?;
        let bias = match node.inputs.get(2).copied().flatten() {
            Some(_) => constant(2)?.1.iter().map(|&b| f64::from(b)).collect(),
            None => vec![0.0; channels],
        };
        Some(Self {
            graph,
            id,
            end: id,
            activation: node.op.activation().unwrap_or_default(),
            weights,
            run: tensor.shape.get(axis + 1..)?.iter().product(),
            factors: vec![1.0; channels],
            bias,
            steps: Vec::new(),
        })
    }

    /// The operator behind, if it is one that can be folded.
    fn next(&self, record: &mut Record) -> Option<(NodeId, Step<'graph>)> {
        let output = self.graph.node(self.end).ok()?.output;
        let mut readers = self.graph.consumers(output);
        let (reader, more) = (readers.next()?, readers.next());
        let node = self.graph.node(reader).ok()?;
        let step = self.step(node, output)?;
        let against = if more.is_some() || self.graph.outputs.contains(&output) {
            "something else needs the layer’s output as it is"
        } else if self.activation != Activation::None {
            "an activation comes before it"
        } else {
            return Some((reader, step));
        };
        record.leave(reader, node, against);
        None
    }

    /// What an operator does to this layer's output, where that is the same for all places of a channel.
    fn step(&self, node: &'graph Node, output: TensorId) -> Option<Step<'graph>> {
        let [left, right] = *node.inputs.as_slice() else {
            return None;
        };
        let (is_left, other) = match (left?, right?) {
            (left, right) if left == right => return None,
            (left, right) if left == output => (true, right),
            (left, _) => (false, left),
        };
        let (kind, activation) = match node.op {
            Op::Mul(activation) => (Kind::Times, activation),
            Op::Add(activation) => (Kind::Plus, activation),
            Op::Sub(activation) if is_left => (Kind::Minus, activation),
            Op::Sub(activation) => (Kind::From, activation),
            _ => return None,
        };
        let tensor = self.graph.tensors.get(other.0)?;
        let values = tensor.data.as_ref()?.as_f32()?;
        let per_channel = tensor.shape.last().copied().unwrap_or(1) == values.len();
        let fits = values.len() == 1 || values.len() == self.factors.len();
        let shape = &self.graph.tensors.get(output.0)?.shape;
        let same_shape = &self.graph.tensors.get(node.output.0)?.shape == shape;
        (per_channel && fits && same_shape).then_some(Step {
            kind,
            values,
            activation,
        })
    }

    fn apply(&mut self, step: &Step<'_>) {
        let values = step.values.iter().cycle().map(|&value| f64::from(value));
        for ((factor, bias), value) in self.factors.iter_mut().zip(&mut self.bias).zip(values) {
            match step.kind {
                Kind::Times => {
                    *factor *= value;
                    *bias *= value;
                }
                Kind::Plus => *bias += value,
                Kind::Minus => *bias -= value,
                Kind::From => {
                    *factor = -*factor;
                    *bias = value - *bias;
                }
            }
        }
    }

    /// The new weights and bias; None where float32 does not hold them.
    fn rounded(&self) -> Option<(Vec<f32>, Vec<f32>)> {
        let channels = self.factors.len();
        let factor = |index: usize| self.factors.get(index / self.run % channels).copied();
        let weights = self.weights.iter().enumerate();
        let weights: Vec<f32> = weights
            .map(|(index, &weight)| Some((f64::from(weight) * factor(index)?) as f32))
            .collect::<Option<_>>()?;
        let bias: Vec<f32> = self.bias.iter().map(|&bias| bias as f32).collect();
        let finite = weights.iter().chain(&bias).all(|value| value.is_finite());
        finite.then_some((weights, bias))
    }

    /// Gives the layer new constants, the activation and the output of the last operator folded into it.
    fn write(&self, folded: &mut Graph, weights: Vec<f32>, bias: Vec<f32>) {
        let Ok(node) = self.graph.node(self.id) else {
            return;
        };
        let old = |index: usize| {
            let input = node.inputs.get(index).copied().flatten()?;
            self.graph.tensors.get(input.0)
        };
        let name = |index: usize, name: &str| {
            let old = old(index).map(|tensor| tensor.name.clone());
            old.unwrap_or_else(|| name.into())
        };
        let shape = old(1)
            .map(|tensor| tensor.shape.clone())
            .unwrap_or_default();
        let channels = vec![bias.len()];
        let weights = Tensor::constant(name(1, ""), shape, Constant::Float32(weights.into()));
        let bias = Tensor::constant(name(2, "bias"), channels, Constant::Float32(bias.into()));
        let (weights, bias) = (folded.add(weights), folded.add(bias));
        let output = self
            .graph
            .node(self.end)
            .map_or(node.output, |end| end.output);
        if let Some(layer) = folded.nodes.get_mut(self.id.0) {
            layer.inputs.truncate(1);
            layer.inputs.extend([Some(weights), Some(bias)]);
            layer.output = output;
            layer.op = layer.op.with_activation(self.activation);
        }
    }
}
