//! Reading and writing safetensors, with every length and type checked.

use std::borrow::Cow;

use safetensors::tensor::{Dtype, SafeTensors, View};

use crate::ModelError;

/// A parsed file.
pub(crate) struct TensorFile<'data>(SafeTensors<'data>);

impl<'data> TensorFile<'data> {
    /// Checks the header against the bytes.
    pub(crate) fn parse(bytes: &'data [u8]) -> Result<Self, ModelError> {
        SafeTensors::deserialize(bytes)
            .map(Self)
            .map_err(|error| ModelError::NotSafetensors(error.to_string()))
    }

    /// Whether there is a tensor of this name and what type it has.
    pub(crate) fn dtype(&self, name: &str) -> Option<Dtype> {
        self.0.tensor(name).ok().map(|tensor| tensor.dtype())
    }

    /// A float32 tensor of the given shape, all of it finite.
    pub(crate) fn f32(&self, name: &str, shape: &[usize]) -> Result<Vec<f32>, ModelError> {
        let bytes = self.raw(name, shape, Dtype::F32, "F32")?;
        let (words, _) = bytes.as_chunks::<4>();
        let values: Vec<f32> = words.iter().map(|word| f32::from_le_bytes(*word)).collect();
        if values.iter().any(|value| !value.is_finite()) {
            return Err(ModelError::NotFinite(name.into()));
        }
        Ok(values)
    }

    /// An int8 tensor of the given shape.
    pub(crate) fn i8(&self, name: &str, shape: &[usize]) -> Result<Vec<i8>, ModelError> {
        let bytes = self.raw(name, shape, Dtype::I8, "I8")?;
        Ok(bytes.iter().map(|byte| byte.cast_signed()).collect())
    }

    /// Bytes of the given shape.
    pub(crate) fn u8(&self, name: &str, shape: &[usize]) -> Result<&'data [u8], ModelError> {
        self.raw(name, shape, Dtype::U8, "U8")
    }

    fn raw(
        &self,
        name: &str,
        shape: &[usize],
        dtype: Dtype,
        expected: &'static str,
    ) -> Result<&'data [u8], ModelError> {
        let tensor = self
            .0
            .tensor(name)
            .map_err(|_| ModelError::MissingTensor(name.into()))?;
        if tensor.dtype() != dtype {
            let found = format!("{:?}", tensor.dtype());
            return Err(ModelError::WrongType {
                name: name.into(),
                expected,
                found,
            });
        }
        if tensor.shape() != shape {
            let (expected, found) = (shape.to_vec(), tensor.shape().to_vec());
            return Err(ModelError::WrongShape {
                name: name.into(),
                expected,
                found,
            });
        }
        Ok(tensor.data())
    }
}

/// A tensor to be written.
pub(crate) struct OutTensor {
    dtype: Dtype,
    shape: Vec<usize>,
    bytes: Vec<u8>,
}

impl OutTensor {
    /// A float32 tensor.
    pub(crate) fn f32(shape: Vec<usize>, values: &[f32]) -> Self {
        let bytes = values
            .iter()
            .flat_map(|value| value.to_le_bytes())
            .collect();
        Self {
            dtype: Dtype::F32,
            shape,
            bytes,
        }
    }

    /// Plain bytes.
    pub(crate) fn u8(shape: Vec<usize>, bytes: Vec<u8>) -> Self {
        Self {
            dtype: Dtype::U8,
            shape,
            bytes,
        }
    }

    /// An int8 tensor.
    pub(crate) fn i8(shape: Vec<usize>, values: &[i8]) -> Self {
        let bytes = values.iter().map(|value| value.cast_unsigned()).collect();
        Self {
            dtype: Dtype::I8,
            shape,
            bytes,
        }
    }
}

impl View for OutTensor {
    fn dtype(&self) -> Dtype {
        self.dtype
    }

    fn shape(&self) -> &[usize] {
        &self.shape
    }

    fn data(&self) -> Cow<'_, [u8]> {
        Cow::Borrowed(&self.bytes)
    }

    fn data_len(&self) -> usize {
        self.bytes.len()
    }
}

/// The bytes of a safetensors file; `description` goes into its header.
pub(crate) fn write(
    tensors: Vec<(String, OutTensor)>,
    description: String,
) -> Result<Vec<u8>, ModelError> {
    let metadata = [("octet".to_owned(), description)].into_iter().collect();
    safetensors::serialize(tensors, Some(metadata))
        .map_err(|error| ModelError::NotSafetensors(error.to_string()))
}
