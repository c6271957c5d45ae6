//! Operators that look at one number at a time.

use crate::byte::Byte;

/// A function of a real.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Function {
    Logistic,
    Tanh,
    HardSwish,
    /// To these bounds.
    Clamp(f32, f32),
}

impl Function {
    pub(crate) fn apply(self, x: f32) -> f32 {
        match self {
            Self::Logistic => 1.0 / (1.0 + exp(-x)),
            // In double, for the last bit.
            Self::Tanh => libm::tanh(f64::from(x)) as f32,
            Self::HardSwish => x * (x + 3.0).clamp(0.0, 6.0) / 6.0,
            Self::Clamp(least, largest) => x.max(least).min(largest),
        }
    }
}

/// exp(x) to the last bit, as the C library that LiteRT is linked with computes it.
pub(super) fn exp(x: f32) -> f32 {
    libm::exp(f64::from(x)) as f32
}

/// float32.
#[derive(Clone, Debug)]
pub(crate) struct UnaryFloat {
    pub(crate) function: Function,
}

impl UnaryFloat {
    pub(crate) fn run(&self, input: &[f32], output: &mut [f32]) {
        for (y, &x) in output.iter_mut().zip(input) {
            *y = self.function.apply(x);
        }
    }
}

/// Any function from a byte to a byte, as the table of its 256 values; int8 is looked up by its bits.
#[derive(Clone, Debug)]
pub(crate) struct Lookup {
    pub(crate) table: Box<[u8; 256]>,
}

impl Lookup {
    /// Fills the table.
    pub(crate) fn new<A: Byte, B: Byte>(mut function: impl FnMut(i32) -> B) -> Self {
        let mut table = Box::new([0; 256]);
        for value in A::RANGE.0..=A::RANGE.1 {
            table[usize::from(value as u8)] = bytemuck::cast(function(value));
        }
        Self { table }
    }

    pub(crate) fn run(&self, input: &[u8], output: &mut [u8]) {
        for (y, &x) in output.iter_mut().zip(input) {
            *y = self.table[usize::from(x)];
        }
    }
}
