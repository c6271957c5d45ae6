//! Depthwise convolutions of float32, 8 channels of some neighbouring pixels at a time.

use super::aligned::Aligned;
use super::conv_real::padded_bias;
use super::finish::{Finish, Float};
use super::isa::Isa;
use super::machine::{Machine, kernel};
use super::product::opaque_zero;
use crate::geometry::Geometry;
use crate::reference::depthwise::DepthwiseFloat;

/// Channels at a time.
const LANES: usize = 8;

/// float32 in, float32 out.
#[derive(Clone, Debug)]
pub(crate) struct DepthwiseReal {
    machine: Machine,
    geometry: Geometry,
    /// For each 8 channels, for each tap: 8 channels' weights. The last 8 may overlap those before.
    weights: Aligned,
    bias: Vec<f32>,
    clamp: Float,
}

/// Pixels at a time.
const PIXELS: usize = 4;

impl DepthwiseReal {
    /// None where there are fewer than 8 channels, or more that go out than come in.
    pub(crate) fn new(machine: Machine, conv: &DepthwiseFloat) -> Option<Self> {
        let geometry = &conv.geometry;
        let channels = geometry.output[2];
        if channels < LANES || channels != geometry.input[2] {
            return None;
        }
        let taps = geometry.filter[0] * geometry.filter[1];
        let mut weights = Aligned::zeroed(channels.div_ceil(LANES) * taps * LANES * 4);
        let numbers: &mut [f32] = bytemuck::cast_slice_mut(weights.bytes_mut());
        for (block, of_block) in numbers.chunks_exact_mut(taps * LANES).enumerate() {
            let channel = (block * LANES).min(channels - LANES);
            for (tap, of_tap) in of_block.chunks_exact_mut(LANES).enumerate() {
                let from = tap * channels + channel;
                of_tap.copy_from_slice(&conv.weights[from..from + LANES]);
            }
        }
        Some(Self {
            machine,
            geometry: geometry.clone(),
            weights,
            bias: padded_bias(conv.bias.as_ref(), channels),
            clamp: Float::new(conv.clamp),
        })
    }

    pub(crate) fn weights_bytes(&self) -> usize {
        self.weights.bytes().len() + size_of_val(self.bias.as_slice())
    }

    /// None where a length is wrong.
    pub(crate) fn run(&self, input: &[f32], output: &mut [f32]) -> Option<()> {
        let geometry = &self.geometry;
        let is_whole = input.len() == geometry.batch * geometry.input_image()
            && output.len() == geometry.batch * geometry.output_image();
        if !is_whole {
            return None;
        }
        // SAFETY: the lengths are as they must be.
        unsafe { run(self.machine, self, input.as_ptr(), output.as_mut_ptr()) };
        Some(())
    }

    /// The taps along `axis` of window `at` that lie inside the image, and where the first of them lies.
    fn inside(&self, axis: usize, at: usize) -> (usize, usize, usize) {
        let Geometry {
            input,
            filter,
            stride,
            dilation,
            pad,
            ..
        } = &self.geometry;
        let start = at * stride[axis];
        let outside = pad[axis].saturating_sub(start).div_ceil(dilation[axis]);
        let first = outside.min(filter[axis]);
        let position = (start + first * dilation[axis]).saturating_sub(pad[axis]);
        let room = input[axis].saturating_sub(position);
        let end = (first + room.div_ceil(dilation[axis])).min(filter[axis]);
        (first, end, position)
    }

    /// How many windows from the left reach out of the image, and where those begin that reach out to the right.
    fn borders(&self) -> (usize, usize) {
        let width = self.geometry.output[1];
        let is_inside = |column: usize| {
            let (first, end, _) = self.inside(1, column);
            first == 0 && end == self.geometry.filter[1]
        };
        let left = (0..width).take_while(|&column| !is_inside(column)).count();
        let inner = (left..width)
            .take_while(|&column| is_inside(column))
            .count();
        (left, left + inner)
    }
}

/// Taps of some neighbouring windows; all that are looked at lie inside the image.
#[derive(Clone, Copy)]
struct Taps {
    /// The first tap of the first window.
    input: *const u8,
    /// Of the first tap.
    weights: *const u8,
    bias: *const u8,
    /// How many down and to the right.
    count: [usize; 2],
    /// Bytes from a tap of the input to the one below, and to the one on the right.
    steps: [usize; 2],
    /// Bytes from the last tap of a row to the first of the next, in the weights.
    skip: usize,
    /// Bytes from a window to the next.
    window: usize,
    zero: usize,
}

