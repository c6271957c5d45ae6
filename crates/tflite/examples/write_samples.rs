//! Writes the test's graphs into a folder, for `tests/fixtures/tflite/check_written.py`: `write_samples <folder>`.

#[path = "../tests/samples/mod.rs"]
mod samples;

use std::error::Error;
use std::path::PathBuf;
use std::{env, fs};

fn main() -> Result<(), Box<dyn Error>> {
    let folder = env::args().nth(1).ok_or("usage: write_samples <folder>")?;
    let folder = PathBuf::from(folder);
    fs::create_dir_all(&folder)?;
    for graph in samples::all() {
        let path = folder.join(format!("{}.tflite", graph.name));
        fs::write(path, octet_tflite::write(&graph)?)?;
    }
    Ok(())
}
