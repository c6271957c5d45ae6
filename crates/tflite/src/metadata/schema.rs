//! The numbers of TFLite's metadata schema, version 1: field ids in the order of the tables' fields, and enum values.

/// What the metadata begin with, behind the root's offset.
pub(super) const IDENTIFIER: &[u8; 4] = b"M001";

/// The root.
pub(super) mod model {
    pub const NAME: usize = 0;
    pub const DESCRIPTION: usize = 1;
    pub const SUBGRAPHS: usize = 3;
    pub const MIN_PARSER_VERSION: usize = 7;
}

/// A network.
pub(super) mod subgraph {
    pub const INPUTS: usize = 2;
    pub const OUTPUTS: usize = 3;
}

/// An input or output.
pub(super) mod tensor {
    pub const NAME: usize = 0;
    pub const CONTENT: usize = 3;
    pub const PROCESS_UNITS: usize = 4;
    pub const FILES: usize = 6;
}

/// What an input or output is.
pub(super) mod content {
    pub const PROPERTIES_TYPE: usize = 0;
    pub const PROPERTIES: usize = 1;
    /// `ContentProperties`: numbers without further meaning.
    pub const FEATURE: u8 = 1;
    /// `ContentProperties`: an image.
    pub const IMAGE: u8 = 2;
}

/// An image.
pub(super) mod image {
    pub const COLOR_SPACE: usize = 0;
    /// `ColorSpaceType`.
    pub const RGB: i8 = 1;
    /// `ColorSpaceType`.
    pub const GRAYSCALE: i8 = 2;
}

/// A step before an input or after an output.
pub(super) mod process_unit {
    pub const OPTIONS_TYPE: usize = 0;
    pub const OPTIONS: usize = 1;
    /// `ProcessUnitOptions`.
    pub const NORMALIZATION: u8 = 1;
}

/// `(x − mean) / std`.
pub(super) mod normalization {
    pub const MEAN: usize = 0;
    pub const STD: usize = 1;
}

/// A file in the archive.
pub(super) mod file {
    pub const NAME: usize = 0;
    pub const TYPE: usize = 2;
    /// `AssociatedFileType`: a label for each number along the last axis.
    pub const AXIS_LABELS: i8 = 2;
}
