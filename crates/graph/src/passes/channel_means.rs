//! The mean of each channel of each activation: expected from batch normalization, or observed.

use octet_quant::QuantError;

use super::PassError;
use super::moments::expected;
use super::statistics::Statistics;
use crate::error::{GraphError, TensorLabel};
use crate::{DType, Graph, TensorId};

/// The mean of each channel (index of the last axis) of the float32 activations of a graph.
#[derive(Clone, Debug, PartialEq)]
pub struct ChannelMeans {
    /// One a tensor of the graph; None for constants and what is not float32.
    sums: Vec<Option<Sums>>,
}

/// What has been seen of a tensor.
#[derive(Clone, Debug, PartialEq)]
struct Sums {
    /// For messages.
    tensor: TensorLabel,
    of: Vec<f64>,
    /// Values a channel.
    count: f64,
}

impl ChannelMeans {
    /// Means that have seen nothing yet.
    ///
    /// # Errors
    /// [`PassError::Graph`] where the graph is not valid.
    pub fn new(graph: &Graph) -> Result<Self, PassError> {
        graph.validate()?;
        let mut sums = vec![None; graph.tensors.len()];
        let outputs = graph.nodes.iter().map(|node| node.output);
        for id in graph.inputs.iter().copied().chain(outputs) {
            let tensor = graph.tensor(id)?;
            let channels = tensor.shape.last().copied().unwrap_or(1);
            if let Some(slot) = sums
                .get_mut(id.0)
                .filter(|_| tensor.dtype == DType::Float32)
            {
                *slot = Some(Sums {
                    tensor: graph.label(id),
                    of: vec![0.0; channels],
                    count: 0.0,
                });
            }
        }
        Ok(Self { sums })
    }

    /// What batch normalization lets expect, without data: the means of clipped normal distributions behind ReLU
    /// and ReLU6 (Nagel et al. 2019, arXiv 1906.04721, section 4.2 and appendix C), and what follows from them
    /// for sums, pools and layers without statistics. Of the network's inputs nothing is known.
    ///
    /// # Errors
    /// [`PassError::Graph`] where the graph is not valid; [`PassError::OtherGraph`].
    pub fn expected(graph: &Graph, statistics: &Statistics) -> Result<Self, PassError> {
        let mut means = Self::new(graph)?;
        statistics.fits(graph)?;
        for (sums, expected) in means.sums.iter_mut().zip(expected(graph, statistics)) {
            if let (Some(sums), Some(expected)) = (sums, expected) {
                sums.of = expected
                    .moments
                    .iter()
                    .map(|moments| moments.mean)
                    .collect();
                sums.count = 1.0;
            }
        }
        Ok(means)
    }

    /// The tensors that are watched.
    pub fn tensors(&self) -> impl Iterator<Item = TensorId> + '_ {
        let watched = self.sums.iter().enumerate();
        watched.filter_map(|(index, sums)| sums.as_ref().map(|_| TensorId(index)))
    }

    /// Takes in a tensor's values in one run. Those of a tensor that is not watched are ignored.
    ///
    /// # Errors
    /// [`GraphError::NoTensor`]; [`PassError::Observer`] where a value is NaN or infinite, or there is another number
    /// of them than whole channels have.
    pub fn observe(&mut self, id: TensorId, values: &[f32]) -> Result<(), PassError> {
        let slot = self.sums.get_mut(id.0);
        let Some(sums) = slot.ok_or(GraphError::NoTensor(id.0))? else {
            return Ok(());
        };
        let refuse = |source| PassError::Observer {
            tensor: sums.tensor.clone(),
            source,
        };
        if let Some(index) = values.iter().position(|value| !value.is_finite()) {
            return Err(refuse(QuantError::NotFinite { index }));
        }
        let channels = sums.of.len();
        if channels == 0 || !values.len().is_multiple_of(channels) {
            return Err(refuse(QuantError::Shape {
                values: values.len(),
                shape: vec![channels],
            }));
        }
        for place in values.chunks_exact(channels) {
            for (sum, &value) in sums.of.iter_mut().zip(place) {
                *sum += f64::from(value);
            }
        }
        sums.count += (values.len() / channels) as f64;
        Ok(())
    }

    /// The means of a tensor's channels; None where it is not watched, or nothing is known of it.
    pub fn get(&self, id: TensorId) -> Option<Vec<f64>> {
        let sums = self.sums.get(id.0)?.as_ref()?;
        let means = sums.of.iter().map(|sum| sum / sums.count);
        (sums.count > 0.0).then(|| means.collect())
    }

    /// Whether nothing is known of any tensor.
    pub fn is_empty(&self) -> bool {
        self.sums.iter().flatten().all(|sums| sums.count == 0.0)
    }

    /// That these can be of a graph with so many tensors.
    pub(super) fn fits(&self, graph: &Graph) -> Result<(), PassError> {
        if self.sums.len() == graph.tensors.len() {
            return Ok(());
        }
        Err(PassError::OtherGraph {
            calibration: self.sums.len(),
            graph: graph.tensors.len(),
        })
    }
}
