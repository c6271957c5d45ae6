//! What becomes of a photo's pixels before they are put in: done right, and done wrong.

use octet_engine::{TensorInfo, Values};
use octet_graph::DType;
use octet_models::Normalization;
use octet_protocol::{LabError, Preparation};
use octet_quant::Rounder;

use crate::integers::{cannot_run, normalize, params};

/// Numbers of the type that an input holds.
pub(super) enum Numbers {
    Float32(Vec<f32>),
    Int8(Vec<i8>),
    Uint8(Vec<u8>),
}

impl Numbers {
    pub(super) fn values(&self) -> Values<'_> {
        match self {
            Self::Float32(numbers) => Values::Float32(numbers),
            Self::Int8(numbers) => Values::Int8(numbers),
            Self::Uint8(numbers) => Values::Uint8(numbers),
        }
    }

    /// As float32, in order.
    pub(super) fn reals(&self) -> Vec<f32> {
        match self {
            Self::Float32(numbers) => numbers.clone(),
            Self::Int8(numbers) => numbers.iter().map(|&number| number.into()).collect(),
            Self::Uint8(numbers) => numbers.iter().map(|&number| number.into()).collect(),
        }
    }

    /// The smallest, the largest, and how many different ones there are.
    pub(super) fn spread(&self) -> (f32, f32, u32) {
        let mut numbers = self.reals();
        numbers.sort_by(f32::total_cmp);
        numbers.dedup();
        let first = numbers.first().copied().unwrap_or(0.0);
        let last = numbers.last().copied().unwrap_or(0.0);
        (first, last, numbers.len() as u32)
    }
}

/// The photo's bytes.
pub(super) fn bytes(pixels: &[f32]) -> Vec<u8> {
    pixels.iter().map(|pixel| pixel.round() as u8).collect()
}

/// Pixels (0 to 255) as the preparation makes them into what the input holds.
pub(super) fn prepare(
    preparation: Preparation,
    pixels: &[f32],
    normalization: &Normalization,
    input: &TensorInfo,
) -> Result<Numbers, LabError> {
    let reals = match preparation {
        Preparation::Right | Preparation::Cast => normalize(pixels, normalization),
        Preparation::NotNormalized => pixels.to_vec(),
        Preparation::Bytes => {
            let bytes = bytes(pixels);
            return Ok(match input.dtype {
                // The same bits, read with a sign: 128 becomes −128.
                DType::Int8 => Numbers::Int8(bytes.iter().map(|&byte| byte as i8).collect()),
                DType::Uint8 => Numbers::Uint8(bytes),
                _ => Numbers::Float32(bytes.iter().map(|&byte| byte.into()).collect()),
            });
        }
    };
    let Some(params) = params(input)? else {
        return Ok(Numbers::Float32(reals));
    };
    let mut rounder = Rounder::HalfToEven;
    let mut integer = |real: f32| match preparation {
        // `astype` cuts the fraction off and keeps the lowest 8 bits.
        Preparation::Cast => real as i32,
        _ => params.quantize(real, &mut rounder),
    };
    let integers = reals.iter().map(|&real| integer(real));
    match input.dtype {
        DType::Int8 => Ok(Numbers::Int8(integers.map(|q| q as i8).collect())),
        DType::Uint8 => Ok(Numbers::Uint8(integers.map(|q| q as u8).collect())),
        other => Err(cannot_run(format!("its input holds {other}"))),
    }
}

/// The same in Python.
pub(super) fn python(
    preparation: Preparation,
    normalization: &Normalization,
    input: &TensorInfo,
) -> Result<String, LabError> {
    let dtype = input.dtype;
    let Normalization { mean, std } = normalization;
    let mut lines = Vec::new();
    match preparation {
        Preparation::Right | Preparation::Cast => {
            lines.push(format!("mean, std = {mean:?}, {std:?}"));
            lines.push("x = (pixels - mean) / std".to_owned());
        }
        Preparation::NotNormalized => lines.push("x = pixels".to_owned()),
        Preparation::Bytes => lines.push("x = pixels.astype(np.uint8)".to_owned()),
    }
    match (preparation, params(input)?) {
        (Preparation::Right | Preparation::NotNormalized, Some(params)) => {
            let range = params.range();
            let (scale, zero_point) = (params.scale(), params.zero_point());
            lines.push(format!("x = np.round(x / {scale}) + ({zero_point})"));
            lines.push(format!(
                "x = np.clip(x, {}, {}).astype(np.{dtype})",
                range.qmin(),
                range.qmax()
            ));
        }
        (Preparation::Cast, _) | (Preparation::Right | Preparation::NotNormalized, None) => {
            lines.push(format!("x = x.astype(np.{dtype})"));
        }
        (Preparation::Bytes, _) => {}
    }
    Ok(lines.join("\n"))
}

