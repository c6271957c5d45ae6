//! Valid files with a few bytes changed: most get past the identifier and the offsets, into what the fields mean.
#![no_main]

mod check;

const FILES: [&[u8]; 6] = [
    include_bytes!("../corpus/read/classifier_int8.tflite"),
    include_bytes!("../corpus/read/classifier_hybrid_per_channel.tflite"),
    include_bytes!("../corpus/read/classifier_uint8.tflite"),
    include_bytes!("../corpus/read/strided_slice_float32.tflite"),
    include_bytes!("../../../../tests/fixtures/tflite/offset_buffers.tflite"),
    include_bytes!("../../../../tests/fixtures/tflite/deflated_labels.tflite"),
];

libfuzzer_sys::fuzz_target!(|edits: &[u8]| {
    let Some((&which, edits)) = edits.split_first() else {
        return;
    };
    let mut bytes = FILES[usize::from(which) % FILES.len()].to_vec();
    // Place, what to do, and with which number.
    let (edits, _) = edits.as_chunks::<4>();
    for &[low, high, what, value] in edits {
        let at = usize::from(u16::from_le_bytes([low, high])) % bytes.len();
        match what % 8 {
            0 => bytes[at] = value,
            1 => bytes[at] ^= 1 << (value % 8),
            2 => bytes[at] = bytes[at].wrapping_add(value),
            // A whole offset or length.
            3 => {
                let at = at & !3;
                if let Some(number) = bytes.get_mut(at..at + 4) {
                    number.copy_from_slice(&i32::from(value as i8).to_le_bytes());
                }
            }
            4 => {
                let at = at & !3;
                if let Some(number) = bytes.get_mut(at..at + 4) {
                    number.copy_from_slice(&(1_u32 << (value % 32)).to_le_bytes());
                }
            }
            // A piece of the file in another place.
            5 => {
                let from = usize::from(value) * bytes.len() / 256;
                let len = 16.min(bytes.len() - from).min(bytes.len() - at);
                bytes.copy_within(from..from + len, at);
            }
            6 => bytes.truncate(at.max(8)),
            _ => {
                bytes.remove(at);
                if bytes.len() < 8 {
                    return;
                }
            }
        }
    }
    check::file(&bytes);
});
