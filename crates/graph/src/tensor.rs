//! A value that operators read or write.

use crate::{Constant, DType, Quantization};

/// A value that operators read or write: an input, something computed on the way, or a constant.
#[derive(Clone, Debug, PartialEq)]
pub struct Tensor {
    /// For people; need not be unique.
    pub name: String,
    /// Row-major; empty for a scalar. Batch, height, width, channels for images.
    pub shape: Vec<usize>,
    /// The type of its numbers.
    pub dtype: DType,
    /// What integers stand for, where they stand for reals.
    pub quantization: Option<Quantization>,
    /// Its numbers, where they are part of the network; as many as the shape says.
    pub data: Option<Constant>,
}

impl Tensor {
    /// Something that is computed (or put in) when the network runs.
    pub fn activation(name: impl Into<String>, shape: Vec<usize>, dtype: DType) -> Self {
        Self {
            name: name.into(),
            shape,
            dtype,
            quantization: None,
            data: None,
        }
    }

    /// Numbers that are part of the network.
    pub fn constant(name: impl Into<String>, shape: Vec<usize>, data: Constant) -> Self {
        Self {
            name: name.into(),
            shape,
            dtype: data.dtype(),
            quantization: None,
            data: Some(data),
        }
    }

    /// The same with quantization parameters.
    pub fn with_quantization(mut self, quantization: Quantization) -> Self {
        self.quantization = Some(quantization);
        self
    }

    /// How many numbers the shape holds; None where that does not fit a usize.
    pub fn elements(&self) -> Option<usize> {
        self.shape
            .iter()
            .try_fold(1_usize, |product, &length| product.checked_mul(length))
    }
}
