//! Kernels as they are defined: plain loops over slices, integers bit for bit those of LiteRT's reference
//! kernels.

pub(crate) mod arithmetic;
pub(crate) mod concat;
pub(crate) mod conv;
pub(crate) mod depthwise;
mod fixed_point;
pub(crate) mod fully_connected;
pub(crate) mod hard_swish;
pub(crate) mod hybrid;
pub(crate) mod mean;
pub(crate) mod pad;
pub(crate) mod pool;
pub(crate) mod quantize;
pub(crate) mod resize;
pub(crate) mod softmax;
pub(crate) mod strided;
pub(crate) mod unary;
