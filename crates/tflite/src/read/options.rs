//! Operators' options.

use octet_graph::{
    Activation, Conv2d, DepthwiseConv2d, FullyConnected, Op, Padding, Pool2d, Resize, StridedSlice,
    Tensor,
};

use crate::TfliteError;
use crate::flat::Table;
use crate::schema::{self, builtin, operator, options};

/// Why an operator could not be read.
pub(super) enum Refusal {
    /// It is none that Octet has.
    Operator,
    /// It is, but not with this option.
    Option(&'static str, String),
    /// The file is wrong.
    Error(TfliteError),
}

impl From<TfliteError> for Refusal {
    fn from(error: TfliteError) -> Self {
        Self::Error(error)
    }
}

/// The newest version of each operator that is known; a newer one may mean something else.
fn newest(builtin: i32) -> i32 {
    match builtin {
        builtin::FULLY_CONNECTED => 14,
        builtin::CONV_2D | builtin::STRIDED_SLICE => 8,
        builtin::DEPTHWISE_CONV_2D | builtin::MUL | builtin::TRANSPOSE | builtin::DEQUANTIZE => 7,
        builtin::ADD | builtin::SUB | builtin::CONCATENATION | builtin::PAD => 5,
        builtin::SQUEEZE => 2,
        builtin::QUANTIZE | builtin::RESIZE_BILINEAR | builtin::RESIZE_NEAREST => 4,
        builtin::AVERAGE_POOL_2D
        | builtin::MAX_POOL_2D
        | builtin::LOGISTIC
        | builtin::TANH
        | builtin::RELU
        | builtin::RELU6
        | builtin::SOFTMAX
        | builtin::MEAN => 3,
        _ => 1,
    }
}

/// Whether there is an [`Op`] for it at all.
pub(super) fn known(builtin: i32) -> bool {
    use builtin::*;
    matches!(
        builtin,
        CONV_2D
            | DEPTHWISE_CONV_2D
            | FULLY_CONNECTED
            | ADD
            | SUB
            | MUL
            | AVERAGE_POOL_2D
            | MAX_POOL_2D
            | MEAN
            | PAD
            | CONCATENATION
            | RESHAPE
            | SQUEEZE
            | EXPAND_DIMS
            | SOFTMAX
            | LOGISTIC
            | HARD_SWISH
            | TANH
            | RELU
            | RELU6
            | RESIZE_BILINEAR
            | RESIZE_NEAREST
            | QUANTIZE
            | DEQUANTIZE
            | TRANSPOSE
            | STRIDED_SLICE
    )
}

/// The operator with its options; `inputs` are the tensors that it reads.
pub(super) fn read(
    table: &Table<'_>,
    builtin: i32,
    version: i32,
    inputs: &[Option<&Tensor>],
) -> Result<Op, Refusal> {
    if version > newest(builtin) {
        return Err(Refusal::Operator);
    }
    let options = Options {
        table: table
            .table(operator::OPTIONS)?
            .unwrap_or_else(|| Table::empty(table.source())),
        kind: table.u8(operator::OPTIONS_TYPE)?,
    };
    let op = match builtin {
        builtin::CONV_2D => conv_2d(&options)?,
        builtin::DEPTHWISE_CONV_2D => depthwise_conv_2d(&options, inputs)?,
        builtin::FULLY_CONNECTED => fully_connected(&options)?,
        builtin::ADD => Op::Add(options.arithmetic("ADD")?),
        builtin::SUB => Op::Sub(options.arithmetic("SUB")?),
        builtin::MUL => Op::Mul(options.arithmetic("MUL")?),
        builtin::AVERAGE_POOL_2D => Op::AveragePool2d(options.pool_2d("AVERAGE_POOL_2D")?),
        builtin::MAX_POOL_2D => Op::MaxPool2d(options.pool_2d("MAX_POOL_2D")?),
        builtin::MEAN => Op::Mean {
            keep_dims: options.table.bool(schema::reducer::KEEP_DIMS)?,
        },
        builtin::PAD => Op::Pad,
        builtin::CONCATENATION => concatenation(&options, inputs)?,
        // Where shapes are fixed, these are the same.
        builtin::RESHAPE | builtin::SQUEEZE | builtin::EXPAND_DIMS => Op::Reshape,
        builtin::SOFTMAX => Op::Softmax {
            beta: options.table.f32(schema::softmax::BETA)?,
        },
        builtin::LOGISTIC => Op::Logistic,
        builtin::HARD_SWISH => Op::HardSwish,
        builtin::TANH => Op::Tanh,
        builtin::RELU => Op::Relu,
        builtin::RELU6 => Op::Relu6,
        builtin::RESIZE_BILINEAR => Op::ResizeBilinear(Resize {
            align_corners: options.table.bool(schema::resize_bilinear::ALIGN_CORNERS)?,
            half_pixel_centers: options
                .table
                .bool(schema::resize_bilinear::HALF_PIXEL_CENTERS)?,
        }),
        builtin::RESIZE_NEAREST => Op::ResizeNearest(Resize {
            align_corners: options.table.bool(schema::resize_nearest::ALIGN_CORNERS)?,
            half_pixel_centers: options
                .table
                .bool(schema::resize_nearest::HALF_PIXEL_CENTERS)?,
        }),
        builtin::QUANTIZE => Op::Quantize,
        builtin::DEQUANTIZE => Op::Dequantize,
        builtin::TRANSPOSE => Op::Transpose,
        builtin::STRIDED_SLICE => strided_slice(&options)?,
        _ => return Err(Refusal::Operator),
    };
    let (own, expected) = schema::numbers(&op);
    // With no options at all everything has its default; the options of another operator are a fault.
    let none = [expected, options.kind].contains(&options::NONE);
    if own == builtin && options.kind != expected && !none {
        let what = format!("{} has the options of another operator", op.name());
        return Err(Refusal::Error(TfliteError::Damaged(what)));
    }
    Ok(op)
}

struct Options<'a> {
    table: Table<'a>,
    kind: u8,
}

