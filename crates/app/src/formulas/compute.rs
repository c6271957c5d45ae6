//! What follows from the fields of each formula. The arithmetic is `octet-quant`'s.

use octet_quant::{
    IntRange, Multiplier, MultiplierRounding, QuantError, QuantParams, Rounding, Symmetry,
    packed_bytes,
};

use super::Formula;
use crate::format;

/// All formulas, in the order of the page.
pub(super) static FORMULAS: [Formula; 6] = [
    Formula {
        name: "quantize",
        title: "Quantize one value, and come back",
        formula: "q = clamp(round(r / scale) + zero_point, −128, 127);  r̂ = scale · (q − zero_point)",
        source: "Jacob et al. 2018, arXiv 1712.05877, equation 1; int8, halves to even",
        fields: &[
            ("r", "r", "0.42"),
            ("scale", "scale", "0.025"),
            ("zero_point", "zero_point", "0"),
        ],
        compute: quantize,
    },
    Formula {
        name: "params",
        title: "Scale and zero point of a range",
        formula: "scale = (max − min) / (2^bits − 1);  zero_point = −2^(bits − 1) − round(min / scale)",
        source: "the same paper, section 2.1; signed integers, the range widened to hold 0",
        fields: &[
            ("min", "min", "-1.6206"),
            ("max", "max", "1.9264"),
            ("bits", "bits", "8"),
        ],
        compute: params,
    },
    Formula {
        name: "bias",
        title: "The scale of a bias",
        formula: "bias_scale = input_scale · weight_scale;  q = round(bias / bias_scale), in int32",
        source: "TFLite 8-bit quantization specification",
        fields: &[
            ("bias", "bias", "0.31"),
            ("input_scale", "input_scale", "0.0235"),
            ("weight_scale", "weight_scale", "0.004"),
        ],
        compute: bias,
    },
    Formula {
        name: "requantize",
        title: "From the int32 sum back to int8",
        formula: "M = input_scale · weight_scale / output_scale = multiplier · 2^(shift − 31);  q = round(sum · M)",
        source: "Jacob et al. 2018, section 2.2; rounded twice, as TFLite’s reference kernels do by default",
        fields: &[
            ("in_scale", "input_scale", "0.0235"),
            ("w_scale", "weight_scale", "0.004"),
            ("out_scale", "output_scale", "0.05"),
            ("sum", "int32 sum", "12345"),
        ],
        compute: requantize,
    },
    Formula {
        name: "size",
        title: "Bytes of the weights",
        formula: "bytes = parameters · bits / 8",
        source: "by definition; scales, biases and the file’s own structure come on top",
        fields: &[
            ("parameters", "parameters", "3487816"),
            ("width", "bits", "8"),
        ],
        compute: size,
    },
    Formula {
        name: "sqnr",
        title: "What a bit is worth",
        formula: "SQNR ≈ 6.02 · bits + 1.76 dB",
        source: "Bennett 1948, for a sine that fills the range, errors even over a step; weights do worse: compare “simulate”",
        fields: &[("sine_bits", "bits", "8")],
        compute: sqnr,
    },
];

/// A value with six decimals, as a Python listing prints it; very small ones with three digits.
fn six(x: f64) -> String {
    if x != 0.0 && x.abs() < 1e-4 {
        return format::small(x);
    }
    let text = format!("{x:.6}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    match text {
        "-0" => "0".to_owned(),
        text => text.replace('-', "\u{2212}"),
    }
}

fn int(q: impl Into<i64>) -> String {
    q.into().to_string().replace('-', "\u{2212}")
}

