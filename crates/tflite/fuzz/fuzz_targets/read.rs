//! Arbitrary bytes as a file.
#![no_main]

mod check;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| check::file(bytes));
