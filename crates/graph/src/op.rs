//! What operators do. Each says which inputs it takes, in TFLite's order.

/// A clamp at the end of an operator.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Activation {
    /// Nothing.
    #[default]
    None,
    /// To [0, ∞).
    Relu,
    /// To [0, 6].
    Relu6,
}

/// What surrounds the input of a convolution or pool.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Padding {
    /// As much as gives an output of `ceil(input / stride)`; the odd one after.
    Same,
    /// Nothing. Other paddings are a [`Op::Pad`] before.
    Valid,
}

/// Input NHWC, weights `[out, height, width, in]`, optional bias `[out]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Conv2d {
    /// What surrounds the input.
    pub padding: Padding,
    /// Step down and to the right.
    pub stride: [usize; 2],
    /// Distance between neighbouring taps down and to the right; 1 is dense.
    pub dilation: [usize; 2],
    /// What ends it.
    pub activation: Activation,
}

/// Input NHWC, weights `[1, height, width, in · multiplier]`, optional bias `[in · multiplier]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DepthwiseConv2d {
    /// What surrounds the input.
    pub padding: Padding,
    /// Step down and to the right.
    pub stride: [usize; 2],
    /// Distance between neighbouring taps down and to the right; 1 is dense.
    pub dilation: [usize; 2],
    /// Output channels an input channel; output channel `c · multiplier + m` reads input channel `c`.
    pub multiplier: usize,
    /// What ends it.
    pub activation: Activation,
}

/// Input of any shape whose last axes hold `in`, weights `[out, in]`, optional bias `[out]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FullyConnected {
    /// Whether the output keeps the input's leading axes; else it is `[rows, out]`.
    pub keep_num_dims: bool,
    /// Whether float32 inputs that meet int8 weights are quantized on the fly with a zero point (TFLite's
    /// `asymmetric_quantize_inputs`); no meaning otherwise.
    pub asymmetric_inputs: bool,
    /// What ends it.
    pub activation: Activation,
}

/// Input NHWC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pool2d {
    /// What surrounds the input; it never counts, not even in an average.
    pub padding: Padding,
    /// Step down and to the right.
    pub stride: [usize; 2],
    /// Height and width of the window.
    pub filter: [usize; 2],
    /// What ends it.
    pub activation: Activation,
}

/// Input NHWC, then a constant with the new height and width.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Resize {
    /// Whether the corner pixels' centres of input and output coincide.
    pub align_corners: bool,
    /// Whether pixels are points in the middle of their squares.
    pub half_pixel_centers: bool,
}

/// Input, then constants begin, end and strides, one number an axis.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StridedSlice {
    /// Bit i: the axis' begin is as far out as can be.
    pub begin_mask: u32,
    /// Bit i: the axis' end is as far out as can be.
    pub end_mask: u32,
    /// Bit i: the axis has length 1 and is dropped.
    pub shrink_axis_mask: u32,
}

/// An operator. All have one output.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Op {
    /// Convolution over all input channels.
    Conv2d(Conv2d),
    /// Convolution of each channel on its own.
    DepthwiseConv2d(DepthwiseConv2d),
    /// Matrix product.
    FullyConnected(FullyConnected),
    /// Sum of two inputs, broadcast.
    Add(Activation),
    /// Difference of two inputs, broadcast.
    Sub(Activation),
    /// Product of two inputs, broadcast.
    Mul(Activation),
    /// Mean of each window.
    AveragePool2d(Pool2d),
    /// Largest of each window.
    MaxPool2d(Pool2d),
    /// Mean over the axes that the second, constant input lists.
    Mean {
        /// Whether those axes stay, with length 1.
        keep_dims: bool,
    },
    /// Zeros (zero points) around; the second, constant input is `[rank, 2]`: before and after each axis.
    Pad,
    /// Any number of inputs, joined.
    Concat {
        /// Counted from 0.
        axis: usize,
        /// What ends it.
        activation: Activation,
    },
    /// The same numbers in the shape of the output; a second input is ignored.
    Reshape,
    /// `exp(beta · x)`, normalized over the last axis.
    Softmax {
        /// Inverse temperature; 1 as a rule.
        beta: f32,
    },
    /// `1 / (1 + exp(−x))`.
    Logistic,
    /// `x · relu6(x + 3) / 6`.
    HardSwish,
    /// Hyperbolic tangent.
    Tanh,
    /// Clamp to [0, ∞).
    Relu,
    /// Clamp to [0, 6].
    Relu6,
    /// Bilinear interpolation to another height and width.
    ResizeBilinear(Resize),
    /// The nearest pixel at another height and width.
    ResizeNearest(Resize),
    /// Reals to integers, or integers to integers with another scale and zero point.
    Quantize,
    /// Integers (or float16) to float32.
    Dequantize,
    /// Axes in another order; the second, constant input gives it.
    Transpose,
    /// A part of the input.
    StridedSlice(StridedSlice),
}

