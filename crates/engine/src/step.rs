//! A prepared operator and how it is run.

use std::ops::Range;
use std::sync::Arc;

use octet_graph::NodeId;

use crate::TensorInfo;
use crate::arena::{Io, Operand};
use crate::fast::Fast;
use crate::reference::arithmetic::{AddQuantized, ArithmeticFloat, MulQuantized};
use crate::reference::concat::Concat;
use crate::reference::conv::{ConvFloat, ConvHybrid, ConvQuantized};
use crate::reference::depthwise::{DepthwiseFloat, DepthwiseHybrid, DepthwiseQuantized};
use crate::reference::fully_connected::{
    FullyConnectedFloat, FullyConnectedHybrid, FullyConnectedQuantized,
};
use crate::reference::mean::{MeanFloat, MeanQuantized};
use crate::reference::pad::Pad;
use crate::reference::pool::{PoolFloat, PoolQuantized};
use crate::reference::quantize::{Dequantize, Quantize};
use crate::reference::resize::{ResizeBilinear, ResizeNearest};
use crate::reference::softmax::{SoftmaxFloat, SoftmaxQuantized};
use crate::reference::strided::Strided;
use crate::reference::unary::{Lookup, UnaryFloat};

/// A prepared operator: all that it needs but the numbers that it works on.
#[derive(Clone, Debug)]
pub(crate) enum Kernel {
    ConvF32(ConvFloat),
    ConvI8(ConvQuantized<i8>),
    ConvU8(ConvQuantized<u8>),
    ConvHybrid(ConvHybrid),
    DepthwiseF32(DepthwiseFloat),
    DepthwiseI8(DepthwiseQuantized<i8>),
    DepthwiseU8(DepthwiseQuantized<u8>),
    DepthwiseHybrid(DepthwiseHybrid),
    FullyConnectedF32(FullyConnectedFloat),
    FullyConnectedI8(FullyConnectedQuantized<i8>),
    FullyConnectedU8(FullyConnectedQuantized<u8>),
    FullyConnectedHybrid(FullyConnectedHybrid),
    ArithmeticF32(ArithmeticFloat),
    AddI8(AddQuantized),
    AddU8(AddQuantized),
    MulI8(MulQuantized),
    MulU8(MulQuantized),
    MeanF32(MeanFloat),
    MeanI8(MeanQuantized),
    MeanU8(MeanQuantized),
    PoolF32(PoolFloat),
    PoolI8(PoolQuantized),
    PoolU8(PoolQuantized),
    Pad(Pad),
    Concat(Concat),
    Strided(Strided),
    ResizeNearest(ResizeNearest),
    ResizeBilinearF32(ResizeBilinear),
    ResizeBilinearI8(ResizeBilinear),
    ResizeBilinearU8(ResizeBilinear),
    SoftmaxF32(SoftmaxFloat),
    SoftmaxI8(SoftmaxQuantized),
    SoftmaxU8(SoftmaxQuantized),
    UnaryF32(UnaryFloat),
    Lookup(Lookup),
    QuantizeI8(Quantize),
    QuantizeU8(Quantize),
    DequantizeI8(Dequantize),
    DequantizeU8(Dequantize),
    /// The same bytes.
    Copy,
    /// One with vectors.
    Fast(Box<Fast>),
}

impl Kernel {
    /// Whether it makes integers of the reals that it is given.
    pub(crate) fn quantizes_reals(&self) -> bool {
        matches!(
            self,
            Self::ConvHybrid(_)
                | Self::DepthwiseHybrid(_)
                | Self::FullyConnectedHybrid(_)
                | Self::QuantizeI8(_)
                | Self::QuantizeU8(_)
        )
    }

