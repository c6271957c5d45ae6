//! float32 in, float32 out: equal bit for bit. Only relaxed SIMD, which may round fewer times, is merely near where
//! the weights are reals too.

use super::machines;
use super::random::Random;
#[cfg(target_arch = "wasm32")]
use super::test;
use crate::Instructions;
use crate::fast::conv_hybrid::ConvOnTheFly;
use crate::fast::conv_real::ConvReal;
use crate::fast::depthwise_hybrid::DepthwiseOnTheFly;
use crate::fast::depthwise_real::DepthwiseReal;
use crate::fast::machine::Machine;
use crate::reference::conv::{ConvFloat, ConvHybrid};
use crate::reference::depthwise::{DepthwiseFloat, DepthwiseHybrid};
use crate::reference::fully_connected::{FullyConnectedFloat, FullyConnectedHybrid, Matrix};

const CLAMPS: [(f32, f32); 3] = [
    (f32::NEG_INFINITY, f32::INFINITY),
    (0.0, f32::INFINITY),
    (0.0, 6.0),
];

fn assert_same(machine: Machine, output: &[f32], expected: &[f32], what: &str) {
    let may_differ = matches!(machine.instructions(), Instructions::RelaxedSimd(_));
    let error = if may_differ { 1e-5 } else { 0.0 };
    assert_eq!(output.len(), expected.len());
    for (at, (y, wanted)) in output.iter().zip(expected).enumerate() {
        assert!(
            (y - wanted).abs() <= error * wanted.abs().max(1.0),
            "{what}: {y}, not {wanted}, at {at}"
        );
    }
}

#[test]
fn convolutions_of_reals_are_the_reference_s() {
    let mut random = Random::new(11);
    for case in 0..300 {
        let channels = [random.size(1, 37), random.size(1, 33)];
        let geometry = random.geometry(channels);
        let taps = geometry.filter[0] * geometry.filter[1];
        let conv = ConvFloat {
            weights: random.reals(channels[1] * taps * channels[0], 0.2).into(),
            bias: Some(random.reals(channels[1], 1.0).into()),
            clamp: random.one_of(&CLAMPS),
            geometry,
        };
        let input = random.reals(conv.geometry.batch * conv.geometry.input_image(), 1.0);
        let mut expected = vec![0.0; conv.geometry.batch * conv.geometry.output_image()];
        conv.run(&input, &mut expected);
        for machine in machines() {
            let fast = ConvReal::new(machine, &conv).unwrap();
            let mut output = vec![55.0; expected.len()];
            let mut scratch = vec![77; fast.scratch_bytes()];
            fast.run(&input, &mut output, &mut scratch).unwrap();
            assert_same(
                machine,
                &output,
                &expected,
                &format!("case {case} on {machine:?}: {:?}", conv.geometry),
            );
        }
    }
}

#[test]
fn depthwise_convolutions_of_reals_are_the_reference_s() {
    let mut random = Random::new(12);
    for case in 0..300 {
        let channels = random.size(8, 30);
        let geometry = random.geometry([channels; 2]);
        let taps = geometry.filter[0] * geometry.filter[1];
        let conv = DepthwiseFloat {
            weights: random.reals(taps * channels, 1.0).into(),
            bias: Some(random.reals(channels, 1.0).into()),
            clamp: random.one_of(&CLAMPS),
            geometry,
        };
        let input = random.reals(conv.geometry.batch * conv.geometry.input_image(), 1.0);
        let mut expected = vec![0.0; conv.geometry.batch * conv.geometry.output_image()];
        conv.run(&input, &mut expected);
        for machine in machines() {
            let fast = DepthwiseReal::new(machine, &conv).unwrap();
            let mut output = vec![55.0; expected.len()];
            fast.run(&input, &mut output).unwrap();
            assert_same(
                machine,
                &output,
                &expected,
                &format!("case {case} on {machine:?}: {:?}", conv.geometry),
            );
        }
    }
}

#[test]
fn matrix_products_of_reals_are_the_reference_s() {
    let mut random = Random::new(13);
    for case in 0..200 {
        let matrix = Matrix {
            rows: random.size(0, 20),
            inputs: random.size(1, 70),
            outputs: random.size(1, 40),
        };
        let dense = FullyConnectedFloat {
            matrix,
            weights: random.reals(matrix.inputs * matrix.outputs, 0.2).into(),
            bias: None,
            clamp: random.one_of(&CLAMPS),
        };
        let input = random.reals(matrix.rows * matrix.inputs, 1.0);
        let mut expected = vec![0.0; matrix.rows * matrix.outputs];
        dense.run(&input, &mut expected);
        for machine in machines() {
            let fast = ConvReal::of_matrix(machine, &dense).unwrap();
            let mut output = vec![55.0; expected.len()];
            let mut scratch = vec![77; fast.scratch_bytes()];
            fast.run(&input, &mut output, &mut scratch).unwrap();
            assert_same(
                machine,
                &output,
                &expected,
                &format!("case {case} on {machine:?}: {matrix:?}"),
            );
        }
    }
}

