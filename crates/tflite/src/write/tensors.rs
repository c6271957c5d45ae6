//! Tensors.

use flatbuffers::{ForwardsUOffset, Vector, WIPOffset};
use octet_graph::{Graph, Quantization};

use super::buffers::Buffers;
use super::{Builder, TableOffset, number, retype, slot};
use crate::TfliteError;
use crate::schema::{quantization, tensor, tensor_type};

/// A vector of tables.
pub(crate) type TableVector =
    WIPOffset<Vector<'static, ForwardsUOffset<flatbuffers::TableFinishedWIPOffset>>>;

pub(super) fn write<'graph>(
    builder: &mut Builder,
    graph: &'graph Graph,
    buffers: &mut Buffers<'graph>,
) -> Result<TableVector, TfliteError> {
    // Constants first, so that they come behind everything else.
    let numbers: Vec<u32> = graph
        .tensors
        .iter()
        .map(|tensor| match &tensor.data {
            Some(data) => buffers.constant(builder, data),
            None => 0,
        })
        .collect();
    let mut tables = Vec::with_capacity(graph.tensors.len());
    for (each, buffer) in graph.tensors.iter().zip(numbers) {
        let name = builder.create_string(&each.name);
        let lengths: Vec<i32> = each
            .shape
            .iter()
            .map(|&length| number(length))
            .collect::<Result<_, _>>()?;
        let shape = builder.create_vector(&lengths);
        let scales = match &each.quantization {
            Some(quantization) => Some(scales(builder, quantization)?),
            None => None,
        };
        let table = builder.start_table();
        builder.push_slot_always(slot(tensor::SHAPE), shape);
        builder.push_slot_always(slot(tensor::NAME), name);
        if let Some(scales) = scales {
            builder.push_slot_always(slot(tensor::QUANTIZATION), scales);
        }
        builder.push_slot(slot(tensor::BUFFER), buffer, 0);
        builder.push_slot(slot(tensor::TYPE), tensor_type(each.dtype), 0);
        builder.push_slot(slot(tensor::HAS_RANK), true, false);
        tables.push(retype(builder.end_table(table)));
    }
    Ok(builder.create_vector(&tables))
}

fn scales(builder: &mut Builder, scales: &Quantization) -> Result<TableOffset, TfliteError> {
    let zero_points: Vec<i64> = scales.zero_points.iter().map(|&zero| zero.into()).collect();
    let zero_points = builder.create_vector(&zero_points);
    let factors = builder.create_vector(&scales.scales);
    let axis = number(scales.axis)?;
    let table = builder.start_table();
    builder.push_slot_always(slot(quantization::SCALE), factors);
    builder.push_slot_always(slot(quantization::ZERO_POINT), zero_points);
    builder.push_slot(slot(quantization::QUANTIZED_DIMENSION), axis, 0);
    Ok(retype(builder.end_table(table)))
}
