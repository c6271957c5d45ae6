//! Mean and largest of each window.

use crate::byte::Byte;
use crate::geometry::Geometry;

/// What is made of the numbers of a window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pooling {
    /// Their mean; what lies outside the image does not count.
    Average,
    /// The largest.
    Max,
}

/// float32.
#[derive(Clone, Debug)]
pub(crate) struct PoolFloat {
    pub(crate) pooling: Pooling,
    pub(crate) geometry: Geometry,
    pub(crate) clamp: (f32, f32),
}

impl PoolFloat {
    pub(crate) fn run(&self, input: &[f32], output: &mut [f32]) {
        let (least, largest) = self.clamp;
        let channels = self.geometry.input[2];
        self.geometry.outputs(|place| {
            let mut sum = 0.0;
            let mut most = f32::MIN;
            let mut count = 0.0;
            self.geometry.taps(place.row, place.column, |pixel, _| {
                let x = input[place.image + pixel * channels + place.channel];
                sum += x;
                most = most.max(x);
                count += 1.0;
            });
            let value = match self.pooling {
                Pooling::Average => sum / count,
                Pooling::Max => most,
            };
            output[place.at] = value.max(least).min(largest);
        });
    }
}

/// int8 or uint8; input and output have the same scale and zero point.
#[derive(Clone, Debug)]
pub(crate) struct PoolQuantized {
    pub(crate) pooling: Pooling,
    pub(crate) geometry: Geometry,
    pub(crate) clamp: (i32, i32),
}

impl PoolQuantized {
    pub(crate) fn run<T: Byte>(&self, input: &[T], output: &mut [T]) {
        let (least, largest) = self.clamp;
        let channels = self.geometry.input[2];
        self.geometry.outputs(|place| {
            let mut sum = 0_i32;
            let mut most = T::RANGE.0;
            let mut count = 0_i32;
            self.geometry.taps(place.row, place.column, |pixel, _| {
                let x: i32 = input[place.image + pixel * channels + place.channel].into();
                sum = sum.wrapping_add(x);
                most = most.max(x);
                count += 1;
            });
            let value = match self.pooling {
                Pooling::Average => rounded_quotient(sum, count),
                Pooling::Max => most,
            };
            output[place.at] = T::saturate(value.max(least).min(largest));
        });
    }
}

/// Half away from zero.
pub(crate) fn rounded_quotient(sum: i32, count: i32) -> i32 {
    let half = if sum > 0 { count / 2 } else { -(count / 2) };
    sum.wrapping_add(half).checked_div(count).unwrap_or(0)
}
