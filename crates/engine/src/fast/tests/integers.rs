//! int8 in, int8 out: equal bit for bit.

use super::machines;
use super::random::Random;
#[cfg(target_arch = "wasm32")]
use super::test;
use crate::fast::conv_int8::ConvInt8;
use crate::fast::depthwise_int8::DepthwiseInt8;
use crate::reference::conv::ConvQuantized;
use crate::reference::depthwise::DepthwiseQuantized;
use crate::reference::fully_connected::{FullyConnectedQuantized, Matrix};
use crate::requantize::{Requantize, RequantizeReal};

#[test]
fn convolutions_of_int8_are_the_reference_s() {
    let mut random = Random::new(1);
    for case in 0..600 {
        let channels = [random.size(1, 37), random.size(1, 33)];
        let geometry = random.geometry(channels);
        let taps = geometry.filter[0] * geometry.filter[1];
        let weights = random.bytes(channels[1] * taps * channels[0], -128, 127);
        let conv = ConvQuantized {
            weights: weights.into(),
            weights_zero_point: 0,
            bias: random.bias(channels[1]),
            input_zero_point: random.within(-128, 127),
            requantize: random.requantize(channels[1]),
            geometry,
        };
        let input = random.bytes(conv.geometry.batch * conv.geometry.input_image(), -128, 127);
        let mut expected = vec![0; conv.geometry.batch * conv.geometry.output_image()];
        conv.run(&input, &mut expected);
        for machine in machines() {
            let fast = ConvInt8::new(machine, &conv).unwrap();
            let mut output = vec![55; expected.len()];
            let mut scratch = vec![77; fast.scratch_bytes()];
            fast.run(&input, &mut output, &mut scratch).unwrap();
            assert_eq!(
                output, expected,
                "case {case} on {machine:?}: {:?}",
                conv.geometry
            );
        }
    }
}

#[test]
fn fully_connected_int8_is_the_reference_s() {
    let mut random = Random::new(3);
    for case in 0..300 {
        let matrix = Matrix {
            rows: random.size(0, 20),
            inputs: random.size(1, 70),
            outputs: random.size(1, 40),
        };
        let Requantize {
            multipliers,
            zero_point,
            clamp,
        } = random.requantize(matrix.outputs);
        let ratios = multipliers.iter().map(|_| random.real() * 0.05).collect();
        let dense = FullyConnectedQuantized {
            matrix,
            weights: random
                .bytes(matrix.inputs * matrix.outputs, -128, 127)
                .into(),
            weights_zero_point: 0,
            bias: random.bias(matrix.outputs),
            input_zero_point: random.within(-128, 127),
            requantize: RequantizeReal {
                ratios,
                zero_point,
                clamp,
            },
        };
        let input = random.bytes(matrix.rows * matrix.inputs, -128, 127);
        let mut expected = vec![0; matrix.rows * matrix.outputs];
        dense.run(&input, &mut expected);
        for machine in machines() {
            let fast = ConvInt8::of_matrix(machine, &dense).unwrap();
            let mut output = vec![55; expected.len()];
            let mut scratch = vec![77; fast.scratch_bytes()];
            fast.run(&input, &mut output, &mut scratch).unwrap();
            assert_eq!(output, expected, "case {case} on {machine:?}: {matrix:?}");
        }
    }
}

#[test]
fn depthwise_convolutions_of_int8_are_the_reference_s() {
    let mut random = Random::new(2);
    for case in 0..600 {
        let channels = random.size(16, 50);
        let geometry = random.geometry([channels; 2]);
        let taps = geometry.filter[0] * geometry.filter[1];
        let conv = DepthwiseQuantized {
            weights: random.bytes(taps * channels, -128, 127).into(),
            weights_zero_point: 0,
            bias: random.bias(channels),
            input_zero_point: random.within(-128, 127),
            requantize: random.requantize(channels),
            geometry,
        };
        let input = random.bytes(conv.geometry.batch * conv.geometry.input_image(), -128, 127);
        let mut expected = vec![0; conv.geometry.batch * conv.geometry.output_image()];
        conv.run(&input, &mut expected);
        for machine in machines() {
            let fast = DepthwiseInt8::new(machine, &conv).unwrap();
            let mut output = vec![55; expected.len()];
            let mut scratch = vec![77; fast.scratch_bytes()];
            fast.run(&input, &mut output, &mut scratch).unwrap();
            assert_eq!(
                output, expected,
                "case {case} on {machine:?}: {:?}",
                conv.geometry
            );
        }
    }
}
