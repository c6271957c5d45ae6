//! What has to hold for any bytes at all.

use octet_tflite::{read, read_metadata, write_with};

/// Reading returns, with a graph or an error. A graph that was read can be written, and comes back as the same file.
pub fn file(bytes: &[u8]) {
    let about = read_metadata(bytes).unwrap_or_default();
    let graph = match read(bytes) {
        Ok(graph) => graph,
        Err(error) => {
            assert!(!error.to_string().is_empty());
            return;
        }
    };
    let written = write_with(&graph, &about).expect("what was read can be written");
    let again = read(&written).expect("what was written can be read");
    assert_eq!(write_with(&again, &about).as_ref(), Ok(&written));
}