    /// Memory that the kernel needs while it runs. `output` is how many numbers come out.
    pub(crate) fn scratch_bytes(&self, output: usize) -> usize {
        match self {
            Self::ConvHybrid(kernel) => kernel.scratch_bytes(),
            Self::DepthwiseHybrid(kernel) => kernel.scratch_bytes(),
            Self::FullyConnectedHybrid(kernel) => kernel.scratch_bytes(),
            Self::Fast(kernel) => kernel.scratch_bytes(),
            Self::MeanI8(_) | Self::MeanU8(_) => output.saturating_mul(size_of::<i32>()),
            _ => 0,
        }
    }

    /// Bytes of weights, biases, multipliers and tables that the kernel holds.
    pub(crate) fn weights_bytes(&self) -> usize {
        match self {
            Self::ConvF32(kernel) => held(&kernel.weights, &kernel.bias),
            Self::ConvI8(kernel) => held(&kernel.weights, &kernel.bias) + kernel.requantize.bytes(),
            Self::ConvU8(kernel) => held(&kernel.weights, &kernel.bias) + kernel.requantize.bytes(),
            Self::ConvHybrid(kernel) => held(&kernel.weights, &kernel.bias),
            Self::DepthwiseF32(kernel) => held(&kernel.weights, &kernel.bias),
            Self::DepthwiseI8(kernel) => {
                held(&kernel.weights, &kernel.bias) + kernel.requantize.bytes()
            }
            Self::DepthwiseU8(kernel) => {
                held(&kernel.weights, &kernel.bias) + kernel.requantize.bytes()
            }
            Self::DepthwiseHybrid(kernel) => held(&kernel.weights, &kernel.bias),
            Self::FullyConnectedF32(kernel) => held(&kernel.weights, &kernel.bias),
            Self::FullyConnectedI8(kernel) => {
                held(&kernel.weights, &kernel.bias) + kernel.requantize.bytes()
            }
            Self::FullyConnectedU8(kernel) => {
                held(&kernel.weights, &kernel.bias) + kernel.requantize.bytes()
            }
            Self::FullyConnectedHybrid(kernel) => held(&kernel.weights, &kernel.bias),
            Self::Lookup(kernel) => size_of_val(&*kernel.table),
            Self::Fast(kernel) => kernel.weights_bytes(),
            _ => 0,
        }
    }

