//! What cannot be quantized, and why.

use core::fmt;

/// Why something could not be quantized.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum QuantError {
    /// A bit width outside 2 to 16.
    Bits {
        /// The bits asked for.
        bits: u32,
    },
    /// The number of weights is not a multiple of the number of channels, or one of them is 0.
    Channels {
        /// Number of weights.
        weights: usize,
        /// Number of channels.
        channels: usize,
    },
    /// The shape does not describe the values.
    Shape {
        /// Number of values.
        values: usize,
        /// The shape.
        shape: alloc::vec::Vec<usize>,
    },
    /// There is no such axis.
    Axis {
        /// The axis asked for.
        axis: usize,
        /// The number of axes.
        rank: usize,
    },
    /// A block of no values.
    Block,
    /// A value is NaN or infinite.
    NotFinite {
        /// Its position.
        index: usize,
    },
    /// A range is NaN or infinite, or its ends are the wrong way round.
    Range,
    /// A scale is not a positive finite number.
    Scale {
        /// The channel; 0 where there is one scale for all.
        channel: usize,
    },
    /// A zero point that the integers do not hold.
    ZeroPoint {
        /// The zero point.
        zero_point: i32,
        /// Smallest integer.
        qmin: i32,
        /// Largest integer.
        qmax: i32,
    },
    /// A number that no fixed-point multiplier stands for.
    Multiplier,
    /// There must be parameters for each group.
    Params {
        /// How many were given.
        params: usize,
        /// The number of groups.
        groups: usize,
    },
    /// An observer's setting lies outside of its range, or is NaN.
    Setting {
        /// Its name.
        name: &'static str,
    },
    /// Nothing has been observed, so there is no range.
    NothingObserved,
    /// Two observers of different kinds or settings cannot be merged.
    Mismatch,
}

impl fmt::Display for QuantError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bits { bits } => write!(f, "{bits} bits are outside of 2 to 16"),
            Self::Channels { weights, channels } => {
                write!(
                    f,
                    "{weights} weights do not divide into {channels} channels"
                )
            }
            Self::Shape { values, shape } => {
                write!(f, "{values} values do not fill the shape {shape:?}")
            }
            Self::Axis { axis, rank } => {
                write!(f, "there is no axis {axis} among {rank} axes")
            }
            Self::Block => write!(f, "a block must hold at least one value"),
            Self::NotFinite { index } => write!(f, "value {index} is NaN or infinite"),
            Self::Range => write!(
                f,
                "the range is not finite, or its minimum lies above its maximum"
            ),
            Self::Scale { channel } => {
                write!(
                    f,
                    "the scale of channel {channel} is not a positive finite number"
                )
            }
            Self::ZeroPoint {
                zero_point,
                qmin,
                qmax,
            } => write!(
                f,
                "the zero point {zero_point} is outside of {qmin} to {qmax}"
            ),
            Self::Multiplier => write!(f, "no fixed-point multiplier stands for this number"),
            Self::Params { params, groups } => {
                write!(f, "there are {params} parameters for {groups} groups")
            }
            Self::Setting { name } => write!(f, "an observer cannot have this {name}"),
            Self::NothingObserved => write!(f, "nothing has been observed yet"),
            Self::Mismatch => write!(f, "only observers of one kind and setting can be merged"),
        }
    }
}

impl core::error::Error for QuantError {}
