//! Photos of the reader's own: by file picker, by drag and drop, by paste.

use js_sys::Uint8Array;
use octet_protocol::{ErrorKind, LabError};
use wasm_bindgen_futures::JsFuture;
use web_sys::{File, FileList};

use crate::format;

/// Larger files are not even read.
const MAX_BYTES: f64 = 64e6;

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

/// Reads a file, unless it is too large.
pub async fn read(file: &File) -> Result<Taken, LabError> {
    let name = file.name();
    check_size(&name, file.size())?;
    let buffer = JsFuture::from(file.array_buffer()).await.map_err(|_| {
        LabError::new(
            ErrorKind::BadInput,
            format!("“{name}” could not be read."),
            "Choose an image file (PNG, JPEG, WebP and the like); folders cannot be added.",
        )
    })?;
    Ok(Taken {
        name,
        bytes: Uint8Array::new(&buffer),
    })
}

fn check_size(name: &str, bytes: f64) -> Result<(), LabError> {
    if bytes <= MAX_BYTES {
        return Ok(());
    }
    Err(LabError::new(
        ErrorKind::BadInput,
        format!(
            "“{name}” has {}; at most {} can be added.",
            format::megabytes(bytes as u64),
            format::megabytes(MAX_BYTES as u64)
        ),
        "Save it smaller: the model sees 224 × 224 pixels of it anyway.",
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refuses_large_files_by_name() {
        assert!(check_size("a.png", 64e6).is_ok());
        let error = check_size("b.png", 64_000_001.0).map_err(|error| error.message);
        assert_eq!(
            error,
            Err("“b.png” has 64.00 MB; at most 64.00 MB can be added.".to_owned())
        );
    }
}
