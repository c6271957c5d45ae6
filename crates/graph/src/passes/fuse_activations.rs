//! ReLU and ReLU6 become part of the operator before them.

use super::{PassError, Record};
use crate::{Activation, DType, Graph, Node, NodeId, Op};

/// Makes float32 `Relu` and `Relu6` the end of the operator before, where nothing else reads that one's
/// output, and it is of a kind that can end so: the convolutions, dense layers, sums, differences, products
/// and pools. (Concatenations are not: TFLite's kernel refuses.) Where that ends in a clamp already, both
/// become one.
///
/// # Errors
/// [`PassError::Graph`] where the graph is not valid.
pub fn fuse_activations(graph: &Graph) -> Result<(Graph, Record), PassError> {
    graph.validate()?;
    let mut record = Record::new("float32 activations of their own");
    let mut fused = graph.clone();
    let mut gone = vec![false; graph.nodes.len()];
    for (id, node) in graph.numbered() {
        let Some(activation) = standalone(graph, node) else {
            continue;
        };
        // In the new graph, where the one before may have taken in others.
        match before(&fused, node) {
            Ok((producer, ended)) => {
                if let Some(producer) = fused.nodes.get_mut(producer.0) {
                    producer.op = producer.op.with_activation(both(ended, activation));
                    producer.output = node.output;
                }
                if let Some(gone) = gone.get_mut(id.0) {
                    *gone = true;
                }
                record.change(id, node, format!("became part of operator {}", producer.0));
            }
            Err(why) => record.leave(id, node, why),
        }
    }
    fused.remove_nodes(&gone);
    fused.remove_unused();
    Ok((fused, record))
}

fn standalone(graph: &Graph, node: &Node) -> Option<Activation> {
    let activation = match node.op {
        Op::Relu => Activation::Relu,
        Op::Relu6 => Activation::Relu6,
        _ => return None,
    };
    (graph.dtype(node.output) == Ok(DType::Float32)).then_some(activation)
}

/// The operator that can take the activation in, with how it ends.
fn before(graph: &Graph, node: &Node) -> Result<(NodeId, Activation), &'static str> {
    let input = node.reads().next();
    let producer = input.and_then(|input| graph.producer(input));
    let producer = producer.ok_or("it is applied to an input of the network")?;
    let op = graph.node(producer).map(|node| node.op);
    let ended = op.ok().filter(|op| !matches!(op, Op::Concat { .. }));
    let ended = ended.and_then(|op| op.activation());
    let ended = ended.ok_or("the operator before cannot end in an activation")?;
    match input {
        Some(input) if graph.has_one_reader(input) => Ok((producer, ended)),
        _ => Err("something else needs the values before it"),
    }
}

/// One clamp after the other: to [0, 6] where either is.
fn both(first: Activation, second: Activation) -> Activation {
    match (first, second) {
        (Activation::None, other) | (other, Activation::None) => other,
        (Activation::Relu, Activation::Relu) => Activation::Relu,
        _ => Activation::Relu6,
    }
}
