//! The numbers of TFLite's schema, version 3: field ids in the order of the tables' fields, and enum values.

use octet_graph::{DType, Op};

/// What a file begins with, behind the root's offset.
pub(crate) const IDENTIFIER: &[u8; 4] = b"TFL3";
/// The only version of the schema in use.
pub(crate) const VERSION: u32 = 3;

/// Declares a module with the ids of a table's fields.
macro_rules! table {
    ($(#[$doc:meta])* $table:ident { $($field:ident = $id:expr),* $(,)? }) => {
        $(#[$doc])*
        #[allow(missing_docs, reason = "the schema's own names")]
        pub(crate) mod $table {
            $(pub const $field: usize = $id;)*
        }
    };
}

table!(
    /// The root.
    model {
        VERSION = 0,
        OPERATOR_CODES = 1,
        SUBGRAPHS = 2,
        DESCRIPTION = 3,
        BUFFERS = 4,
        METADATA = 6,
        SIGNATURE_DEFS = 7,
    }
);
table!(
    /// Which operator, in which version.
    operator_code {
        DEPRECATED_BUILTIN_CODE = 0,
        CUSTOM_CODE = 1,
        VERSION = 2,
        BUILTIN_CODE = 3,
    }
);
table!(
    /// A network.
    subgraph { TENSORS = 0, INPUTS = 1, OUTPUTS = 2, OPERATORS = 3, NAME = 4 }
);
table!(
    /// A tensor.
    tensor {
        SHAPE = 0,
        TYPE = 1,
        BUFFER = 2,
        NAME = 3,
        QUANTIZATION = 4,
        IS_VARIABLE = 5,
        SPARSITY = 6,
        SHAPE_SIGNATURE = 7,
        HAS_RANK = 8,
        EXTERNAL_BUFFER = 10,
    }
);
table!(
    /// Scales and zero points.
    quantization {
        SCALE = 2,
        ZERO_POINT = 3,
        DETAILS_TYPE = 4,
        QUANTIZED_DIMENSION = 6,
    }
);
table!(
    /// An operator.
    operator {
        OPCODE_INDEX = 0,
        INPUTS = 1,
        OUTPUTS = 2,
        OPTIONS_TYPE = 3,
        OPTIONS = 4,
    }
);
table!(
    /// A constant's bytes.
    buffer { DATA = 0, OFFSET = 1, SIZE = 2 }
);
table!(
    /// A named buffer.
    metadata { NAME = 0, BUFFER = 1 }
);
table!(
    /// Names for inputs and outputs.
    signature_def {
        INPUTS = 0,
        OUTPUTS = 1,
        SIGNATURE_KEY = 2,
        SUBGRAPH_INDEX = 4,
    }
);
table!(
    /// A name for one input or output.
    tensor_map { NAME = 0, TENSOR_INDEX = 1 }
);
table!(
    /// CONV_2D.
    conv_2d {
        PADDING = 0,
        STRIDE_W = 1,
        STRIDE_H = 2,
        ACTIVATION = 3,
        DILATION_W = 4,
        DILATION_H = 5,
    }
);
table!(
    /// DEPTHWISE_CONV_2D.
    depthwise_conv_2d {
        PADDING = 0,
        STRIDE_W = 1,
        STRIDE_H = 2,
        MULTIPLIER = 3,
        ACTIVATION = 4,
        DILATION_W = 5,
        DILATION_H = 6,
    }
);
table!(
    /// FULLY_CONNECTED.
    fully_connected {
        ACTIVATION = 0,
        WEIGHTS_FORMAT = 1,
        KEEP_NUM_DIMS = 2,
        ASYMMETRIC_INPUTS = 3,
    }
);
table!(
    /// ADD, SUB and MUL.
    arithmetic { ACTIVATION = 0 }
);
table!(
    /// AVERAGE_POOL_2D and MAX_POOL_2D.
    pool_2d {
        PADDING = 0,
        STRIDE_W = 1,
        STRIDE_H = 2,
        FILTER_W = 3,
        FILTER_H = 4,
        ACTIVATION = 5,
    }
);
table!(
    /// MEAN.
    reducer { KEEP_DIMS = 0 }
);
table!(
    /// CONCATENATION.
    concatenation { AXIS = 0, ACTIVATION = 1 }
);
table!(
    /// RESHAPE.
    reshape { NEW_SHAPE = 0 }
);
table!(
    /// SOFTMAX.
    softmax { BETA = 0 }
);
table!(
    /// RESIZE_BILINEAR.
    resize_bilinear { ALIGN_CORNERS = 2, HALF_PIXEL_CENTERS = 3 }
);
table!(
    /// RESIZE_NEAREST_NEIGHBOR.
    resize_nearest { ALIGN_CORNERS = 0, HALF_PIXEL_CENTERS = 1 }
);
table!(
    /// STRIDED_SLICE.
    strided_slice {
        BEGIN_MASK = 0,
        END_MASK = 1,
        ELLIPSIS_MASK = 2,
        NEW_AXIS_MASK = 3,
        SHRINK_AXIS_MASK = 4,
        OFFSET = 5,
    }
);

/// `BuiltinOperator`: the operators that [`Op`] has.
pub(crate) mod builtin {
    #![allow(missing_docs, reason = "the schema's own names")]
    pub const ADD: i32 = 0;
    pub const AVERAGE_POOL_2D: i32 = 1;
    pub const CONCATENATION: i32 = 2;
    pub const CONV_2D: i32 = 3;
    pub const DEPTHWISE_CONV_2D: i32 = 4;
    pub const DEQUANTIZE: i32 = 6;
    pub const FULLY_CONNECTED: i32 = 9;
    pub const LOGISTIC: i32 = 14;
    pub const MAX_POOL_2D: i32 = 17;
    pub const MUL: i32 = 18;
    pub const RELU: i32 = 19;
    pub const RELU6: i32 = 21;
    pub const RESHAPE: i32 = 22;
    pub const RESIZE_BILINEAR: i32 = 23;
    pub const SOFTMAX: i32 = 25;
    pub const TANH: i32 = 28;
    pub const CUSTOM: i32 = 32;
    pub const PAD: i32 = 34;
    pub const TRANSPOSE: i32 = 39;
    pub const MEAN: i32 = 40;
    pub const SUB: i32 = 41;
    pub const SQUEEZE: i32 = 43;
    pub const STRIDED_SLICE: i32 = 45;
    pub const EXPAND_DIMS: i32 = 70;
    pub const RESIZE_NEAREST: i32 = 97;
    pub const QUANTIZE: i32 = 114;
    pub const HARD_SWISH: i32 = 117;
    /// In the old one-byte field: look in the new one.
    pub const PLACEHOLDER: i32 = 127;
}

/// `BuiltinOptions`: which table an operator's options are.
pub(crate) mod options {
    #![allow(missing_docs, reason = "the schema's own names")]
    pub const NONE: u8 = 0;
    pub const CONV_2D: u8 = 1;
    pub const DEPTHWISE_CONV_2D: u8 = 2;
    pub const POOL_2D: u8 = 5;
    pub const FULLY_CONNECTED: u8 = 8;
    pub const SOFTMAX: u8 = 9;
    pub const CONCATENATION: u8 = 10;
    pub const ADD: u8 = 11;
    pub const RESIZE_BILINEAR: u8 = 15;
    pub const RESHAPE: u8 = 17;
    pub const MUL: u8 = 21;
    pub const PAD: u8 = 22;
    pub const TRANSPOSE: u8 = 26;
    pub const REDUCER: u8 = 27;
    pub const SUB: u8 = 28;
    pub const STRIDED_SLICE: u8 = 32;
    pub const DEQUANTIZE: u8 = 38;
    pub const RESIZE_NEAREST: u8 = 74;
    pub const QUANTIZE: u8 = 89;
    pub const HARD_SWISH: u8 = 91;
}

/// `TensorType`: names for those that Octet does not have, too.
const TENSOR_TYPES: [(&str, Option<DType>); 23] = [
    ("FLOAT32", Some(DType::Float32)),
    ("FLOAT16", Some(DType::Float16)),
    ("INT32", Some(DType::Int32)),
    ("UINT8", Some(DType::Uint8)),
    ("INT64", Some(DType::Int64)),
    ("STRING", None),
    ("BOOL", Some(DType::Bool)),
    ("INT16", Some(DType::Int16)),
    ("COMPLEX64", None),
    ("INT8", Some(DType::Int8)),
    ("FLOAT64", None),
    ("COMPLEX128", None),
    ("UINT64", None),
    ("RESOURCE", None),
    ("VARIANT", None),
    ("UINT32", None),
    ("UINT16", None),
    ("INT4", Some(DType::Int4)),
    ("BFLOAT16", None),
    ("INT2", Some(DType::Int2)),
    ("UINT4", None),
    ("FLOAT8_E4M3FN", None),
    ("FLOAT8_E5M2", None),
];

/// The type with this number, or the words for one that Octet does not have.
pub(crate) fn dtype(number: i8) -> Result<DType, String> {
    let known = usize::try_from(number)
        .ok()
        .and_then(|index| TENSOR_TYPES.get(index));
    match known {
        Some((_, Some(dtype))) => Ok(*dtype),
        Some((name, None)) => Err(format!("type {name}")),
        None => Err(format!("type number {number}")),
    }
}

/// The number of a type.
pub(crate) fn tensor_type(dtype: DType) -> i8 {
    match dtype {
        DType::Float32 => 0,
        DType::Float16 => 1,
        DType::Int32 => 2,
        DType::Uint8 => 3,
        DType::Int64 => 4,
        DType::Bool => 6,
        DType::Int16 => 7,
        DType::Int8 => 9,
        DType::Int4 => 17,
        DType::Int2 => 19,
    }
}

/// The number of an operator and of its options' table.
pub(crate) fn numbers(op: &Op) -> (i32, u8) {
    match op {
        Op::Conv2d(_) => (builtin::CONV_2D, options::CONV_2D),
        Op::DepthwiseConv2d(_) => (builtin::DEPTHWISE_CONV_2D, options::DEPTHWISE_CONV_2D),
        Op::FullyConnected(_) => (builtin::FULLY_CONNECTED, options::FULLY_CONNECTED),
        Op::Add(_) => (builtin::ADD, options::ADD),
        Op::Sub(_) => (builtin::SUB, options::SUB),
        Op::Mul(_) => (builtin::MUL, options::MUL),
        Op::AveragePool2d(_) => (builtin::AVERAGE_POOL_2D, options::POOL_2D),
        Op::MaxPool2d(_) => (builtin::MAX_POOL_2D, options::POOL_2D),
        Op::Mean { .. } => (builtin::MEAN, options::REDUCER),
        Op::Pad => (builtin::PAD, options::PAD),
        Op::Concat { .. } => (builtin::CONCATENATION, options::CONCATENATION),
        Op::Reshape => (builtin::RESHAPE, options::RESHAPE),
        Op::Softmax { .. } => (builtin::SOFTMAX, options::SOFTMAX),
        Op::Logistic => (builtin::LOGISTIC, options::NONE),
        Op::HardSwish => (builtin::HARD_SWISH, options::HARD_SWISH),
        Op::Tanh => (builtin::TANH, options::NONE),
        Op::Relu => (builtin::RELU, options::NONE),
        Op::Relu6 => (builtin::RELU6, options::NONE),
        Op::ResizeBilinear(_) => (builtin::RESIZE_BILINEAR, options::RESIZE_BILINEAR),
        Op::ResizeNearest(_) => (builtin::RESIZE_NEAREST, options::RESIZE_NEAREST),
        Op::Quantize => (builtin::QUANTIZE, options::QUANTIZE),
        Op::Dequantize => (builtin::DEQUANTIZE, options::DEQUANTIZE),
        Op::Transpose => (builtin::TRANSPOSE, options::TRANSPOSE),
        Op::StridedSlice(_) => (builtin::STRIDED_SLICE, options::STRIDED_SLICE),
    }
}
