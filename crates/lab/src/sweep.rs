//! Cell `sweep`: weights at 2 to 8 bits, with one scale a channel and with one a tensor.

use octet_graph::{WeightScheme, fake_quantize_weights};
use octet_protocol::{LabError, SweepPoint, SweepReport, SweepRequest, WeightScales};

use crate::host::Host;
use crate::integers::{self, cannot_convert, fastest, used};
use crate::models::internal;
use crate::predict::Steps;
use crate::session::Session;
use crate::yardstick::{Yardstick, images};

/// Widest first.
const BITS: [u32; 7] = [8, 7, 6, 5, 4, 3, 2];

/// Rounds the weights in each way, packs them into a file, and runs the network with them.
pub(crate) async fn run(
    session: &mut Session,
    host: &impl Host,
    request: SweepRequest,
) -> Result<SweepReport, LabError> {
    let forms = [WeightScales::PerChannel, WeightScales::PerTensor];
    let forms = forms.map(|scales| BITS.map(|bits| (bits, scales)));
    let images = images(session, request.crops)?;
    let total = images + forms.as_flattened().len() * (1 + images);
    let mut steps = Steps::new(host, total);
    let yardstick = Yardstick::new(session, &mut steps, request.crops).await?;
    let graph = integers::float32(session)?;
    let baseline = session.baseline()?;
    let network = &baseline.network;
    let float32 = network.to_file().map_err(|error| internal(&error))?;
    let mut points = Vec::with_capacity(forms.as_flattened().len());
    for &(bits, weight_scales) in forms.as_flattened() {
        let scheme = scheme(bits, weight_scales);
        let label = format!("{bits} bits, {}", in_words(weight_scales));
        steps.next(format!("{label}, rounding")).await?;
        let file = network.to_packed_file(scheme);
        let file = file.map_err(|error| internal(&error))?;
        let (rounded, _) = fake_quantize_weights(&graph, scheme).map_err(cannot_convert)?;
        points.push(SweepPoint {
            bits,
            weight_scales,
            file_bytes: file.len() as u64,
            distance: yardstick.measure(rounded, &mut steps, &label).await?,
        });
    }
    Ok(SweepReport {
        model: baseline.model,
        photos: yardstick.photos(),
        crops: request.crops,
        kernels: used(fastest()),
        float32_confidence: yardstick.confidence(),
        float32_bytes: float32.len() as u64,
        points,
    })
}

/// How the graph's passes say it.
pub(crate) fn scheme(bits: u32, scales: WeightScales) -> WeightScheme {
    WeightScheme {
        bits,
        per_channel: scales == WeightScales::PerChannel,
    }
}

fn in_words(scales: WeightScales) -> &'static str {
    match scales {
        WeightScales::PerChannel => "per channel",
        WeightScales::PerTensor => "per tensor",
    }
}
