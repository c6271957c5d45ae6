//! A float32 network in its other forms.

use octet_graph::{
    Calibration, DynamicRange, FullInteger, Graph, PassError, convert_float16, decode_constants,
    fold_batch_norm, fuse_activations, quantize_dynamic_range, quantize_full_integer,
};
use octet_protocol::{EdgeType, FileKind};

use crate::integers::edges;

/// The forms that are offered, in order.
pub(crate) const FORMS: [FileKind; 3] = [
    FileKind::DynamicRange,
    FileKind::Float16,
    FileKind::FullInteger,
];

/// The network as the converter wants it: its constants in float32, batch normalization folded in, activations at the
/// ends of operators.
pub(crate) fn prepared(graph: &Graph) -> Result<Graph, PassError> {
    let (graph, _) = decode_constants(graph)?;
    let (graph, _) = fold_batch_norm(&graph)?;
    let (mut graph, _) = fuse_activations(&graph)?;
    graph.remove_unused();
    Ok(graph)
}

/// A [`prepared`] network in another form. Full integer needs a calibration.
pub(crate) fn convert(
    graph: &Graph,
    form: FileKind,
    calibration: Option<&Calibration>,
    edge: EdgeType,
) -> Result<Graph, PassError> {
    let (converted, _) = match (form, calibration) {
        (FileKind::DynamicRange, _) => {
            quantize_dynamic_range(graph, DynamicRange { per_channel: true })?
        }
        (FileKind::Float16, _) => convert_float16(graph)?,
        (FileKind::FullInteger, Some(calibration)) => {
            let options = FullInteger {
                per_channel: true,
                inputs: edges(edge),
                outputs: edges(edge),
            };
            quantize_full_integer(graph, calibration, options)?
        }
        (FileKind::FullInteger, None) => return Err(PassError::NoSamples),
        (FileKind::Float32 | FileKind::Mixed, _) => return Ok(graph.clone()),
    };
    Ok(converted)
}
