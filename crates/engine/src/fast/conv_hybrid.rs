//! Convolutions and fully-connected layers of float32 with int8 weights: each image, or row, is quantized on the fly.

use super::conv_real::padded_bias;
use super::finish::Scaled;
use super::isa::Isa;
use super::machine::{Machine, kernel};
use super::on_the_fly::{Channels, OnTheFly};
use super::packed::{Given, Product};
use super::product::Int8;
use super::rows::Rows;
use crate::geometry::Geometry;
use crate::reference::conv::ConvHybrid;
use crate::reference::fully_connected::FullyConnectedHybrid;

/// float32 in, float32 out.
#[derive(Clone, Debug)]
pub(crate) struct ConvOnTheFly {
    /// Of one image.
    product: Product,
    around: OnTheFly,
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
        let product = Product::new(rows, height * width, channels, &conv.weights)?;
        let image = [geometry.input_image(), product.outputs()];
        let channels = Channels {
            sums: sums(&conv.weights, channels),
            scales: conv.scales.clone(),
            bias: padded_bias(conv.bias.as_ref(), channels),
            clamp: conv.clamp,
            one_by_one: conv.asymmetric,
        };
        Some(Self {
            product,
            around: OnTheFly::new(machine, image, conv.asymmetric, channels),
        })
    }

    /// None where there is nothing to add up.
    pub(crate) fn of_matrix(machine: Machine, dense: &FullyConnectedHybrid) -> Option<Self> {
        let matrix = dense.matrix;
        let rows = Rows::Pixels {
            bytes: matrix.inputs,
        };
        let product = Product::new(rows, 1, matrix.outputs, &dense.weights)?;
        let image = [matrix.inputs, product.outputs()];
        let channels = Channels {
            sums: sums(&dense.weights, matrix.outputs),
            scales: dense.scales.clone(),
            bias: padded_bias(dense.bias.as_ref(), matrix.outputs),
            clamp: dense.clamp,
            one_by_one: false,
        };
        Some(Self {
            product,
            around: OnTheFly::new(machine, image, dense.asymmetric, channels),
        })
    }

    pub(crate) fn scratch_bytes(&self) -> usize {
        self.around.scratch_bytes() + self.product.scratch_bytes(4)
    }

    pub(crate) fn weights_bytes(&self) -> usize {
        self.product.weights_bytes() + self.around.bytes()
    }

    /// None where a length is wrong.
    pub(crate) fn run(&self, input: &[f32], output: &mut [f32], scratch: &mut [u8]) -> Option<()> {
        let own = self.product.scratch_bytes(4);
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
