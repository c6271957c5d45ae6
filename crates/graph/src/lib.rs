//! A network as plain data, and what can be done to it before it runs.
//!
//! A [`Graph`] follows TFLite's conventions, so that a `.tflite` file can be read and written without loss:
//! activations are NHWC, convolution weights OHWI, depthwise weights 1HWO, dense weights `[out, in]`, and what
//! TFLite passes as a constant input (paddings, axes, a new shape) is a constant tensor here too.

mod constant;
mod dump;
mod error;
mod graph;
mod memory;
mod op;
mod order;
mod passes;
mod quantization;
mod shapes;
mod tensor;
mod validate;

pub use constant::{Constant, DType};
pub use error::{GraphError, OperatorProblem, TensorLabel, TensorProblem};
pub use graph::{Graph, Node, NodeId, TensorId};
pub use memory::{Lifetime, MemoryPlan, plan_memory};
pub use op::{
    Activation, Conv2d, DepthwiseConv2d, FullyConnected, Op, Padding, Pool2d, Resize, StridedSlice,
};
pub use passes::{
    AbsorbedPair, Absorption, AdaRound, AdaRounding, Allocation, BiasCorrection, Calibration,
    ChannelMeans, Contraction, CorrectedBias, DynamicRange, Edges, Equalization, EqualizedPair,
    FullInteger, LayerChoices, LayerRounding, LayerSamples, LearnedRounding, LearnedRoundings,
    Look, Normal, Note, PassError, Record, RoundedLayer, Statistics, WeightScheme, WidthChoice,
    WidthMeasurement, Widths, absorb_high_biases, allocate_exactly, allocate_greedily,
    constant_reals, convert_float16, correct_biases, decode_constants, equalize,
    fake_quantize_weights, fold_batch_norm, fuse_activations, half_from_f32, half_to_f32,
    pack_weights, quantize_dynamic_range, quantize_full_integer, replace_idle_relu6, replace_relu6,
    round_weights, storage_type,
};
pub use quantization::Quantization;
pub use shapes::{AxisSlice, MAX_RANK};
pub use tensor::Tensor;
