//! The arithmetic of quantization: scales, int8 values, and what was lost.
//!
//! Affine quantization maps a real `r` to an integer `q = clamp(round(r / scale) + zero_point)`, and
//! back by `r ≈ scale · (q − zero_point)` (Jacob et al. 2018, arXiv 1712.05877). Rounding is always
//! named by the caller: TFLite and NumPy disagree on halves.
#![no_std]

extern crate alloc;

mod error;
mod params;
mod per_channel;
mod quant_error;
mod range;
mod rounding;

pub use error::{ErrorFigures, ErrorSum};
pub use params::{QuantParams, Symmetry};
pub use per_channel::PerChannel;
pub use quant_error::QuantError;
pub use range::IntRange;
pub use rounding::Rounding;
