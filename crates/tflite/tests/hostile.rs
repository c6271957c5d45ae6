//! Bytes that nobody vouches for: an error, quickly, and never a panic or much memory.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod samples;

use flatbuffers::{FlatBufferBuilder, ForwardsUOffset, TableFinishedWIPOffset, Vector, WIPOffset};
use octet_graph::GraphError;
use octet_tflite::{TfliteError, read, read_metadata, write};
use samples::Kind;

/// Reads, and if that goes well, writes.
fn digest(bytes: &[u8]) {
    let _ = read_metadata(bytes);
    if let Ok(graph) = read(bytes) {
        write(&graph).unwrap_or_else(|error| panic!("read but not written: {error}"));
    }
}

#[test]
fn no_model_at_all() {
    for bytes in [
        &b""[..],
        b"TFL3",
        b"\0\0\0\0TFL",
        b"GIF89a, and more",
        b"PK\x03\x04PK\x03\x04",
    ] {
        assert_eq!(read(bytes), Err(TfliteError::NotTflite));
        assert_eq!(read_metadata(bytes), Err(TfliteError::NotTflite));
    }
    assert!(matches!(
        read(b"\x08\0\0\0TFL3"),
        Err(TfliteError::Damaged(_))
    ));
    assert!(matches!(
        read(b"\x08\0\0\0TFL3\0\0\0\0"),
        Err(TfliteError::Damaged(_))
    ));
}

#[test]
fn every_truncation() {
    let mut graph = samples::classifier(Kind::Int8);
    graph.labels.clear();
    let bytes = write(&graph).unwrap();
    for len in 0..bytes.len() {
        let short = read(&bytes[..len]);
        // The zeros behind the last constant are not missed.
        assert!(
            short.is_err() || bytes.len() - len < 16,
            "{len} of {}",
            bytes.len()
        );
    }
}

#[test]
fn every_byte_changed() {
    for kind in [Kind::Int8, Kind::HybridPerChannel] {
        let bytes = write(&samples::classifier(kind)).unwrap();
        for at in 0..bytes.len() {
            for value in [0, 1, 0x7f, 0x80, 0xff, bytes[at] ^ 4] {
                let mut bytes = bytes.clone();
                bytes[at] = value;
                digest(&bytes);
            }
        }
    }
}

/// Every group of four bytes as an offset or length that leads astray.
#[test]
fn every_number_changed() {
    let bytes = write(&samples::classifier(Kind::Uint8)).unwrap();
    for at in (0..bytes.len() - 4).step_by(4) {
        for value in [0, 4, 0x7fff_ffff, 0x8000_0000, 0xffff_fff0, u32::MAX] {
            let mut bytes = bytes.clone();
            bytes[at..at + 4].copy_from_slice(&value.to_le_bytes());
            digest(&bytes);
        }
    }
}

/// The file with a vector's first occurrence replaced.
fn patched<const N: usize>(bytes: &[u8], from: [[u8; 4]; N], to: [[u8; 4]; N]) -> Vec<u8> {
    let (from, to) = (from.concat(), to.concat());
    let at = bytes.windows(from.len()).position(|window| window == from);
    let at = at.unwrap_or_else(|| panic!("{from:?} is not in the file"));
    let mut bytes = bytes.to_vec();
    bytes[at..at + to.len()].copy_from_slice(&to);
    bytes
}

#[test]
fn shapes_that_overflow() {
    let bytes = write(&samples::classifier(Kind::Float32)).unwrap();
    let shape = [1, 8, 8, 3].map(i32::to_le_bytes);
    for huge in [
        [1, 46_341, 46_341, 1],
        [65_536, 65_536, 65_536, 65_536],
        [i32::MAX; 4],
    ] {
        let error = read(&patched(&bytes, shape, huge.map(i32::to_le_bytes))).unwrap_err();
        let large = matches!(
            error,
            TfliteError::TooLarge(_) | TfliteError::Graph(GraphError::Tensor { .. })
        );
        assert!(large, "{huge:?}: {error}");
    }
    let negative = [1, -8, 8, 3].map(i32::to_le_bytes);
    let error = read(&patched(&bytes, shape, negative)).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the model uses what Octet does not support: tensor 0 (“input_0”): the dynamic shape [1, -8, 8, 3] is not \
         supported"
    );
}

