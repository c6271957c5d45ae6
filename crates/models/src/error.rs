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
    /// A digit's label is none.
    #[error("A digit has the label {0}; labels go from 0 to 9.")]
    Label(u8),
    /// The file of digits has not as many of each class as it should.
    #[error("There are {found} digits {digit} in the file; there should be {expected}.")]
    Digits {
        /// The class.
        digit: usize,
        /// How many there should be.
        expected: usize,
        /// How many there are.
        found: usize,
    },
    /// A number of a training run is outside of its range.
    #[error("The {name} is {found}; allowed is {allowed}.")]
    Setting {
        /// Which.
        name: &'static str,
        /// What it is.
        found: f64,
        /// What it may be.
        allowed: String,
    },
    /// Training led away from where it should.
    #[error(
        "Training diverged in epoch {epoch}, batch {batch}: the loss is {loss}, where guessing has 2.3."
    )]
    Diverged {
        /// Counted from 1.
        epoch: usize,
        /// Counted from 1.
        batch: usize,
        /// What it has come to.
        loss: f32,
    },
    /// A number of bits that there is not.
    #[error("The network could not be quantized: {0}.")]
    Bits(QuantError),
}
