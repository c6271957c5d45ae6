//! Runs a graph: in float32, in int8 or uint8, and with int8 weights on float32 activations.
//!
//! Each operator is prepared once (`prepare`): shapes checked, multipliers computed, tables filled. Its kernel
//! then runs on a part of one block of memory (`arena`) that `octet-graph` has planned. The kernels in
//! `reference` define what is computed: integers bit for bit as LiteRT's reference kernels.

mod arena;
mod byte;
mod engine;
mod error;
mod fast;
mod geometry;
mod kernels;
mod plan;
mod prepare;
mod reference;
mod requantize;
mod step;
mod values;

pub use engine::{Engine, Options, StepInfo};
pub use error::{EngineError, Problem};
pub use fast::Dot;
pub use kernels::{Instructions, Kernels};
pub use values::{TensorInfo, Values};
