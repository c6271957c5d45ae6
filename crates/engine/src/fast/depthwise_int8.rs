//! Depthwise convolutions of int8.

use super::depthwise::{Depthwise, blocks_channels};
use super::isa::Isa;
use super::machine::{Machine, kernel};
use super::packed::Given;
use super::requantize::{Channel, Exact, Requantizer};
use crate::reference::depthwise::DepthwiseQuantized;

/// int8 in, int8 out.
#[derive(Clone, Debug)]
pub(crate) struct DepthwiseInt8 {
    machine: Machine,
    depthwise: Depthwise,
    /// Of the blocks' channels.
    requantizer: Requantizer,
    input_zero_point: i8,
}

impl DepthwiseInt8 {
    /// None as for [`Depthwise::new`], or where the weights have a zero point.
    pub(crate) fn new(machine: Machine, conv: &DepthwiseQuantized<i8>) -> Option<Self> {
        if conv.weights_zero_point != 0 {
            return None;
        }
        let depthwise = Depthwise::new(&conv.geometry, &conv.weights)?;
        let channels = conv.geometry.output[2];
        let known = blocks_channels(channels).map(|channel| {
            let weights = conv.weights.iter().skip(channel).step_by(channels);
            let bias = conv.bias.as_ref().map_or(0, |bias| bias[channel]);
            let exact = Exact::Fixed(conv.requantize.multipliers[channel]);
            Channel::new(
                machine,
                exact,
                weights.copied(),
                bias,
                conv.input_zero_point,
            )
        });
        let known: Vec<_> = known.collect();
        let (zero_point, clamp) = (conv.requantize.zero_point, conv.requantize.clamp);
        Some(Self {
            machine,
            depthwise,
            requantizer: Requantizer::new(machine, &known, zero_point, clamp),
            input_zero_point: conv.input_zero_point as i8,
        })
    }

    pub(crate) fn scratch_bytes(&self) -> usize {
        self.depthwise.scratch_bytes()
    }

    pub(crate) fn weights_bytes(&self) -> usize {
        self.depthwise.weights_bytes() + self.requantizer.bytes()
    }

    /// None where a length is wrong.
    pub(crate) fn run(&self, input: &[i8], output: &mut [i8], scratch: &mut [u8]) -> Option<()> {
        if !self
            .depthwise
            .fits(input.len(), output.len(), scratch.len())
        {
            return None;
        }
        let given = Given {
            input: input.as_ptr().cast(),
            fill: self.input_zero_point as u8,
            flip: self.machine.dot().flip(),
            bias: self.requantizer.bias().as_ptr().cast(),
        };
        let (scratch, output) = (scratch.as_mut_ptr(), output.as_mut_ptr().cast());
        // SAFETY: the lengths are as they must be.
        unsafe { run(self.machine, self, given, scratch, output) };
        Some(())
    }
}

kernel!(
    unsafe fn run(conv: &DepthwiseInt8, given: Given, scratch: *mut u8, output: *mut u8) = run_on
);

#[inline(always)]
unsafe fn run_on<I: Isa>(conv: &DepthwiseInt8, given: Given, scratch: *mut u8, output: *mut u8) {
    // SAFETY: the caller's promise.
    unsafe {
        conv.depthwise
            .run::<I, _>(given, &conv.requantizer, scratch, output);
    }
}
