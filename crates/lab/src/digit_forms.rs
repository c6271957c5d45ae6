//! The forms that converters make of the digit network, and the ranges that its integers need.

use octet_graph::{
    Calibration, DynamicRange, Edges, FullInteger, Graph, TensorId, convert_float16,
    quantize_dynamic_range, quantize_full_integer,
};
use octet_models::digits::{DIGIT_ACTIVATIONS, DigitSet, digit_tensor, reals};
use octet_protocol::{FileKind, LabError};
use octet_quant::ObserverKind;

use crate::digit_reader::DigitReader;
use crate::integers::cannot_convert;

/// int8 throughout, edges included.
pub(crate) const INT8: FullInteger = FullInteger {
    per_channel: true,
    inputs: Edges::Int8,
    outputs: Edges::Int8,
};

/// The forms that need no digits: float32, float16, dynamic range.
pub(crate) fn without_calibration(graph: &Graph) -> Result<[(FileKind, Graph); 3], LabError> {
    let (float16, _) = convert_float16(graph).map_err(cannot_convert)?;
    let (dynamic, _) =
        quantize_dynamic_range(graph, DynamicRange::default()).map_err(cannot_convert)?;
    Ok([
        (FileKind::Float32, graph.clone()),
        (FileKind::Float16, float16),
        (FileKind::DynamicRange, dynamic),
    ])
}

/// The network in [`INT8`].
pub(crate) fn integers(graph: &Graph, calibration: &Calibration) -> Result<Graph, LabError> {
    let (graph, _) = quantize_full_integer(graph, calibration, INT8).map_err(cannot_convert)?;
    Ok(graph)
}

/// The lowest and the highest value of each activation, digit by digit: what a calibration with any of the digits needs.
pub(crate) struct Seen {
    tensors: Vec<TensorId>,
    /// `[digit][tensor]`.
    ends: Vec<Vec<[f32; 2]>>,
}

impl Seen {
    pub(crate) fn new(graph: &Graph, set: &DigitSet) -> Result<Self, LabError> {
        let tensors: Vec<TensorId> = DIGIT_ACTIVATIONS
            .iter()
            .filter_map(|name| digit_tensor(graph, name))
            .collect();
        let mut reader = DigitReader::keeping_all(graph)?;
        let mut ends = Vec::with_capacity(set.len());
        for image in set.images() {
            reader.read(&reals(image))?;
            let each = tensors.iter().map(|&id| {
                let values = reader.activation(id)?;
                let low = values.iter().copied().fold(f32::INFINITY, f32::min);
                let high = values.iter().copied().fold(f32::NEG_INFINITY, f32::max);
                Ok([low, high])
            });
            ends.push(each.collect::<Result<_, LabError>>()?);
        }
        Ok(Self { tensors, ends })
    }

    /// One with some of the digits.
    pub(crate) fn calibration(
        &self,
        graph: &Graph,
        digits: impl IntoIterator<Item = usize>,
    ) -> Result<Calibration, LabError> {
        let kind = ObserverKind::MinMax;
        let mut calibration = Calibration::new(graph, kind).map_err(cannot_convert)?;
        for digit in digits {
            let ends = self.ends.get(digit).into_iter().flatten();
            for (&id, ends) in self.tensors.iter().zip(ends) {
                calibration.observe(id, ends).map_err(cannot_convert)?;
            }
        }
        Ok(calibration)
    }
}
