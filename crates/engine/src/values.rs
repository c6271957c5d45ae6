//! What goes in and comes out.

use octet_graph::{Constant, DType, Quantization, Tensor, TensorId};

/// Numbers to be put in, or read out.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Values<'a> {
    /// float32.
    Float32(&'a [f32]),
    /// int8.
    Int8(&'a [i8]),
    /// uint8.
    Uint8(&'a [u8]),
    /// int16.
    Int16(&'a [i16]),
    /// int32.
    Int32(&'a [i32]),
    /// int64.
    Int64(&'a [i64]),
    /// bool, 0 or 1 each.
    Bool(&'a [u8]),
    /// float16, as bits.
    Float16(&'a [u16]),
}

impl<'a> Values<'a> {
    /// The type of the numbers.
    pub fn dtype(&self) -> DType {
        match self {
            Self::Float32(_) => DType::Float32,
            Self::Int8(_) => DType::Int8,
            Self::Uint8(_) => DType::Uint8,
            Self::Int16(_) => DType::Int16,
            Self::Int32(_) => DType::Int32,
            Self::Int64(_) => DType::Int64,
            Self::Bool(_) => DType::Bool,
            Self::Float16(_) => DType::Float16,
        }
    }

    /// How many numbers.
    pub fn len(&self) -> usize {
        self.bytes().len() / self.dtype().bytes()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The numbers as they lie in memory (little-endian on every machine that we know).
    pub fn bytes(&self) -> &'a [u8] {
        match *self {
            Self::Float32(values) => bytemuck::cast_slice(values),
            Self::Int8(values) => bytemuck::cast_slice(values),
            Self::Uint8(values) | Self::Bool(values) => values,
            Self::Int16(values) => bytemuck::cast_slice(values),
            Self::Int32(values) => bytemuck::cast_slice(values),
            Self::Int64(values) => bytemuck::cast_slice(values),
            Self::Float16(values) => bytemuck::cast_slice(values),
        }
    }

    /// Looks at bytes as numbers; None where they are not aligned, or not a whole count of numbers.
    pub(crate) fn from_bytes(dtype: DType, bytes: &'a [u8]) -> Option<Self> {
        Some(match dtype {
            DType::Float32 => Self::Float32(bytemuck::try_cast_slice(bytes).ok()?),
            DType::Int2 | DType::Int4 | DType::Int8 => {
                Self::Int8(bytemuck::try_cast_slice(bytes).ok()?)
            }
            DType::Uint8 => Self::Uint8(bytes),
            DType::Bool => Self::Bool(bytes),
            DType::Int16 => Self::Int16(bytemuck::try_cast_slice(bytes).ok()?),
            DType::Int32 => Self::Int32(bytemuck::try_cast_slice(bytes).ok()?),
            DType::Int64 => Self::Int64(bytemuck::try_cast_slice(bytes).ok()?),
            DType::Float16 => Self::Float16(bytemuck::try_cast_slice(bytes).ok()?),
        })
    }
}

impl<'a> From<&'a Constant> for Values<'a> {
    fn from(constant: &'a Constant) -> Self {
        match constant {
            Constant::Float32(values) => Self::Float32(values),
            Constant::Float16(values) => Self::Float16(values),
            Constant::Int2(values) | Constant::Int4(values) | Constant::Int8(values) => {
                Self::Int8(values)
            }
            Constant::Uint8(values) => Self::Uint8(values),
            Constant::Int16(values) => Self::Int16(values),
            Constant::Int32(values) => Self::Int32(values),
            Constant::Int64(values) => Self::Int64(values),
            Constant::Bool(values) => Self::Bool(values),
        }
    }
}

/// What is known of a tensor without its numbers.
#[derive(Clone, Debug, PartialEq)]
pub struct TensorInfo {
    /// For people; need not be unique.
    pub name: String,
    /// Its place in the graph.
    pub id: TensorId,
    /// Row-major; empty for a scalar.
    pub shape: Vec<usize>,
    /// The type of its numbers.
    pub dtype: DType,
    /// What integers stand for, where they stand for reals.
    pub quantization: Option<Quantization>,
}

impl TensorInfo {
    /// Of a graph's tensor.
    pub fn new(id: TensorId, tensor: &Tensor) -> Self {
        Self {
            name: tensor.name.clone(),
            id,
            shape: tensor.shape.clone(),
            dtype: tensor.dtype,
            quantization: tensor.quantization.clone(),
        }
    }

    /// How many numbers.
    pub fn elements(&self) -> usize {
        self.shape.iter().product()
    }
}
