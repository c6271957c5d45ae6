//! From a file's metadata to what Octet uses of them.

use super::schema::{self, file, model, normalization, process_unit, subgraph, tensor};
use super::{ENTRY, Metadata, Normalization};
use crate::flat::{Source, Table};
use crate::read::tensors::data;
use crate::schema::{metadata, model as tflite};
use crate::{TfliteError, zip};

/// More labels, or text, than any list of classes in use has.
const MOST_LABELS: usize = 100_000;
const MOST_TEXT: usize = 2 << 20;

/// Reads what a `.tflite` file says about its model; what it does not say stays empty.
///
/// # Errors
/// [`TfliteError::NotTflite`]; [`TfliteError::Damaged`].
pub fn read_metadata(bytes: &[u8]) -> Result<Metadata, TfliteError> {
    let source = Source::new(bytes, crate::schema::IDENTIFIER).ok_or(TfliteError::NotTflite)?;
    let Some(inner) = entry(&source.root()?)? else {
        return Ok(Metadata::default());
    };
    let root = inner.root()?;
    let normalization = match first(&root, subgraph::INPUTS)? {
        Some(input) => normalization_of(&input)?,
        None => None,
    };
    Ok(Metadata {
        description: root.string(model::DESCRIPTION)?,
        normalization,
    })
}

/// The labels of the first output, from the archive behind the model. They are for people: a model whose labels are
/// missing or damaged is a model without labels.
pub(crate) fn labels(bytes: &[u8], model: &Table<'_>) -> Vec<String> {
    let named = named(model).ok().flatten();
    let found = zip::find(bytes, MOST_TEXT, |name| match &named {
        Some(named) => name == named,
        None => name.ends_with(".txt") && name.contains("label"),
    });
    let Some(text) = found else {
        return Vec::new();
    };
    let text = String::from_utf8_lossy(&text);
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    if text.lines().nth(MOST_LABELS).is_some() {
        return Vec::new();
    }
    text.lines().map(str::to_owned).collect()
}

/// The metadata entry, a flatbuffer of its own.
fn entry<'a>(root: &Table<'a>) -> Result<Option<Source<'a>>, TfliteError> {
    for each in root.tables(tflite::METADATA)?.iter() {
        let each = each?;
        if each.bytes(metadata::NAME)? != Some(ENTRY.as_bytes()) {
            continue;
        }
        let number = each.u32(metadata::BUFFER)?;
        let buffer = match usize::try_from(number) {
            Ok(index) => root.tables(tflite::BUFFERS)?.get(index)?,
            Err(_) => None,
        };
        let Some(buffer) = buffer else {
            return Err(TfliteError::Damaged(format!(
                "the metadata name buffer {number}, which is not there"
            )));
        };
        return Ok(Source::new(data(&buffer)?, schema::IDENTIFIER));
    }
    Ok(None)
}

/// The first input or output of the only subgraph.
fn first<'a>(root: &Table<'a>, which: usize) -> Result<Option<Table<'a>>, TfliteError> {
    match root.tables(model::SUBGRAPHS)?.get(0)? {
        Some(main) => main.tables(which)?.get(0),
        None => Ok(None),
    }
}

fn normalization_of(input: &Table<'_>) -> Result<Option<Normalization>, TfliteError> {
    for unit in input.tables(tensor::PROCESS_UNITS)?.iter() {
        let unit = unit?;
        if unit.u8(process_unit::OPTIONS_TYPE)? != process_unit::NORMALIZATION {
            continue;
        }
        let Some(options) = unit.table(process_unit::OPTIONS)? else {
            continue;
        };
        return Ok(Some(Normalization {
            mean: options.f32s(normalization::MEAN)?.unwrap_or_default(),
            std: options.f32s(normalization::STD)?.unwrap_or_default(),
        }));
    }
    Ok(None)
}

/// The name of the file with the first output's labels.
fn named(model: &Table<'_>) -> Result<Option<String>, TfliteError> {
    let Some(inner) = entry(model)? else {
        return Ok(None);
    };
    let Some(output) = first(&inner.root()?, subgraph::OUTPUTS)? else {
        return Ok(None);
    };
    for each in output.tables(tensor::FILES)?.iter() {
        let each = each?;
        if each.i8(file::TYPE)? == file::AXIS_LABELS {
            return each.string(file::NAME).map(Some);
        }
    }
    Ok(None)
}
