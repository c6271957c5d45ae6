// Starts the worker's wasm. Trunk's own shim would keep silent where that fails.
const fail = (error) =>
  postMessage({ type: "crashed", message: String((error && error.message) || error) });
self.addEventListener("unhandledrejection", (event) => fail(event.reason));
try {
  importScripts("./octet-worker.js");
  wasm_bindgen({ module_or_path: "./octet-worker_bg.wasm" }).catch(fail);
} catch (error) {
  fail(error);
}
