//! Whether this browser runs WebAssembly SIMD, which the worker is compiled for.

use js_sys::{Uint8Array, WebAssembly};
use octet_protocol::{ErrorKind, LabError};

/// A module with one function that holds `i8x16.splat`, `i8x16.popcnt`.
const PROBE: [u8; 31] = [
    0, 97, 115, 109, 1, 0, 0, 0, // magic, version
    1, 5, 1, 96, 0, 1, 123, // type: () -> v128
    3, 2, 1, 0, // function 0 of that type
    10, 10, 1, 8, 0, // code: one body of 8 bytes, no locals
    65, 0, 253, 15, 253, 98, 11, // i32.const 0, i8x16.splat, i8x16.popcnt, end
];

/// Whether a module that uses SIMD validates.
pub fn is_supported() -> bool {
    WebAssembly::validate(&Uint8Array::from(PROBE.as_slice())).unwrap_or(false)
}

/// What to say where it does not.
pub fn missing() -> LabError {
    LabError::new(
        ErrorKind::Unsupported,
        "This browser has no WebAssembly SIMD, and Octet's arithmetic is compiled for it.",
        "Open this page in a current Chrome, Edge or Firefox, or in Safari 16.4 or newer.",
    )
}
