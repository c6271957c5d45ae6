//! Whether a graph makes sense: all that an engine or a writer relies on.

mod scales;
mod tensors;
mod types;

use crate::error::{GraphError, OperatorProblem, TensorProblem};
use crate::{Graph, Node, NodeId, TensorId};

impl Graph {
    /// Checks all that an engine or a writer relies on:
    ///
    /// - every number of a tensor exists; tensors are below 2^31 numbers and bytes and hold something;
    /// - constants have their tensor's length and type, and float ones are finite;
    /// - scales are positive and finite, zero points within the type, as many as channels;
    /// - the operators are in an order in which they can run, and no tensor is written twice;
    /// - each operator has inputs of the types, shapes and quantization that its definition in [`Op`] says,
    ///   and its output has the shape that [`Graph::output_shape`] gives.
    ///
    /// # Errors
    /// The first problem found.
    ///
    /// [`Op`]: crate::Op
    pub fn validate(&self) -> Result<(), GraphError> {
        for (index, tensor) in self.tensors.iter().enumerate() {
            tensors::check(tensor).map_err(|problem| self.about(TensorId(index), problem))?;
        }
        let written = self.check_order()?;
        for node in &self.nodes {
            types::check(self, node)
                .and_then(|()| scales::check(self, node))
                .map_err(|problem| self.at(node, problem))?;
            self.check_output(node)?;
        }
        for &output in &self.outputs {
            if !matches!(written.get(output.0), Some(Source::Given | Source::Node(_))) {
                return Err(self.about(output, TensorProblem::NeverWritten));
            }
        }
        Ok(())
    }

    /// That the inputs are free, and every tensor is written once and before it is read. Returns where each
    /// gets its value.
    fn check_order(&self) -> Result<Vec<Source>, GraphError> {
        let given = self.tensors.iter().map(|tensor| match tensor.data {
            Some(_) => Source::Given,
            None => Source::Nothing,
        });
        let mut sources: Vec<Source> = given.collect();
        for &input in &self.inputs {
            if self.tensor(input)?.data.is_some() {
                return Err(self.about(input, TensorProblem::ConstantInput));
            }
            match sources.get_mut(input.0) {
                Some(source @ Source::Nothing) => *source = Source::Given,
                _ => return Err(self.about(input, TensorProblem::InputTwice)),
            }
        }
        for &output in &self.outputs {
            self.tensor(output)?;
        }
        for (id, node) in self.numbered() {
            for input in node.reads() {
                let problem = match sources.get(input.0) {
                    None => OperatorProblem::NoTensor(input.0),
                    Some(Source::Nothing) => OperatorProblem::ReadTooEarly(self.label(input)),
                    Some(_) => continue,
                };
                return Err(self.at(node, problem));
            }
            let problem = match sources.get_mut(node.output.0) {
                None => OperatorProblem::NoTensor(node.output.0),
                Some(Source::Given) => OperatorProblem::WritesInput(self.label(node.output)),
                Some(Source::Node(first)) => {
                    OperatorProblem::WrittenTwice(self.label(node.output), first.0)
                }
                Some(source) => {
                    *source = Source::Node(id);
                    continue;
                }
            };
            return Err(self.at(node, problem));
        }
        Ok(sources)
    }

    fn check_output(&self, node: &Node) -> Result<(), GraphError> {
        let inferred = self.output_shape(node)?;
        let declared = &self.tensor(node.output)?.shape;
        if inferred == *declared {
            return Ok(());
        }
        let problem = OperatorProblem::OutputShape {
            tensor: self.label(node.output),
            declared: declared.clone(),
            inferred,
        };
        Err(self.at(node, problem))
    }

    fn about(&self, id: TensorId, problem: TensorProblem) -> GraphError {
        GraphError::Tensor {
            tensor: self.label(id),
            problem,
        }
    }
}

/// Where a tensor gets its value.
#[derive(Clone, Copy)]
enum Source {
    Nothing,
    /// A constant, or an input of the graph.
    Given,
    Node(NodeId),
}
