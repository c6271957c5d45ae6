//! Why a graph can't be run.

use octet_graph::{DType, GraphError};
use octet_quant::QuantError;

/// Why a graph can't be run, or why a call to the engine was refused.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum EngineError {
    /// The graph is not well-formed.
    #[error(transparent)]
    Graph(#[from] GraphError),
    /// An operator can't be run as it stands.
    #[error("operator {index} ({name}): {problem}")]
    Operator {
        /// Its place in [`octet_graph::Graph::nodes`].
        index: usize,
        /// TFLite's name.
        name: &'static str,
        /// What is wrong with it.
        problem: Problem,
    },
    /// The activations need more memory than allowed.
    #[error("the activations need {bytes} bytes of memory; at most {limit} are allowed")]
    ArenaTooLarge {
        /// How much they need.
        bytes: usize,
        /// [`crate::Options::arena_limit`].
        limit: usize,
    },
    /// The machine has no such block of memory.
    #[error("there is no memory for the {bytes} bytes of activations")]
    OutOfMemory {
        /// How much they need.
        bytes: usize,
    },
    /// There is no such input.
    #[error("there is no input {index}; the network has {count}")]
    NoInput {
        /// Counted from 0.
        index: usize,
        /// How many there are.
        count: usize,
    },
    /// There is no such output.
    #[error("there is no output {index}; the network has {count}")]
    NoOutput {
        /// Counted from 0.
        index: usize,
        /// How many there are.
        count: usize,
    },
    /// There is no such step.
    #[error("there is no step {index}; the network has {count}")]
    NoStep {
        /// Counted from 0.
        index: usize,
        /// How many there are.
        count: usize,
    },
    /// The tensor's numbers are not there to be read: it does not exist, or others have taken its memory.
    #[error("tensor {0} is not kept; make the engine with all tensors kept to read it")]
    NotKept(usize),
    /// Numbers of another type than the tensor has.
    #[error("tensor “{tensor}” holds {expected}; {given} was given")]
    Type {
        /// Its name.
        tensor: String,
        /// What it holds.
        expected: DType,
        /// What was given.
        given: DType,
    },
    /// More or fewer numbers than the tensor has.
    #[error("tensor “{tensor}” holds {expected} numbers; {given} were given")]
    Length {
        /// Its name.
        tensor: String,
        /// How many it holds.
        expected: usize,
        /// How many were given.
        given: usize,
    },
    /// A mistake of this crate's: memory of a step's that overlaps or does not fit its numbers.
    #[error("the memory of operator {index} ({name}) is laid out wrongly")]
    Layout {
        /// Its place in [`octet_graph::Graph::nodes`].
        index: usize,
        /// TFLite's name.
        name: &'static str,
    },
}

/// What is wrong with an operator.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Problem {
    /// It lacks an input that it must have.
    #[error("input {0} is missing")]
    MissingInput(usize),
    /// An input that must be part of the network is computed.
    #[error("input {0} must be a constant")]
    NotConstant(usize),
    /// The engine has no kernel for these types.
    #[error("not supported for {0}")]
    Types(String),
    /// Shapes that do not go together.
    #[error("{0}")]
    Shape(String),
    /// Parameters that can't be.
    #[error("{0}")]
    Parameter(String),
    /// Quantization parameters that are missing or can't be used.
    #[error("{0}")]
    Quantization(String),
    /// Scales whose ratio has no fixed-point multiplier.
    #[error("{0}")]
    Multiplier(#[from] QuantError),
}
