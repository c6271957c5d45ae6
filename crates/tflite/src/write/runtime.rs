//! The oldest TFLite that can run a model, as the metadata entry `min_runtime_version` tells it.

use super::operators::Code;
use crate::schema::builtin;

/// Which release of TFLite brought a version of an operator (`tools/versioning/runtime_version.cc` of LiteRT), as
/// major, minor and patch.
fn introduced((builtin, version): Code) -> [u8; 3] {
    use builtin::*;
    match (builtin, version) {
        (AVERAGE_POOL_2D | MAX_POOL_2D | CONCATENATION | RELU6, 1) => [1, 5, 0],
        (CONV_2D | DEPTHWISE_CONV_2D | ADD | MUL | PAD | RELU | RESHAPE | SOFTMAX, 1) => [1, 5, 0],
        (FULLY_CONNECTED, 1) => [1, 5, 0],
        (SUB | TRANSPOSE | MEAN | STRIDED_SLICE, 1) => [1, 6, 0],
        (RESIZE_BILINEAR, 1) => [1, 7, 0],
        (DEPTHWISE_CONV_2D, 2) => [1, 12, 0],
        (RESIZE_NEAREST | DEQUANTIZE, 1) => [1, 13, 1],
        (TANH | LOGISTIC | QUANTIZE, 1) => [1, 14, 0],
        (MUL | DEQUANTIZE | TRANSPOSE, 3) | (QUANTIZE, 2) | (HARD_SWISH, 1) => [1, 15, 0],
        (FULLY_CONNECTED, 5) => [2, 0, 0],
        (FULLY_CONNECTED, 6) | (RELU, 2) | (STRIDED_SLICE, 3) => [2, 1, 0],
        (DEPTHWISE_CONV_2D | STRIDED_SLICE, 4) | (RESIZE_BILINEAR, 3) => [2, 2, 0],
        (DEPTHWISE_CONV_2D, 6) | (FULLY_CONNECTED, 9) | (SUB | CONCATENATION, 3) => [2, 3, 0],
        (RESIZE_NEAREST, 3) | (TRANSPOSE, 4) => [2, 3, 0],
        (CONV_2D | TRANSPOSE, 5) | (PAD, 3) | (SUB | RESIZE_NEAREST, 4) => [2, 4, 0],
        (RESIZE_BILINEAR, 4) => [2, 5, 0],
        (ADD | PAD, 4) | (MUL, 5) => [2, 6, 0],
        (DEQUANTIZE, 5) | (QUANTIZE, 3) => [2, 7, 0],
        (TRANSPOSE, 6) => [2, 12, 0],
        (PAD, 5) | (FULLY_CONNECTED, 12) => [2, 17, 0],
        (DEQUANTIZE, 6) => [2, 18, 0],
        (DEQUANTIZE, 7) => [2, 21, 0],
        // The others are those that brought int8.
        _ => [1, 14, 0],
    }
}

/// The newest release that one of the operators needs.
pub(super) fn minimum(codes: &[Code]) -> [u8; 3] {
    codes
        .iter()
        .map(|&code| introduced(code))
        .max()
        .unwrap_or([1, 5, 0])
}

/// As the entry has it: text with zeros up to 16 bytes.
pub(super) fn padded([major, minor, patch]: [u8; 3]) -> Vec<u8> {
    let mut text = format!("{major}.{minor}.{patch}").into_bytes();
    text.resize(16, 0);
    text
}

#[cfg(test)]
mod tests {
    use super::{minimum, padded};
    use crate::schema::builtin::{ADD, CONV_2D, DEPTHWISE_CONV_2D, FULLY_CONNECTED, RELU, TANH};

    #[test]
    fn the_newest_operator_decides() {
        assert_eq!(minimum(&[]), [1, 5, 0]);
        assert_eq!(minimum(&[(CONV_2D, 1), (ADD, 1)]), [1, 5, 0]);
        assert_eq!(minimum(&[(CONV_2D, 3), (ADD, 1)]), [1, 14, 0]);
        assert_eq!(minimum(&[(DEPTHWISE_CONV_2D, 2), (ADD, 1)]), [1, 12, 0]);
        assert_eq!(minimum(&[(RELU, 2), (TANH, 2)]), [2, 1, 0]);
        assert_eq!(minimum(&[(FULLY_CONNECTED, 12), (TANH, 2)]), [2, 17, 0]);
    }

    #[test]
    fn the_entry_has_16_bytes() {
        assert_eq!(padded([2, 17, 0]), *b"2.17.0\0\0\0\0\0\0\0\0\0\0");
    }
}