impl Options<'_> {
    fn activation(&self, field: usize, name: &'static str) -> Result<Activation, Refusal> {
        match self.table.i8(field)? {
            0 => Ok(Activation::None),
            1 => Ok(Activation::Relu),
            3 => Ok(Activation::Relu6),
            number => {
                let activation = match number {
                    2 => "RELU_N1_TO_1".to_owned(),
                    4 => "TANH".to_owned(),
                    5 => "SIGN_BIT".to_owned(),
                    _ => format!("number {number}"),
                };
                Err(Refusal::Option(name, format!("activation {activation}")))
            }
        }
    }

    fn padding(&self, field: usize) -> Result<Padding, Refusal> {
        match self.table.i8(field)? {
            0 => Ok(Padding::Same),
            1 => Ok(Padding::Valid),
            number => Err(damaged(format!("there is no padding number {number}"))),
        }
    }

    /// Down and to the right.
    fn pair(&self, [height, width]: [usize; 2], default: i32) -> Result<[usize; 2], Refusal> {
        Ok([self.size(height, default)?, self.size(width, default)?])
    }

    fn size(&self, field: usize, default: i32) -> Result<usize, Refusal> {
        let number = self.table.i32(field, default)?;
        usize::try_from(number)
            .map_err(|_| damaged(format!("a stride, dilation or window is {number}")))
    }

    fn mask(&self, field: usize) -> Result<u32, Refusal> {
        Ok(self.table.u32(field)?)
    }

    fn arithmetic(&self, name: &'static str) -> Result<Activation, Refusal> {
        self.activation(schema::arithmetic::ACTIVATION, name)
    }

    fn pool_2d(&self, name: &'static str) -> Result<Pool2d, Refusal> {
        use schema::pool_2d::*;
        Ok(Pool2d {
            padding: self.padding(PADDING)?,
            stride: self.pair([STRIDE_H, STRIDE_W], 0)?,
            filter: self.pair([FILTER_H, FILTER_W], 0)?,
            activation: self.activation(ACTIVATION, name)?,
        })
    }
}

