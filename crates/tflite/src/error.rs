//! What can be wrong with a file, or with a graph that shall become one.

use std::fmt;

use octet_graph::GraphError;

/// Why a file cannot be read, or a graph not be written.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum TfliteError {
    /// The bytes do not begin like a TFLite file.
    #[error("this is not a TFLite model: the file identifier “TFL3” is missing at byte 4")]
    NotTflite,
    /// Something in the file lies outside it or contradicts itself.
    #[error("the file is damaged: {0}")]
    Damaged(String),
    /// The file is sound, but has things that Octet does not know. All of them are listed.
    #[error("the model uses what Octet does not support: {}", list(.0))]
    Unsupported(Vec<Unsupported>),
    /// Tensors and operators do not fit together.
    #[error("the graph cannot be used: {0}")]
    Graph(#[from] GraphError),
    /// A TFLite file has 32-bit offsets.
    #[error("the model is too large for a TFLite file: {0}")]
    TooLarge(String),
    /// A label cannot be a line of a text file.
    #[error("label {0} contains a line break; labels are stored one a line")]
    Label(usize),
    /// The name cannot be an identifier in C++.
    #[error(
        "“{0}” cannot name a C array: use letters, digits and underscores, not a digit first, and no C++ keyword"
    )]
    CName(String),
}

/// One thing that Octet does not support.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unsupported {
    /// An operator, or a version of it.
    Operator {
        /// Its place in the file.
        index: usize,
        /// TFLite's name, or the custom operator's.
        name: String,
        /// The version that the file asks for.
        version: i32,
    },
    /// A known operator in a way that is not known.
    Option {
        /// The operator's place in the file.
        index: usize,
        /// The operator's name.
        name: &'static str,
        /// What is not supported, in words.
        what: String,
    },
    /// A tensor.
    Tensor {
        /// Its place in the file.
        index: usize,
        /// Its name.
        name: String,
        /// What is not supported, in words.
        what: String,
    },
    /// The whole model.
    Model(String),
}

impl fmt::Display for Unsupported {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Operator {
                index,
                name,
                version,
            } => write!(
                out,
                "operator {index}: {name} (version {version}) is not supported"
            ),
            Self::Option { index, name, what } => {
                write!(out, "operator {index}: {name} with {what} is not supported")
            }
            Self::Tensor { index, name, what } => {
                write!(out, "tensor {index} (“{name}”): {what} is not supported")
            }
            Self::Model(what) => write!(out, "{what} is not supported"),
        }
    }
}

fn list(all: &[Unsupported]) -> String {
    let texts: Vec<String> = all.iter().map(Unsupported::to_string).collect();
    texts.join("; ")
}
