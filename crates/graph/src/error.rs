//! What is wrong with a graph.

/// What is wrong with a graph. The texts name the operator by its place, as inspectors of `.tflite` files do.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum GraphError {
    /// There is no tensor with this number.
    #[error("there is no tensor {0}")]
    NoTensor(usize),
}