#[test]
fn wrong_quantization() {
    let bytes = write(&samples::classifier(Kind::Int8)).unwrap();
    // A vector of one scale, as the input has it.
    let scale = [1_u32.to_le_bytes(), 0.03125_f32.to_le_bytes()];
    for wrong in [0.0, -1.0, f32::NAN, f32::INFINITY] {
        let wrong = [1_u32.to_le_bytes(), wrong.to_le_bytes()];
        let error = read(&patched(&bytes, scale, wrong)).unwrap_err();
        assert!(matches!(error, TfliteError::Graph(_)), "{error}");
    }
    let two = [2_u32.to_le_bytes(), 0.03125_f32.to_le_bytes()];
    let error = read(&patched(&bytes, scale, two)).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the file is damaged: tensor 0 has 2 scales but 1 zero points"
    );
    // A zero point that does not even fit 32 bits.
    let zero = [1_i32, -3, -1].map(i32::to_le_bytes);
    let error = read(&patched(&bytes, zero, [1_i32, -3, 7].map(i32::to_le_bytes))).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the file is damaged: tensor 0 has a zero point of 34359738365"
    );
}

#[test]
fn weights_that_are_no_numbers() {
    let graph = samples::classifier(Kind::Float32);
    let bytes = write(&graph).unwrap();
    let first = match &graph.tensors[1].data {
        Some(octet_graph::Constant::Float32(values)) => [values[0], values[1]],
        other => panic!("{other:?}"),
    };
    let first = first.map(f32::to_le_bytes);
    let error = read(&patched(&bytes, first, [f32::NAN; 2].map(f32::to_le_bytes))).unwrap_err();
    assert!(matches!(error, TfliteError::Graph(_)), "{error}");
}

type Tables = WIPOffset<Vector<'static, ForwardsUOffset<TableFinishedWIPOffset>>>;

/// A file with `count` references to one tensor, whose name and constant have `len` bytes.
fn repeated(count: usize, name_len: usize, data_len: usize) -> Vec<u8> {
    let mut builder = FlatBufferBuilder::new();
    let data = builder.create_vector(&vec![7_u8; data_len]);
    let start = builder.start_table();
    builder.push_slot_always(4, data);
    let buffer = builder.end_table(start);
    let start = builder.start_table();
    let empty = builder.end_table(start);
    let buffers: Tables = builder.create_vector(&[empty, buffer]);
    let name = builder.create_string(&"n".repeat(name_len));
    let shape = builder.create_vector(&[data_len as i32]);
    let start = builder.start_table();
    builder.push_slot_always(4, shape);
    builder.push_slot_always(6, 3_i8);
    builder.push_slot_always(8, 1_u32);
    builder.push_slot_always(10, name);
    let tensor = builder.end_table(start);
    let tensors: Tables = builder.create_vector(&vec![tensor; count]);
    let start = builder.start_table();
    builder.push_slot_always(4, tensors);
    let graph = builder.end_table(start);
    let graphs: Tables = builder.create_vector(&[graph]);
    let start = builder.start_table();
    builder.push_slot_always(4, 3_u32);
    builder.push_slot_always(8, graphs);
    builder.push_slot_always(12, buffers);
    let root = builder.end_table(start);
    builder.finish(root, Some("TFL3"));
    builder.finished_data().to_vec()
}

/// A few bytes can name the same megabyte thousands of times; it must not be copied, or gone through, as often.
#[test]
fn parts_that_overlap() {
    assert_eq!(read(&repeated(3, 40_000, 50_000)).unwrap().tensors.len(), 3);
    for bytes in [
        repeated(50_000, 1_000_000, 1),
        repeated(50_000, 1, 1_000_000),
    ] {
        let error = read(&bytes).unwrap_err();
        assert_eq!(
            error.to_string(),
            "the file is damaged: its parts overlap: together they are longer than the file"
        );
    }
    let error = read(&repeated(70_000, 1, 1)).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the model is too large for a TFLite file: 70000 tensors"
    );
}
