//! What is wrong with a graph.

use std::fmt;

use crate::DType;

/// A tensor as messages name it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TensorLabel {
    /// Its place in [`Graph::tensors`](crate::Graph::tensors).
    pub id: usize,
    /// Its name; may be empty.
    pub name: String,
}

impl fmt::Display for TensorLabel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "tensor {}", self.id)?;
        if !self.name.is_empty() {
            write!(f, " “{}”", self.name)?;
        }
        Ok(())
    }
}

/// What is wrong with a graph. The texts name the operator by its place, as inspectors of `.tflite` files do.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum GraphError {
    /// There is no tensor with this number.
    #[error("there is no tensor {0}")]
    NoTensor(usize),
    /// There is no operator with this number.
    #[error("there is no operator {0}")]
    NoNode(usize),
    /// A tensor is wrong in itself.
    #[error("{tensor} {problem}")]
    Tensor {
        /// The tensor.
        tensor: TensorLabel,
        /// What is wrong.
        problem: TensorProblem,
    },
    /// An operator, or what it is applied to, is wrong.
    #[error("operator {index} ({op}) {problem}")]
    Operator {
        /// Its place in [`Graph::nodes`](crate::Graph::nodes).
        index: usize,
        /// TFLite's name of what it does.
        op: &'static str,
        /// What is wrong.
        problem: OperatorProblem,
    },
    /// Operators that wait for each other, or for a tensor that nothing writes.
    #[error(
        "operator {index} ({op}) can never run: it needs {tensor}, which depends on the operator itself or on something that nothing computes"
    )]
    Cycle {
        /// The first of them.
        index: usize,
        /// TFLite's name of what it does.
        op: &'static str,
        /// What it waits for.
        tensor: TensorLabel,
    },
    /// The activations need more memory than a 32-bit program has.
    #[error("the activations need more than 2 GiB of memory")]
    Memory,
}

/// What is wrong with a tensor in itself.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum TensorProblem {
    /// More axes than [`MAX_RANK`](crate::MAX_RANK).
    #[error("has {0} axes; at most 8 are supported")]
    Rank(usize),
    /// 2^31 numbers or bytes, or more.
    #[error("has shape {0:?}, which is 2 GiB or more")]
    TooLarge(Vec<usize>),
    /// An axis of length 0.
    #[error("has shape {0:?}, which holds nothing")]
    Empty(Vec<usize>),
    /// The constant has another length than its shape.
    #[error("holds {found} numbers; its shape needs {expected}")]
    Length {
        /// What the shape says.
        expected: usize,
        /// How many there are.
        found: usize,
    },
    /// The constant has another type than the tensor.
    #[error("is declared {declared} but holds {found}")]
    Type {
        /// What the tensor says.
        declared: DType,
        /// What the numbers are.
        found: DType,
    },
    /// A constant is NaN or infinite.
    #[error("holds a NaN or an infinity, at position {0}")]
    NotFinite(usize),
    /// A constant of few bits has a number of more, at this position.
    #[error("holds a number beyond {0}, at position {1}")]
    Beyond(DType, usize),
    /// Numbers of few bits are stored, never computed with.
    #[error("is {0}, which only constants can be; a DEQUANTIZE turns them into float32")]
    StorageOnly(DType),
    /// Numbers of this type do not stand for others.
    #[error("is {0} and cannot have a scale")]
    NotQuantizable(DType),
    /// The number of scales is neither 1 nor the length of the axis.
    #[error("has {found} scales for {expected} channels on axis {axis}")]
    Scales {
        /// The quantized axis.
        axis: usize,
        /// Its length; 1 where the tensor has no such axis.
        expected: usize,
        /// How many there are.
        found: usize,
    },
    /// As many zero points as scales are needed.
    #[error("has {zero_points} zero points for {scales} scales")]
    ZeroPoints {
        /// How many scales there are.
        scales: usize,
        /// How many zero points there are.
        zero_points: usize,
    },
    /// A scale is not a positive finite number.
    #[error("has scale {scale} in channel {channel}; it must be positive and finite")]
    Scale {
        /// The channel; 0 where there is one scale for all.
        channel: usize,
        /// The scale.
        scale: f32,
    },
    /// A zero point that the tensor's type cannot hold.
    #[error("has zero point {zero_point} in channel {channel}, which {dtype} cannot hold")]
    ZeroPoint {
        /// The channel; 0 where there is one scale for all.
        channel: usize,
        /// The zero point.
        zero_point: i32,
        /// The tensor's type.
        dtype: DType,
    },
    /// An input of the graph is a constant.
    #[error("is an input of the graph and a constant")]
    ConstantInput,
    /// An input of the graph is listed twice.
    #[error("is an input of the graph twice")]
    InputTwice,
    /// An output of the graph has no value.
    #[error("is an output of the graph, but nothing computes it")]
    NeverWritten,
}

