//! The same operators with the processor's vectors: bit for bit the reference's integers, several times as fast.
//!
//! Each kernel is written once against the trait [`isa::Isa`] and compiled for each instruction set. It is made from
//! the reference's kernel, whose weights it packs.

#![allow(
    clippy::needless_range_loop,
    reason = "registers in a tile are numbered; iterators hide which goes with which"
)]

mod add;
mod aligned;
mod arithmetic_real;
#[cfg(target_arch = "x86_64")]
mod avx2;
mod conv_hybrid;
mod conv_int8;
mod conv_real;
mod depthwise;
mod depthwise_hybrid;
mod depthwise_int8;
mod depthwise_real;
mod finish;
mod float_constants;
mod isa;
mod machine;
mod mean;
mod on_the_fly;
mod packed;
mod panel;
mod product;
mod quantize;
#[cfg(all(
    target_arch = "wasm32",
    target_feature = "simd128",
    feature = "relaxed-simd"
))]
mod relaxed;
mod requantize;
mod rows;
#[cfg(any(test, not(any(target_arch = "x86_64", target_arch = "wasm32"))))]
mod scalar;
#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
mod simd128;
#[cfg(test)]
mod tests;
#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
mod wasm;

use bytemuck::Pod;

use crate::arena::Io;
use crate::step::Kernel;
use add::AddInt8;
use arithmetic_real::ArithmeticReal;
use conv_hybrid::ConvOnTheFly;
use conv_int8::ConvInt8;
use conv_real::ConvReal;
use depthwise_hybrid::DepthwiseOnTheFly;
use depthwise_int8::DepthwiseInt8;
use depthwise_real::DepthwiseReal;
pub use machine::Dot;
pub(crate) use machine::Machine;
use mean::{MeanInt8, MeanReal};
use quantize::QuantizeInt8;

/// A kernel that uses vectors. Int8 ones compute in integers, Real ones in float32, OnTheFly ones make int8 of float32.
#[derive(Clone, Debug)]
pub(crate) enum Fast {
    ConvInt8(ConvInt8),
    ConvReal(ConvReal),
    ConvOnTheFly(ConvOnTheFly),
    DepthwiseInt8(DepthwiseInt8),
    DepthwiseReal(DepthwiseReal),
    DepthwiseOnTheFly(DepthwiseOnTheFly),
    AddInt8(AddInt8),
    ArithmeticReal(ArithmeticReal),
    MeanInt8(MeanInt8),
    MeanReal(MeanReal),
    QuantizeInt8(QuantizeInt8),
}

impl Fast {
    /// The kernel that computes what `kernel` does with these instructions, where there is one.
    pub(crate) fn new(integers: Machine, reals: Machine, kernel: &Kernel) -> Option<Self> {
        Some(match kernel {
            Kernel::ConvI8(conv) => Self::ConvInt8(ConvInt8::new(integers, conv)?),
            Kernel::ConvF32(conv) => Self::ConvReal(ConvReal::new(reals, conv)?),
            Kernel::ConvHybrid(conv) => Self::ConvOnTheFly(ConvOnTheFly::new(integers, conv)?),
            Kernel::FullyConnectedI8(dense) => {
                Self::ConvInt8(ConvInt8::of_matrix(integers, dense)?)
            }
            Kernel::FullyConnectedF32(dense) => Self::ConvReal(ConvReal::of_matrix(reals, dense)?),
            Kernel::FullyConnectedHybrid(dense) => {
                Self::ConvOnTheFly(ConvOnTheFly::of_matrix(integers, dense)?)
            }
            Kernel::DepthwiseI8(conv) => Self::DepthwiseInt8(DepthwiseInt8::new(integers, conv)?),
            Kernel::DepthwiseF32(conv) => Self::DepthwiseReal(DepthwiseReal::new(reals, conv)?),
            Kernel::DepthwiseHybrid(conv) => {
                Self::DepthwiseOnTheFly(DepthwiseOnTheFly::new(integers, conv)?)
            }
            Kernel::AddI8(add) => Self::AddInt8(AddInt8::new(integers, add)?),
            Kernel::ArithmeticF32(arithmetic) => {
                Self::ArithmeticReal(ArithmeticReal::new(reals, arithmetic)?)
            }
            Kernel::MeanI8(mean) => Self::MeanInt8(MeanInt8::new(integers, mean)?),
            Kernel::MeanF32(mean) => Self::MeanReal(MeanReal::new(reals, mean)?),
            Kernel::QuantizeI8(quantize) => {
                Self::QuantizeInt8(QuantizeInt8::new(integers, quantize))
            }
            _ => return None,
        })
    }

