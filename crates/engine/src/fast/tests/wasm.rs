//! That the browser's tests do run on the instruction sets that they are built for.

use wasm_bindgen_test::console_log;

use super::{machines, test};
use crate::fast::machine::Machine;

#[test]
fn the_build_s_vectors_are_tested() {
    let machines = machines();
    console_log!("kernels are tested on {machines:?}");
    assert!(machines.contains(&Machine::Simd128));
    #[cfg(feature = "relaxed-simd")]
    relaxed();
}

/// Products of random bytes are what the probe has said that they are, or it has said that they cannot be used.
#[cfg(feature = "relaxed-simd")]
fn relaxed() {
    use core::arch::wasm32::{i32x4_splat, v128, v128_load};

    use crate::fast::isa::Isa;
    use crate::fast::machine::Dot;
    use crate::fast::relaxed::{Relaxed, probe};
    use crate::fast::tests::random::Random;

    #[target_feature(enable = "relaxed-simd")]
    fn dot(weights: v128, values: v128) -> v128 {
        Relaxed::dot(i32x4_splat(7), weights, values)
    }

    let found = probe();
    assert_eq!(
        Machine::for_integers(),
        Some(found.map_or(Machine::Simd128, Machine::Relaxed))
    );
    let Some(found) = found else { return };
    let mut random = Random::new(21);
    for _ in 0..10_000 {
        let (weights, values) = (random.bytes(16, -128, 127), random.bytes(16, -128, 127));
        let value = |value: i8| match found {
            Dot::Signed => i32::from(value),
            Dot::Unsigned => i32::from(value as u8),
        };
        let expected: Vec<i32> = weights
            .chunks(4)
            .zip(values.chunks(4))
            .map(|(weights, values)| {
                let products = weights.iter().zip(values);
                7 + products
                    .map(|(&w, &v)| i32::from(w) * value(v))
                    .sum::<i32>()
            })
            .collect();
        let mut sums = [0_i32; 4];
        // SAFETY: each of the three is 16 bytes; a v128 in memory is its bytes, in any alignment here.
        unsafe {
            let products = dot(
                v128_load(weights.as_ptr().cast()),
                v128_load(values.as_ptr().cast()),
            );
            core::arch::wasm32::v128_store(sums.as_mut_ptr().cast(), products);
        }
        assert_eq!(sums[..], expected[..]);
    }
}
