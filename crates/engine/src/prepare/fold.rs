//! Constants that are computed before anything runs.

use std::collections::HashMap;

use octet_graph::{Constant, Graph, Op, TensorId, constant_reals};

/// Constants that are computed from others.
pub(crate) type Folded = HashMap<TensorId, Constant>;

/// What each Dequantize of a constant gives: weights that are stored in float16, say. LiteRT computes them in
/// the first run.
pub(crate) fn fold(graph: &Graph) -> Folded {
    let dequantized = graph.nodes.iter().filter_map(|node| {
        let input = node.reads().next().filter(|_| node.op == Op::Dequantize)?;
        let reals = constant_reals(graph.tensor(input).ok()?)?;
        Some((node.output, Constant::Float32(reals.into())))
    });
    dequantized.collect()
}
