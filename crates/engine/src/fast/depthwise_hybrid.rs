//! Depthwise convolutions of float32 with int8 weights: each image is quantized on the fly.

use super::conv_hybrid::Scaling;
use super::depthwise::{Depthwise, blocks_channels};
use super::finish::Scaled;
use super::isa::Isa;
use super::machine::{Machine, kernel};
use super::packed::Given;
use super::quantize::on_the_fly;
use crate::geometry::Geometry;
use crate::reference::depthwise::DepthwiseHybrid;

/// float32 in, float32 out.
#[derive(Clone, Debug)]
pub(crate) struct DepthwiseOnTheFly {
    machine: Machine,
    /// Of one image.
    depthwise: Depthwise,
    /// Numbers that go in and come out, an image.
    image: [usize; 2],
    /// Of the blocks' channels.
    scaling: Scaling,
}

impl DepthwiseOnTheFly {
    /// None as for [`Depthwise::new`].
    pub(crate) fn new(machine: Machine, conv: &DepthwiseHybrid) -> Option<Self> {
        let geometry = Geometry {
            batch: 1,
            ..conv.geometry.clone()
        };
        let depthwise = Depthwise::new(&geometry, &conv.weights)?;
        let channels = geometry.output[2];
        let sums = blocks_channels(channels).map(|channel| {
            let weights = conv.weights.iter().skip(channel).step_by(channels);
            weights.map(|&weight| i32::from(weight)).sum()
        });
        let scales = blocks_channels(channels).map(|channel| conv.scales[channel]);
        let bias = blocks_channels(channels)
            .map(|channel| conv.bias.as_ref().map_or(0.0, |bias| bias[channel]));
        let scales: Vec<_> = scales.collect();
        Some(Self {
            machine,
            depthwise,
            image: [geometry.input_image(), geometry.output_image()],
            scaling: Scaling::new(sums, &scales, bias.collect(), conv.clamp, false),
        })
    }

    pub(crate) fn scratch_bytes(&self) -> usize {
        self.scaling.scratch_bytes()
            + self.image[0].next_multiple_of(16)
            + self.depthwise.scratch_bytes()
    }

    pub(crate) fn weights_bytes(&self) -> usize {
        self.depthwise.weights_bytes() + self.scaling.bytes()
    }

    /// None where a length is wrong.
    pub(crate) fn run(&self, input: &[f32], output: &mut [f32], scratch: &mut [u8]) -> Option<()> {
        let [numbers, outputs] = self.image;
        let images = input.len().checked_div(numbers)?;
        let is_whole = input.len() == images * numbers
            && output.len() == images * outputs
            && scratch.len() >= self.scratch_bytes();
        if !is_whole {
            return None;
        }
        let (scaling, scratch) = scratch.split_at_mut(self.scaling.scratch_bytes());
        let (quantized, scratch) = scratch.split_at_mut(numbers.next_multiple_of(16));
        let quantized: &mut [i8] = bytemuck::cast_slice_mut(&mut quantized[..numbers]);
        for image in 0..images {
            let input = &input[image * numbers..(image + 1) * numbers];
            let output = &mut output[image * outputs..(image + 1) * outputs];
            let steps = on_the_fly(self.machine, input, quantized, true);
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
        conv: &DepthwiseOnTheFly,
        given: Given,
        finish: &Scaled,
        scratch: *mut u8,
        output: *mut u8,
    ) = run_on
);

#[inline(always)]
unsafe fn run_on<I: Isa>(
    conv: &DepthwiseOnTheFly,
    given: Given,
    finish: &Scaled,
    scratch: *mut u8,
    output: *mut u8,
) {
    // SAFETY: the caller's promise.
    unsafe { conv.depthwise.run::<I, _>(given, finish, scratch, output) }
}