    /// None where the memory is laid out wrongly.
    pub(crate) fn run(&self, io: &mut Io<'_>) -> Option<()> {
        match self {
            Self::ConvF32(kernel) => unary(io, |x, y, _| kernel.run(x, y)),
            Self::ConvI8(kernel) => unary(io, |x, y, _| kernel.run(x, y)),
            Self::ConvU8(kernel) => unary(io, |x, y, _| kernel.run(x, y)),
            Self::ConvHybrid(kernel) => unary(io, |x, y, scratch| kernel.run(x, y, scratch)),
            Self::DepthwiseF32(kernel) => unary(io, |x, y, _| kernel.run(x, y)),
            Self::DepthwiseI8(kernel) => unary(io, |x, y, _| kernel.run(x, y)),
            Self::DepthwiseU8(kernel) => unary(io, |x, y, _| kernel.run(x, y)),
            Self::DepthwiseHybrid(kernel) => unary(io, |x, y, scratch| kernel.run(x, y, scratch)),
            Self::FullyConnectedF32(kernel) => unary(io, |x, y, _| kernel.run(x, y)),
            Self::FullyConnectedI8(kernel) => unary(io, |x, y, _| kernel.run(x, y)),
            Self::FullyConnectedU8(kernel) => unary(io, |x, y, _| kernel.run(x, y)),
            Self::FullyConnectedHybrid(kernel) => {
                unary(io, |x, y, scratch| kernel.run(x, y, scratch))
            }
            Self::ArithmeticF32(kernel) => binary(io, |a, b, y| kernel.run(a, b, y)),
            Self::AddI8(kernel) => binary(io, |a, b, y| kernel.run::<i8>(a, b, y)),
            Self::AddU8(kernel) => binary(io, |a, b, y| kernel.run::<u8>(a, b, y)),
            Self::MulI8(kernel) => binary(io, |a, b, y| kernel.run::<i8>(a, b, y)),
            Self::MulU8(kernel) => binary(io, |a, b, y| kernel.run::<u8>(a, b, y)),
            Self::MeanF32(kernel) => unary(io, |x, y, _| kernel.run(x, y)),
            Self::MeanI8(kernel) => unary(io, |x, y, scratch| kernel.run::<i8>(x, y, scratch)),
            Self::MeanU8(kernel) => unary(io, |x, y, scratch| kernel.run::<u8>(x, y, scratch)),
            Self::PoolF32(kernel) => unary(io, |x, y, _| kernel.run(x, y)),
            Self::PoolI8(kernel) => unary(io, |x, y, _| kernel.run::<i8>(x, y)),
            Self::PoolU8(kernel) => unary(io, |x, y, _| kernel.run::<u8>(x, y)),
            Self::Pad(kernel) => unary(io, |x, y, _| kernel.run(x, y)),
            Self::Concat(kernel) => kernel.run(io),
            Self::Strided(kernel) => unary(io, |x, y, _| kernel.run(x, y)),
            Self::ResizeNearest(kernel) => unary(io, |x, y, _| kernel.run(x, y)),
            Self::ResizeBilinearF32(kernel) => unary(io, |x, y, _| kernel.run_float(x, y)),
            Self::ResizeBilinearI8(kernel) => unary(io, |x, y, _| kernel.run_i8(x, y)),
            Self::ResizeBilinearU8(kernel) => unary(io, |x, y, _| kernel.run_u8(x, y)),
            Self::SoftmaxF32(kernel) => unary(io, |x, y, _| kernel.run(x, y)),
            Self::SoftmaxI8(kernel) => unary(io, |x, y, _| kernel.run::<i8>(x, y)),
            Self::SoftmaxU8(kernel) => unary(io, |x, y, _| kernel.run::<u8>(x, y)),
            Self::UnaryF32(kernel) => unary(io, |x, y, _| kernel.run(x, y)),
            Self::Lookup(kernel) => unary(io, |x, y, _| kernel.run(x, y)),
            Self::QuantizeI8(kernel) => unary(io, |x, y, _| kernel.run::<i8>(x, y)),
            Self::QuantizeU8(kernel) => unary(io, |x, y, _| kernel.run::<u8>(x, y)),
            Self::DequantizeI8(kernel) => unary(io, |x, y, _| kernel.run::<i8>(x, y)),
            Self::DequantizeU8(kernel) => unary(io, |x, y, _| kernel.run::<u8>(x, y)),
            Self::Copy => unary(io, |x: &[u8], y: &mut [u8], _| y.copy_from_slice(x)),
            Self::Fast(kernel) => kernel.run(io),
        }
    }
}

fn held<T, B>(weights: &[T], bias: &Option<Arc<[B]>>) -> usize {
    size_of_val(weights) + bias.as_deref().map_or(0, size_of_val)
}

fn unary<A: bytemuck::Pod, B: bytemuck::Pod>(
    io: &mut Io<'_>,
    run: impl FnOnce(&[A], &mut [B], &mut [u8]),
) -> Option<()> {
    let (input, output, scratch) = io.unary()?;
    run(input, output, scratch);
    Some(())
}

fn binary<A: bytemuck::Pod, B: bytemuck::Pod>(
    io: &mut Io<'_>,
    run: impl FnOnce(&[A], &[A], &mut [B]),
) -> Option<()> {
    let (a, b, output) = io.binary()?;
    run(a, b, output);
    Some(())
}

/// A prepared operator and the memory that it works on.
#[derive(Debug)]
pub(crate) struct Step {
    /// The operator's place in the graph.
    pub(crate) node: NodeId,
    /// TFLite's name.
    pub(crate) name: &'static str,
    pub(crate) kernel: Kernel,
    pub(crate) inputs: Vec<Operand>,
    pub(crate) output: Range<usize>,
    pub(crate) scratch: Range<usize>,
    pub(crate) output_tensor: TensorInfo,
    pub(crate) macs: u64,
}
