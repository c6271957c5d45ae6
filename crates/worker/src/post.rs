//! Posting messages to the page.

use js_sys::{Array, Reflect, Uint8Array};
use octet_protocol::FromWorker;
use serde::Serialize;
use serde_wasm_bindgen::Serializer;
use wasm_bindgen::prelude::*;
use web_sys::DedicatedWorkerGlobalScope;

/// Posts a message. Attachments are handed over, not copied a second time.
pub(crate) fn post(scope: &DedicatedWorkerGlobalScope, message: &FromWorker) {
    let serializer = Serializer::new().serialize_missing_as_null(true);
    let posted = message
        .serialize(&serializer)
        .map_err(JsValue::from)
        .and_then(|value| scope.post_message_with_transfer(&value, &transferables(&value)));
    if let Err(error) = posted {
        // Nobody is left to tell but the console; the page sees the worker's error event.
        wasm_bindgen::throw_val(error);
    }
}

/// The buffers of a message's attachments.
fn transferables(message: &JsValue) -> Array {
    let buffers = Array::new();
    if let Ok(attachments) = Reflect::get(message, &"attachments".into())
        && let Ok(attachments) = attachments.dyn_into::<Array>()
    {
        for attachment in attachments.iter() {
            if let Ok(bytes) = Reflect::get(&attachment, &"bytes".into())
                && let Ok(bytes) = bytes.dyn_into::<Uint8Array>()
            {
                buffers.push(&bytes.buffer());
            }
        }
    }
    buffers
}
