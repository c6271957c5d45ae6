//! Files that belong to the page.

use js_sys::{ArrayBuffer, Uint8Array};
use octet_protocol::{ErrorKind, LabError};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{DedicatedWorkerGlobalScope, Response};

/// The file at `path`, which is relative to the worker's own address.
pub(crate) async fn fetch(
    scope: &DedicatedWorkerGlobalScope,
    path: &str,
) -> Result<Vec<u8>, LabError> {
    let response = JsFuture::from(scope.fetch_with_str(path))
        .await
        .map_err(|_| missing(path, "the server could not be reached"))?;
    let response: Response = response.unchecked_into();
    if !response.ok() {
        let status = format!("{} {}", response.status(), response.status_text());
        return Err(missing(
            path,
            &format!("the server answered {}", status.trim()),
        ));
    }
    let cut_short = |_| missing(path, "it did not arrive whole");
    let buffer = JsFuture::from(response.array_buffer().map_err(cut_short)?);
    let buffer: ArrayBuffer = buffer.await.map_err(cut_short)?.unchecked_into();
    Ok(Uint8Array::new(&buffer).to_vec())
}

fn missing(path: &str, why: &str) -> LabError {
    LabError::new(
        ErrorKind::Missing,
        format!("The file “{path}” could not be loaded: {why}."),
        "Check the connection and run the cell again; if this is your own copy of the page, build it \
         again with all its files.",
    )
}
