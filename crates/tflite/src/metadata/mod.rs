//! What a file says about its model for people and for the code around it: TFLite's metadata, a flatbuffer of its own
//! in a buffer of the model, with files in a zip archive behind the model.

mod read;
mod schema;
mod write;

pub(crate) use read::labels;
pub use read::read_metadata;
pub(crate) use write::{entries, write};

use crate::TfliteError;

/// The name of the entry that holds the metadata.
pub(crate) const ENTRY: &str = "TFLITE_METADATA";
/// The name of the file with the labels.
pub(crate) const LABELS_FILE: &str = "labels.txt";

/// What a file says about its model besides the graph; the labels are in the graph.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Metadata {
    /// For people.
    pub description: String,
    /// What to do with an image before it is put in.
    pub normalization: Option<Normalization>,
}

/// `(pixel − mean) / std` for pixels of 0 to 255, one number for all channels or one for each. Quantized models have
/// that of their float original; quantization comes after it.
#[derive(Clone, Debug, PartialEq)]
pub struct Normalization {
    /// What is subtracted.
    pub mean: Vec<f32>,
    /// What is divided by.
    pub std: Vec<f32>,
}

/// The labels as a text file, one a line; None if there are none.
pub(crate) fn labels_text(labels: &[String]) -> Result<Option<String>, TfliteError> {
    let broken = |label: &String| label.contains(['\n', '\r']);
    if let Some(index) = labels.iter().position(broken) {
        return Err(TfliteError::Label(index));
    }
    let lines = labels.iter().flat_map(|label| [label.as_str(), "\n"]);
    Ok((!labels.is_empty()).then(|| lines.collect()))
}
