//! Why a pass could not do its work.

use octet_quant::QuantError;

use crate::error::{GraphError, TensorLabel};

/// Why a pass could not do its work.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum PassError {
    /// The graph makes no sense, before or after.
    #[error(transparent)]
    Graph(#[from] GraphError),
    /// What should become integers is integers.
    #[error(
        "operator {index} ({op}) works with integers already; only a float32 network can be quantized"
    )]
    AlreadyQuantized {
        /// The operator's place.
        index: usize,
        /// TFLite's name of what it does.
        op: &'static str,
    },
    /// Weights that are computed, not constant.
    #[error(
        "operator {index} ({op}) computes its weights or bias, {tensor}; only constant ones can be quantized"
    )]
    ComputedWeights {
        /// The operator's place.
        index: usize,
        /// TFLite's name of what it does.
        op: &'static str,
        /// The weights or the bias.
        tensor: TensorLabel,
    },
    /// Nothing has been observed.
    #[error(
        "the calibration has seen no sample; run the network on a representative dataset first"
    )]
    NoSamples,
    /// An activation has not been observed.
    #[error("the calibration has seen no values of {0}")]
    NotObserved(TensorLabel),
    /// A calibration, or statistics, of another graph.
    #[error("the calibration is for a graph of {calibration} tensors; this one has {graph}")]
    OtherGraph {
        /// Tensors in the calibration's graph.
        calibration: usize,
        /// Tensors in this one.
        graph: usize,
    },
    /// An observer refuses its values, or to be merged with another.
    #[error("{tensor} cannot be calibrated: {source}")]
    Observer {
        /// The tensor.
        tensor: TensorLabel,
        /// Why.
        source: QuantError,
    },
    /// An observer cannot be made.
    #[error("the observer's settings do not make sense: {0}")]
    ObserverKind(QuantError),
    /// Statistics that make no sense.
    #[error("{tensor} {problem}")]
    Statistics {
        /// The tensor.
        tensor: TensorLabel,
        /// What is wrong.
        problem: &'static str,
    },
    /// Weights of so many bits there are not.
    #[error("weights cannot be rounded: {0}")]
    Bits(QuantError),
    /// Widths for another graph.
    #[error("the bit widths are for a graph of {widths} operators; this one has {graph}")]
    OtherWidths {
        /// Operators in the widths' graph.
        widths: usize,
        /// Operators in this one.
        graph: usize,
    },
    /// A budget that no choice of widths keeps to.
    #[error(
        "a budget of {budget} bytes is below the smallest possible size of all weights, {smallest} bytes; \
         allow more, or offer smaller widths"
    )]
    Budget {
        /// Bytes allowed.
        budget: usize,
        /// Bytes with every layer at its smallest.
        smallest: usize,
    },
    /// A layer without a width to choose.
    #[error("there is no bit width to choose for operator {index}")]
    NoWidths {
        /// The operator's place.
        index: usize,
    },
    /// The integer program is too large.
    #[error("{layers} layers leave too many allocations to find the best one; take the greedy one")]
    TooManyAllocations {
        /// How many layers there are.
        layers: usize,
    },
    /// Two graphs that should differ in their weights alone differ in more.
    #[error("the graphs differ in more than their weights, at operator {index}")]
    Differs {
        /// The operator's place.
        index: usize,
    },
}
