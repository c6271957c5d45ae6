//! The networks: what they are made of, their weights, and running them on Burn.
//!
//! A [`NetworkSpec`] says which layers there are. A [`Network`] adds weights, either from a training
//! [checkpoint](Network::from_checkpoint) with its batch normalization folded in, or from a file of
//! [ours](Network::from_file). [`Network::to_graph`] hands it to the engine. A [`BurnNetwork`] holds them as tensors on a device, and a [`Pass`] runs
//! it layer by layer, so that the caller can report progress, measure, and stop.

mod blocks;
mod burn_network;
pub mod digits;
mod efficientnet_lite0;
mod error;
mod fbgemm;
mod file;
mod fold;
mod mobilenet_v2;
mod network;
mod packed;
mod resnet18;
mod spec;
mod tensors;
mod to_graph;

pub use burn_network::{BurnNetwork, LayerWeights, Pass};
pub use efficientnet_lite0::efficientnet_lite0;
pub use error::ModelError;
pub use fbgemm::{EagerObservers, Settled, fbgemm_quantize};
pub use mobilenet_v2::mobilenet_v2;
pub use network::{Layer, Network, Weights};
pub use resnet18::{ResNet18, ResNetBlock, ResNetConv, resnet18_blocks, resnet18_stem};
pub use spec::{Block, LayerKind, LayerSpec, NetworkSpec, Normalization, Padding};

/// Burn's version; Cargo.toml pins the same (a test compares them).
pub const BURN_VERSION: &str = "0.22.1";

/// The devices that are compiled in.
pub use burn::tensor::Device;
