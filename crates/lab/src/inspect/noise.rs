//! How far each operator's output is from float32's.

use octet_engine::{Engine, Values};
use octet_graph::{Graph, TensorId};
use octet_protocol::LabError;
use octet_quant::ErrorSum;

use crate::host::Host;
use crate::integers::{cannot_run, fastest, put_in};
use crate::photo::StoredPhoto;
use crate::predict::Steps;

/// The signal-to-quantization-noise ratio of each operator's output, in dB: the energy of the float32 graph's
/// output over the energy of the difference, over all photos. None where nothing is lost, or the float32 graph
/// has no such tensor. What has a number in both graphs stands for the same reals. `reals` tells what of a photo's pixels
/// is put in.
pub(super) async fn sqnr(
    photos: &[StoredPhoto],
    reals_of: impl Fn(&[f32]) -> Vec<f32>,
    steps: &mut Steps<'_, impl Host>,
    float32: &Graph,
    quantized: &Graph,
) -> Result<Vec<Option<f64>>, LabError> {
    let mut exact = Engine::with_all_tensors_kept(float32, fastest()).map_err(cannot_run)?;
    let mut rough = Engine::with_all_tensors_kept(quantized, fastest()).map_err(cannot_run)?;
    let mut sums = vec![ErrorSum::default(); quantized.nodes.len()];
    for (place, photo) in photos.iter().enumerate() {
        let label = format!("measuring, photo {} of {}", place + 1, photos.len());
        steps.next(label).await?;
        let pixels = reals_of(&photo.pixels);
        put_in(&mut exact, &pixels)?;
        exact.invoke().map_err(cannot_run)?;
        put_in(&mut rough, &pixels)?;
        rough.invoke().map_err(cannot_run)?;
        for (sum, node) in sums.iter_mut().zip(&quantized.nodes) {
            let in_both = node.output.0 < float32.tensors.len();
            if let (true, Ok(Values::Float32(values))) = (in_both, exact.tensor(node.output)) {
                sum.add(values, &reals(&rough, quantized, node.output)?);
            }
        }
    }
    Ok(sums.iter().map(|sum| sum.figures().sqnr_db).collect())
}

/// What a tensor stands for.
fn reals(engine: &Engine, graph: &Graph, id: TensorId) -> Result<Vec<f32>, LabError> {
    let quantization = graph.tensor(id).map_err(cannot_run)?.quantization.as_ref();
    let single = quantization.and_then(|quantization| quantization.single());
    let (scale, zero_point) = single.unwrap_or((1.0, 0));
    let real = |integer: i32| (integer - zero_point) as f32 * scale;
    Ok(match engine.tensor(id).map_err(cannot_run)? {
        Values::Float32(values) => values.to_vec(),
        Values::Int8(values) => values.iter().map(|&value| real(value.into())).collect(),
        Values::Uint8(values) => values.iter().map(|&value| real(value.into())).collect(),
        other => return Err(cannot_run(format!("no reals in {}", other.dtype()))),
    })
}
