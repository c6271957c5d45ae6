//! What is wrong, as JavaScript hears of it.

use std::fmt::Display;

use js_sys::Error;
use wasm_bindgen::JsValue;

/// A sentence as a JavaScript `Error`.
pub(crate) fn error(message: impl Display) -> JsValue {
    Error::new(&message.to_string()).into()
}

/// `what` could not be done, and why; for errors that are not sentences.
pub(crate) fn failed<E: Display>(what: &str) -> impl Fn(E) -> JsValue + '_ {
    move |why| error(format!("{what}: {why}."))
}
