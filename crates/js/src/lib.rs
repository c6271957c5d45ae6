//! The engine and the quantizer for other people's pages: a JavaScript module, built by wasm-pack into `pkg/`.
//!
//! Method names are those of the TensorFlow Lite interpreter. Whatever is wrong is thrown as a JavaScript
//! `Error` that says so in plain English. The types are in `types.d.ts`, since what wasm-bindgen could derive
//! would be `any` for the most part.

mod convert;
mod error;
mod interpreter;
mod options;
mod typed;
mod values;

use wasm_bindgen::prelude::*;

#[wasm_bindgen(typescript_custom_section)]
const TYPES: &str = include_str!("types.d.ts");

/// Called by itself when the module has loaded: a panic, which would be a mistake of ours, is thrown as an error
/// with words.
#[wasm_bindgen(start, private)]
fn start() {
    std::panic::set_hook(Box::new(|info| {
        wasm_bindgen::throw_str(&format!("Octet has made a mistake: {info}"));
    }));
}
