//! Putting other constants in the place of a graph's.

use crate::{Constant, Graph, NodeId, Quantization, Tensor, TensorId};

/// A graph whose constants are replaced one by one. The first replacement keeps the number of what it
/// replaces; others of the same constant get a new tensor.
pub(super) struct Constants<'graph> {
    source: &'graph Graph,
    pub(super) graph: Graph,
    replaced: Vec<bool>,
}

impl<'graph> Constants<'graph> {
    pub(super) fn new(source: &'graph Graph) -> Self {
        // What the graph gives out stays as it is.
        let mut replaced = vec![false; source.tensors.len()];
        for output in &source.outputs {
            if let Some(replaced) = replaced.get_mut(output.0) {
                *replaced = true;
            }
        }
        Self {
            source,
            graph: source.clone(),
            replaced,
        }
    }

    /// Leaves a tensor as it is: whatever replaces it is a new one.
    pub(super) fn keep(&mut self, id: TensorId) {
        if let Some(replaced) = self.replaced.get_mut(id.0) {
            *replaced = true;
        }
    }

    /// The float32 numbers of a constant, as they were before any replacement, with its shape.
    pub(super) fn floats(&self, id: TensorId) -> Option<(&'graph [f32], &'graph [usize])> {
        let tensor = self.source.tensors.get(id.0)?;
        Some((tensor.data.as_ref()?.as_f32()?, &tensor.shape))
    }

    /// Puts other numbers into the place of a constant.
    pub(super) fn replace(
        &mut self,
        id: TensorId,
        data: Constant,
        quantization: Option<Quantization>,
    ) -> TensorId {
        let (Some(old), Some(replaced)) = (
            self.graph.tensors.get_mut(id.0),
            self.replaced.get_mut(id.0),
        ) else {
            return id;
        };
        let tensor = Tensor {
            name: old.name.clone(),
            shape: old.shape.clone(),
            dtype: data.dtype(),
            quantization,
            data: Some(data),
        };
        if *old == tensor {
            return id;
        }
        if *replaced {
            return self.graph.add(tensor);
        }
        *replaced = true;
        *old = tensor;
        id
    }

    /// Makes a tensor an operator's input; inputs that are missing before it stay left out.
    pub(super) fn put(&mut self, node: NodeId, index: usize, tensor: TensorId) {
        if let Some(node) = self.graph.nodes.get_mut(node.0) {
            if node.inputs.len() <= index {
                node.inputs.resize(index + 1, None);
            }
            if let Some(input) = node.inputs.get_mut(index) {
                *input = Some(tensor);
            }
        }
    }
}
