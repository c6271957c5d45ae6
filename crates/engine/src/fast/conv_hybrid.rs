//! Convolutions and fully-connected layers of float32 with int8 weights: each image, or row, is quantized on the fly.

use super::conv_real::padded_bias;
use super::finish::{Float, Scaled};
use super::isa::Isa;
use super::machine::{Machine, kernel};
use super::packed::{Given, Product};
use super::product::Int8;
use super::quantize::on_the_fly;
use super::rows::Rows;
use crate::geometry::Geometry;
use crate::reference::conv::ConvHybrid;
use crate::reference::fully_connected::FullyConnectedHybrid;

/// float32 in, float32 out.
#[derive(Clone, Debug)]
pub(crate) struct ConvOnTheFly {
    machine: Machine,
    /// Of one image.
    product: Product,
    /// Numbers that go in, an image.
    image: usize,
    asymmetric: bool,
    scaling: Scaling,
}

/// From int32 sums to reals, by channel. How many channels there are is a multiple of 8.
#[derive(Clone, Debug)]
pub(crate) struct Scaling {
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
    pub(crate) fn new(
        sums: impl Iterator<Item = i32>,
        scales: &[f32],
        bias: Vec<f32>,
        clamp: (f32, f32),
        one_by_one: bool,
    ) -> Self {
        let mut sums: Vec<i32> = sums.collect();
        let mut scales = scales.to_vec();
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
    pub(crate) fn scratch_bytes(&self) -> usize {
        self.bias.len() * 8
    }

    /// Bytes that it holds.
    pub(crate) fn bytes(&self) -> usize {
        self.bias.len() * 12
    }

    /// What sums start with, and how they are finished, for an input with this scale and zero point. Both are kept in
    /// `scratch`. None where that is too small or not aligned.
    pub(crate) fn over(
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

/// The sum of each row of weights.
fn sums(weights: &[i8], rows: usize) -> impl Iterator<Item = i32> {
    let rows = weights.chunks_exact((weights.len() / rows.max(1)).max(1));
    rows.map(|row| row.iter().map(|&weight| i32::from(weight)).sum())
}

impl ConvOnTheFly {
    /// None where there is nothing to add up.
    pub(crate) fn new(machine: Machine, conv: &ConvHybrid) -> Option<Self> {
        let geometry = Geometry {
            batch: 1,
            ..conv.geometry.clone()
        };
        let [height, width, channels] = geometry.output;
        let rows = Rows::new(&geometry, 1);
        Some(Self {
            machine,
            product: Product::new(rows, height * width, channels, &conv.weights)?,
            image: geometry.input_image(),
            asymmetric: conv.asymmetric,
            scaling: Scaling::new(
                sums(&conv.weights, channels),
                &conv.scales,
                padded_bias(conv.bias.as_ref(), channels),
                conv.clamp,
                conv.asymmetric,
            ),
        })
    }

    /// None where there is nothing to add up.
    pub(crate) fn of_matrix(machine: Machine, dense: &FullyConnectedHybrid) -> Option<Self> {
        let matrix = dense.matrix;
        let rows = Rows::Pixels {
            bytes: matrix.inputs,
        };
        Some(Self {
            machine,
            product: Product::new(rows, 1, matrix.outputs, &dense.weights)?,
            image: matrix.inputs,
            asymmetric: dense.asymmetric,
            scaling: Scaling::new(
                sums(&dense.weights, matrix.outputs),
                &dense.scales,
                padded_bias(dense.bias.as_ref(), matrix.outputs),
                dense.clamp,
                false,
            ),
        })
    }

    pub(crate) fn scratch_bytes(&self) -> usize {
        self.scaling.scratch_bytes()
            + self.image.next_multiple_of(16)
            + self.product.scratch_bytes(4)
    }

    pub(crate) fn weights_bytes(&self) -> usize {
        self.product.weights_bytes() + self.scaling.bytes()
    }

    /// None where a length is wrong.
    pub(crate) fn run(&self, input: &[f32], output: &mut [f32], scratch: &mut [u8]) -> Option<()> {
        let images = input.len().checked_div(self.image)?;
        let outputs = self.product.outputs();
        let is_whole = input.len() == images * self.image
            && output.len() == images * outputs
            && scratch.len() >= self.scratch_bytes();
        if !is_whole {
            return None;
        }
        let (scaling, scratch) = scratch.split_at_mut(self.scaling.scratch_bytes());
        let (quantized, scratch) = scratch.split_at_mut(self.image.next_multiple_of(16));
        let quantized: &mut [i8] = bytemuck::cast_slice_mut(&mut quantized[..self.image]);
        for image in 0..images {
            let input = &input[image * self.image..(image + 1) * self.image];
            let output = &mut output[image * outputs..(image + 1) * outputs];
            let steps = on_the_fly(self.machine, input, quantized, self.asymmetric);
            let (bias, finish) = self.scaling.over(self.machine, steps, scaling)?;
            let given = Given {
                input: quantized.as_ptr().cast(),
                fill: steps.1 as u8,
                flip: self.machine.dot().flip(),
                bias,
            };
            let (scratch, output) = (scratch.as_mut_ptr(), output.as_mut_ptr().cast());
            // SAFETY: the lengths are as they must be.
            unsafe { run(self.machine, self, given, &finish, scratch, output) };
        }
        Some(())
    }
}

kernel!(
    unsafe fn run(
        conv: &ConvOnTheFly,
        given: Given,
        finish: &Scaled,
        scratch: *mut u8,
        output: *mut u8,
    ) = run_on
);

#[inline(always)]
unsafe fn run_on<I: Isa>(
    conv: &ConvOnTheFly,
    given: Given,
    finish: &Scaled,
    scratch: *mut u8,
    output: *mut u8,
) {
    // SAFETY: the caller's promise.
    unsafe {
        conv.product
            .run::<I, Int8, _>(given, finish, scratch, output);
    }
}
