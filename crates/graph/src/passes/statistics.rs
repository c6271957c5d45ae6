//! What batch normalization knew of a network's values.

use super::PassError;
use crate::{Graph, TensorId};

/// The distribution of each channel of a layer's output, before the activation that ends the layer: normal, as
/// Nagel et al. 2019 (arXiv 1906.04721, section 4.1) assume it.
///
/// Behind a batch normalization with factor γ, offset β, variance σ² and ε, the mean is β and the standard
/// deviation |γ| · √(σ² / (σ² + ε)), which is |γ| but for channels that hardly vary.
#[derive(Clone, Debug, PartialEq)]
pub struct Normal {
    /// One a channel, finite.
    pub mean: Vec<f32>,
    /// One a channel, finite and not negative.
    pub deviation: Vec<f32>,
}

/// The distributions of a graph's layers, as far as they are known: batch normalization's running means and
/// variances, which folding would lose.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Statistics {
    /// For each tensor that an operator with weights writes.
    normals: Vec<Option<Normal>>,
}

impl Statistics {
    /// Nothing known.
    pub fn new(graph: &Graph) -> Self {
        Self {
            normals: vec![None; graph.tensors.len()],
        }
    }

    /// What is known of an operator's output, before the operator's activation.
    pub fn get(&self, output: TensorId) -> Option<&Normal> {
        self.normals.get(output.0)?.as_ref()
    }

    /// Whether nothing is known.
    pub fn is_empty(&self) -> bool {
        self.normals.iter().all(Option::is_none)
    }

    /// Makes something known. `graph` is the one that these statistics are of.
    ///
    /// # Errors
    /// [`PassError::Graph`] where there is no such tensor; [`PassError::Statistics`] where there are not as many
    /// numbers as channels, or one of them is not finite, or a deviation is negative; [`PassError::OtherGraph`].
    pub fn set(
        &mut self,
        graph: &Graph,
        output: TensorId,
        normal: Normal,
    ) -> Result<(), PassError> {
        let wrong = |problem| PassError::Statistics {
            tensor: graph.label(output),
            problem,
        };
        let channels = graph.tensor(output)?.shape.last().copied().unwrap_or(1);
        let Normal { mean, deviation } = &normal;
        if mean.len() != channels || deviation.len() != channels {
            return Err(wrong("needs a mean and a deviation for each channel"));
        }
        if mean.iter().chain(deviation).any(|value| !value.is_finite()) {
            return Err(wrong("has a NaN or an infinity in its statistics"));
        }
        if deviation.iter().any(|&deviation| deviation < 0.0) {
            return Err(wrong("has a negative standard deviation"));
        }
        self.fits(graph)?;
        self.normals.resize(graph.tensors.len(), None);
        if let Some(slot) = self.normals.get_mut(output.0) {
            *slot = Some(normal);
        }
        Ok(())
    }

    /// That these can be of that graph: passes add constants to the end, but take no tensors away.
    pub(super) fn fits(&self, graph: &Graph) -> Result<(), PassError> {
        if self.normals.len() <= graph.tensors.len() {
            return Ok(());
        }
        Err(PassError::OtherGraph {
            calibration: self.normals.len(),
            graph: graph.tensors.len(),
        })
    }

    /// Changes what is known of a tensor.
    pub(super) fn change(&mut self, output: TensorId, change: impl FnOnce(&mut Normal)) {
        if let Some(Some(normal)) = self.normals.get_mut(output.0) {
            change(normal);
        }
    }
}