/// What is wrong with an operator, or with what it is applied to.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum OperatorProblem {
    /// A tensor that it reads or writes does not exist.
    #[error("refers to tensor {0}, which does not exist")]
    NoTensor(usize),
    /// Too many inputs, or too few.
    #[error("takes {expected} inputs; it has {found}")]
    InputCount {
        /// How many it takes, in words.
        expected: &'static str,
        /// How many it has.
        found: usize,
    },
    /// An input that is needed is left out.
    #[error("lacks its input {0}")]
    MissingInput(usize),
    /// It reads what has no value yet.
    #[error("reads {0} before anything has computed it")]
    ReadTooEarly(TensorLabel),
    /// It writes what another has written.
    #[error("writes {0}, which operator {1} has written already")]
    WrittenTwice(TensorLabel, usize),
    /// It writes a constant or an input of the graph.
    #[error("writes {0}, which is a constant or an input of the graph")]
    WritesInput(TensorLabel),
    /// A tensor has a type that it does not take.
    #[error("takes {expected} for {tensor}, which is {found}")]
    Type {
        /// The tensor.
        tensor: TensorLabel,
        /// Its type.
        found: DType,
        /// What would fit.
        expected: String,
    },
    /// A tensor has a shape that it does not take.
    #[error("needs {expected} for {tensor}, whose shape is {shape:?}")]
    Shape {
        /// The tensor.
        tensor: TensorLabel,
        /// Its shape.
        shape: Vec<usize>,
        /// What would fit.
        expected: String,
    },
    /// The shapes of two inputs cannot be broadcast to one another.
    #[error("cannot broadcast shapes {0:?} and {1:?} to one another")]
    Broadcast(Vec<usize>, Vec<usize>),
    /// The output has another shape than the inputs and options give.
    #[error("gives shape {inferred:?}, but {tensor} has shape {declared:?}")]
    OutputShape {
        /// The output.
        tensor: TensorLabel,
        /// Its shape.
        declared: Vec<usize>,
        /// What comes out.
        inferred: Vec<usize>,
    },
    /// Nothing would come out, or more than memory holds.
    #[error("would give an output of shape {0:?}")]
    OutputSize(Vec<usize>),
    /// A window is larger than what it moves over.
    #[error("has a window of {window:?}, larger than its input of {input:?}")]
    Window {
        /// Height and width, with dilation.
        window: [usize; 2],
        /// Height and width.
        input: [usize; 2],
    },
    /// An option has a value without meaning.
    #[error("has {0}")]
    Option(&'static str),
    /// An input that must be a constant of whole numbers is not.
    #[error("needs a constant of whole numbers for {tensor}, {what}")]
    NotConstant {
        /// The tensor.
        tensor: TensorLabel,
        /// What it stands for.
        what: &'static str,
    },
    /// A constant input has a value that makes no sense.
    #[error("has {values:?} for {what}; {expected}")]
    Argument {
        /// What it stands for.
        what: &'static str,
        /// The numbers.
        values: Vec<i64>,
        /// What would fit.
        expected: String,
    },
    /// Integers without a scale.
    #[error("needs scale and zero point for {0}")]
    NoScale(TensorLabel),
    /// Scales that it cannot work with.
    #[error("needs {expected} for {tensor}")]
    Quantization {
        /// The tensor.
        tensor: TensorLabel,
        /// What would fit.
        expected: &'static str,
    },
}
