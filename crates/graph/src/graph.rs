//! The network itself.

use crate::error::{GraphError, OperatorProblem, TensorLabel};
use crate::{DType, Op, Tensor};

/// A tensor's place in [`Graph::tensors`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TensorId(pub usize);

/// An operator's place in [`Graph::nodes`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeId(pub usize);

/// An operator with the tensors that it reads and writes.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// What it does.
    pub op: Op,
    /// What it reads, in the order that [`Op`] says; None where an optional one is left out.
    pub inputs: Vec<Option<TensorId>>,
    /// What it writes.
    pub output: TensorId,
}

impl Node {
    /// The tensors it reads, without those that are left out.
    pub fn reads(&self) -> impl Iterator<Item = TensorId> + '_ {
        self.inputs.iter().filter_map(|input| *input)
    }
}

/// A network: tensors, and operators in the order in which they run.
///
/// The fields are public and can be put together wrongly; [`Graph::validate`] tells.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Graph {
    /// For people.
    pub name: String,
    /// All values. [`TensorId`] counts them.
    pub tensors: Vec<Tensor>,
    /// The operators. [`NodeId`] counts them.
    pub nodes: Vec<Node>,
    /// What is put in.
    pub inputs: Vec<TensorId>,
    /// What comes out.
    pub outputs: Vec<TensorId>,
    /// The names of the classes, where the network is a classifier and they are known.
    pub labels: Vec<String>,
}

impl Graph {
    /// Adds a tensor.
    pub fn add(&mut self, tensor: Tensor) -> TensorId {
        self.tensors.push(tensor);
        TensorId(self.tensors.len() - 1)
    }

    /// Adds a tensor for an operator's output, and the operator behind all others.
    pub fn push(
        &mut self,
        op: Op,
        inputs: impl IntoIterator<Item = TensorId>,
        output: Tensor,
    ) -> TensorId {
        let output = self.add(output);
        self.nodes.push(Node {
            op,
            inputs: inputs.into_iter().map(Some).collect(),
            output,
        });
        output
    }

    /// A tensor.
    ///
    /// # Errors
    /// [`GraphError::NoTensor`].
    pub fn tensor(&self, id: TensorId) -> Result<&Tensor, GraphError> {
        self.tensors.get(id.0).ok_or(GraphError::NoTensor(id.0))
    }

    /// The type of a tensor's numbers.
    ///
    /// # Errors
    /// [`GraphError::NoTensor`].
    pub fn dtype(&self, id: TensorId) -> Result<DType, GraphError> {
        self.tensor(id).map(|tensor| tensor.dtype)
    }

    /// An operator.
    ///
    /// # Errors
    /// [`GraphError::NoNode`].
    pub fn node(&self, id: NodeId) -> Result<&Node, GraphError> {
        self.nodes.get(id.0).ok_or(GraphError::NoNode(id.0))
    }

    /// The operators with their places.
    pub fn numbered(&self) -> impl DoubleEndedIterator<Item = (NodeId, &Node)> {
        let number = |(index, node)| (NodeId(index), node);
        self.nodes.iter().enumerate().map(number)
    }

    /// Whether a tensor is part of the network.
    pub fn is_constant(&self, id: TensorId) -> bool {
        matches!(self.tensors.get(id.0), Some(tensor) if tensor.data.is_some())
    }

    /// The operator that writes a tensor, if any does.
    pub fn producer(&self, id: TensorId) -> Option<NodeId> {
        let mut nodes = self.numbered();
        nodes.find(|(_, node)| node.output == id).map(|(id, _)| id)
    }

    /// The operators that read a tensor, each once, in order. That the graph gives it out does not count.
    pub fn consumers(&self, id: TensorId) -> impl Iterator<Item = NodeId> + '_ {
        self.numbered()
            .filter(move |(_, node)| node.reads().any(|input| input == id))
            .map(|(id, _)| id)
    }

    /// Whether a tensor is read by one operator alone, and not given out.
    pub fn has_one_reader(&self, id: TensorId) -> bool {
        !self.outputs.contains(&id) && self.consumers(id).count() == 1
    }

    /// Removes the tensors that no operator touches and the graph neither takes nor gives. Returns the new
    /// number of each.
    pub fn remove_unused(&mut self) -> Vec<Option<TensorId>> {
        let mut used = vec![false; self.tensors.len()];
        let nodes = self.nodes.iter();
        let touched = nodes.flat_map(|node| node.reads().chain([node.output]));
        for id in touched.chain(self.inputs.iter().chain(&self.outputs).copied()) {
            if let Some(used) = used.get_mut(id.0) {
                *used = true;
            }
        }
        let mut kept = 0;
        let numbers = used.iter().map(|&used| {
            used.then(|| {
                kept += 1;
                TensorId(kept - 1)
            })
        });
        let numbers: Vec<Option<TensorId>> = numbers.collect();
        let mut used = used.into_iter();
        self.tensors.retain(|_| used.next().unwrap_or(true));
        // What does not exist goes on not existing.
        let renumber = |id: &mut TensorId| {
            if let Some(number) = numbers.get(id.0) {
                *id = number.unwrap_or(TensorId(usize::MAX));
            }
        };
        for node in &mut self.nodes {
            node.inputs.iter_mut().flatten().for_each(renumber);
            renumber(&mut node.output);
        }
        self.inputs.iter_mut().for_each(renumber);
        self.outputs.iter_mut().for_each(renumber);
        numbers
    }

    /// Removes the operators that are marked.
    pub(crate) fn remove_nodes(&mut self, gone: &[bool]) {
        let mut gone = gone.iter();
        self.nodes
            .retain(|_| !gone.next().copied().unwrap_or(false));
    }

    /// A tensor as messages name it.
    pub(crate) fn label(&self, id: TensorId) -> TensorLabel {
        let name = self.tensors.get(id.0).map(|tensor| tensor.name.clone());
        TensorLabel {
            id: id.0,
            name: name.unwrap_or_default(),
        }
    }

    /// A problem with the operator that it is about. One that is not in the graph gets the number that it
    /// would have at the end.
    pub(crate) fn at(&self, node: &Node, problem: OperatorProblem) -> GraphError {
        let place = self
            .nodes
            .iter()
            .position(|other| std::ptr::eq(other, node));
        GraphError::Operator {
            index: place.unwrap_or(self.nodes.len()),
            op: node.op.name(),
            problem,
        }
    }
}
