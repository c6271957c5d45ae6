//! The arithmetic of quantization: scales, int8 values, and what was lost.
//!
//! Affine quantization maps a real `r` to an integer `q = clamp(round(r / scale) + zero_point)`, and
//! back by `r ≈ scale · (q − zero_point)` (Jacob et al. 2018, arXiv 1712.05877). Rounding is always
//! named by the caller: TFLite and NumPy disagree on halves.
#![no_std]

extern crate alloc;

mod affine;
mod ends;
mod error;
mod formats;
mod groups;
mod interval;
mod ln;
mod ln_table;
mod observers;
mod pack;
mod params;
mod per_channel;
mod quant_error;
mod random;
mod range;
mod requantize;
mod rounding;
mod sqrt;
mod stats;

pub use affine::{Quantized, fake_quantize, levels_used, min_max_params, packed_bytes};
pub use ends::{ends, max_abs};
pub use error::{ErrorFigures, ErrorSum};
pub use formats::Format;
pub use groups::{Granularity, Groups};
pub use interval::{paired_error, wilson};
pub use observers::{Observer, ObserverKind};
pub use pack::{pack, unpack};
pub use params::{QuantParams, Symmetry};
pub use per_channel::PerChannel;
pub use quant_error::QuantError;
pub use random::RandomState;
pub use range::IntRange;
pub use requantize::{Multiplier, MultiplierRounding};
pub use rounding::{Rounder, Rounding};
pub use stats::{Summary, counts, gaussian_pdf, percentiles, share_within};
