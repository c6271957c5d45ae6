//! From a graph to bytes.

mod bias;
pub(crate) mod buffers;
mod operators;
mod options;
mod runtime;
mod signature;
pub(crate) mod tensors;
mod versions;

use std::collections::HashSet;

use flatbuffers::{FlatBufferBuilder, WIPOffset};
use octet_graph::{Graph, TensorId};

use crate::metadata::{self, Metadata};
use crate::schema::{self, model, subgraph};
use crate::{TfliteError, zip};
use buffers::Buffers;

pub(crate) type Builder = FlatBufferBuilder<'static>;
/// Where a finished table lies.
pub(crate) type TableOffset = WIPOffset<flatbuffers::TableFinishedWIPOffset>;

/// Offsets are 32-bit and some readers take them as signed; the rest is room for what is counted roughly.
const MOST_BYTES: usize = 2_000_000_000;

/// Writes a graph as a `.tflite` file: schema version 3, constants at multiples of 16 bytes and equal ones once, the
/// signature `serving_default`, and, where the graph has labels, metadata with a `labels.txt` that `unzip` finds too.
/// The same graph gives the same bytes. A CONV_2D without a bias gets one of zeros, since LiteRT insists on it; else
/// [`read`](crate::read) gives the same graph again.
///
/// # Errors
/// [`TfliteError::Graph`] where [`Graph::validate`] has an objection; [`TfliteError::TooLarge`] from 2 GB;
/// [`TfliteError::Label`].
pub fn write(graph: &Graph) -> Result<Vec<u8>, TfliteError> {
    write_with(graph, &Metadata::default())
}

/// Writes a graph with more metadata; otherwise as [`write`].
///
/// # Errors
/// As [`write`].
pub fn write_with(graph: &Graph, about: &Metadata) -> Result<Vec<u8>, TfliteError> {
    graph.validate()?;
    let graph = &*bias::completed(graph);
    let size = size(graph, about)?;
    let labels = metadata::labels_text(&graph.labels)?;

    // Flatbuffers grow from their end to their beginning: what comes first here is last in the file.
    let mut builder = Builder::with_capacity(size);
    let mut buffers = Buffers::new(&mut builder);
    let tensors = tensors::write(&mut builder, graph, &mut buffers)?;
    let (operators, codes) = operators::write(&mut builder, graph)?;
    let minimum = runtime::padded(runtime::minimum(&codes));
    let mut entries = vec![("min_runtime_version", minimum)];
    if !graph.labels.is_empty() || *about != Metadata::default() {
        entries.push((metadata::ENTRY, metadata::write(graph, about)));
    }
    let entries = metadata::entries(&mut builder, &mut buffers, &entries);
    let signature = signature::write(&mut builder, graph)?;

    let inputs = ids(&graph.inputs)?;
    let inputs = builder.create_vector(&inputs);
    let outputs = ids(&graph.outputs)?;
    let outputs = builder.create_vector(&outputs);
    let name = builder.create_string(&graph.name);
    let table = builder.start_table();
    builder.push_slot_always(slot(subgraph::TENSORS), tensors);
    builder.push_slot_always(slot(subgraph::INPUTS), inputs);
    builder.push_slot_always(slot(subgraph::OUTPUTS), outputs);
    builder.push_slot_always(slot(subgraph::OPERATORS), operators);
    builder.push_slot_always(slot(subgraph::NAME), name);
    let main: TableOffset = retype(builder.end_table(table));

    let codes = operators::write_codes(&mut builder, &codes);
    let subgraphs = builder.create_vector(&[main]);
    let description = builder.create_string(&about.description);
    let buffers = buffers.finish(&mut builder);
    let signatures = builder.create_vector(&[signature]);
    let table = builder.start_table();
    builder.push_slot_always(slot(model::VERSION), schema::VERSION);
    builder.push_slot_always(slot(model::OPERATOR_CODES), codes);
    builder.push_slot_always(slot(model::SUBGRAPHS), subgraphs);
    builder.push_slot_always(slot(model::DESCRIPTION), description);
    builder.push_slot_always(slot(model::BUFFERS), buffers);
    builder.push_slot_always(slot(model::METADATA), entries);
    builder.push_slot_always(slot(model::SIGNATURE_DEFS), signatures);
    let root = builder.end_table(table);
    buffers::pad(&mut builder, buffers::HEADER);
    builder.finish(root, str::from_utf8(schema::IDENTIFIER).ok());

    let (mut bytes, head) = builder.collapse();
    bytes.drain(..head);
    if let Some(labels) = labels {
        zip::append(&mut bytes, metadata::LABELS_FILE, labels.as_bytes());
    }
    Ok(bytes)
}

/// At most how many bytes the file has.
fn size(graph: &Graph, about: &Metadata) -> Result<usize, TfliteError> {
    let places = graph.tensors.iter().filter_map(|tensor| {
        let data = tensor.data.as_ref()?;
        Some(buffers::place(data))
    });
    let places: HashSet<(usize, usize)> = places.collect();
    let constants = places.iter().map(|&(_, bytes)| bytes.saturating_add(64));
    let tensors = graph.tensors.iter().map(|tensor| {
        let scales = tensor
            .quantization
            .as_ref()
            .map_or(0, |quantization| quantization.scales.len());
        // A scale has 4 bytes and a zero point 8; the name is in the signature too.
        let vectors = scales
            .saturating_mul(12)
            .saturating_add(tensor.shape.len().saturating_mul(4));
        vectors
            .saturating_add(tensor.name.len().saturating_mul(3))
            .saturating_add(200)
    });
    let nodes = graph
        .nodes
        .iter()
        .map(|node| node.inputs.len().saturating_mul(4).saturating_add(200));
    let labels = graph
        .labels
        .iter()
        .map(|label| label.len().saturating_add(1));
    let total = constants
        .chain(tensors)
        .chain(nodes)
        .chain(labels)
        .chain([graph.name.len(), graph.name.len()])
        .chain([about.description.len(), about.description.len()])
        .fold(8192_usize, usize::saturating_add);
    if total > MOST_BYTES {
        return Err(TfliteError::TooLarge(format!("about {total} bytes")));
    }
    Ok(total)
}

/// A field's place in a vtable.
pub(crate) fn slot(field: usize) -> u16 {
    // Field ids are this crate's own constants, all below 16.
    (4 + 2 * field) as u16
}

/// A table of any kind: the kinds are in the schema alone.
pub(crate) fn retype<T>(offset: WIPOffset<T>) -> TableOffset {
    WIPOffset::new(offset.value())
}

fn ids(ids: &[TensorId]) -> Result<Vec<i32>, TfliteError> {
    ids.iter().map(|&TensorId(id)| number(id)).collect()
}

/// A length, axis or tensor number as the file has them.
fn number(value: usize) -> Result<i32, TfliteError> {
    i32::try_from(value).map_err(|_| TfliteError::TooLarge(format!("the number {value}")))
}
