//! Why a model file could not be used.

use octet_quant::QuantError;

/// Why a model file could not be used. Each message names the tensor or the figure that was wrong.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum ModelError {
    /// Not a safetensors file, or one whose header does not fit its length.
    #[error("The file is not a whole safetensors file ({0}).")]
    NotSafetensors(String),
    /// A tensor that the network needs is not there.
    #[error("The tensor “{0}” is missing.")]
    MissingTensor(String),
    /// A tensor has another shape than the network needs.
    #[error("The tensor “{name}” has shape {found:?}; the network needs {expected:?}.")]
    WrongShape {
        /// The tensor.
        name: String,
        /// The shape that the network needs.
        expected: Vec<usize>,
        /// The shape in the file.
        found: Vec<usize>,
    },
    /// A tensor has another type than the network needs.
    #[error("The tensor “{name}” has type {found}; the network needs {expected}.")]
    WrongType {
        /// The tensor.
        name: String,
        /// The type that the network needs.
        expected: &'static str,
        /// The type in the file.
        found: String,
    },
    /// A tensor holds NaN or infinity.
    #[error("The tensor “{0}” holds a NaN or an infinity.")]
    NotFinite(String),
    /// A layer's weights could not be quantized.
    #[error("The layer “{layer}” could not be quantized: {source}.")]
    Quantize {
        /// The layer.
        layer: String,
        /// Why.
        source: QuantError,
    },
    /// A photo of another size than the network takes.
    #[error("The input holds {found} values; the network takes {expected}.")]
    InputLength {
        /// Values that the network takes.
        expected: usize,
        /// Values given.
        found: usize,
    },
    /// Burn could not hand over the result.
    #[error("Burn could not read the result: {0}.")]
    Backend(String),
}
