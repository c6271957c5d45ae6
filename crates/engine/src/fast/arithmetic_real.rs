//! Sums, differences and products of float32 tensors of the same shape.

use super::isa::Isa;
use super::machine::{Machine, kernel};
use crate::reference::arithmetic::{Arithmetic, ArithmeticFloat};

/// float32 in, float32 out.
#[derive(Clone, Debug)]
pub(crate) struct ArithmeticReal {
    machine: Machine,
    arithmetic: Arithmetic,
    clamp: (f32, f32),
}

impl ArithmeticReal {
    /// None where an input is repeated.
    pub(crate) fn new(machine: Machine, arithmetic: &ArithmeticFloat) -> Option<Self> {
        arithmetic.broadcast.is_plain().then_some(Self {
            machine,
            arithmetic: arithmetic.arithmetic,
            clamp: arithmetic.clamp,
        })
    }

    /// None where a length is wrong.
    pub(crate) fn run(&self, a: &[f32], b: &[f32], output: &mut [f32]) -> Option<()> {
        if a.len() != output.len() || b.len() != output.len() {
            return None;
        }
        // SAFETY: the lengths are equal.
        unsafe { run(self.machine, self, a, b, output) };
        let (least, largest) = self.clamp;
        let rest = output.len() / 4 * 4;
        let inputs = a[rest..].iter().zip(&b[rest..]);
        for (y, (a, b)) in output[rest..].iter_mut().zip(inputs) {
            let value = match self.arithmetic {
                Arithmetic::Add => a + b,
                Arithmetic::Sub => a - b,
                Arithmetic::Mul => a * b,
            };
            *y = value.max(least).min(largest);
        }
        Some(())
    }
}

kernel!(
    unsafe fn run(kernel: &ArithmeticReal, a: &[f32], b: &[f32], output: &mut [f32]) = run_on
);

/// All but the last few that make no 4.
///
/// # Safety
/// All must have the same length.
#[inline(always)]
unsafe fn run_on<I: Isa>(kernel: &ArithmeticReal, a: &[f32], b: &[f32], output: &mut [f32]) {
    let (least, largest) = (I::splat_f32(kernel.clamp.0), I::splat_f32(kernel.clamp.1));
    for index in 0..output.len() / 4 {
        // SAFETY: 4 numbers of each.
        unsafe {
            let a = I::load(a.as_ptr().add(index * 4).cast());
            let b = I::load(b.as_ptr().add(index * 4).cast());
            let value = match kernel.arithmetic {
                Arithmetic::Add => I::add_f32(a, b),
                Arithmetic::Sub => I::sub_f32(a, b),
                Arithmetic::Mul => I::mul_f32(a, b),
            };
            let value = I::min_f32(I::max_f32(value, least), largest);
            I::store(output.as_mut_ptr().add(index * 4).cast(), value);
        }
    }
}
