//! Files of the reader's own, photos and models: by file picker, by drag and drop, by paste.

use js_sys::Uint8Array;
use octet_protocol::{ErrorKind, LabError};
use wasm_bindgen_futures::JsFuture;
use web_sys::{File, FileList};

use crate::format;

/// Larger photos are not even read.
const MAX_BYTES: f64 = 64e6;
/// Larger models neither: the lab holds such a file several times over, quantized and not.
const MAX_MODEL_BYTES: f64 = 128e6;
/// A list of names is a text of this length at most.
const MAX_LABELS_BYTES: f64 = 2e6;

/// A file that has been read.
pub struct Taken {
    /// Its name.
    pub name: String,
    /// Its bytes.
    pub bytes: Uint8Array,
}

/// The files of a list; browsers empty the list once the event is over.
pub fn files(list: Option<FileList>) -> Vec<File> {
    list.map_or_else(Vec::new, |list| {
        (0..list.length()).filter_map(|i| list.get(i)).collect()
    })
}

/// Reads a photo, unless it is too large.
pub async fn read(file: &File) -> Result<Taken, LabError> {
    check_size(
        &file.name(),
        file.size(),
        MAX_BYTES,
        "Save it smaller: the model sees 224 × 224 pixels of it anyway.",
    )?;
    whole(
        file,
        "Choose an image file (PNG, JPEG, WebP and the like); folders cannot be added.",
    )
    .await
}

/// What of a model's files is which.
pub enum ModelFile {
    /// The model.
    Model(Taken),
    /// The names of its classes, one a line.
    Labels {
        /// The file's name.
        name: String,
        /// The whole text.
        text: String,
    },
}

/// Reads a model, or a text file with the names of its classes, unless it is too large.
pub async fn read_model(file: &File) -> Result<ModelFile, LabError> {
    const REMEDY: &str =
        "Choose a .tflite or .safetensors file, or a .txt file with the names of the classes.";
    let name = file.name();
    if name.to_ascii_lowercase().ends_with(".txt") {
        let remedy = "A list of classes is a text with one name a line.";
        check_size(&name, file.size(), MAX_LABELS_BYTES, remedy)?;
        let taken = whole(file, REMEDY).await?;
        let text = String::from_utf8_lossy(&taken.bytes.to_vec()).into_owned();
        return Ok(ModelFile::Labels { name, text });
    }
    check_size(
        &name,
        file.size(),
        MAX_MODEL_BYTES,
        "Choose a smaller network: a browser tab would not have the memory to quantize this one.",
    )?;
    whole(file, REMEDY).await.map(ModelFile::Model)
}

async fn whole(file: &File, remedy: &str) -> Result<Taken, LabError> {
    let name = file.name();
    let buffer = JsFuture::from(file.array_buffer()).await.map_err(|_| {
        LabError::new(
            ErrorKind::BadInput,
            format!("“{name}” could not be read."),
            remedy,
        )
    })?;
    Ok(Taken {
        name,
        bytes: Uint8Array::new(&buffer),
    })
}

fn check_size(name: &str, bytes: f64, most: f64, remedy: &str) -> Result<(), LabError> {
    if bytes <= most {
        return Ok(());
    }
    Err(LabError::new(
        ErrorKind::BadInput,
        format!(
            "“{name}” has {}; at most {} can be added.",
            format::megabytes(bytes as u64),
            format::megabytes(most as u64)
        ),
        remedy,
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refuses_large_files_by_name() {
        assert!(check_size("a.png", 64e6, MAX_BYTES, "").is_ok());
        let error = check_size("b.png", 64_000_001.0, MAX_BYTES, "");
        let error = error.map_err(|error| error.message);
        assert_eq!(
            error,
            Err("“b.png” has 64.00 MB; at most 64.00 MB can be added.".to_owned())
        );
    }
}
