//! An order in which operators can run.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::error::GraphError;
use crate::{Graph, Node, NodeId, TensorId};

impl Graph {
    /// The operators in an order in which each finds its inputs computed: of those that are ready, the one
    /// that comes first in [`Graph::nodes`] runs first, so that a graph in order stays as it is.
    ///
    /// # Errors
    /// [`GraphError::NoTensor`], or [`GraphError::Cycle`] where an operator can never run.
    pub fn topological_order(&self) -> Result<Vec<NodeId>, GraphError> {
        let mut writers = vec![0_usize; self.tensors.len()];
        let mut readers: Vec<Vec<usize>> = vec![Vec::new(); self.tensors.len()];
        for (id, node) in self.numbered() {
            let output = node.output.0;
            *writers
                .get_mut(output)
                .ok_or(GraphError::NoTensor(output))? += 1;
            for input in node.reads() {
                let readers = readers.get_mut(input.0);
                readers.ok_or(GraphError::NoTensor(input.0))?.push(id.0);
            }
        }
        // Constants and the inputs of the graph never have to be waited for.
        let constants = self.tensors.iter().map(|tensor| tensor.data.is_some());
        let mut given: Vec<bool> = constants.collect();
        for input in &self.inputs {
            *given
                .get_mut(input.0)
                .ok_or(GraphError::NoTensor(input.0))? = true;
        }
        let given = |tensor: usize| given.get(tensor).copied().unwrap_or(false);
        let mut waiting: Vec<usize> = self.nodes.iter().map(|_| 0).collect();
        for (tensor, readers) in readers.iter().enumerate() {
            let missing = match writers.get(tensor) {
                _ if given(tensor) => 0,
                Some(0) | None => 1,
                Some(&writers) => writers,
            };
            for &reader in readers {
                if let Some(count) = waiting.get_mut(reader) {
                    *count += missing;
                }
            }
        }
        let is_ready = |(_, count): &(usize, &usize)| **count == 0;
        let ready = waiting.iter().enumerate().filter(is_ready);
        let mut ready: BinaryHeap<_> = ready.map(|(index, _)| Reverse(index)).collect();
        let mut order = Vec::with_capacity(self.nodes.len());
        while let Some(Reverse(index)) = ready.pop() {
            order.push(NodeId(index));
            let Some(node) = self.nodes.get(index).filter(|node| !given(node.output.0)) else {
                continue;
            };
            for &reader in readers.get(node.output.0).into_iter().flatten() {
                if let Some(count) = waiting.get_mut(reader) {
                    *count -= 1;
                    if *count == 0 {
                        ready.push(Reverse(reader));
                    }
                }
            }
        }
        if order.len() == self.nodes.len() {
            return Ok(order);
        }
        let mut ran = vec![false; self.nodes.len()];
        for id in &order {
            if let Some(ran) = ran.get_mut(id.0) {
                *ran = true;
            }
        }
        Err(self.stuck(&ran))
    }

    /// Puts the operators into [`Graph::topological_order`].
    ///
    /// # Errors
    /// As there; the graph is then unchanged.
    pub fn sort(&mut self) -> Result<(), GraphError> {
        let order = self.topological_order()?;
        let nodes = order.iter().filter_map(|id| self.nodes.get(id.0).cloned());
        self.nodes = nodes.collect();
        Ok(())
    }

    /// The error for operators that could not run.
    fn stuck(&self, ran: &[bool]) -> GraphError {
        let computed = |tensor: TensorId| {
            let ran = |id: NodeId| ran.get(id.0).copied().unwrap_or(false);
            self.is_constant(tensor)
                || self.inputs.contains(&tensor)
                || self.producer(tensor).is_some_and(ran)
        };
        let waits = |(id, node): (NodeId, &Node)| {
            if ran.get(id.0).copied().unwrap_or(false) {
                return None;
            }
            let tensor = node.reads().find(|&tensor| !computed(tensor))?;
            Some(GraphError::Cycle {
                index: id.0,
                op: node.op.name(),
                tensor: self.label(tensor),
            })
        };
        // There is one; if there were not, the first operator would do.
        self.numbered()
            .find_map(waits)
            .unwrap_or(GraphError::NoNode(0))
    }
}
