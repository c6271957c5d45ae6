//! NumPy's random numbers to the last bit in a browser's wasm engine too, where there is no fused multiply-add.
//! The host's twin of this test is `crates/quant/tests/random_state.rs`.
#![cfg(target_arch = "wasm32")]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use octet_quant::RandomState;
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_dedicated_worker);

const FIXTURE: &str = include_str!("../../fixtures/quant/random_state.json");

#[wasm_bindgen_test]
fn randn_is_numpys_to_the_last_bit() {
    // The fixture begins with seed 0, and FNV-1a over all its bytes needs no parser.
    let randn = FIXTURE.split("\"randn\"").nth(1).unwrap();
    let hash = randn.split("\"hash\": \"").nth(1).unwrap();
    let mut random = RandomState::new(0);
    let found = (0..100_000)
        .flat_map(|_| random.randn().to_bits().to_le_bytes())
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
    assert_eq!(format!("{found:016x}"), hash[..16]);
}
