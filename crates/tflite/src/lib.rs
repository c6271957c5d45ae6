//! Graphs from and to `.tflite` bytes (flatbuffers, TFLite schema version 3).

mod builtin_names;
mod c_array;
mod error;
mod flat;
mod metadata;
mod packed;
mod read;
mod schema;
mod write;
mod zip;

pub use c_array::{CArray, to_c_array};
pub use error::{TfliteError, Unsupported};
pub use metadata::{Metadata, Normalization, read_metadata};
pub use read::{OperatorKind, operator_kinds, read};
pub use write::{write, write_with};