/// Working memory as the arena has it: aligned.
fn aligned(bytes: usize) -> Vec<u128> {
    vec![77; bytes.div_ceil(16)]
}

#[test]
fn convolutions_on_the_fly_are_the_reference_s() {
    let mut random = Random::new(14);
    for case in 0..300 {
        let channels = [random.size(1, 37), random.size(1, 33)];
        let geometry = random.geometry(channels);
        let taps = geometry.filter[0] * geometry.filter[1];
        let conv = ConvHybrid {
            weights: random
                .bytes(channels[1] * taps * channels[0], -127, 127)
                .into(),
            scales: random.reals(channels[1], 0.02),
            asymmetric: random.within(0, 1) == 0,
            bias: Some(random.reals(channels[1], 1.0).into()),
            clamp: random.one_of(&CLAMPS),
            geometry,
        };
        let input = random.reals(conv.geometry.batch * conv.geometry.input_image(), 1.0);
        let mut expected = vec![0.0; conv.geometry.batch * conv.geometry.output_image()];
        let mut scratch = vec![0; conv.scratch_bytes()];
        conv.run(&input, &mut expected, &mut scratch);
        for machine in machines() {
            let fast = ConvOnTheFly::new(machine, &conv).unwrap();
            let mut output = vec![55.0; expected.len()];
            let mut scratch = aligned(fast.scratch_bytes());
            let scratch = bytemuck::cast_slice_mut(&mut scratch);
            fast.run(&input, &mut output, scratch).unwrap();
            assert_eq!(
                output, expected,
                "case {case} on {machine:?}: {:?}",
                conv.geometry
            );
        }
    }
}

#[test]
fn depthwise_convolutions_on_the_fly_are_the_reference_s() {
    let mut random = Random::new(15);
    for case in 0..300 {
        let channels = random.size(16, 50);
        let geometry = random.geometry([channels; 2]);
        let taps = geometry.filter[0] * geometry.filter[1];
        let conv = DepthwiseHybrid {
            weights: random.bytes(taps * channels, -127, 127).into(),
            scales: random.reals(channels, 0.02),
            bias: Some(random.reals(channels, 1.0).into()),
            clamp: random.one_of(&CLAMPS),
            geometry,
        };
        let input = random.reals(conv.geometry.batch * conv.geometry.input_image(), 1.0);
        let mut expected = vec![0.0; conv.geometry.batch * conv.geometry.output_image()];
        let mut scratch = vec![0; conv.scratch_bytes()];
        conv.run(&input, &mut expected, &mut scratch);
        for machine in machines() {
            let fast = DepthwiseOnTheFly::new(machine, &conv).unwrap();
            let mut output = vec![55.0; expected.len()];
            let mut scratch = aligned(fast.scratch_bytes());
            let scratch = bytemuck::cast_slice_mut(&mut scratch);
            fast.run(&input, &mut output, scratch).unwrap();
            assert_eq!(
                output, expected,
                "case {case} on {machine:?}: {:?}",
                conv.geometry
            );
        }
    }
}

#[test]
fn matrix_products_on_the_fly_are_the_reference_s() {
    let mut random = Random::new(16);
    for case in 0..200 {
        let matrix = Matrix {
            rows: random.size(0, 5),
            inputs: random.size(1, 70),
            outputs: random.size(1, 40),
        };
        let dense = FullyConnectedHybrid {
            matrix,
            weights: random
                .bytes(matrix.inputs * matrix.outputs, -127, 127)
                .into(),
            scales: random.reals(matrix.outputs, 0.02),
            asymmetric: random.within(0, 1) == 0,
            bias: Some(random.reals(matrix.outputs, 1.0).into()),
            clamp: random.one_of(&CLAMPS),
        };
        let input = random.reals(matrix.rows * matrix.inputs, 1.0);
        let mut expected = vec![0.0; matrix.rows * matrix.outputs];
        let mut scratch = vec![0; dense.scratch_bytes()];
        dense.run(&input, &mut expected, &mut scratch);
        for machine in machines() {
            let fast = ConvOnTheFly::of_matrix(machine, &dense).unwrap();
            let mut output = vec![55.0; expected.len()];
            let mut scratch = aligned(fast.scratch_bytes());
            let scratch = bytemuck::cast_slice_mut(&mut scratch);
            fast.run(&input, &mut output, scratch).unwrap();
            assert_eq!(output, expected, "case {case} on {machine:?}: {matrix:?}");
        }
    }
}
