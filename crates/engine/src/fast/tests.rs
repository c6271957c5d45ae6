//! Every fast kernel against the reference's, on random shapes, with both ways of the dot product.

use std::sync::Arc;

use octet_graph::Padding;
use octet_quant::{Multiplier, MultiplierRounding};

use super::add::AddInt8;
use super::conv::ConvInt8;
use super::depthwise::DepthwiseInt8;
use super::machine::{Dot, Machine};
use super::mean::{MeanInt8, MeanReal};
use crate::geometry::{Geometry, Window};
use crate::reference::arithmetic::{AddQuantized, Broadcast};
use crate::reference::conv::ConvQuantized;
use crate::reference::depthwise::DepthwiseQuantized;
use crate::reference::fully_connected::{FullyConnectedQuantized, Matrix};
use crate::reference::mean::{MeanFloat, MeanQuantized, Reduction};
use crate::requantize::{Requantize, RequantizeReal};

/// Numbers that look random (xorshift64*).
pub(super) struct Random(u64);

impl Random {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 16
    }

    /// From `least` to `largest`, both included.
    pub(super) fn within(&mut self, least: i32, largest: i32) -> i32 {
        let count = (i64::from(largest) - i64::from(least) + 1) as u64;
        (i64::from(least) + (self.next() % count) as i64) as i32
    }

    fn size(&mut self, least: usize, largest: usize) -> usize {
        self.within(least as i32, largest as i32) as usize
    }

    fn one_of<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.size(0, choices.len() - 1)]
    }

    fn bytes(&mut self, count: usize, least: i32, largest: i32) -> Vec<i8> {
        (0..count)
            .map(|_| self.within(least, largest) as i8)
            .collect()
    }

    fn real(&mut self) -> f64 {
        f64::from(self.within(0, 1 << 30)) / f64::from(1 << 30)
    }

    pub(super) fn multiplier(&mut self) -> Multiplier {
        // Mostly what networks have; now and then anything.
        let exponent = match self.within(0, 9) {
            0 => f64::from(self.within(-30, 3)) + self.real(),
            _ => f64::from(self.within(-11, -3)) + self.real(),
        };
        let real = match self.within(0, 19) {
            0 => 0.0,
            1 => exponent.floor().exp2(),
            _ => exponent.exp2(),
        };
        Multiplier::from_real(real, MultiplierRounding::Double).unwrap()
    }

    /// A window over an image of `channels[0]` channels, with an output of `channels[1]`.
    fn geometry(&mut self, channels: [usize; 2]) -> Geometry {
        loop {
            let batch = self.one_of(&[1, 1, 1, 2]);
            let (height, width) = (self.size(1, 17), self.size(1, 17));
            let filter = self.one_of(&[[1, 1], [1, 1], [3, 3], [3, 3], [5, 5], [2, 3], [7, 1]]);
            let window = Window {
                padding: self.one_of(&[Padding::Same, Padding::Valid]),
                filter,
                stride: [self.one_of(&[1, 1, 2, 3]), self.one_of(&[1, 1, 2, 3])],
                dilation: [self.one_of(&[1, 1, 1, 2]), self.one_of(&[1, 1, 1, 2])],
            };
            let extra = match self.within(0, 3) {
                0 => [
                    [self.size(0, 2), self.size(0, 2)],
                    [self.size(0, 2), self.size(0, 2)],
                ],
                _ => [[0; 2]; 2],
            };
            // The shape of the output is asked of the check itself.
            for out_height in 0..=height + 4 {
                for out_width in 0..=width + 4 {
                    let geometry = Geometry::new(
                        [batch, height, width, channels[0]],
                        [batch, out_height, out_width, channels[1]],
                        &window,
                        extra,
                    );
                    if let Ok(geometry) = geometry {
                        return geometry;
                    }
                }
            }
        }
    }

    fn requantize(&mut self, channels: usize) -> Requantize {
        let zero_point = self.one_of(&[-128, -128, 0, 127, self.0 as i8 as i32]);
        let clamp = match self.within(0, 3) {
            0 => (-128, 127),
            1 => (zero_point, 127),
            2 => (zero_point, self.within(zero_point, 127)),
            _ => {
                let least = self.within(-128, 127);
                (least, self.within(least, 127))
            }
        };
        Requantize {
            multipliers: (0..channels).map(|_| self.multiplier()).collect(),
            zero_point,
            clamp,
        }
    }

    fn bias(&mut self, channels: usize) -> Option<Arc<[i32]>> {
        let largest = self.one_of(&[0, 5000, 1 << 20, i32::MAX]);
        match self.within(0, 4) {
            0 => None,
            _ => Some(
                (0..channels)
                    .map(|_| self.within(-largest, largest))
                    .collect(),
            ),
        }
    }
}

fn machines() -> Vec<Machine> {
    let scalar = [Dot::Signed, Dot::Unsigned].map(Machine::Scalar);
    scalar.into_iter().chain(Machine::for_integers()).collect()
}

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
            let mut output = vec![55; count];
            AddInt8::new(machine, &add)
                .unwrap()
                .run(&a, &b, &mut output)
                .unwrap();
            assert_eq!(output, expected, "case {case} on {machine:?}: {add:?}");
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
