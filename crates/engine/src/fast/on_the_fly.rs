//! float32 on int8 weights: each image, or row, is quantized, and the sums are scaled back.

use super::finish::{Float, Scaled};
use super::machine::Machine;
use super::packed::Given;
use super::quantize::on_the_fly;

/// What surrounds a product of integers.
#[derive(Clone, Debug)]
pub(crate) struct OnTheFly {
    machine: Machine,
    /// Numbers that go in and come out, an image.
    image: [usize; 2],
    asymmetric: bool,
    scaling: Scaling,
}

/// What is known of the weights, by channel. There are as many channels as numbers in `bias`, a multiple of 8;
/// what `sums` and `scales` lack is 0.
pub(crate) struct Channels<S> {
    /// The sum of the weights.
    pub(crate) sums: S,
    pub(crate) scales: Vec<f32>,
    pub(crate) bias: Vec<f32>,
    pub(crate) clamp: (f32, f32),
    /// Whether sums are multiplied by the weights' scale first and then by the input's, else by their product.
    pub(crate) one_by_one: bool,
}

impl OnTheFly {
    pub(crate) fn new(
        machine: Machine,
        image: [usize; 2],
        asymmetric: bool,
        channels: Channels<impl Iterator<Item = i32>>,
    ) -> Self {
        Self {
            machine,
            image,
            asymmetric,
            scaling: Scaling::new(channels),
        }
    }

    /// Without the product's own.
    pub(crate) fn scratch_bytes(&self) -> usize {
        self.scaling.scratch_bytes() + self.image[0].next_multiple_of(16)
    }

    /// Bytes that it holds.
    pub(crate) fn bytes(&self) -> usize {
        self.scaling.bytes()
    }

    /// Has `product` compute each image, with `own` bytes of `scratch` to itself: the image is quantized, what comes
    /// out is one image, and scratch and output are long enough for it. None where a length is wrong.
    pub(crate) fn run(
        &self,
        own: usize,
        (input, output, scratch): (&[f32], &mut [f32], &mut [u8]),
        product: impl Fn(Machine, Given, &Scaled, *mut u8, *mut u8),
    ) -> Option<()> {
        let [numbers, outputs] = self.image;
        let images = input.len().checked_div(numbers)?;
        let is_whole = input.len() == images * numbers
            && output.len() == images * outputs
            && scratch.len() >= self.scratch_bytes() + own;
        if !is_whole {
            return None;
        }
        let (scaling, scratch) = scratch.split_at_mut(self.scaling.scratch_bytes());
        let (quantized, scratch) = scratch.split_at_mut(numbers.next_multiple_of(16));
        let quantized: &mut [i8] = bytemuck::cast_slice_mut(&mut quantized[..numbers]);
        for image in 0..images {
            let input = &input[image * numbers..(image + 1) * numbers];
            let output = &mut output[image * outputs..(image + 1) * outputs];
            let steps = on_the_fly(self.machine, input, quantized, self.asymmetric);
            let (bias, finish) = self.scaling.over(self.machine, steps, scaling)?;
            let given = Given {
                input: quantized.as_ptr().cast(),
                fill: steps.1 as u8,
                flip: self.machine.dot().flip(),
                bias,
            };
            let output = output.as_mut_ptr().cast();
            product(self.machine, given, &finish, scratch.as_mut_ptr(), output);
        }
        Some(())
    }
}

/// From int32 sums to reals, by channel. How many channels there are is a multiple of 8.
#[derive(Clone, Debug)]
struct Scaling {
    /// The sum of the weights.
    sums: Vec<i32>,
    /// Of the weights.
    scales: Vec<f32>,
    bias: Vec<f32>,
    clamp: Float,
    /// Whether sums are multiplied by the weights' scale first and then by the input's, else by their product.
    one_by_one: bool,
}

impl Scaling {
    fn new(channels: Channels<impl Iterator<Item = i32>>) -> Self {
        let Channels {
            sums,
            mut scales,
            bias,
            clamp,
            one_by_one,
        } = channels;
        let mut sums: Vec<i32> = sums.collect();
        sums.resize(bias.len(), 0);
        scales.resize(bias.len(), 0.0);
        Self {
            sums,
            scales,
            bias,
            clamp: Float::new(clamp),
            one_by_one,
        }
    }

    /// For two numbers a channel.
    fn scratch_bytes(&self) -> usize {
        self.bias.len() * 8
    }

    /// Bytes that it holds.
    fn bytes(&self) -> usize {
        self.bias.len() * 12
    }

    /// What sums start with, and how they are finished, for an input with this scale and zero point. Both are kept in
    /// `scratch`. None where that is too small or not aligned.
    fn over(
        &self,
        machine: Machine,
        (scale, zero_point): (f32, i32),
        scratch: &mut [u8],
    ) -> Option<(*const u8, Scaled)> {
        let numbers: &mut [u32] = bytemuck::try_cast_slice_mut(scratch).ok()?;
        let (starts, factors) = numbers.split_at_mut_checked(self.sums.len())?;
        let factors = factors.get_mut(..self.scales.len())?;
        let excess = zero_point + machine.dot().excess();
        for (start, sum) in starts.iter_mut().zip(&self.sums) {
            *start = sum.wrapping_mul(excess).wrapping_neg() as u32;
        }
        for (factor, own) in factors.iter_mut().zip(&self.scales) {
            let product = if self.one_by_one { *own } else { own * scale };
            *factor = product.to_bits();
        }
        let finish = Scaled {
            first: factors.as_ptr().cast(),
            second: if self.one_by_one { scale } else { 1.0 },
            bias: self.bias.as_ptr().cast(),
            float: self.clamp,
        };
        Some((starts.as_ptr().cast(), finish))
    }
}
