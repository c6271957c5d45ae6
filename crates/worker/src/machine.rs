//! What the browser says of the machine.

use js_sys::{ArrayBuffer, Reflect, Uint8Array, WebAssembly};
use octet_protocol::Machine;
use wasm_bindgen::prelude::*;
use web_sys::DedicatedWorkerGlobalScope;

/// A module with one function: `i8x16.popcnt(i8x16.splat(0))`.
const SIMD: [u8; 31] = [
    0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 10, 1, 8, 0, 65, 0, 253,
    15, 253, 98, 11,
];

/// A module with one function: `i8x16.relaxed_swizzle(i8x16.splat(1), i8x16.splat(2))`.
const RELAXED_SIMD: [u8; 36] = [
    0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 15, 1, 13, 0, 65, 1, 253,
    15, 65, 2, 253, 15, 253, 128, 2, 11,
];

/// What there is to know.
pub(crate) fn describe(scope: &DedicatedWorkerGlobalScope) -> Machine {
    let navigator = scope.navigator();
    let number = |name: &str| {
        Reflect::get(&navigator, &name.into())
            .ok()
            .and_then(|value| value.as_f64())
    };
    Machine {
        wasm_simd: validates(&SIMD),
        relaxed_simd: validates(&RELAXED_SIMD),
        cores: number("hardwareConcurrency").map(|cores| cores as u32),
        memory_gib: number("deviceMemory"),
        wasm_memory_bytes: wasm_memory_bytes(),
    }
}

fn validates(module: &[u8]) -> bool {
    WebAssembly::validate(&Uint8Array::from(module)).unwrap_or(false)
}

fn wasm_memory_bytes() -> u64 {
    let memory: WebAssembly::Memory = wasm_bindgen::memory().unchecked_into();
    let buffer: ArrayBuffer = memory.buffer().unchecked_into();
    u64::from(buffer.byte_length())
}
