//! Depthwise convolutions of float32 with int8 weights: each image is quantized on the fly.

use super::depthwise::{Depthwise, blocks_channels};
use super::finish::Scaled;
use super::isa::Isa;
use super::machine::{Machine, kernel};
use super::on_the_fly::{Channels, OnTheFly};
use super::packed::Given;
use crate::geometry::Geometry;
use crate::reference::depthwise::DepthwiseHybrid;

/// float32 in, float32 out.
#[derive(Clone, Debug)]
pub(crate) struct DepthwiseOnTheFly {
    /// Of one image.
    depthwise: Depthwise,
    /// Of the blocks' channels.
    around: OnTheFly,
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
        let channels = Channels {
            sums,
            scales: scales.collect(),
            bias: bias.collect(),
            clamp: conv.clamp,
            one_by_one: false,
        };
        let image = [geometry.input_image(), geometry.output_image()];
        Some(Self {
            depthwise,
            around: OnTheFly::new(machine, image, true, channels),
        })
    }

    pub(crate) fn scratch_bytes(&self) -> usize {
        self.around.scratch_bytes() + self.depthwise.scratch_bytes()
    }

    pub(crate) fn weights_bytes(&self) -> usize {
        self.depthwise.weights_bytes() + self.around.bytes()
    }

    /// None where a length is wrong.
    pub(crate) fn run(&self, input: &[f32], output: &mut [f32], scratch: &mut [u8]) -> Option<()> {
        let own = self.depthwise.scratch_bytes();
        let memory = (input, output, scratch);
        self.around
            .run(own, memory, |machine, given, finish, scratch, output| {
                // SAFETY: the lengths are as they must be.
                unsafe { run(machine, self, given, finish, scratch, output) };
            })
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
