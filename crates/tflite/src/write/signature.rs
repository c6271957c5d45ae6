//! The signature `serving_default`: names by which callers find inputs and outputs.

use std::collections::HashMap;

use octet_graph::{Graph, TensorId};

use super::tensors::TableVector;
use super::{Builder, TableOffset, retype, slot};
use crate::TfliteError;
use crate::schema::{signature_def, tensor_map};

pub(super) fn write(builder: &mut Builder, graph: &Graph) -> Result<TableOffset, TfliteError> {
    let inputs = maps(builder, graph, &graph.inputs, "input")?;
    let outputs = maps(builder, graph, &graph.outputs, "output")?;
    let key = builder.create_string("serving_default");
    let table = builder.start_table();
    builder.push_slot_always(slot(signature_def::INPUTS), inputs);
    builder.push_slot_always(slot(signature_def::OUTPUTS), outputs);
    builder.push_slot_always(slot(signature_def::SIGNATURE_KEY), key);
    builder.push_slot(slot(signature_def::SUBGRAPH_INDEX), 0_u32, 0);
    Ok(retype(builder.end_table(table)))
}

fn maps(
    builder: &mut Builder,
    graph: &Graph,
    ids: &[TensorId],
    nameless: &str,
) -> Result<TableVector, TfliteError> {
    let mut taken = HashMap::new();
    let mut tables = Vec::with_capacity(ids.len());
    for &id in ids {
        let name = unique(&graph.tensor(id)?.name, nameless, &mut taken);
        let name = builder.create_string(&name);
        let table = builder.start_table();
        builder.push_slot_always(slot(tensor_map::NAME), name);
        // Tensors are counted by an i32.
        builder.push_slot(slot(tensor_map::TENSOR_INDEX), id.0 as u32, 0);
        tables.push(retype(builder.end_table(table)));
    }
    Ok(builder.create_vector(&tables))
}

/// The tensor's name, with a number if it is taken.
fn unique(name: &str, nameless: &str, taken: &mut HashMap<String, usize>) -> String {
    let base = if name.is_empty() { nameless } else { name };
    let mut unique = base.to_owned();
    loop {
        let count = taken.get(&unique).copied().unwrap_or(0);
        if count == 0 {
            taken.insert(unique.clone(), 1);
            return unique;
        }
        // Go on counting where the last one of this name ended.
        let next = taken.get(base).copied().unwrap_or(0);
        taken.insert(base.to_owned(), next + 1);
        unique = format!("{base}_{next}");
    }
}
