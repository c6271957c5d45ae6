//! Reads a `.tflite` file and writes it again: `rewrite <from> <to>`.

use std::error::Error;
use std::{env, fs};

fn main() -> Result<(), Box<dyn Error>> {
    let mut paths = env::args().skip(1);
    let (Some(from), Some(to)) = (paths.next(), paths.next()) else {
        return Err("usage: rewrite <from> <to>".into());
    };
    let bytes = fs::read(from)?;
    let graph = octet_tflite::read(&bytes)?;
    let about = octet_tflite::read_metadata(&bytes)?;
    fs::write(to, octet_tflite::write_with(&graph, &about)?)?;
    Ok(())
}