#[cfg(test)]
mod tests {
    #![allow(
        clippy::unwrap_used,
        reason = "a test stops where something is missing"
    )]

    use super::*;
    use octet_graph::{Quantization, TensorId};

    const NORMALIZATION: Normalization = Normalization {
        mean: [128.0; 3],
        std: [64.0; 3],
    };

    fn input(dtype: DType) -> TensorInfo {
        let zero_point = if dtype == DType::Uint8 { 128 } else { 0 };
        TensorInfo {
            name: "input".to_owned(),
            id: TensorId(0),
            shape: vec![1, 1, 2, 3],
            dtype,
            quantization: (dtype != DType::Float32)
                .then(|| Quantization::per_tensor(1.0 / 64.0, zero_point)),
        }
    }

    fn prepared(preparation: Preparation, dtype: DType) -> Vec<f32> {
        let pixels = [0.0, 64.0, 127.0, 128.0, 192.0, 255.0];
        let numbers = prepare(preparation, &pixels, &NORMALIZATION, &input(dtype)).unwrap();
        numbers.reals()
    }

    #[test]
    fn right_and_wrong_for_int8() {
        let int8 = |preparation| prepared(preparation, DType::Int8);
        assert_eq!(
            int8(Preparation::Right),
            [-128.0, -64.0, -1.0, 0.0, 64.0, 127.0]
        );
        assert_eq!(
            int8(Preparation::NotNormalized),
            [0.0, 127.0, 127.0, 127.0, 127.0, 127.0]
        );
        assert_eq!(int8(Preparation::Cast), [-2.0, -1.0, 0.0, 0.0, 1.0, 1.0]);
        assert_eq!(
            int8(Preparation::Bytes),
            [0.0, 64.0, 127.0, -128.0, -64.0, -1.0]
        );
    }

    #[test]
    fn bytes_are_right_for_uint8_where_the_scale_undoes_the_normalization() {
        let right = prepared(Preparation::Right, DType::Uint8);
        assert_eq!(right, [0.0, 64.0, 127.0, 128.0, 192.0, 255.0]);
        assert_eq!(prepared(Preparation::Bytes, DType::Uint8), right);
        // As NumPy on x86 casts negative numbers.
        assert_eq!(
            prepared(Preparation::Cast, DType::Uint8),
            [254.0, 255.0, 0.0, 0.0, 1.0, 1.0]
        );
    }

    #[test]
    fn float32_has_no_scale_to_forget() {
        let right = prepared(Preparation::Right, DType::Float32);
        assert_eq!(right[0], -2.0);
        assert_eq!(prepared(Preparation::Cast, DType::Float32), right);
    }

    #[test]
    fn python_says_what_is_done() {
        let text = python(Preparation::Right, &NORMALIZATION, &input(DType::Int8)).unwrap();
        assert_eq!(
            text,
            "mean, std = [128.0, 128.0, 128.0], [64.0, 64.0, 64.0]\nx = (pixels - mean) / std\n\
             x = np.round(x / 0.015625) + (0)\nx = np.clip(x, -128, 127).astype(np.int8)"
        );
        let text = python(Preparation::Cast, &NORMALIZATION, &input(DType::Int8)).unwrap();
        assert!(text.ends_with("x = x.astype(np.int8)"), "{text}");
    }

    #[test]
    fn spread_counts_different_numbers() {
        assert_eq!(Numbers::Int8(vec![3, -4, 3]).spread(), (-4.0, 3.0, 2));
        assert_eq!(Numbers::Uint8(Vec::new()).spread(), (0.0, 0.0, 0));
    }
}
