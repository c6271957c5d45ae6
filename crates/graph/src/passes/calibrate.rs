//! The ranges of activations, from a representative dataset.

use octet_quant::{IntRange, Observer, ObserverKind, Symmetry};

use super::PassError;
use super::moments::expected;
use super::statistics::Statistics;
use crate::error::{GraphError, TensorLabel};
use crate::{DType, Graph, TensorId};

/// Watches the float32 activations of one graph: its inputs and what its operators write.
///
/// Whoever runs the graph hands in each tensor's values, sample by sample. Calibrations of parts of the
/// dataset can be [merged](Self::merge).
#[derive(Clone, Debug, PartialEq)]
pub struct Calibration {
    /// One a tensor of the graph; None for constants and what is not float32.
    observers: Vec<Option<(TensorLabel, Observer)>>,
}

impl Calibration {
    /// One that has seen nothing. The graph should be the very one that is quantized later: folded and
    /// fused, since the range of an operator that ends in a clamp is that behind the clamp.
    ///
    /// # Errors
    /// [`PassError::ObserverKind`]; [`PassError::Graph`] where an operator's output does not exist.
    pub fn new(graph: &Graph, kind: ObserverKind) -> Result<Self, PassError> {
        let observer = Observer::new(kind).map_err(PassError::ObserverKind)?;
        let mut observers = vec![None; graph.tensors.len()];
        let outputs = graph.nodes.iter().map(|node| node.output);
        for id in graph.inputs.iter().copied().chain(outputs) {
            let tensor = graph.tensor(id)?;
            if tensor.dtype != DType::Float32 || tensor.data.is_some() {
                continue;
            }
            if let Some(slot) = observers.get_mut(id.0) {
                *slot = Some((graph.label(id), observer.clone()));
            }
        }
        Ok(Self { observers })
    }

    /// Ranges without data: each tensor's from `deviations` standard deviations below the lowest expected mean of a
    /// channel to as many above the highest, as far as the activation lets it (Nagel et al. 2019, arXiv
    /// 1906.04721, section 5; 6 there). Of the network's inputs, and of what follows from no batch
    /// normalization, nothing is known; such tensors are still to be [observed](Self::observe).
    ///
    /// # Errors
    /// [`PassError::Graph`] where the graph is not valid; [`PassError::OtherGraph`].
    pub fn expected(
        graph: &Graph,
        statistics: &Statistics,
        deviations: f32,
    ) -> Result<Self, PassError> {
        graph.validate()?;
        statistics.fits(graph)?;
        let mut calibration = Self::new(graph, ObserverKind::MinMax)?;
        for (index, expected) in expected(graph, statistics).into_iter().enumerate() {
            if let Some(expected) = expected {
                let (low, high) = expected.range(deviations.into());
                calibration.observe(TensorId(index), &[low as f32, high as f32])?;
            }
        }
        Ok(calibration)
    }

    /// The tensors that are watched.
    pub fn tensors(&self) -> impl Iterator<Item = TensorId> + '_ {
        let watched = self.observers.iter().enumerate();
        watched.filter_map(|(index, slot)| slot.as_ref().map(|_| TensorId(index)))
    }

    /// Takes in a tensor's values in one run. Those of a tensor that is not watched are ignored.
    ///
    /// # Errors
    /// [`PassError::Observer`] where one of them is NaN or infinite; [`GraphError::NoTensor`].
    pub fn observe(&mut self, id: TensorId, values: &[f32]) -> Result<(), PassError> {
        let slot = self.observers.get_mut(id.0);
        match slot.ok_or(GraphError::NoTensor(id.0))? {
            Some((tensor, observer)) => {
                observer
                    .observe(values)
                    .map_err(|source| PassError::Observer {
                        tensor: tensor.clone(),
                        source,
                    })
            }
            None => Ok(()),
        }
    }

    /// Takes in what another calibration of the same graph has seen.
    ///
    /// # Errors
    /// [`PassError::OtherGraph`]; [`PassError::Observer`] where the kinds of observers differ.
    pub fn merge(&mut self, other: &Self) -> Result<(), PassError> {
        self.fits(other.observers.len())?;
        for (slot, other) in self.observers.iter_mut().zip(&other.observers) {
            let (Some((tensor, observer)), Some((_, other))) = (slot, other) else {
                continue;
            };
            observer
                .merge(other)
                .map_err(|source| PassError::Observer {
                    tensor: tensor.clone(),
                    source,
                })?;
        }
        Ok(())
    }

    /// The observer of a tensor, if it is watched.
    pub fn observer(&self, id: TensorId) -> Option<&Observer> {
        self.observers
            .get(id.0)?
            .as_ref()
            .map(|(_, observer)| observer)
    }

    /// The smallest and the largest value to represent with int8, for each tensor; None where it is not
    /// watched or nothing has been observed.
    pub fn ranges(&self) -> Vec<Option<(f32, f32)>> {
        let ids = (0..self.observers.len()).map(TensorId);
        ids.map(|id| self.range(id)).collect()
    }

    /// As [`Calibration::ranges`], of one tensor.
    pub fn range(&self, id: TensorId) -> Option<(f32, f32)> {
        let range = self.observer(id)?.range(Symmetry::Affine, IntRange::INT8);
        range.ok()
    }

    /// That this can be a calibration of a graph with so many tensors.
    pub(super) fn fits(&self, tensors: usize) -> Result<(), PassError> {
        if self.observers.len() == tensors {
            return Ok(());
        }
        Err(PassError::OtherGraph {
            calibration: self.observers.len(),
            graph: tensors,
        })
    }
}
