//! `exp(beta · x)`, normalized over the last axis.

use octet_quant::Multiplier;

use super::fixed_point::{exp_of_negative, mul_and_divide, reciprocal};
use super::unary::exp;
use crate::byte::Byte;

/// float32.
#[derive(Clone, Debug)]
pub(crate) struct SoftmaxFloat {
    /// Length of the last axis.
    pub(crate) depth: usize,
    pub(crate) beta: f32,
}

impl SoftmaxFloat {
    pub(crate) fn run(&self, input: &[f32], output: &mut [f32]) {
        let rows = input.chunks_exact(self.depth);
        for (row, result) in rows.zip(output.chunks_exact_mut(self.depth)) {
            let largest = row.iter().fold(f32::MIN, |most, &x| most.max(x));
            let mut sum = 0.0;
            for (y, x) in result.iter_mut().zip(row) {
                *y = exp((x - largest) * self.beta);
                sum += *y;
            }
            for y in result {
                *y /= sum;
            }
        }
    }
}

/// int8 or uint8; the output's scale is 1/256 and its zero point its least value.
#[derive(Clone, Debug)]
pub(crate) struct SoftmaxQuantized {
    /// Length of the last axis.
    pub(crate) depth: usize,
    /// For each difference to the largest number of the row, exp of it as a Q0 number; 0 where the
    /// difference is too large to count.
    exps: Box<[i32; 256]>,
    /// Differences below this do not count.
    reach: usize,
}

impl SoftmaxQuantized {
    /// `multiplier` is `beta · scale · 2^26`, so that differences become Q5 numbers.
    pub(crate) fn new(depth: usize, multiplier: Multiplier) -> Self {
        // Beyond 31 a Q5 number does not fit (TFLite's `CalculateInputRadius`).
        let reach = f64::from(31_u32 << 26) / libm::exp2(f64::from(multiplier.shift()));
        let reach = (reach as usize).min(255);
        let mut exps = Box::new([0; 256]);
        for (difference, exp) in exps.iter_mut().enumerate().take(reach + 1) {
            *exp = exp_of_negative(multiplier.apply(-(difference as i32)));
        }
        Self { depth, exps, reach }
    }

    pub(crate) fn run<T: Byte>(&self, input: &[T], output: &mut [T]) {
        let rows = input.chunks_exact(self.depth);
        for (row, result) in rows.zip(output.chunks_exact_mut(self.depth)) {
            let largest: i32 = row.iter().fold(T::RANGE.0, |most, &x| most.max(x.into()));
            let difference = |x: T| {
                let x: i32 = x.into();
                (largest - x) as usize
            };
            let sum = row.iter().fold(0_i32, |sum, &x| {
                let exp = self.exps[difference(x)];
                sum.wrapping_add(super::fixed_point::divide_by_power_of_two(exp, 12))
            });
            let (scale, over) = reciprocal(sum);
            let exponent = (over + 31 - 8).max(0) as u32;
            for (y, &x) in result.iter_mut().zip(row) {
                let difference = difference(x);
                *y = if difference <= self.reach {
                    let value = mul_and_divide(scale, self.exps[difference], exponent);
                    T::saturate(value + T::RANGE.0)
                } else {
                    T::saturate(T::RANGE.0)
                };
            }
        }
    }
}
