//! The types of numbers, and constants made of them.

use std::fmt;
use std::sync::Arc;

/// The type of a tensor's numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DType {
    /// IEEE 754 single precision.
    Float32,
    /// IEEE 754 half precision; storage only.
    Float16,
    /// Signed, 2 bits; storage only. A byte each in memory; files pack four into one.
    Int2,
    /// Signed, 4 bits; storage only. A byte each in memory; files pack two into one.
    Int4,
    /// Signed, 8 bits.
    Int8,
    /// Unsigned, 8 bits.
    Uint8,
    /// Signed, 16 bits.
    Int16,
    /// Signed, 32 bits.
    Int32,
    /// Signed, 64 bits; shapes and axes only.
    Int64,
    /// One byte, 0 or 1.
    Bool,
}

impl DType {
    /// TFLite's and NumPy's name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Float32 => "float32",
            Self::Float16 => "float16",
            Self::Int2 => "int2",
            Self::Int4 => "int4",
            Self::Int8 => "int8",
            Self::Uint8 => "uint8",
            Self::Int16 => "int16",
            Self::Int32 => "int32",
            Self::Int64 => "int64",
            Self::Bool => "bool",
        }
    }

    /// Bytes a number in memory.
    pub fn bytes(self) -> usize {
        match self {
            Self::Int2 | Self::Int4 | Self::Int8 | Self::Uint8 | Self::Bool => 1,
            Self::Float16 | Self::Int16 => 2,
            Self::Float32 | Self::Int32 => 4,
            Self::Int64 => 8,
        }
    }

    /// Bits a number in a file.
    pub fn stored_bits(self) -> usize {
        match self {
            Self::Int2 => 2,
            Self::Int4 => 4,
            _ => 8 * self.bytes(),
        }
    }

    /// Bytes that so many numbers take in a file; None where that does not fit a usize.
    pub fn stored_bytes(self, numbers: usize) -> Option<usize> {
        let bits = numbers.checked_mul(self.stored_bits())?;
        Some(bits.div_ceil(8))
    }
}

impl fmt::Display for DType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Numbers that are part of the network. Cheap to clone: they are shared and never change.
#[derive(Clone, Debug, PartialEq)]
pub enum Constant {
    /// float32.
    Float32(Arc<[f32]>),
    /// float16, as bits.
    Float16(Arc<[u16]>),
    /// int2, −2 to 1 each.
    Int2(Arc<[i8]>),
    /// int4, −8 to 7 each.
    Int4(Arc<[i8]>),
    /// int8.
    Int8(Arc<[i8]>),
    /// uint8.
    Uint8(Arc<[u8]>),
    /// int16.
    Int16(Arc<[i16]>),
    /// int32.
    Int32(Arc<[i32]>),
    /// int64.
    Int64(Arc<[i64]>),
    /// bool, 0 or 1 each.
    Bool(Arc<[u8]>),
}

impl Constant {
    /// The type of its numbers.
    pub fn dtype(&self) -> DType {
        match self {
            Self::Float32(_) => DType::Float32,
            Self::Float16(_) => DType::Float16,
            Self::Int2(_) => DType::Int2,
            Self::Int4(_) => DType::Int4,
            Self::Int8(_) => DType::Int8,
            Self::Uint8(_) => DType::Uint8,
            Self::Int16(_) => DType::Int16,
            Self::Int32(_) => DType::Int32,
            Self::Int64(_) => DType::Int64,
            Self::Bool(_) => DType::Bool,
        }
    }

    /// How many numbers.
    pub fn len(&self) -> usize {
        match self {
            Self::Float32(values) => values.len(),
            Self::Float16(values) => values.len(),
            Self::Int2(values) | Self::Int4(values) | Self::Int8(values) => values.len(),
            Self::Uint8(values) | Self::Bool(values) => values.len(),
            Self::Int16(values) => values.len(),
            Self::Int32(values) => values.len(),
            Self::Int64(values) => values.len(),
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// float32 numbers, if that is what they are.
    pub fn as_f32(&self) -> Option<&[f32]> {
        match self {
            Self::Float32(values) => Some(values),
            _ => None,
        }
    }

    /// int8 numbers, if that is what they are.
    pub fn as_i8(&self) -> Option<&[i8]> {
        match self {
            Self::Int8(values) => Some(values),
            _ => None,
        }
    }

    /// int32 numbers, if that is what they are.
    pub fn as_i32(&self) -> Option<&[i32]> {
        match self {
            Self::Int32(values) => Some(values),
            _ => None,
        }
    }

    /// Whole numbers of any width, as shapes, axes and paddings come.
    pub fn to_i64s(&self) -> Option<Vec<i64>> {
        match self {
            Self::Int32(values) => Some(values.iter().map(|&value| i64::from(value)).collect()),
            Self::Int64(values) => Some(values.to_vec()),
            _ => None,
        }
    }
}
