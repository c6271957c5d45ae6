//! What can be done to a graph before it runs. No pass changes the graph that it is given.

mod calibrate;
mod constants;
mod decode_constants;
mod error;
mod float16;
mod fold_batch_norm;
mod full_integer;
mod fuse_activations;
mod params;
mod quantize_dynamic_range;
mod quantize_full_integer;
mod record;
mod weights;

pub use calibrate::Calibration;
pub use decode_constants::{constant_reals, decode_constants};
pub use error::PassError;
pub use float16::{convert_float16, half_from_f32, half_to_f32};
pub use fold_batch_norm::fold_batch_norm;
pub use fuse_activations::fuse_activations;
pub use quantize_dynamic_range::{DynamicRange, quantize_dynamic_range};
pub use quantize_full_integer::{Edges, FullInteger, quantize_full_integer};
pub use record::{Note, Record};
