//! Where reals meet integers: what is put into a network, and what comes out.

use octet_engine::{Engine, TensorInfo, Values};
use octet_graph::{DType, Edges, Quantization};
use octet_models::Normalization;
use octet_protocol::{EdgeType, LabError, TensorDetails};
use octet_quant::{IntRange, QuantParams, Rounder};

use super::faults::{cannot_run, unsupported};

/// The type of an input or output, as the graph's passes name it.
pub(crate) fn edges(edge: EdgeType) -> Edges {
    match edge {
        EdgeType::Int8 => Edges::Int8,
        EdgeType::Uint8 => Edges::Uint8,
        EdgeType::Float32 => Edges::Float32,
    }
}

/// Pixels, 0 to 255, as the network was trained on them.
pub(crate) fn normalize(pixels: &[f32], normalization: &Normalization) -> Vec<f32> {
    let Normalization { mean, std } = normalization;
    let channels = mean.iter().zip(std).cycle();
    let normalized = pixels.iter().zip(channels);
    normalized
        .map(|(pixel, (mean, std))| (pixel - mean) / std)
        .collect()
}

/// Scale and zero point of an input or output of bytes; None of other types, an error where there are none.
pub(crate) fn params(info: &TensorInfo) -> Result<Option<QuantParams>, LabError> {
    let range = match info.dtype {
        DType::Int8 => IntRange::INT8,
        DType::Uint8 => IntRange::UINT8,
        _ => return Ok(None),
    };
    let single = info.quantization.as_ref().and_then(Quantization::single);
    let Some((scale, zero_point)) = single else {
        return Err(unsupported(format!(
            "“{}” holds {} without one scale and zero point for all.",
            info.name, info.dtype
        )));
    };
    let params = QuantParams::new(scale, zero_point, range);
    params.map(Some).map_err(cannot_run)
}

/// Puts reals in, as whatever the first input holds. Halves go to the even integer, as in `np.round`, with
/// which Python code does this.
pub(crate) fn put_in(engine: &mut Engine, reals: &[f32]) -> Result<(), LabError> {
    let Some(info) = engine.inputs().first() else {
        return Err(unsupported("The network has no input.".to_owned()));
    };
    let mut rounder = Rounder::HalfToEven;
    match (info.dtype, params(info)?) {
        (DType::Float32, _) => engine.set_input(0, Values::Float32(reals)),
        (DType::Int8, Some(params)) => {
            let integer = |&real| params.quantize(real, &mut rounder) as i8;
            let integers: Vec<i8> = reals.iter().map(integer).collect();
            engine.set_input(0, Values::Int8(&integers))
        }
        (DType::Uint8, Some(params)) => {
            let integer = |&real| params.quantize(real, &mut rounder) as u8;
            let integers: Vec<u8> = reals.iter().map(integer).collect();
            engine.set_input(0, Values::Uint8(&integers))
        }
        (dtype, _) => {
            let text = format!("The network takes {dtype}, and no photo can be made into that.");
            return Err(unsupported(text));
        }
    }
    .map_err(cannot_run)
}

/// The reals that the first output stands for.
pub(crate) fn take_out(engine: &Engine) -> Result<Vec<f32>, LabError> {
    let Some(info) = engine.outputs().first() else {
        return Err(unsupported("The network has no output.".to_owned()));
    };
    let params = params(info)?;
    let real = |integer: i32| params.map_or(integer as f32, |params| params.dequantize(integer));
    Ok(match engine.output(0).map_err(cannot_run)? {
        Values::Float32(values) => values.to_vec(),
        Values::Int8(values) => values.iter().map(|&value| real(value.into())).collect(),
        Values::Uint8(values) => values.iter().map(|&value| real(value.into())).collect(),
        other => {
            let text = format!(
                "The network gives {}, which is no list of classes.",
                other.dtype()
            );
            return Err(unsupported(text));
        }
    })
}

/// A tensor as the interpreter describes it.
pub(crate) fn details(info: &TensorInfo) -> TensorDetails {
    let quantization = info.quantization.as_ref();
    TensorDetails {
        name: info.name.clone(),
        index: info.id.0 as u32,
        shape: info.shape.clone(),
        dtype: info.dtype.name().to_owned(),
        scales: quantization.map_or(Vec::new(), |q| q.scales.clone()),
        zero_points: quantization.map_or(Vec::new(), |q| q.zero_points.clone()),
        axis: quantization.map_or(0, |q| q.axis as u32),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_channel_is_normalized_with_its_own_figures() {
        let normalization = Normalization {
            mean: [0.0, 10.0, 20.0],
            std: [1.0, 2.0, 4.0],
        };
        let pixels = [1.0, 12.0, 28.0, 2.0, 10.0, 20.0];
        assert_eq!(
            normalize(&pixels, &normalization),
            [1.0, 1.0, 2.0, 2.0, 0.0, 0.0]
        );
    }
}
