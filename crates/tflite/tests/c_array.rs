//! Models as C++ source.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use octet_tflite::{TfliteError, to_c_array};

#[test]
fn the_bytes_are_all_there() {
    let bytes: Vec<u8> = (0..=255).collect();
    let array = to_c_array(&bytes, "model_data", 81_920).unwrap();
    let source = array.source;
    assert!(source.starts_with("#include \"model_data.h\"\n"));
    assert!(source.contains("alignas(16) const unsigned char model_data[] = {\n"));
    assert!(source.ends_with("};\nconst unsigned int model_data_len = 256;\n"));
    let numbers: Vec<u8> = source
        .split("0x")
        .skip(1)
        .map(|rest| u8::from_str_radix(&rest[..2], 16).unwrap())
        .collect();
    assert_eq!(numbers, bytes);
    assert!(array.header.contains("#ifndef MODEL_DATA_H_\n"));
    assert!(
        array
            .header
            .contains("extern const unsigned char model_data[];\n")
    );
    assert!(
        array
            .header
            .contains("extern const unsigned int model_data_len;\n")
    );
    assert!(array.header.contains("model_data_arena_size = 81920;\n"));
}

#[test]
fn a_name_is_an_identifier() {
    for name in ["", "2d", "a b", "a-b", "ä", "class", "_x", "a;b"] {
        let error = to_c_array(&[], name, 0).unwrap_err();
        assert_eq!(error, TfliteError::CName(name.to_owned()));
    }
    assert!(to_c_array(&[], "class_2", 0).is_ok());
}
