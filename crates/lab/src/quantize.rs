//! Cell `quantize`: dynamic-range quantization, and both models as files.

use octet_models::{Layer, LayerSpec, Weights};
use octet_protocol::{LabError, QuantizeReport, QuantizedLayer};
use octet_quant::{ErrorSum, Rounding};

use crate::host::Host;
use crate::models::{self, internal};
use crate::predict::Steps;
use crate::session::{Quantized, Session};

/// Makes the int8 weights, writes both files, and measures what each layer lost.
pub(crate) async fn run(
    session: &mut Session,
    host: &impl Host,
) -> Result<QuantizeReport, LabError> {
    let baseline = session.baseline()?;
    let mut steps = Steps::new(host, 2 + baseline.network.layers.len());
    steps
        .next("quantizing and writing both files".into())
        .await?;
    let begin = host.now_ms();
    let quantized = baseline
        .network
        .quantize_weights(Rounding::HalfAwayFromZero)
        .map_err(|error| internal(&error))?;
    let files = Quantized {
        float32: baseline
            .network
            .to_file()
            .map_err(|error| internal(&error))?,
        dynamic_range: quantized.to_file().map_err(|error| internal(&error))?,
    };
    let quantize_ms = host.now_ms() - begin;

    let mut total = ErrorSum::default();
    let mut layers = Vec::with_capacity(quantized.layers.len());
    for ((spec, before), after) in baseline.network.pairs().zip(&quantized.layers) {
        steps.next(format!("measuring {}", spec.name)).await?;
        let (row, error) = measure(spec, before, after);
        total.merge(&error);
        layers.extend(row);
    }
    let figures = total.figures();

    let model = baseline.model;
    session.quantized = Some(files);
    session.inference = None;
    Ok(QuantizeReport {
        model,
        layers,
        max_abs_error: figures.max_abs,
        mean_abs_error: figures.mean_abs,
        sqnr_db: figures.sqnr_db,
        quantize_ms,
        files: session.model_files()?,
    })
}

/// A layer's row. None where there was nothing to quantize.
fn measure(spec: &LayerSpec, before: &Layer, after: &Layer) -> (Option<QuantizedLayer>, ErrorSum) {
    let mut error = ErrorSum::default();
    let (Weights::Float(weights), Weights::Int8(quantized)) = (&before.weights, &after.weights)
    else {
        return (None, error);
    };
    error.add(weights, &quantized.dequantize());
    let figures = error.figures();
    let scales = quantized.scales().iter().map(|&scale| f64::from(scale));
    let row = QuantizedLayer {
        name: spec.name.clone(),
        kind: models::kind(spec),
        shape: spec.weight_shape(),
        channels: spec.outputs as u32,
        scale_min: scales.clone().fold(f64::INFINITY, f64::min),
        scale_max: scales.fold(0.0, f64::max),
        max_abs_error: figures.max_abs,
        mean_abs_error: figures.mean_abs,
        sqnr_db: figures.sqnr_db,
    };
    (Some(row), error)
}
