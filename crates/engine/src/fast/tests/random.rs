//! Random cases that are the same on every machine.

use std::sync::Arc;

use octet_graph::Padding;
use octet_quant::{Multiplier, MultiplierRounding};

use crate::geometry::{Geometry, Window};
use crate::requantize::Requantize;

/// Numbers that look random (xorshift64*).
pub(in crate::fast) struct Random(u64);

impl Random {
    pub(in crate::fast) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    pub(in crate::fast) fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 16
    }

    /// From `least` to `largest`, both included.
    pub(in crate::fast) fn within(&mut self, least: i32, largest: i32) -> i32 {
        let count = (i64::from(largest) - i64::from(least) + 1) as u64;
        (i64::from(least) + (self.next() % count) as i64) as i32
    }

    pub(in crate::fast) fn size(&mut self, least: usize, largest: usize) -> usize {
        self.within(least as i32, largest as i32) as usize
    }

    pub(in crate::fast) fn one_of<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.size(0, choices.len() - 1)]
    }

    pub(in crate::fast) fn bytes(&mut self, count: usize, least: i32, largest: i32) -> Vec<i8> {
        (0..count)
            .map(|_| self.within(least, largest) as i8)
            .collect()
    }

    pub(in crate::fast) fn real(&mut self) -> f64 {
        f64::from(self.within(0, 1 << 30)) / f64::from(1 << 30)
    }

    /// From −`most` to `most`.
    pub(in crate::fast) fn reals(&mut self, count: usize, most: f32) -> Vec<f32> {
        (0..count)
            .map(|_| (self.real() as f32 * 2.0 - 1.0) * most)
            .collect()
    }

    pub(in crate::fast) fn multiplier(&mut self) -> Multiplier {
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
    pub(in crate::fast) fn geometry(&mut self, channels: [usize; 2]) -> Geometry {
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

    pub(in crate::fast) fn requantize(&mut self, channels: usize) -> Requantize {
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

    pub(in crate::fast) fn bias(&mut self, channels: usize) -> Option<Arc<[i32]>> {
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
