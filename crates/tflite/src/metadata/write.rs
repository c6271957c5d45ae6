//! From what is known about a model to its metadata.

use octet_graph::{Graph, Tensor};

use super::schema::{self, content, file, image, model, normalization, process_unit, tensor};
use super::{LABELS_FILE, Metadata, Normalization};
use crate::schema::metadata;
use crate::write::buffers::Buffers;
use crate::write::tensors::TableVector;
use crate::write::{Builder, TableOffset, retype, slot};

/// The metadata as a flatbuffer of their own.
pub(crate) fn write(graph: &Graph, about: &Metadata) -> Vec<u8> {
    let mut builder = Builder::new();
    let inputs: Vec<TableOffset> = graph
        .inputs
        .iter()
        .filter_map(|id| graph.tensors.get(id.0))
        .map(|input| {
            let image = image_channels(input);
            let normalization = about.normalization.as_ref().filter(|_| image.is_some());
            tensor_metadata(&mut builder, input, image, normalization, false)
        })
        .collect();
    let outputs: Vec<TableOffset> = graph
        .outputs
        .iter()
        .enumerate()
        .filter_map(|(index, id)| Some((index, graph.tensors.get(id.0)?)))
        .map(|(index, output)| {
            let labels = index == 0 && !graph.labels.is_empty();
            tensor_metadata(&mut builder, output, None, None, labels)
        })
        .collect();
    let inputs = builder.create_vector(&inputs);
    let outputs = builder.create_vector(&outputs);
    let table = builder.start_table();
    builder.push_slot_always(slot(schema::subgraph::INPUTS), inputs);
    builder.push_slot_always(slot(schema::subgraph::OUTPUTS), outputs);
    let subgraph: TableOffset = retype(builder.end_table(table));

    let subgraphs = builder.create_vector(&[subgraph]);
    let name = builder.create_string(&graph.name);
    let description = builder.create_string(&about.description);
    let parser = builder.create_string("1.0.0");
    let table = builder.start_table();
    builder.push_slot_always(slot(model::NAME), name);
    builder.push_slot_always(slot(model::DESCRIPTION), description);
    builder.push_slot_always(slot(model::SUBGRAPHS), subgraphs);
    builder.push_slot_always(slot(model::MIN_PARSER_VERSION), parser);
    let root = builder.end_table(table);
    builder.finish(root, str::from_utf8(schema::IDENTIFIER).ok());
    builder.finished_data().to_vec()
}

/// Channels, where a tensor has the shape of one image.
fn image_channels(tensor: &Tensor) -> Option<usize> {
    match tensor.shape.as_slice() {
        &[1, _, _, channels @ (1 | 3)] => Some(channels),
        _ => None,
    }
}

fn tensor_metadata(
    builder: &mut Builder,
    about: &Tensor,
    image: Option<usize>,
    normalization: Option<&Normalization>,
    labels: bool,
) -> TableOffset {
    let name = builder.create_string(&about.name);
    let content = content(builder, image);
    let units = normalization.map(|normalization| {
        let unit = normalize(builder, normalization);
        builder.create_vector(&[unit])
    });
    let files = labels.then(|| {
        let file = labels_file(builder);
        builder.create_vector(&[file])
    });
    let table = builder.start_table();
    builder.push_slot_always(slot(tensor::NAME), name);
    builder.push_slot_always(slot(tensor::CONTENT), content);
    if let Some(units) = units {
        builder.push_slot_always(slot(tensor::PROCESS_UNITS), units);
    }
    if let Some(files) = files {
        builder.push_slot_always(slot(tensor::FILES), files);
    }
    retype(builder.end_table(table))
}

fn content(builder: &mut Builder, image: Option<usize>) -> TableOffset {
    let table = builder.start_table();
    if let Some(channels) = image {
        let color = if channels == 3 {
            image::RGB
        } else {
            image::GRAYSCALE
        };
        builder.push_slot(slot(image::COLOR_SPACE), color, 0);
    }
    let properties = builder.end_table(table);
    let kind = match image {
        Some(_) => content::IMAGE,
        None => content::FEATURE,
    };
    let table = builder.start_table();
    builder.push_slot_always(slot(content::PROPERTIES), properties);
    builder.push_slot(slot(content::PROPERTIES_TYPE), kind, 0);
    retype(builder.end_table(table))
}

fn normalize(builder: &mut Builder, Normalization { mean, std }: &Normalization) -> TableOffset {
    let mean = builder.create_vector(mean);
    let std = builder.create_vector(std);
    let table = builder.start_table();
    builder.push_slot_always(slot(normalization::MEAN), mean);
    builder.push_slot_always(slot(normalization::STD), std);
    let options = builder.end_table(table);
    let table = builder.start_table();
    builder.push_slot_always(slot(process_unit::OPTIONS), options);
    let kind = slot(process_unit::OPTIONS_TYPE);
    builder.push_slot(kind, process_unit::NORMALIZATION, 0);
    retype(builder.end_table(table))
}

fn labels_file(builder: &mut Builder) -> TableOffset {
    let name = builder.create_string(LABELS_FILE);
    let table = builder.start_table();
    builder.push_slot_always(slot(file::NAME), name);
    builder.push_slot(slot(file::TYPE), file::AXIS_LABELS, 0);
    retype(builder.end_table(table))
}

/// The model's named buffers.
pub(crate) fn entries(
    builder: &mut Builder,
    buffers: &mut Buffers<'_>,
    entries: &[(&str, Vec<u8>)],
) -> TableVector {
    let mut tables: Vec<TableOffset> = Vec::with_capacity(entries.len());
    for (name, bytes) in entries {
        let buffer = buffers.bytes(builder, bytes);
        let name = builder.create_string(name);
        let table = builder.start_table();
        builder.push_slot_always(slot(metadata::NAME), name);
        builder.push_slot(slot(metadata::BUFFER), buffer, 0);
        tables.push(retype(builder.end_table(table)));
    }
    builder.create_vector(&tables)
}
