//! The same operators with the processor's vectors: bit for bit the reference's integers, several times as fast.
//!
//! Each kernel is written once against the trait [`isa::Isa`] and compiled for each instruction set. It is made from
//! the reference's kernel, whose weights it packs.

#![allow(dead_code)] // Until all kernels are here.
#![allow(
    clippy::needless_range_loop,
    reason = "registers in a tile are numbered; iterators hide which goes with which"
)]

mod add;
mod aligned;
#[cfg(target_arch = "x86_64")]
mod avx2;
mod conv;
mod depthwise;
mod finish;
mod isa;
mod machine;
mod mean;
mod panel;
mod product;
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

use crate::arena::Io;
use crate::step::Kernel;
use add::AddInt8;
use conv::ConvInt8;
use depthwise::DepthwiseInt8;
pub use machine::Dot;
pub(crate) use machine::Machine;
use mean::{MeanInt8, MeanReal};

/// A kernel that uses vectors.
#[derive(Clone, Debug)]
pub(crate) enum Fast {
    ConvInt8(ConvInt8),
    DepthwiseInt8(DepthwiseInt8),
    AddInt8(AddInt8),
    MeanInt8(MeanInt8),
    MeanReal(MeanReal),
}

impl Fast {
    /// The kernel that computes what `kernel` does with these instructions, where there is one.
    pub(crate) fn new(integers: Machine, reals: Machine, kernel: &Kernel) -> Option<Self> {
        Some(match kernel {
            Kernel::ConvI8(conv) => Self::ConvInt8(ConvInt8::new(integers, conv)?),
            Kernel::FullyConnectedI8(dense) => {
                Self::ConvInt8(ConvInt8::of_matrix(integers, dense)?)
            }
            Kernel::DepthwiseI8(conv) => Self::DepthwiseInt8(DepthwiseInt8::new(integers, conv)?),
            Kernel::AddI8(add) => Self::AddInt8(AddInt8::new(integers, add)?),
            Kernel::MeanI8(mean) => Self::MeanInt8(MeanInt8::new(integers, mean)?),
            Kernel::MeanF32(mean) => Self::MeanReal(MeanReal::new(reals, mean)?),
            _ => return None,
        })
    }

    /// Memory that the kernel needs while it runs.
    pub(crate) fn scratch_bytes(&self) -> usize {
        match self {
            Self::ConvInt8(kernel) => kernel.scratch_bytes(),
            Self::DepthwiseInt8(kernel) => kernel.scratch_bytes(),
            Self::MeanInt8(kernel) => kernel.scratch_bytes(),
            Self::AddInt8(_) | Self::MeanReal(_) => 0,
        }
    }

    /// Bytes of weights, biases and tables that the kernel holds.
    pub(crate) fn weights_bytes(&self) -> usize {
        match self {
            Self::ConvInt8(kernel) => kernel.weights_bytes(),
            Self::DepthwiseInt8(kernel) => kernel.weights_bytes(),
            Self::AddInt8(kernel) => kernel.weights_bytes(),
            Self::MeanInt8(_) | Self::MeanReal(_) => 0,
        }
    }

    /// None where the memory is laid out wrongly.
    pub(crate) fn run(&self, io: &mut Io<'_>) -> Option<()> {
        match self {
            Self::ConvInt8(kernel) => {
                let (input, output, scratch) = io.unary()?;
                kernel.run(input, output, scratch)
            }
            Self::DepthwiseInt8(kernel) => {
                let (input, output, scratch) = io.unary()?;
                kernel.run(input, output, scratch)
            }
            Self::AddInt8(kernel) => {
                let (a, b, output) = io.binary()?;
                kernel.run(a, b, output)
            }
            Self::MeanInt8(kernel) => {
                let (input, output, scratch) = io.unary()?;
                kernel.run(input, output, scratch)
            }
            Self::MeanReal(kernel) => {
                let (input, output, _) = io.unary()?;
                kernel.run(input, output)
            }
        }
    }
}