fn quantize(fields: &[f64]) -> Result<String, String> {
    let &[r, scale, zero_point] = fields else {
        return Err(missing());
    };
    let zero_point = whole("zero_point", zero_point)?;
    let params = QuantParams::new(scale as f32, zero_point, IntRange::INT8).map_err(refused)?;
    let mut rounder = Rounding::HalfToEven.rounder();
    let q = params.quantize(r as f32, &mut rounder);
    let back = f64::from(params.dequantize(q));
    let error = (r - back).abs();
    let bound = f64::from(params.scale()) / 2.0;
    let verdict = if params.clips(r as f32) {
        format!(
            "error {} is more than scale/2 = {}: r lies outside of the range and is clipped",
            six(error),
            six(bound)
        )
    } else {
        format!("error {} ≤ scale/2 = {}", six(error), six(bound))
    };
    Ok(format!("q = {}, back to {}; {verdict}", int(q), six(back)))
}

fn params(fields: &[f64]) -> Result<String, String> {
    let &[min, max, bits] = fields else {
        return Err(missing());
    };
    let bits =
        u32::try_from(whole("bits", bits)?).map_err(|_| refused(QuantError::Bits { bits: 0 }))?;
    let range = IntRange::new(bits, true, false).map_err(refused)?;
    let params = QuantParams::from_range(
        min as f32,
        max as f32,
        Symmetry::Affine,
        range,
        Rounding::HalfToEven,
    )
    .map_err(refused)?;
    let (lo, hi) = params.real_range();
    Ok(format!(
        "scale = {}, zero_point = {}; the integers stand for [{}, {}]",
        six(params.scale().into()),
        int(params.zero_point()),
        six(lo.into()),
        six(hi.into())
    ))
}

fn bias(fields: &[f64]) -> Result<String, String> {
    let &[bias, input, weight] = fields else {
        return Err(missing());
    };
    let scale = positive("input_scale", input)? * positive("weight_scale", weight)?;
    let q = (bias / scale).round();
    if !q.is_finite() || q.abs() > f64::from(i32::MAX) {
        return Err("The bias does not fit into 32 bits at this scale.".to_owned());
    }
    Ok(format!(
        "bias_scale = {}, q = {}; in int8 it would have to lie from −128 to 127",
        format::small(scale),
        int(q as i64)
    ))
}

fn requantize(fields: &[f64]) -> Result<String, String> {
    let &[input, weight, output, sum] = fields else {
        return Err(missing());
    };
    let real = positive("input_scale", input)? * positive("weight_scale", weight)?
        / positive("output_scale", output)?;
    let sum = whole("int32 sum", sum)?;
    let multiplier = Multiplier::from_real(real, MultiplierRounding::Double)
        .map_err(|_| "These scales give a multiplier that TFLite cannot represent.".to_owned())?;
    Ok(format!(
        "M = {} = {} · 2^({} − 31); {} becomes {} (before the zero point is added)",
        format::small(real),
        multiplier.multiplier(),
        int(multiplier.shift()),
        int(sum),
        int(multiplier.apply(sum))
    ))
}

fn size(fields: &[f64]) -> Result<String, String> {
    let &[parameters, bits] = fields else {
        return Err(missing());
    };
    let bits = whole("bits", bits)?;
    if !(1..=64).contains(&bits) || !(0.0..=1e15).contains(&parameters) {
        return Err("Choose from 1 to 64 bits, and up to 10¹⁵ parameters.".to_owned());
    }
    let bytes = packed_bytes(parameters as usize, bits as u32);
    Ok(format!(
        "{} bytes, {}; in float32 {}, {:.1} times as much",
        format::grouped(bytes),
        format::megabytes(bytes),
        format::megabytes(packed_bytes(parameters as usize, 32)),
        32.0 / f64::from(bits)
    ))
}

fn sqnr(fields: &[f64]) -> Result<String, String> {
    let &[bits] = fields else {
        return Err(missing());
    };
    let bits = whole("bits", bits)?;
    if !(1..=64).contains(&bits) {
        return Err("Choose from 1 to 64 bits.".to_owned());
    }
    Ok(format!("{:.2} dB", 6.02 * f64::from(bits) + 1.76))
}

