//! Graphs from and to `.tflite` bytes (flatbuffers, TFLite schema version 3).

mod builtin_names;
mod error;
mod flat;
mod read;
#[allow(dead_code, reason = "the writer follows")]
mod schema;

pub use error::{TfliteError, Unsupported};
pub use read::read;
