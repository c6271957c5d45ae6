//! Kernels as they are defined: plain loops over slices, integers bit for bit those of LiteRT's reference
//! kernels.

pub(crate) mod arithmetic;
pub(crate) mod conv;
pub(crate) mod depthwise;
mod fixed_point;
pub(crate) mod fully_connected;
mod hybrid;
pub(crate) mod mean;
pub(crate) mod pad;
pub(crate) mod quantize;
pub(crate) mod softmax;
pub(crate) mod unary;
