//! What can be wrong with a tensor in itself.

use crate::error::TensorProblem;
use crate::shapes::{MAX_RANK, TOO_LARGE};
use crate::{Constant, DType, Quantization, Tensor};

pub(super) fn check(tensor: &Tensor) -> Result<(), TensorProblem> {
    let elements = size(tensor)?;
    if let Some(data) = &tensor.data {
        constant(tensor, data, elements)?;
    } else if matches!(tensor.dtype, DType::Int2 | DType::Int4) {
        return Err(TensorProblem::StorageOnly(tensor.dtype));
    } else if elements == 0 {
        return Err(TensorProblem::Empty(tensor.shape.clone()));
    }
    match &tensor.quantization {
        Some(quantization) => scales(tensor, quantization),
        None => Ok(()),
    }
}

/// How many numbers it holds.
fn size(tensor: &Tensor) -> Result<usize, TensorProblem> {
    if tensor.shape.len() > MAX_RANK {
        return Err(TensorProblem::Rank(tensor.shape.len()));
    }
    let too_large = || TensorProblem::TooLarge(tensor.shape.clone());
    let elements = tensor.elements().ok_or_else(too_large)?;
    let bytes = (elements as u64).checked_mul(tensor.dtype.bytes() as u64);
    match bytes {
        Some(..TOO_LARGE) => Ok(elements),
        _ => Err(too_large()),
    }
}

fn constant(tensor: &Tensor, data: &Constant, elements: usize) -> Result<(), TensorProblem> {
    if data.dtype() != tensor.dtype {
        return Err(TensorProblem::Type {
            declared: tensor.dtype,
            found: data.dtype(),
        });
    }
    if data.len() != elements {
        return Err(TensorProblem::Length {
            expected: elements,
            found: data.len(),
        });
    }
    let not_finite = match data {
        Constant::Float32(values) => values.iter().position(|value| !value.is_finite()),
        // All bits of the exponent.
        Constant::Float16(values) => values.iter().position(|bits| bits & 0x7c00 == 0x7c00),
        _ => None,
    };
    if let Some(index) = not_finite {
        return Err(TensorProblem::NotFinite(index));
    }
    match (data, data.dtype().integers()) {
        (Constant::Int2(values) | Constant::Int4(values), Some(range)) => {
            let beyond = values.iter().position(|&q| !range.contains(&q.into()));
            let beyond = beyond.map(|index| TensorProblem::Beyond(data.dtype(), index));
            beyond.map_or(Ok(()), Err)
        }
        _ => Ok(()),
    }
}

fn scales(tensor: &Tensor, quantization: &Quantization) -> Result<(), TensorProblem> {
    let Some(range) = tensor.dtype.integers() else {
        return Err(TensorProblem::NotQuantizable(tensor.dtype));
    };
    let Quantization {
        scales,
        zero_points,
        axis,
    } = quantization;
    let channels = tensor.shape.get(*axis).copied().unwrap_or(1);
    if scales.len() != 1 && scales.len() != channels {
        return Err(TensorProblem::Scales {
            axis: *axis,
            expected: channels,
            found: scales.len(),
        });
    }
    if zero_points.len() != scales.len() {
        return Err(TensorProblem::ZeroPoints {
            scales: scales.len(),
            zero_points: zero_points.len(),
        });
    }
    for (channel, (&scale, &zero_point)) in scales.iter().zip(zero_points).enumerate() {
        if !(scale.is_finite() && scale > 0.0) {
            return Err(TensorProblem::Scale { channel, scale });
        }
        if !range.contains(&zero_point) {
            return Err(TensorProblem::ZeroPoint {
                channel,
                zero_point,
                dtype: tensor.dtype,
            });
        }
    }
    Ok(())
}

impl DType {
    /// The integers of the types that can have a scale.
    pub fn integers(self) -> Option<std::ops::RangeInclusive<i32>> {
        match self {
            Self::Int2 => Some(-2..=1),
            Self::Int4 => Some(-8..=7),
            Self::Int8 => Some(i8::MIN.into()..=i8::MAX.into()),
            Self::Uint8 => Some(0..=u8::MAX.into()),
            Self::Int16 => Some(i16::MIN.into()..=i16::MAX.into()),
            Self::Int32 => Some(i32::MIN..=i32::MAX),
            Self::Float32 | Self::Float16 | Self::Int64 | Self::Bool => None,
        }
    }
}