fn whole(name: &str, value: f64) -> Result<i32, String> {
    if value.fract() == 0.0 && (f64::from(i32::MIN)..=f64::from(i32::MAX)).contains(&value) {
        Ok(value as i32)
    } else {
        Err(format!(
            "“{name}” must be a whole number that fits into 32 bits."
        ))
    }
}

fn positive(name: &str, value: f64) -> Result<f64, String> {
    if value > 0.0 {
        Ok(value)
    } else {
        Err(format!("“{name}” must be above zero."))
    }
}

fn refused(error: QuantError) -> String {
    match error {
        QuantError::Scale { .. } => "“scale” must be above zero.".to_owned(),
        QuantError::ZeroPoint { .. } => {
            "“zero_point” must be an int8: from −128 to 127.".to_owned()
        }
        QuantError::Bits { .. } => "“bits” must be from 2 to 16.".to_owned(),
        QuantError::Range => "“min” must not lie above “max”.".to_owned(),
        other => format!("This cannot be computed: {other}."),
    }
}

fn missing() -> String {
    "A field is missing.".to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_of_the_listing() {
        assert_eq!(
            quantize(&[0.42, 0.025, 0.0]).unwrap(),
            "q = 17, back to 0.425; error 0.005 ≤ scale/2 = 0.0125"
        );
    }

    #[test]
    fn what_is_clipped_is_called_so() {
        let text = quantize(&[100.0, 0.025, 0.0]).unwrap();
        assert!(text.starts_with("q = 127, back to 3.175;"), "{text}");
        assert!(text.ends_with("is clipped"), "{text}");
    }

    #[test]
    fn the_other_formulas_by_hand() {
        assert_eq!(
            params(&[-1.6206, 1.9264, 8.0]).unwrap(),
            "scale = 0.01391, zero_point = \u{2212}11; the integers stand for [\u{2212}1.627447, 1.919553]"
        );
        assert!(bias(&[0.31, 0.0235, 0.004]).unwrap().contains("q = 3298;"));
        let text = requantize(&[0.5, 0.5, 0.5, 7.0]).unwrap();
        // 0.5 = 2^30 · 2^(0 − 31); 3.5 is rounded away from zero.
        assert!(
            text.contains("1073741824 · 2^(0 − 31); 7 becomes 4"),
            "{text}"
        );
        assert!(size(&[1000.0, 4.0]).unwrap().starts_with("500 bytes"));
        assert_eq!(sqnr(&[8.0]).unwrap(), "49.92 dB");
    }

    #[test]
    fn nonsense_is_refused_by_name() {
        for (result, part) in [
            (quantize(&[1.0, 0.0, 0.0]), "“scale” must be above zero"),
            (quantize(&[1.0, -1.0, 0.0]), "“scale” must be above zero"),
            (quantize(&[1.0, 0.1, 200.0]), "“zero_point” must be an int8"),
            (quantize(&[1.0, 0.1, 0.5]), "“zero_point” must be a whole"),
            (params(&[1.0, -1.0, 8.0]), "“min” must not"),
            (params(&[-1.0, 1.0, 17.0]), "“bits” must be"),
            (params(&[-1.0, 1.0, -3.0]), "“bits” must be"),
            (bias(&[1.0, 0.0, 1.0]), "“input_scale”"),
            (bias(&[1.0, 1e-9, 1e-9]), "32 bits"),
            (requantize(&[1.0, 1.0, 0.0, 1.0]), "“output_scale”"),
            (requantize(&[1e30, 1e30, 1e-30, 1.0]), "TFLite cannot"),
            (requantize(&[1.0, 1.0, 2.0, 0.5]), "“int32 sum”"),
            (size(&[1.0, 65.0]), "1 to 64"),
            (size(&[-1.0, 8.0]), "10¹⁵"),
            (sqnr(&[0.0]), "1 to 64"),
        ] {
            let message = result.unwrap_err();
            assert!(message.contains(part), "{message}");
        }
    }
}
