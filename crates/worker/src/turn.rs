//! Giving way to the event loop, so that messages which have arrived are handled.

use js_sys::Promise;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{MessageChannel, MessagePort};

thread_local! {
    /// A message to oneself comes back after those that are already waiting, and at once: a timer would
    /// be held back for 4 ms.
    static CHANNEL: Option<MessageChannel> = MessageChannel::new().ok();
}

/// Resolves on a later turn of the event loop.
pub(crate) async fn next() {
    let Some((near, far)) = CHANNEL.with(|channel| {
        channel
            .as_ref()
            .map(|channel| (channel.port1(), channel.port2()))
    }) else {
        return;
    };
    // A failure to wait only means that a Cancel is seen later.
    let _ = JsFuture::from(message_to_oneself(&near, &far)).await;
}

fn message_to_oneself(near: &MessagePort, far: &MessagePort) -> Promise {
    Promise::new(&mut |resolve, reject| {
        near.set_onmessage(Some(&resolve));
        if let Err(error) = far.post_message(&JsValue::NULL) {
            // The promise settles either way.
            let _ = reject.call1(&JsValue::UNDEFINED, &error);
        }
    })
}
