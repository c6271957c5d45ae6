//! Operators that look at numbers one by one, and means.

use octet_quant::{Multiplier, MultiplierRounding};

use super::machines;
use super::random::Random;
#[cfg(target_arch = "wasm32")]
use super::test;
use crate::fast::add::AddInt8;
use crate::fast::arithmetic_real::ArithmeticReal;
use crate::fast::mean::{MeanInt8, MeanReal};
use crate::fast::quantize::{QuantizeInt8, on_the_fly};
use crate::reference::arithmetic::{AddQuantized, Arithmetic, ArithmeticFloat, Broadcast};
use crate::reference::hybrid;
use crate::reference::mean::{MeanFloat, MeanQuantized, Reduction};
use crate::reference::quantize::Quantize;

#[test]
fn sums_of_int8_are_the_reference_s() {
    let mut random = Random::new(4);
    let fixed = |real: f64| Multiplier::from_real(real, MultiplierRounding::Double).unwrap();
    for case in 0..300 {
        let shape = [random.size(1, 5), random.size(1, 40)];
        let scales = [0.01 + random.real(), 0.01 + random.real()];
        let larger = 2.0 * scales[0].max(scales[1]);
        let least = random.within(-128, 127);
        let add = AddQuantized {
            broadcast: Broadcast::new(&shape, &shape, &shape).unwrap(),
            subtract: random.within(0, 3) == 0,
            zero_points: [random.within(-128, 127), random.within(-128, 127)],
            multipliers: scales.map(|scale| fixed(scale / larger)),
            output_multiplier: fixed(larger / (f64::from(1 << 20) * (0.005 + random.real()))),
            output_zero_point: random.within(-128, 127),
            clamp: random.one_of(&[(-128, 127), (least, 127), (least, least)]),
        };
        let count = shape[0] * shape[1];
        let (a, b) = (
            random.bytes(count, -128, 127),
            random.bytes(count, -128, 127),
        );
        let mut expected = vec![0; count];
        add.run(&a, &b, &mut expected);
        for machine in machines() {
            let fast = AddInt8::new(machine, &add).unwrap();
            for fast in [fast.clone(), fast.looked_up()] {
                let mut output = vec![55; count];
                fast.run(&a, &b, &mut output).unwrap();
                assert_eq!(output, expected, "case {case} on {machine:?}: {add:?}");
            }
        }
    }
}

#[test]
fn means_are_the_reference_s() {
    let mut random = Random::new(5);
    for case in 0..200 {
        let shape = [
            random.size(1, 2),
            random.size(1, 8),
            random.size(1, 8),
            random.size(1, 40),
        ];
        let reduction = Reduction::new(&shape, &[false, true, true, false]);
        let count: usize = shape.iter().product();
        let input = random.bytes(count, -128, 127);
        let reals: Vec<f32> = input.iter().map(|&x| f32::from(x) * 0.1).collect();
        let mean = MeanQuantized {
            multiplier: random.multiplier(),
            input_zero_point: random.within(-128, 127),
            output_zero_point: random.within(-128, 127),
            reduction: reduction.clone(),
        };
        let mut expected = vec![0_i8; shape[0] * shape[3]];
        let mut sums = vec![0; expected.len() * 4];
        mean.run(&input, &mut expected, &mut sums);
        let mean_of_reals = MeanFloat { reduction };
        let mut expected_reals = vec![0.0; expected.len()];
        mean_of_reals.run(&reals, &mut expected_reals);
        for machine in machines() {
            let fast = MeanInt8::new(machine, &mean).unwrap();
            let mut output = vec![55; expected.len()];
            let mut scratch = vec![0_u32; fast.scratch_bytes() / 4];
            let scratch = bytemuck::cast_slice_mut(&mut scratch);
            fast.run(&input, &mut output, scratch).unwrap();
            assert_eq!(output, expected, "case {case} on {machine:?}: {shape:?}");
            let fast = MeanReal::new(machine, &mean_of_reals).unwrap();
            let mut output = vec![55.0; expected.len()];
            fast.run(&reals, &mut output).unwrap();
            assert_eq!(
                output, expected_reals,
                "case {case} on {machine:?}: {shape:?}"
            );
        }
    }
}

