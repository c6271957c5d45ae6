//! `quantize` and `dequantize`: arrays of numbers, without a model.

use js_sys::{Float32Array, Int8Array, Int16Array, Int32Array, Uint8Array, Uint16Array};
use octet_quant::{Granularity, IntRange, QuantParams, Quantized, Rounding, Symmetry};
use wasm_bindgen::prelude::*;

use crate::error::{error, failed};
use crate::options::{Options, numbers, object, unknown_choice};
use crate::typed::{Numbers, floats};

const ROUNDINGS: [(&str, Rounding); 2] = [
    ("half_away_from_zero", Rounding::HalfAwayFromZero),
    ("half_to_even", Rounding::HalfToEven),
];

/// Turns real numbers into integers, with a scale and a zero point for all or for each index of an axis.
#[wasm_bindgen(skip_typescript)]
pub fn quantize(values: &JsValue, options: &JsValue) -> Result<JsValue, JsValue> {
    let known = [
        "rounding",
        "bits",
        "signed",
        "narrow",
        "symmetric",
        "shape",
        "axis",
        "scale",
        "zeroPoint",
    ];
    let options = Options::new(options, &known)?;
    let values = floats(values, "What is to be quantized")?;
    // NumPy and PyTorch round halves one way, TFLite the other; there is no good default.
    let rounding = options
        .choice("rounding", &ROUNDINGS)?
        .ok_or_else(|| unknown_choice("rounding", &ROUNDINGS))?;
    let bits = options.count("bits")?.unwrap_or(8);
    let signed = options.flag("signed", true)?;
    let wrong = failed("The values cannot be quantized");
    let range = IntRange::new(
        u32::try_from(bits).unwrap_or(u32::MAX),
        signed,
        options.flag("narrow", false)?,
    )
    .map_err(&wrong)?;
    let shape = options.counts("shape")?;
    let axis = options.count("axis")?;
    let granularity = match axis {
        Some(axis) => Granularity::PerChannel { axis },
        None => Granularity::PerTensor,
    };
    let lengths = shape.clone().unwrap_or_else(|| vec![values.len()]);
    let quantized = match given(&options)? {
        None => {
            let symmetry = match options.flag("symmetric", false)? {
                true => Symmetry::Symmetric,
                false => Symmetry::Affine,
            };
            Quantized::quantize(&values, &lengths, granularity, symmetry, range, rounding)
        }
        Some(pairs) => {
            let params = pairs
                .into_iter()
                .map(|(scale, zero_point)| QuantParams::new(scale, zero_point, range))
                .collect::<Result<_, _>>()
                .map_err(&wrong)?;
            Quantized::with_params(&values, &lengths, granularity, params, rounding)
        }
    }
    .map_err(&wrong)?;
    let integers = integer_array(quantized.values(), signed, bits);
    let params = quantized.params();
    let scales: Vec<f32> = params.iter().map(QuantParams::scale).collect();
    let zero_points: Vec<i32> = params.iter().map(QuantParams::zero_point).collect();
    let mut properties = vec![
        ("values", integers),
        ("scales", Float32Array::from(scales.as_slice()).into()),
        (
            "zeroPoints",
            Int32Array::from(zero_points.as_slice()).into(),
        ),
    ];
    if let Some(axis) = axis {
        properties.push(("shape", numbers(lengths)));
        properties.push(("axis", JsValue::from(axis as f64)));
    }
    object(&properties)
}

