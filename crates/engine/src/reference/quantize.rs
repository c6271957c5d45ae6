//! Reals to integers and back.

use crate::byte::Byte;

/// float32 to int8 or uint8.
#[derive(Clone, Debug)]
pub(crate) struct Quantize {
    pub(crate) scale: f32,
    pub(crate) zero_point: i32,
}

impl Quantize {
    pub(crate) fn run<T: Byte>(&self, input: &[f32], output: &mut [T]) {
        for (q, x) in output.iter_mut().zip(input) {
            // A real that is too large for an i32 saturates here, as it would later on.
            let value = (x / self.scale).round() as i32;
            *q = T::saturate(value.saturating_add(self.zero_point));
        }
    }
}

/// int8 or uint8 to float32.
#[derive(Clone, Debug)]
pub(crate) struct Dequantize {
    pub(crate) scale: f32,
    pub(crate) zero_point: i32,
}

impl Dequantize {
    pub(crate) fn run<T: Byte>(&self, input: &[T], output: &mut [f32]) {
        for (x, &q) in output.iter_mut().zip(input) {
            let q: i32 = q.into();
            *x = self.scale * (q - self.zero_point) as f32;
        }
    }
}
