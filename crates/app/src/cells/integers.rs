//! What the cells about integer networks have in common.

use octet_protocol::{EdgeType, KernelName, KernelsUsed, Latency, Precision, WeightScales};

use super::{Control, ControlKind, always};
use crate::{
    charts::{Hue, notation},
    values::Values,
};

/// What shares a scale among a layer's weights.
pub const WEIGHT_SCALES: Control = Control {
    name: "weight_scales",
    label: "weight scales",
    is_shown: always,
    kind: ControlKind::Select(&[("per_channel", "per channel"), ("per_tensor", "per tensor")]),
};

/// Images to calibrate with.
pub const SAMPLES: Control = Control {
    name: "samples",
    label: "calibration images",
    is_shown: always,
    kind: ControlKind::Number {
        min: 1,
        max: 256,
        default: "32",
    },
};

/// The types that a network may take and give.
pub const EDGE_TYPES: ControlKind =
    ControlKind::Select(&[("int8", "int8"), ("uint8", "uint8"), ("float32", "float32")]);

/// The type at an edge, as the control of this name says.
pub fn edge_type(values: &Values, control: &str) -> EdgeType {
    match values.get(control).as_str() {
        "uint8" => EdgeType::Uint8,
        "float32" => EdgeType::Float32,
        _ => EdgeType::Int8,
    }
}

/// What shares a scale, as the control says.
pub fn weight_scales(values: &Values) -> WeightScales {
    match values.get(WEIGHT_SCALES.name).as_str() {
        "per_tensor" => WeightScales::PerTensor,
        _ => WeightScales::PerChannel,
    }
}

/// What shares a scale, in words.
pub fn weight_scales_in_words(scales: WeightScales) -> &'static str {
    match scales {
        WeightScales::PerChannel => "per channel",
        WeightScales::PerTensor => "per tensor",
    }
}

/// A precision in words.
pub fn precision_in_words(precision: Precision) -> &'static str {
    match precision {
        Precision::Float32 => "float32",
        Precision::DynamicRange => "dynamic range",
        Precision::FullInteger => "full integer",
    }
}

/// A precision's colour.
pub fn hue(precision: Precision) -> Hue {
    match precision {
        Precision::Float32 => Hue::Fp32,
        Precision::DynamicRange | Precision::FullInteger => Hue::Int8,
    }
}

/// Kernels in words.
pub fn kernels_in_words(name: KernelName) -> &'static str {
    match name {
        KernelName::Reference => "reference",
        KernelName::Portable => "portable",
        KernelName::Simd128 => "SIMD",
        KernelName::RelaxedSimd => "relaxed SIMD",
    }
}

/// What an engine ran on, in words.
pub fn used_in_words(used: &KernelsUsed) -> String {
    let name = kernels_in_words(used.name);
    match &used.dot {
        Some(dot) => format!("{name} kernels, dot product {dot}"),
        None => format!("{name} kernels"),
    }
}

/// `5.42 ± 0.31`, in milliseconds.
pub fn mean_and_spread(latency: &Latency) -> String {
    let decimals = if latency.mean_ms < 100.0 { 2 } else { 1 };
    format!(
        "{} ± {}",
        notation::plain(latency.mean_ms, decimals),
        notation::plain(latency.std_ms, decimals)
    )
}
