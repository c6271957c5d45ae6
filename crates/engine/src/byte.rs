//! What int8 and uint8 have in common, so that each integer kernel is written once.

use std::ops::Range;

use bytemuck::Pod;

/// int8 or uint8.
pub(crate) trait Byte: Pod + Ord + Into<i32> {
    /// The least and the largest value.
    const RANGE: (i32, i32);

    /// The nearest value.
    fn saturate(value: i32) -> Self;
}

impl Byte for i8 {
    const RANGE: (i32, i32) = (-128, 127);

    fn saturate(value: i32) -> Self {
        value.clamp(-128, 127) as i8
    }
}

impl Byte for u8 {
    const RANGE: (i32, i32) = (0, 255);

    fn saturate(value: i32) -> Self {
        value.clamp(0, 255) as u8
    }
}

/// The part `index` of numbers cut into parts of `length`.
pub(crate) fn part(index: usize, length: usize) -> Range<usize> {
    index * length..(index + 1) * length
}