impl Op {
    /// TFLite's name.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Conv2d(_) => "CONV_2D",
            Self::DepthwiseConv2d(_) => "DEPTHWISE_CONV_2D",
            Self::FullyConnected(_) => "FULLY_CONNECTED",
            Self::Add(_) => "ADD",
            Self::Sub(_) => "SUB",
            Self::Mul(_) => "MUL",
            Self::AveragePool2d(_) => "AVERAGE_POOL_2D",
            Self::MaxPool2d(_) => "MAX_POOL_2D",
            Self::Mean { .. } => "MEAN",
            Self::Pad => "PAD",
            Self::Concat { .. } => "CONCATENATION",
            Self::Reshape => "RESHAPE",
            Self::Softmax { .. } => "SOFTMAX",
            Self::Logistic => "LOGISTIC",
            Self::HardSwish => "HARD_SWISH",
            Self::Tanh => "TANH",
            Self::Relu => "RELU",
            Self::Relu6 => "RELU6",
            Self::ResizeBilinear(_) => "RESIZE_BILINEAR",
            Self::ResizeNearest(_) => "RESIZE_NEAREST_NEIGHBOR",
            Self::Quantize => "QUANTIZE",
            Self::Dequantize => "DEQUANTIZE",
            Self::Transpose => "TRANSPOSE",
            Self::StridedSlice(_) => "STRIDED_SLICE",
        }
    }

    /// What ends it; None where it cannot end in a clamp.
    pub fn activation(&self) -> Option<Activation> {
        match self {
            Self::Conv2d(op) => Some(op.activation),
            Self::DepthwiseConv2d(op) => Some(op.activation),
            Self::FullyConnected(op) => Some(op.activation),
            Self::AveragePool2d(op) | Self::MaxPool2d(op) => Some(op.activation),
            Self::Add(activation) | Self::Sub(activation) | Self::Mul(activation) => {
                Some(*activation)
            }
            Self::Concat { activation, .. } => Some(*activation),
            _ => None,
        }
    }

    /// The same with another end, where it can end in a clamp.
    pub fn with_activation(mut self, end: Activation) -> Self {
        match &mut self {
            Self::Conv2d(op) => op.activation = end,
            Self::DepthwiseConv2d(op) => op.activation = end,
            Self::FullyConnected(op) => op.activation = end,
            Self::AveragePool2d(op) | Self::MaxPool2d(op) => op.activation = end,
            Self::Add(activation) | Self::Sub(activation) | Self::Mul(activation) => {
                *activation = end;
            }
            Self::Concat { activation, .. } => *activation = end,
            _ => {}
        }
        self
    }

    /// The axis of its weights that counts output channels; None where it has no weights.
    pub fn output_axis(&self) -> Option<usize> {
        match self {
            Self::Conv2d(_) | Self::FullyConnected(_) => Some(0),
            Self::DepthwiseConv2d(_) => Some(3),
            _ => None,
        }
    }
}
