//! From the graph's operators to kernels: checks, geometry, multipliers, tables.

mod arithmetic;
mod conv;
mod fold;
mod fully_connected;
mod mean;
mod movement;
mod multipliers;
mod pad;
mod pool;
mod resize;
mod site;
mod unary;

use octet_graph::{Activation, Graph, NodeId, Op, TensorId};

use crate::reference::arithmetic::Arithmetic;
use crate::reference::pool::Pooling;
use crate::reference::unary::Function;
use crate::step::Kernel;
use crate::{EngineError, Problem};
use site::Site;

pub(crate) use fold::{Folded, fold};
pub(crate) use pad::{Fused, fused};

/// A kernel, and the tensors that it reads while it runs.
pub(crate) struct Prepared {
    pub(crate) kernel: Kernel,
    pub(crate) inputs: Vec<TensorId>,
    /// Multiplications and additions to a sum; 0 where there are none to speak of.
    pub(crate) macs: u64,
}

/// Prepares an operator. `fused` is the Pad before it, where it is to do that itself.
pub(crate) fn prepare(
    graph: &Graph,
    folded: &Folded,
    id: NodeId,
    fused: Option<&Fused>,
) -> Result<Prepared, EngineError> {
    let site = Site {
        graph,
        folded,
        index: id.0,
        node: graph.node(id)?,
    };
    kernel(&site, fused).map_err(|problem| site.error(problem))
}

fn kernel(site: &Site<'_>, fused: Option<&Fused>) -> Result<Prepared, Problem> {
    let source = fused.map_or_else(|| site.input_id(0), |fused| Ok(fused.input))?;
    let extra = fused.map_or([[0; 2]; 2], |fused| fused.extra);
    let first = &site.graph.tensors[source.0];
    let kernel = match &site.node.op {
        Op::Conv2d(op) => conv::conv(site, op, first, extra)?,
        Op::DepthwiseConv2d(op) => conv::depthwise(site, op, first, extra)?,
        Op::FullyConnected(op) => fully_connected::fully_connected(site, op)?,
        Op::Add(activation) => arithmetic::arithmetic(site, Arithmetic::Add, *activation)?,
        Op::Sub(activation) => arithmetic::arithmetic(site, Arithmetic::Sub, *activation)?,
        Op::Mul(activation) => arithmetic::arithmetic(site, Arithmetic::Mul, *activation)?,
        Op::Mean { .. } => mean::mean(site)?,
        Op::Pad => pad::pad(site)?,
        Op::Reshape => unary::reshape(site)?,
        Op::Softmax { beta } => unary::softmax(site, *beta)?,
        Op::Logistic => unary::curve(site, Function::Logistic)?,
        Op::Tanh => unary::curve(site, Function::Tanh)?,
        Op::Relu => unary::clamp(site, Activation::Relu)?,
        Op::Relu6 => unary::clamp(site, Activation::Relu6)?,
        Op::Quantize => unary::quantize(site)?,
        Op::Dequantize => unary::dequantize(site)?,
        Op::AveragePool2d(op) => pool::pool(site, op, Pooling::Average)?,
        Op::MaxPool2d(op) => pool::pool(site, op, Pooling::Max)?,
        Op::Concat { axis, activation } => movement::concat(site, *axis, *activation)?,
        Op::HardSwish => unary::hard_swish(site)?,
        Op::ResizeBilinear(op) => resize::resize_bilinear(site, op)?,
        Op::ResizeNearest(op) => resize::resize_nearest(site, op)?,
        Op::Transpose => movement::transpose(site)?,
        Op::StridedSlice(_) => movement::strided_slice(site)?,
    };
    let inputs = match &site.node.op {
        Op::Add(_) | Op::Sub(_) | Op::Mul(_) => vec![source, site.input_id(1)?],
        Op::Concat { .. } => site.node.reads().collect(),
        _ => vec![source],
    };
    Ok(Prepared {
        macs: macs(&kernel),
        kernel,
        inputs,
    })
}

/// How many products are added up; those with padding count too.
fn macs(kernel: &Kernel) -> u64 {
    let window = |geometry: &crate::geometry::Geometry, depth: usize| {
        let outputs = (geometry.batch * geometry.output_image()) as u64;
        let [height, width] = geometry.filter;
        outputs * (height * width * depth) as u64
    };
    match kernel {
        Kernel::ConvF32(conv) => window(&conv.geometry, conv.geometry.input[2]),
        Kernel::ConvI8(conv) => window(&conv.geometry, conv.geometry.input[2]),
        Kernel::ConvU8(conv) => window(&conv.geometry, conv.geometry.input[2]),
        Kernel::ConvHybrid(conv) => window(&conv.geometry, conv.geometry.input[2]),
        Kernel::DepthwiseF32(conv) => window(&conv.geometry, 1),
        Kernel::DepthwiseI8(conv) => window(&conv.geometry, 1),
        Kernel::DepthwiseU8(conv) => window(&conv.geometry, 1),
        Kernel::DepthwiseHybrid(conv) => window(&conv.geometry, 1),
        Kernel::FullyConnectedF32(product) => product.matrix.macs(),
        Kernel::FullyConnectedI8(product) => product.matrix.macs(),
        Kernel::FullyConnectedU8(product) => product.matrix.macs(),
        Kernel::FullyConnectedHybrid(product) => product.matrix.macs(),
        _ => 0,
    }
}
