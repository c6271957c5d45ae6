//! Every fast kernel against the reference's, on random cases, on every instruction set that there is and with both ways
//! of the dot product. `cargo xtask test` runs them on the host and, for wasm's vectors, in a browser.

mod elements;
mod integers;
pub(super) mod random;
mod reals;
#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
mod wasm;

use super::machine::{Dot, Machine};

// A browser has no harness for Rust's own `#[test]`, so there the attribute is this one.
#[cfg(target_arch = "wasm32")]
pub(super) use wasm_bindgen_test::wasm_bindgen_test as test;

#[cfg(target_arch = "wasm32")]
wasm_bindgen_test::wasm_bindgen_test_configure!(run_in_dedicated_worker);

/// All that this build has.
pub(super) fn machines() -> Vec<Machine> {
    let mut machines = [Dot::Signed, Dot::Unsigned].map(Machine::Scalar).to_vec();
    let integers = Machine::for_integers();
    machines.extend(integers);
    // With relaxed SIMD, the plain vectors are there too.
    machines.extend(Machine::common().filter(|common| Some(*common) != integers));
    machines
}
