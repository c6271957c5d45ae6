//! Operators, and the list of their kinds and versions.

use octet_graph::Graph;

use super::tensors::TableVector;
use super::{Builder, ids, number, options, retype, slot, versions};
use crate::TfliteError;
use crate::schema::{self, builtin, operator, operator_code};

/// An operator's number and version.
pub(super) type Code = (i32, i32);

/// Writes the operators. Returns their kinds too, in the order of their first use.
pub(super) fn write(
    builder: &mut Builder,
    graph: &Graph,
) -> Result<(TableVector, Vec<Code>), TfliteError> {
    let mut codes: Vec<Code> = Vec::new();
    let mut tables = Vec::with_capacity(graph.nodes.len());
    for node in &graph.nodes {
        let (builtin, kind) = schema::numbers(&node.op);
        let code = (builtin, versions::version(graph, node));
        let index = match codes.iter().position(|&known| known == code) {
            Some(index) => index,
            None => {
                codes.push(code);
                codes.len() - 1
            }
        };
        let inputs: Vec<i32> = node
            .inputs
            .iter()
            .map(|input| input.map_or(Ok(-1), |id| number(id.0)))
            .collect::<Result<_, _>>()?;
        let inputs = builder.create_vector(&inputs);
        let outputs = ids(&[node.output])?;
        let outputs = builder.create_vector(&outputs);
        let options = options::write(builder, graph, node)?;
        let table = builder.start_table();
        builder.push_slot_always(slot(operator::INPUTS), inputs);
        builder.push_slot_always(slot(operator::OUTPUTS), outputs);
        if let Some(options) = options {
            builder.push_slot_always(slot(operator::OPTIONS), options);
        }
        // Fewer kinds than operators, and those are counted by an i32.
        builder.push_slot(slot(operator::OPCODE_INDEX), index as u32, 0);
        builder.push_slot(slot(operator::OPTIONS_TYPE), kind, schema::options::NONE);
        tables.push(retype(builder.end_table(table)));
    }
    Ok((builder.create_vector(&tables), codes))
}

pub(super) fn write_codes(builder: &mut Builder, codes: &[Code]) -> TableVector {
    let mut tables = Vec::with_capacity(codes.len());
    for &(builtin, version) in codes {
        // Old readers know the one-byte field alone.
        let old = builtin.min(builtin::PLACEHOLDER) as i8;
        let table = builder.start_table();
        builder.push_slot(slot(operator_code::VERSION), version, 1);
        builder.push_slot(slot(operator_code::BUILTIN_CODE), builtin, 0);
        builder.push_slot(slot(operator_code::DEPRECATED_BUILTIN_CODE), old, 0);
        tables.push(retype(builder.end_table(table)));
    }
    builder.create_vector(&tables)
}