#[test]
fn means_over_other_axes_are_left_to_the_reference() {
    let middle = |shape: &[usize], averaged: &[bool]| Reduction::new(shape, averaged).middle();
    assert_eq!(
        middle(&[2, 3, 4, 5], &[false, true, true, false]),
        Some([12, 5])
    );
    assert_eq!(
        middle(&[1, 3, 4, 5], &[true, true, true, false]),
        Some([12, 5])
    );
    assert_eq!(
        middle(&[2, 3, 4, 5], &[false, false, false, true]),
        Some([5, 1])
    );
    assert_eq!(middle(&[2, 3, 4, 5], &[false, true, false, true]), None);
    assert_eq!(middle(&[2, 3, 4, 5], &[true, false, true, false]), None);
}

#[test]
fn arithmetic_of_reals_is_the_reference_s() {
    let mut random = Random::new(6);
    for _ in 0..100 {
        let count = random.size(1, 50);
        let (a, b) = (random.reals(count, 3.0), random.reals(count, 3.0));
        let kernel = ArithmeticFloat {
            arithmetic: random.one_of(&[Arithmetic::Add, Arithmetic::Sub, Arithmetic::Mul]),
            broadcast: Broadcast::new(&[count], &[count], &[count]).unwrap(),
            clamp: random.one_of(&[(f32::NEG_INFINITY, f32::INFINITY), (0.0, 6.0)]),
        };
        let mut expected = vec![0.0; count];
        kernel.run(&a, &b, &mut expected);
        for machine in machines() {
            let mut output = vec![55.0; count];
            let fast = ArithmeticReal::new(machine, &kernel).unwrap();
            fast.run(&a, &b, &mut output).unwrap();
            assert_eq!(output, expected, "{machine:?}");
        }
    }
}

/// Halves, their neighbours, and what is no number or no int8.
fn reals_to_round(scale: f32) -> Vec<f32> {
    let mut reals = vec![
        f32::NAN,
        f32::INFINITY,
        f32::NEG_INFINITY,
        f32::MAX,
        f32::MIN,
        0.0,
        -0.0,
    ];
    for step in -300..300 {
        let half = (step as f32 + 0.5) * scale;
        reals.extend([half, half.next_up(), half.next_down(), step as f32 * scale]);
    }
    reals
}

#[test]
fn quantizing_is_the_reference_s() {
    let mut random = Random::new(7);
    for _ in 0..50 {
        let any = random.real() as f32 + 0.001;
        let quantize = Quantize {
            scale: random.one_of(&[1.0, 0.25, 0.1, any]),
            zero_point: random.within(-128, 127),
        };
        let input = reals_to_round(quantize.scale);
        let mut expected = vec![0_i8; input.len()];
        quantize.run(&input, &mut expected);
        for machine in machines() {
            let mut output = vec![55; input.len()];
            QuantizeInt8::new(machine, &quantize)
                .run(&input, &mut output)
                .unwrap();
            assert_eq!(output, expected, "{machine:?}: {quantize:?}");
        }
    }
}

#[test]
fn quantizing_on_the_fly_is_the_reference_s() {
    let mut random = Random::new(8);
    for case in 0..400 {
        let count = random.size(1, 70);
        let scale = random.one_of(&[1.0, 1e-6, 1e6]);
        let mut input = random.reals(count, scale);
        match case % 5 {
            0 => input.iter_mut().for_each(|x| *x = x.abs()),
            1 => input.fill(0.0),
            2 => input[0] = random.one_of(&[f32::NAN, f32::INFINITY, f32::MAX, f32::MIN]),
            3 => input = reals_to_round(scale)[5..].to_vec(),
            _ => {}
        }
        for asymmetric in [false, true] {
            let mut expected = vec![0; input.len()];
            let steps = hybrid::quantize(&input, &mut expected, asymmetric);
            for machine in machines() {
                let mut output = vec![55; input.len()];
                assert_eq!(on_the_fly(machine, &input, &mut output, asymmetric), steps);
                assert_eq!(output, expected, "case {case} on {machine:?}");
            }
        }
    }
}
