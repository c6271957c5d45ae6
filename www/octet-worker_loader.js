// Starts the worker's wasm: the one with relaxed SIMD where the browser has it. Trunk's own shim would keep
// silent where that fails.
const fail = (error) =>
  postMessage({ type: "crashed", message: String((error && error.message) || error) });
self.addEventListener("unhandledrejection", (event) => fail(event.reason));

// A module with one function, which holds `i32x4.relaxed_dot_i8x16_i7x16_add_s` of three vectors of zeros.
const RELAXED_SIMD = new Uint8Array([
  0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 19, 1, 17, 0,
  65, 0, 253, 15, 65, 0, 253, 15, 65, 0, 253, 15, 253, 147, 2, 11,
]);

// `?kernels=simd128` in the page's address asks for the other one, to compare.
const asked = new URLSearchParams(self.location.search).get("kernels");
const relaxed = asked !== "simd128" && WebAssembly.validate(RELAXED_SIMD);
const name = relaxed ? "octet-worker_relaxed" : "octet-worker";
try {
  importScripts(`./${name}.js`);
  wasm_bindgen({ module_or_path: `./${name}_bg.wasm` }).catch(fail);
} catch (error) {
  fail(error);
}
