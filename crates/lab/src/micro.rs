//! A model as C++ source for TensorFlow Lite Micro, written when it is asked for: source is six times as long as the
//! bytes that it holds.

use octet_protocol::LabError;
use octet_tflite::{CArray, to_c_array};

use crate::integers::cannot_convert;

/// What the array is called, and the files.
const NAME: &str = "model_data";
/// Both files.
pub(crate) const FILES: [&str; 2] = ["model_data.h", "model_data.cc"];

/// What source is made of.
pub(crate) struct MicroModel {
    /// The `.tflite` file among those that the reader can save.
    pub(crate) file_name: String,
    /// The arena that the program has to set apart, in bytes.
    pub(crate) arena: usize,
}

impl MicroModel {
    /// The file of this name; None where it is not one of the two.
    pub(crate) fn file(&self, file_name: &str, bytes: &[u8]) -> Result<Option<Vec<u8>>, LabError> {
        let ending = file_name
            .strip_prefix(NAME)
            .and_then(|rest| rest.strip_prefix('.'));
        Ok(match ending {
            Some("h") => Some(self.source(bytes)?.header.into_bytes()),
            Some("cc") => Some(self.source(bytes)?.source.into_bytes()),
            _ => None,
        })
    }

    fn source(&self, bytes: &[u8]) -> Result<CArray, LabError> {
        to_c_array(bytes, NAME, self.arena).map_err(cannot_convert)
    }
}
