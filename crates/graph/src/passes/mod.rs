//! What can be done to a graph before it runs. No pass changes the graph that it is given.

mod absorb_high_biases;
mod ada_round;
mod budget;
mod calibrate;
mod channel_means;
mod clipped_normal;
mod constants;
mod correct_biases;
mod decode_constants;
mod equalize;
mod error;
mod fake_quantize_weights;
mod float16;
mod fold_batch_norm;
mod full_integer;
mod fuse_activations;
mod layers;
mod moments;
mod pack_weights;
mod params;
mod quantize_dynamic_range;
mod quantize_full_integer;
mod record;
mod replace_relu6;
mod statistics;
mod weights;
mod widths;

pub use absorb_high_biases::{AbsorbedPair, Absorption, absorb_high_biases};
pub use ada_round::{
    AdaRound, AdaRounding, Contraction, LayerRounding, LayerSamples, LearnedRounding,
    LearnedRoundings, Look, RoundedLayer,
};
pub use budget::{
    Allocation, LayerChoices, WidthChoice, WidthMeasurement, allocate_exactly, allocate_greedily,
};
pub use calibrate::Calibration;
pub use channel_means::ChannelMeans;
pub use correct_biases::{BiasCorrection, CorrectedBias, correct_biases};
pub use decode_constants::{constant_reals, decode_constants};
pub use equalize::{Equalization, EqualizedPair, equalize};
pub use error::PassError;
pub use fake_quantize_weights::{WeightScheme, fake_quantize_weights, round_weights};
pub use float16::{convert_float16, half_from_f32, half_to_f32};
pub use fold_batch_norm::fold_batch_norm;
pub use fuse_activations::fuse_activations;
pub use pack_weights::pack_weights;
pub use quantize_dynamic_range::{DynamicRange, quantize_dynamic_range};
pub use quantize_full_integer::{Edges, FullInteger, quantize_full_integer};
pub use record::{Note, Record};
pub use replace_relu6::{replace_idle_relu6, replace_relu6};
pub use statistics::{Normal, Statistics};
pub use widths::{Widths, storage_type};