fn damaged(what: String) -> Refusal {
    Refusal::Error(TfliteError::Damaged(what))
}

fn conv_2d(options: &Options<'_>) -> Result<Op, Refusal> {
    use schema::conv_2d::*;
    Ok(Op::Conv2d(Conv2d {
        padding: options.padding(PADDING)?,
        stride: options.pair([STRIDE_H, STRIDE_W], 0)?,
        dilation: options.pair([DILATION_H, DILATION_W], 1)?,
        activation: options.activation(ACTIVATION, "CONV_2D")?,
    }))
}

fn depthwise_conv_2d(options: &Options<'_>, inputs: &[Option<&Tensor>]) -> Result<Op, Refusal> {
    use schema::depthwise_conv_2d::*;
    let channels = |place: usize| {
        let tensor = inputs.get(place).copied().flatten()?;
        tensor.shape.get(3).copied()
    };
    // LiteRT goes by the shapes too: old files have a wrong number, or none, in the option.
    let by_shape = match (channels(0), channels(1)) {
        (Some(input @ 1..), Some(output)) if output % input == 0 => Some(output / input),
        _ => None,
    };
    Ok(Op::DepthwiseConv2d(DepthwiseConv2d {
        padding: options.padding(PADDING)?,
        stride: options.pair([STRIDE_H, STRIDE_W], 0)?,
        dilation: options.pair([DILATION_H, DILATION_W], 1)?,
        multiplier: match by_shape {
            Some(multiplier) => multiplier,
            None => options.size(MULTIPLIER, 0)?,
        },
        activation: options.activation(ACTIVATION, "DEPTHWISE_CONV_2D")?,
    }))
}

fn fully_connected(options: &Options<'_>) -> Result<Op, Refusal> {
    use schema::fully_connected::*;
    const NAME: &str = "FULLY_CONNECTED";
    let format = options.table.i8(WEIGHTS_FORMAT)?;
    if format != 0 {
        let what = format!("shuffled weights (format {format})");
        return Err(Refusal::Option(NAME, what));
    }
    Ok(Op::FullyConnected(FullyConnected {
        keep_num_dims: options.table.bool(KEEP_NUM_DIMS)?,
        asymmetric_inputs: options.table.bool(ASYMMETRIC_INPUTS)?,
        activation: options.activation(ACTIVATION, NAME)?,
    }))
}

fn concatenation(options: &Options<'_>, inputs: &[Option<&Tensor>]) -> Result<Op, Refusal> {
    use schema::concatenation::*;
    let number = options.table.i32(AXIS, 0)?;
    let rank = match inputs.first() {
        Some(Some(tensor)) => tensor.shape.len(),
        _ => 0,
    };
    let axis = if number < 0 {
        usize::try_from(number.unsigned_abs())
            .ok()
            .and_then(|from_end| rank.checked_sub(from_end))
    } else {
        usize::try_from(number).ok()
    };
    Ok(Op::Concat {
        axis: axis.ok_or_else(|| damaged(format!("CONCATENATION has axis {number}")))?,
        activation: options.activation(ACTIVATION, "CONCATENATION")?,
    })
}

fn strided_slice(options: &Options<'_>) -> Result<Op, Refusal> {
    use schema::strided_slice::*;
    const NAME: &str = "STRIDED_SLICE";
    let no = |what: &str| Err(Refusal::Option(NAME, what.to_owned()));
    if options.mask(ELLIPSIS_MASK)? != 0 {
        return no("an ellipsis");
    }
    if options.mask(NEW_AXIS_MASK)? != 0 {
        return no("a new axis");
    }
    if options.table.bool(OFFSET)? {
        return no("ends relative to begins");
    }
    Ok(Op::StridedSlice(StridedSlice {
        begin_mask: options.mask(BEGIN_MASK)?,
        end_mask: options.mask(END_MASK)?,
        shrink_axis_mask: options.mask(SHRINK_AXIS_MASK)?,
    }))
}
