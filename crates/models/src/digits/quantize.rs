//! Weights and ranges that training has settled on, as the same int8 graph as everything else.

use octet_graph::{Calibration, FullInteger, Graph, PassError, quantize_full_integer};
use octet_quant::ObserverKind;

use super::graph::{DIGIT_ACTIVATIONS, tensor};
use super::quantizer::Frozen;
use super::weights::DigitWeights;

/// Pixels as the network takes them.
const PIXEL_RANGE: (f32, f32) = (0.0, 1.0);

impl Frozen {
    /// The ranges as a calibration of the network's graph.
    ///
    /// # Errors
    /// As [`Calibration::new`] and [`Calibration::observe`].
    pub fn calibration(&self, graph: &Graph) -> Result<Calibration, PassError> {
        let mut calibration = Calibration::new(graph, ObserverKind::MinMax)?;
        let ranges = [PIXEL_RANGE].into_iter().chain(self.ranges);
        for (name, (lowest, highest)) in DIGIT_ACTIVATIONS.iter().zip(ranges) {
            if let Some(id) = tensor(graph, name) {
                calibration.observe(id, &[lowest, highest])?;
            }
        }
        Ok(calibration)
    }

    /// The ranges that a calibration of the network's graph has found, for as many bits.
    pub fn of_calibration(
        widths: super::BitWidths,
        graph: &Graph,
        calibration: &Calibration,
    ) -> Option<Self> {
        let [_, conv1, conv2, dense] =
            DIGIT_ACTIVATIONS.map(|name| calibration.range(tensor(graph, name)?));
        Some(Self {
            widths,
            ranges: [conv1?, conv2?, dense?],
        })
    }
}

impl DigitWeights {
    /// The network in int8 with these ranges. Its weights are rounded as training rounds them at 8 bits.
    ///
    /// # Errors
    /// As [`quantize_full_integer`].
    pub fn to_full_integer(
        &self,
        ranges: &Frozen,
        options: FullInteger,
    ) -> Result<Graph, PassError> {
        let graph = self.to_graph();
        let calibration = ranges.calibration(&graph)?;
        quantize_full_integer(&graph, &calibration, options).map(|(graph, _)| graph)
    }
}
