//! Which scale and zero point each activation of a full-integer network has.

use super::params::Params;
use super::{Calibration, PassError};
use crate::{DType, Graph, Node, Op, TensorId};

/// Where an operator's output gets its scale and zero point.
enum Choice {
    /// Built into the kernel.
    Fixed(Params),
    /// Its input's.
    Input(TensorId),
    /// Its own range.
    Free,
    /// Its own range, which all inputs must share.
    Joined,
}

fn choice(graph: &Graph, node: &Node) -> Choice {
    let input = node.inputs.first().copied().flatten();
    match (node.op, input) {
        (Op::Softmax { .. } | Op::Logistic, _) => Choice::Fixed(Params::UNIT),
        (Op::Tanh, _) => Choice::Fixed(Params::TANH),
        (op, Some(input)) if keeps_scale(&op) && !graph.is_constant(input) => Choice::Input(input),
        (Op::Concat { .. }, _) => Choice::Joined,
        _ => Choice::Free,
    }
}

/// Whether the numbers are moved, or the kernel does not convert: input and output have one scale.
pub(super) fn keeps_scale(op: &Op) -> bool {
    matches!(
        op,
        Op::MaxPool2d(_)
            | Op::AveragePool2d(_)
            | Op::Pad
            | Op::Reshape
            | Op::Transpose
            | Op::StridedSlice(_)
            | Op::ResizeBilinear(_)
            | Op::ResizeNearest(_)
    )
}

/// Scale and zero point of each float32 activation.
pub(super) struct Activations<'graph> {
    graph: &'graph Graph,
    calibration: &'graph Calibration,
    /// What each tensor has.
    params: Vec<Option<Params>>,
    /// What each tensor must have because it is joined with others.
    forced: Vec<Option<Params>>,
}

impl<'graph> Activations<'graph> {
    /// Chooses for all.
    ///
    /// Tensors that are joined must agree. What only the concatenation reads is computed at its output's
    /// scale; everything else keeps its own and is converted.
    pub(super) fn choose(
        graph: &'graph Graph,
        calibration: &'graph Calibration,
    ) -> Result<Self, PassError> {
        let none = vec![None; graph.tensors.len()];
        let mut activations = Self {
            graph,
            calibration,
            params: none.clone(),
            forced: none,
        };
        activations.assign()?;
        // From the end: an inner concatenation obeys an outer one.
        for node in graph.nodes.iter().rev() {
            if matches!(node.op, Op::Concat { .. }) && is_float(graph, node.output) {
                activations.join(node)?;
            }
        }
        activations.assign()?;
        Ok(activations)
    }

    /// What a tensor has; None where it is no float32 activation.
    pub(super) fn get(&self, id: TensorId) -> Option<Params> {
        self.params.get(id.0).copied().flatten()
    }

    /// From the inputs to the outputs.
    fn assign(&mut self) -> Result<(), PassError> {
        for &input in &self.graph.inputs {
            if is_float(self.graph, input) {
                let params = self.observed(input)?;
                self.set(input, params);
            }
        }
        for node in &self.graph.nodes {
            let output = node.output;
            if !is_float(self.graph, output) {
                continue;
            }
            let forced = self.forced.get(output.0).copied().flatten();
            let params = match (forced, choice(self.graph, node)) {
                (Some(forced), _) => forced,
                (None, Choice::Fixed(params)) => params,
                (None, Choice::Input(input)) => match self.get(input) {
                    Some(params) => params,
                    None => self.observed(output)?,
                },
                (None, Choice::Free) => self.observed(output)?,
                (None, Choice::Joined) => match self.common(node) {
                    Some(params) => params,
                    None => self.observed(output)?,
                },
            };
            self.set(output, params);
        }
        Ok(())
    }

    /// What the inputs of a concatenation have, where that is the same for all.
    fn common(&self, node: &Node) -> Option<Params> {
        let mut inputs = node.reads().map(|input| self.get(input));
        let first = inputs.next()??;
        let all = inputs.all(|other| other == Some(first));
        all.then_some(first)
    }

    fn observed(&self, id: TensorId) -> Result<Params, PassError> {
        let range = self.calibration.range(id);
        let not_observed = || PassError::NotObserved(self.graph.label(id));
        range.map(Params::of_range).ok_or_else(not_observed)
    }

    fn set(&mut self, id: TensorId, params: Params) {
        if let Some(slot) = self.params.get_mut(id.0) {
            *slot = Some(params);
        }
    }

    fn join(&mut self, node: &Node) -> Result<(), PassError> {
        let forced = self.forced.get(node.output.0).copied().flatten();
        let Some(params) = forced.or_else(|| self.get(node.output)) else {
            return Ok(());
        };
        for input in node.reads() {
            for id in self.obeying(input)? {
                if let Some(slot) = self.forced.get_mut(id.0) {
                    *slot = Some(params);
                }
            }
        }
        Ok(())
    }

    /// A tensor, and those that it is made of by moving numbers, where nothing minds which scale they have:
    /// each has one reader, and the first is written by an operator that converts. Else nothing.
    fn obeying(&self, mut id: TensorId) -> Result<Vec<TensorId>, PassError> {
        let mut chain = Vec::new();
        loop {
            let producer = self.graph.producer(id);
            let Some(producer) = producer.filter(|_| self.graph.has_one_reader(id)) else {
                return Ok(Vec::new());
            };
            chain.push(id);
            match choice(self.graph, self.graph.node(producer)?) {
                Choice::Fixed(_) => return Ok(Vec::new()),
                Choice::Free | Choice::Joined => return Ok(chain),
                Choice::Input(input) => id = input,
            }
        }
    }
}

/// Whether a tensor is float32.
pub(super) fn is_float(graph: &Graph, id: TensorId) -> bool {
    graph.dtype(id) == Ok(DType::Float32)
}
