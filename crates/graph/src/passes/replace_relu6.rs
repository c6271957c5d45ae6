//! ReLU6 becomes ReLU.

use super::{PassError, Record};
use crate::{Activation, Graph, Op};

/// Replaces every ReLU6, alone or at the end of an operator, by ReLU. The channels of a layer can then be scaled
/// each by its own factor, which a common cap of 6 forbids (Nagel et al. 2019, arXiv 1906.04721, section 5.1.1).
///
/// Values above 6 are no longer cut off: of all passes of the rescue, this one alone changes what a float32
/// network computes.
///
/// # Errors
/// [`PassError::Graph`] where the graph is not valid.
pub fn replace_relu6(graph: &Graph) -> Result<(Graph, Record), PassError> {
    graph.validate()?;
    let mut record = Record::new("ReLU6");
    let mut replaced = graph.clone();
    for ((id, old), node) in graph.numbered().zip(&mut replaced.nodes) {
        if node.op == Op::Relu6 {
            node.op = Op::Relu;
        } else if node.op.activation() == Some(Activation::Relu6) {
            node.op = node.op.with_activation(Activation::Relu);
        } else {
            continue;
        }
        record.change(id, old, "its ReLU6 became ReLU");
    }
    // Integers that stand for nothing above 6 still stop there; it is float32 networks that this is for.
    replaced.validate()?;
    Ok((replaced, record))
}
