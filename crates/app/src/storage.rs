//! What the browser remembers for us. Where it refuses to (private windows, full disks), nothing is remembered.

use web_sys::Storage;

use crate::dom;

const PREFIX: &str = "octet:";

fn storage() -> Option<Storage> {
    // Host tests have no browser.
    if cfg!(not(target_arch = "wasm32")) {
        return None;
    }
    dom::window().local_storage().ok().flatten()
}

/// What was kept under a name.
pub fn get(name: &str) -> Option<String> {
    storage()?
        .get_item(&format!("{PREFIX}{name}"))
        .ok()
        .flatten()
}

/// Keeps a value under a name.
pub fn set(name: &str, value: &str) {
    if let Some(storage) = storage() {
        storage.set_item(&format!("{PREFIX}{name}"), value).ok();
    }
}

/// Forgets a name.
pub fn remove(name: &str) {
    if let Some(storage) = storage() {
        storage.remove_item(&format!("{PREFIX}{name}")).ok();
    }
}
