//! The same operators with the processor's vectors: bit for bit the reference's integers, several times as fast.
//!
//! Each kernel is written once against the trait [`isa::Isa`] and compiled for each instruction set. It is made from
//! the reference's kernel, whose weights it packs.

#![allow(dead_code)] // Until all kernels are here.

mod aligned;
mod conv;
mod depthwise;
mod finish;
mod isa;
mod machine;
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
mod scalar;
#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
mod simd128;
#[cfg(test)]
mod tests;
#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
mod wasm;

use crate::arena::Io;
use crate::step::Kernel;
use conv::ConvInt8;
use depthwise::DepthwiseInt8;
pub(crate) use machine::Machine;

/// A kernel that uses vectors.
#[derive(Clone, Debug)]
pub(crate) enum Fast {
    ConvInt8(ConvInt8),
    DepthwiseInt8(DepthwiseInt8),
}

impl Fast {
    /// The fast kernel that computes what `kernel` does, where there is one.
    pub(crate) fn new(machine: Machine, kernel: &Kernel) -> Option<Self> {
        match kernel {
            Kernel::ConvI8(conv) => ConvInt8::new(machine, conv).map(Self::ConvInt8),
            Kernel::DepthwiseI8(conv) => DepthwiseInt8::new(machine, conv).map(Self::DepthwiseInt8),
            _ => None,
        }
    }

    /// Memory that the kernel needs while it runs.
    pub(crate) fn scratch_bytes(&self) -> usize {
        match self {
            Self::ConvInt8(kernel) => kernel.scratch_bytes(),
            Self::DepthwiseInt8(kernel) => kernel.scratch_bytes(),
        }
    }

    /// Bytes of weights, biases and tables that the kernel holds.
    pub(crate) fn weights_bytes(&self) -> usize {
        match self {
            Self::ConvInt8(kernel) => kernel.weights_bytes(),
            Self::DepthwiseInt8(kernel) => kernel.weights_bytes(),
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
        }
    }
}
