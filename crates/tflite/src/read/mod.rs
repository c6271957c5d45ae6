//! From bytes to a graph.

mod operators;
mod options;
pub(crate) mod tensors;

use octet_graph::{Graph, TensorId};

pub use operators::OperatorKind;

use crate::flat::{Source, Table};
use crate::metadata;
use crate::schema::{self, model, subgraph};
use crate::{TfliteError, Unsupported};

/// More tensors or operators than any network of today has; a crafted file could list millions in few bytes.
const MOST: usize = 1 << 16;

/// Reads a `.tflite` file. The bytes may come from anyone.
///
/// Tensors keep the file's numbers. Operators keep their order, but not always their number: those that merely compute
/// the shape for a RESHAPE at run time (SHAPE, STRIDED_SLICE, PACK…) are left out, since shapes are fixed here. For
/// the same reason SQUEEZE and EXPAND_DIMS become RESHAPE. A batch left open (−1) is the 1 that the file suggests.
/// Signatures are not read.
///
/// # Errors
/// [`TfliteError::NotTflite`], [`TfliteError::Damaged`], [`TfliteError::Unsupported`] with everything that is not
/// supported, [`TfliteError::Graph`] where [`Graph::validate`] has an objection, [`TfliteError::TooLarge`].
pub fn read(bytes: &[u8]) -> Result<Graph, TfliteError> {
    let source = Source::new(bytes, schema::IDENTIFIER).ok_or(TfliteError::NotTflite)?;
    let root = source.root()?;
    let mut unsupported = Vec::new();
    let version = root.u32(model::VERSION)?;
    if version != schema::VERSION {
        unsupported.push(Unsupported::Model(format!("schema version {version}")));
    }
    let subgraphs = root.tables(model::SUBGRAPHS)?;
    if subgraphs.len() > 1 {
        let what = format!("a model of {} subgraphs", subgraphs.len());
        unsupported.push(Unsupported::Model(what));
    }
    let main = subgraphs
        .get(0)?
        .ok_or_else(|| TfliteError::Damaged("it has no subgraph".into()))?;

    let tensors = tensors::read(&root, &main, &mut unsupported)?;
    let nodes = operators::read(&root, &main, &tensors, &mut unsupported)?;
    if !unsupported.is_empty() {
        return Err(TfliteError::Unsupported(unsupported));
    }
    let graph = Graph {
        name: main.string(subgraph::NAME)?,
        inputs: ids(&main, subgraph::INPUTS, tensors.len(), "the model's inputs")?,
        outputs: ids(
            &main,
            subgraph::OUTPUTS,
            tensors.len(),
            "the model's outputs",
        )?,
        tensors,
        nodes,
        labels: metadata::labels(bytes, &root),
    };
    graph.validate()?;
    Ok(graph)
}

/// Which operators a file has, in which versions and how many of each, in the order of their first use. [`read`] fixes
/// all shapes and leaves out operators that only compute them; here they are counted.
///
/// # Errors
/// [`TfliteError::NotTflite`], [`TfliteError::Damaged`].
pub fn operator_kinds(bytes: &[u8]) -> Result<Vec<OperatorKind>, TfliteError> {
    let source = Source::new(bytes, schema::IDENTIFIER).ok_or(TfliteError::NotTflite)?;
    let root = source.root()?;
    let main = root.tables(model::SUBGRAPHS)?.get(0)?;
    let main = main.ok_or_else(|| TfliteError::Damaged("it has no subgraph".into()))?;
    operators::kinds(&root, &main)
}

/// A vector of tensor numbers, all of them there.
fn ids(
    table: &Table<'_>,
    field: usize,
    tensors: usize,
    whose: &str,
) -> Result<Vec<TensorId>, TfliteError> {
    optional_ids(table, field, tensors, whose)?
        .into_iter()
        .map(|id| id.ok_or_else(|| TfliteError::Damaged(format!("{whose} leave one out"))))
        .collect()
}

/// A vector of tensor numbers; −1 means that one is left out.
fn optional_ids(
    table: &Table<'_>,
    field: usize,
    tensors: usize,
    whose: &str,
) -> Result<Vec<Option<TensorId>>, TfliteError> {
    let numbers = table.i32s(field)?.unwrap_or_default();
    numbers
        .into_iter()
        .map(|number| match usize::try_from(number) {
            Ok(id) if id < tensors => Ok(Some(TensorId(id))),
            Err(_) if number == -1 => Ok(None),
            _ => Err(TfliteError::Damaged(format!(
                "{whose} name tensor {number} of {tensors}"
            ))),
        })
        .collect()
}

/// A number of things of a kind, checked against [`MOST`].
fn count(len: usize, what: &str) -> Result<(), TfliteError> {
    if len > MOST {
        return Err(TfliteError::TooLarge(format!("{len} {what}")));
    }
    Ok(())
}