/// Turns integers back into the reals that they stand for.
#[wasm_bindgen(skip_typescript)]
pub fn dequantize(quantized: &JsValue) -> Result<Float32Array, JsValue> {
    let known = ["values", "scales", "zeroPoints", "shape", "axis"];
    let quantized = Options::new(quantized, &known)?;
    let integers = Numbers::read(&quantized.any("values"))
        .and_then(Numbers::into_integers)
        .ok_or_else(|| {
            error(
                "What is to be dequantized must be an Int8Array, a Uint8Array, an Int16Array or a Uint16Array, as “values”.",
            )
        })?;
    let scales = floats(&quantized.any("scales"), "“scales”")?;
    let zero_points = zero_points(&quantized.any("zeroPoints"), scales.len())?;
    let shape = quantized.counts("shape")?;
    let lengths = shape.unwrap_or_else(|| vec![integers.len()]);
    let granularity = match quantized.count("axis")? {
        Some(axis) => Granularity::PerChannel { axis },
        None => Granularity::PerTensor,
    };
    let wrong = failed("The values cannot be dequantized");
    let groups = granularity
        .groups(integers.len(), &lengths)
        .map_err(&wrong)?;
    if groups.count() != scales.len() {
        return Err(error(format!(
            "The values cannot be dequantized: there are {} scales for {} channels.",
            scales.len(),
            groups.count()
        )));
    }
    let mut reals = Vec::with_capacity(integers.len());
    for (group, run) in groups.runs(&integers) {
        let scale = scales.get(group).copied().unwrap_or_default();
        let zero_point = zero_points.get(group).copied().unwrap_or_default();
        reals.extend(run.iter().map(|q| (q - zero_point) as f32 * scale));
    }
    Ok(Float32Array::from(reals.as_slice()))
}

/// Scales and zero points that the caller has chosen, if any.
fn given(options: &Options) -> Result<Option<Vec<(f32, i32)>>, JsValue> {
    let scale = options.any("scale");
    if scale.is_undefined() {
        return match options.any("zeroPoint").is_undefined() {
            true => Ok(None),
            false => Err(error("Option “zeroPoint” needs “scale” beside it.")),
        };
    }
    let scales = match scale.as_f64() {
        Some(scale) => vec![scale as f32],
        None => floats(&scale, "Option “scale”")?,
    };
    let zero_points = zero_points(&options.any("zeroPoint"), scales.len())?;
    Ok(Some(scales.into_iter().zip(zero_points).collect()))
}

/// As many zero points as scales; left out, all are 0.
fn zero_points(value: &JsValue, scales: usize) -> Result<Vec<i32>, JsValue> {
    let numbers = if value.is_undefined() {
        return Ok(vec![0; scales]);
    } else if let Some(number) = value.as_f64() {
        vec![number]
    } else if let Some(array) = value.dyn_ref::<Int32Array>() {
        array.to_vec().into_iter().map(f64::from).collect()
    } else {
        floats(value, "The zero points")?
            .into_iter()
            .map(f64::from)
            .collect()
    };
    if numbers.len() != scales {
        return Err(error(format!(
            "There must be as many zero points as scales: {} for {scales}.",
            numbers.len()
        )));
    }
    let whole = |number: f64| {
        let is_whole = number.fract() == 0.0 && number.abs() <= 65535.0;
        is_whole.then_some(number as i32).ok_or_else(|| {
            error(format!(
                "{number} is no zero point: it must be a whole number that the integers can hold."
            ))
        })
    };
    numbers.into_iter().map(whole).collect()
}

/// The narrowest typed array that holds integers of so many bits.
fn integer_array(integers: &[i32], signed: bool, bits: usize) -> JsValue {
    // They have been clamped to these bits: nothing is cut off.
    match (signed, bits <= 8) {
        (true, true) => {
            let narrow: Vec<i8> = integers.iter().map(|&q| q as i8).collect();
            Int8Array::from(narrow.as_slice()).into()
        }
        (false, true) => {
            let narrow: Vec<u8> = integers.iter().map(|&q| q as u8).collect();
            Uint8Array::from(narrow.as_slice()).into()
        }
        (true, false) => {
            let narrow: Vec<i16> = integers.iter().map(|&q| q as i16).collect();
            Int16Array::from(narrow.as_slice()).into()
        }
        (false, false) => {
            let narrow: Vec<u16> = integers.iter().map(|&q| q as u16).collect();
            Uint16Array::from(narrow.as_slice()).into()
        }
    }
}