kernel!(
    unsafe fn run(conv: &DepthwiseReal, input: *const f32, output: *mut f32) = run_on
);

#[inline(always)]
unsafe fn run_on<I: Isa>(conv: &DepthwiseReal, input: *const f32, output: *mut f32) {
    let geometry = &conv.geometry;
    let [_, width, channels] = geometry.input;
    let [out_height, out_width, _] = geometry.output;
    let [_, across] = geometry.filter;
    let (left, right) = conv.borders();
    let zero = opaque_zero();
    let pixel = channels * 4;
    let (input, output) = (input.cast::<u8>(), output.cast::<u8>());
    for line in 0..geometry.batch * out_height {
        let (image, row) = (line / out_height, line % out_height);
        let (top, bottom, y) = conv.inside(0, row);
        // SAFETY: the caller's promise; all addresses are of pixels and channels that there are.
        unsafe {
            let line_in = input.add(image * geometry.input_image() * 4 + y * width * pixel);
            let line_out = output.add(line * out_width * pixel);
            let mut block = 0;
            while block * LANES < channels {
                let channel = (block * LANES).min(channels - LANES);
                let taps = geometry.filter[0] * across;
                let weights = conv.weights.bytes()[block * taps * LANES * 4..].as_ptr();
                let mut column = 0;
                while column < out_width {
                    let is_inner = left <= column && column < right;
                    let whole = is_inner && right - left >= PIXELS;
                    // The last windows inside overlap those before.
                    let at = if whole {
                        column.min(right - PIXELS)
                    } else {
                        column
                    };
                    let (first, end, x) = match is_inner {
                        true => (0, across, at * geometry.stride[1] - geometry.pad[1]),
                        false => conv.inside(1, at),
                    };
                    let taps = Taps {
                        input: line_in.add(x * pixel + channel * 4),
                        weights: weights.add((top * across + first) * LANES * 4),
                        bias: conv.bias.as_ptr().add(channel).cast(),
                        count: [bottom - top, end - first],
                        steps: [
                            geometry.dilation[0] * width * pixel,
                            geometry.dilation[1] * pixel,
                        ],
                        skip: (across - (end - first)) * LANES * 4,
                        window: geometry.stride[1] * pixel,
                        zero,
                    };
                    let out = line_out.add(at * pixel + channel * 4);
                    if whole {
                        windows::<I, PIXELS>(taps, conv.clamp, out, pixel);
                        column = at + PIXELS;
                    } else {
                        windows::<I, 1>(taps, conv.clamp, out, pixel);
                        column += 1;
                    }
                }
                block += 1;
            }
        }
    }
}

/// The sums of P windows, clamped.
///
/// # Safety
/// The taps must be as they say, and `out` have room for 8 numbers at `stride` for each window.
#[inline(always)]
unsafe fn windows<I: Isa, const P: usize>(taps: Taps, clamp: Float, out: *mut u8, stride: usize) {
    // SAFETY: the caller's promise.
    unsafe {
        let mut sums = [[I::splat_f32(0.0); 2]; P];
        let mut weights_at = taps.weights.expose_provenance();
        for down in 0..taps.count[0] {
            let row = taps.input.add(down * taps.steps[0]);
            for across in 0..taps.count[1] {
                let weights = std::ptr::with_exposed_provenance::<u8>(weights_at);
                let [low, high] = [I::load(weights), I::load(weights.add(16))];
                let tap = row.add(across * taps.steps[1]);
                for pixel in 0..P {
                    let at = tap.add(pixel * taps.window);
                    sums[pixel][0] = I::mul_add_f32(I::load(at), low, sums[pixel][0]);
                    sums[pixel][1] = I::mul_add_f32(I::load(at.add(16)), high, sums[pixel][1]);
                }
                weights_at = (weights_at + LANES * 4) ^ taps.zero;
            }
            weights_at += taps.skip;
        }
        // Last, as TFLite does it.
        let bias = [I::load(taps.bias), I::load(taps.bias.add(16))];
        for pixel in 0..P {
            for half in 0..2 {
                sums[pixel][half] = I::add_f32(sums[pixel][half], bias[half]);
            }
        }
        clamp.store::<I, P>(sums, out, stride);
    }
}