    /// Memory that the kernel needs while it runs.
    pub(crate) fn scratch_bytes(&self) -> usize {
        match self {
            Self::ConvInt8(kernel) => kernel.scratch_bytes(),
            Self::ConvReal(kernel) => kernel.scratch_bytes(),
            Self::ConvOnTheFly(kernel) => kernel.scratch_bytes(),
            Self::DepthwiseInt8(kernel) => kernel.scratch_bytes(),
            Self::DepthwiseOnTheFly(kernel) => kernel.scratch_bytes(),
            Self::MeanInt8(kernel) => kernel.scratch_bytes(),
            Self::DepthwiseReal(_)
            | Self::AddInt8(_)
            | Self::ArithmeticReal(_)
            | Self::MeanReal(_)
            | Self::QuantizeInt8(_) => 0,
        }
    }

    /// Bytes of weights, biases and tables that the kernel holds.
    pub(crate) fn weights_bytes(&self) -> usize {
        match self {
            Self::ConvInt8(kernel) => kernel.weights_bytes(),
            Self::ConvReal(kernel) => kernel.weights_bytes(),
            Self::ConvOnTheFly(kernel) => kernel.weights_bytes(),
            Self::DepthwiseInt8(kernel) => kernel.weights_bytes(),
            Self::DepthwiseReal(kernel) => kernel.weights_bytes(),
            Self::DepthwiseOnTheFly(kernel) => kernel.weights_bytes(),
            Self::AddInt8(kernel) => kernel.weights_bytes(),
            Self::ArithmeticReal(_)
            | Self::MeanInt8(_)
            | Self::MeanReal(_)
            | Self::QuantizeInt8(_) => 0,
        }
    }

    /// None where the memory is laid out wrongly.
    pub(crate) fn run(&self, io: &mut Io<'_>) -> Option<()> {
        match self {
            Self::ConvInt8(kernel) => unary(io, |x, y, scratch| kernel.run(x, y, scratch)),
            Self::ConvReal(kernel) => unary(io, |x, y, scratch| kernel.run(x, y, scratch)),
            Self::ConvOnTheFly(kernel) => unary(io, |x, y, scratch| kernel.run(x, y, scratch)),
            Self::DepthwiseInt8(kernel) => unary(io, |x, y, scratch| kernel.run(x, y, scratch)),
            Self::DepthwiseReal(kernel) => unary(io, |x, y, _| kernel.run(x, y)),
            Self::DepthwiseOnTheFly(kernel) => unary(io, |x, y, scratch| kernel.run(x, y, scratch)),
            Self::AddInt8(kernel) => binary(io, |a, b, y| kernel.run(a, b, y)),
            Self::ArithmeticReal(kernel) => binary(io, |a, b, y| kernel.run(a, b, y)),
            Self::MeanInt8(kernel) => unary(io, |x, y, scratch| kernel.run(x, y, scratch)),
            Self::MeanReal(kernel) => unary(io, |x, y, _| kernel.run(x, y)),
            Self::QuantizeInt8(kernel) => unary(io, |x, y, _| kernel.run(x, y)),
        }
    }
}

fn unary<A: Pod, B: Pod>(
    io: &mut Io<'_>,
    run: impl FnOnce(&[A], &mut [B], &mut [u8]) -> Option<()>,
) -> Option<()> {
    let (input, output, scratch) = io.unary()?;
    run(input, output, scratch)
}

fn binary<A: Pod, B: Pod>(
    io: &mut Io<'_>,
    run: impl FnOnce(&[A], &[A], &mut [B]) -> Option<()>,
) -> Option<()> {
    let (a, b, output) = io.binary()?;
    run(a, b, output)
}
