//! Typed arrays, copied in and out.

use js_sys::{
    ArrayBuffer, BigInt64Array, Float32Array, Int8Array, Int16Array, Int32Array, Uint8Array,
    Uint8ClampedArray, Uint16Array,
};
use octet_engine::Values;
use octet_graph::DType;
use wasm_bindgen::prelude::*;

use crate::error::error;

/// The bytes of a file: a `Uint8Array` or an `ArrayBuffer`.
pub(crate) fn bytes(value: &JsValue) -> Result<Vec<u8>, JsValue> {
    if let Some(array) = value.dyn_ref::<Uint8Array>() {
        Ok(array.to_vec())
    } else if value.is_instance_of::<ArrayBuffer>() {
        Ok(Uint8Array::new(value).to_vec())
    } else {
        Err(error(
            "The model must be the bytes of a .tflite file, as a Uint8Array or an ArrayBuffer.",
        ))
    }
}

/// float32 numbers: a `Float32Array`, or an array of numbers.
pub(crate) fn floats(value: &JsValue, what: &str) -> Result<Vec<f32>, JsValue> {
    if let Some(array) = value.dyn_ref::<Float32Array>() {
        return Ok(array.to_vec());
    }
    let wrong = || {
        error(format!(
            "{what} must be a Float32Array or an array of numbers."
        ))
    };
    if !js_sys::Array::is_array(value) {
        return Err(wrong());
    }
    let items = js_sys::Array::from(value);
    let numbers = items
        .iter()
        .map(|item| item.as_f64().map(|x| x as f32).ok_or_else(wrong));
    numbers.collect()
}

/// Numbers of any type that a tensor can have.
pub(crate) enum Numbers {
    Float32(Vec<f32>),
    Int8(Vec<i8>),
    Uint8(Vec<u8>),
    Int16(Vec<i16>),
    Uint16(Vec<u16>),
    Int32(Vec<i32>),
    Int64(Vec<i64>),
}

impl Numbers {
    /// Copies a typed array; None where it is none that fits a tensor.
    pub(crate) fn read(value: &JsValue) -> Option<Self> {
        Some(if let Some(array) = value.dyn_ref::<Float32Array>() {
            Self::Float32(array.to_vec())
        } else if let Some(array) = value.dyn_ref::<Int8Array>() {
            Self::Int8(array.to_vec())
        } else if let Some(array) = value.dyn_ref::<Uint8Array>() {
            Self::Uint8(array.to_vec())
        } else if let Some(array) = value.dyn_ref::<Uint8ClampedArray>() {
            Self::Uint8(array.to_vec())
        } else if let Some(array) = value.dyn_ref::<Int16Array>() {
            Self::Int16(array.to_vec())
        } else if let Some(array) = value.dyn_ref::<Uint16Array>() {
            Self::Uint16(array.to_vec())
        } else if let Some(array) = value.dyn_ref::<Int32Array>() {
            Self::Int32(array.to_vec())
        } else if let Some(array) = value.dyn_ref::<BigInt64Array>() {
            Self::Int64(array.to_vec())
        } else {
            return None;
        })
    }

    /// The same as numbers of a tensor of this type. Bytes may stand for truth values, and 16 bits for half
    /// precision.
    pub(crate) fn values(&self, dtype: DType) -> Values<'_> {
        match self {
            Self::Float32(values) => Values::Float32(values),
            Self::Int8(values) => Values::Int8(values),
            Self::Uint8(values) if dtype == DType::Bool => Values::Bool(values),
            Self::Uint8(values) => Values::Uint8(values),
            Self::Int16(values) => Values::Int16(values),
            Self::Uint16(values) => Values::Float16(values),
            Self::Int32(values) => Values::Int32(values),
            Self::Int64(values) => Values::Int64(values),
        }
    }

    /// Integers of at most 16 bits; None for what is longer or no integer.
    pub(crate) fn into_integers(self) -> Option<Vec<i32>> {
        Some(match self {
            Self::Int8(values) => values.into_iter().map(i32::from).collect(),
            Self::Uint8(values) => values.into_iter().map(i32::from).collect(),
            Self::Int16(values) => values.into_iter().map(i32::from).collect(),
            Self::Uint16(values) => values.into_iter().map(i32::from).collect(),
            Self::Float32(_) | Self::Int32(_) | Self::Int64(_) => return None,
        })
    }
}

/// A copy as the typed array that fits.
pub(crate) fn array(values: Values<'_>) -> JsValue {
    match values {
        Values::Float32(values) => Float32Array::from(values).into(),
        Values::Int8(values) => Int8Array::from(values).into(),
        Values::Uint8(values) | Values::Bool(values) => Uint8Array::from(values).into(),
        Values::Int16(values) => Int16Array::from(values).into(),
        Values::Int32(values) => Int32Array::from(values).into(),
        Values::Int64(values) => BigInt64Array::from(values).into(),
        Values::Float16(values) => Uint16Array::from(values).into(),
    }
}

/// The typed array that holds numbers of this type, with its article.
pub(crate) fn array_name(dtype: DType) -> &'static str {
    match dtype {
        DType::Float32 => "a Float32Array",
        DType::Float16 => "a Uint16Array",
        DType::Int2 | DType::Int4 | DType::Int8 => "an Int8Array",
        DType::Uint8 | DType::Bool => "a Uint8Array",
        DType::Int16 => "an Int16Array",
        DType::Int32 => "an Int32Array",
        DType::Int64 => "a BigInt64Array",
    }
}
