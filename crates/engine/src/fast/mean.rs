//! Mean over height and width, for each channel.

use super::isa::Isa;
use super::machine::{Machine, kernel};
use crate::reference::mean::{MeanFloat, MeanQuantized};

/// The input as `[images, pixels, channels]`, of which the pixels are averaged.
#[derive(Clone, Copy, Debug)]
struct Shape {
    pixels: usize,
    channels: usize,
}

/// int8 in, int8 out.
#[derive(Clone, Debug)]
pub(crate) struct MeanInt8 {
    machine: Machine,
    shape: Shape,
    mean: MeanQuantized,
}

impl MeanInt8 {
    /// None where other axes are averaged.
    pub(crate) fn new(machine: Machine, mean: &MeanQuantized) -> Option<Self> {
        let [pixels, channels] = mean.reduction.middle()?;
        Some(Self {
            machine,
            shape: Shape { pixels, channels },
            mean: mean.clone(),
        })
    }

    /// For the sums of an image.
    pub(crate) fn scratch_bytes(&self) -> usize {
        self.shape.channels * size_of::<i32>()
    }

    /// None where a length is wrong.
    pub(crate) fn run(&self, input: &[i8], output: &mut [i8], scratch: &mut [u8]) -> Option<()> {
        let Shape { pixels, channels } = self.shape;
        let sums: &mut [i32] = bytemuck::try_cast_slice_mut(scratch).ok()?;
        let sums = sums.get_mut(..channels)?;
        if input.len() != output.len().checked_mul(pixels)?
            || !output.len().is_multiple_of(channels)
        {
            return None;
        }
        let images = input.chunks_exact(pixels * channels);
        for (image, output) in images.zip(output.chunks_exact_mut(channels)) {
            // SAFETY: the lengths are as they must be.
            unsafe { sum_int8(self.machine, image, sums) };
            self.mean.finish(sums, output);
        }
        Some(())
    }
}

kernel!(
    unsafe fn sum_int8(image: &[i8], sums: &mut [i32]) = sum_int8_on
);

/// Sums of each channel, 8 channels at a time.
///
/// # Safety
/// `image` must be `[pixels, channels]`, `sums` `[channels]`.
#[inline(always)]
unsafe fn sum_int8_on<I: Isa>(image: &[i8], sums: &mut [i32]) {
    let channels = sums.len();
    let pixels = image.len() / channels;
    let mut channel = 0;
    while channel + 8 <= channels {
        let zero = I::splat_i8(0);
        let (mut low, mut high) = (zero, zero);
        for pixel in 0..pixels {
            // SAFETY: 8 channels of a pixel are in the image.
            let bytes = unsafe { I::load_8(image.as_ptr().add(pixel * channels + channel).cast()) };
            // Each byte into the upper end of an int32, from where it is shifted down.
            let pairs = I::zip_low_8(zero, bytes);
            low = I::add_i32(low, I::shr_i32(I::zip_low_16(zero, pairs), 24));
            high = I::add_i32(high, I::shr_i32(I::zip_high_16(zero, pairs), 24));
        }
        // SAFETY: 8 sums are in `sums`.
        unsafe {
            let sums = sums.as_mut_ptr().add(channel).cast::<u8>();
            I::store(sums, low);
            I::store(sums.add(16), high);
        }
        channel += 8;
    }
    for (index, sum) in sums.iter_mut().enumerate().skip(channel) {
        let numbers = image.iter().skip(index).step_by(channels);
        *sum = numbers.map(|&x| i32::from(x)).sum();
    }
}

/// float32 in, float32 out.
#[derive(Clone, Debug)]
pub(crate) struct MeanReal {
    machine: Machine,
    shape: Shape,
}

impl MeanReal {
    /// None where other axes are averaged.
    pub(crate) fn new(machine: Machine, mean: &MeanFloat) -> Option<Self> {
        let [pixels, channels] = mean.reduction.middle()?;
        Some(Self {
            machine,
            shape: Shape { pixels, channels },
        })
    }

    /// None where a length is wrong.
    pub(crate) fn run(&self, input: &[f32], output: &mut [f32]) -> Option<()> {
        let Shape { pixels, channels } = self.shape;
        if input.len() != output.len().checked_mul(pixels)?
            || !output.len().is_multiple_of(channels)
        {
            return None;
        }
        let images = input.chunks_exact(pixels * channels);
        for (image, output) in images.zip(output.chunks_exact_mut(channels)) {
            // SAFETY: the lengths are as they must be.
            unsafe { sum_real(self.machine, image, output) };
            for sum in output {
                *sum /= pixels as f32;
            }
        }
        Some(())
    }
}

kernel!(
    unsafe fn sum_real(image: &[f32], sums: &mut [f32]) = sum_real_on
);

/// Sums of each channel, 4 channels at a time, each in the order of the pixels as the reference's.
///
/// # Safety
/// `image` must be `[pixels, channels]`, `sums` `[channels]`.
#[inline(always)]
unsafe fn sum_real_on<I: Isa>(image: &[f32], sums: &mut [f32]) {
    let channels = sums.len();
    let pixels = image.len() / channels;
    let mut channel = 0;
    while channel + 4 <= channels {
        let mut sum = I::splat_f32(0.0);
        for pixel in 0..pixels {
            // SAFETY: 4 channels of a pixel are in the image.
            let reals = unsafe { I::load(image.as_ptr().add(pixel * channels + channel).cast()) };
            sum = I::add_f32(sum, reals);
        }
        // SAFETY: 4 sums are in `sums`.
        unsafe { I::store(sums.as_mut_ptr().add(channel).cast(), sum) };
        channel += 4;
    }
    for (index, sum) in sums.iter_mut().enumerate().skip(channel) {
        let numbers = image.iter().skip(index).step_by(channels);
        *sum = numbers.fold(0.0, |sum, x| sum + x);
    }
}
