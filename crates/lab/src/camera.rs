//! Cell `camera`: frame by frame, in float32 and in full integer.

use octet_protocol::{
    CameraReport, CameraRequest, EdgeType, ErrorKind, FrameReport, FrameRequest, LabError,
    ObserverName, Sight, WeightScales,
};

use crate::classes;
use crate::host::Host;
use crate::integers::{self, Form, Runner, fastest, latency};
use crate::photo::SIZE;
use crate::predict::Steps;
use crate::session::Session;

/// As cell `full-integer` calibrates if it is not told otherwise, so that both share the work.
const SAMPLES: u32 = 32;
const OBSERVER: ObserverName = ObserverName::MinMax;
/// Runs on a photo before the timed ones, and timed.
const WARM_UPS: usize = 2;
const RUNS: usize = 5;

/// Both networks, ready for frames.
pub(crate) struct Pair {
    float32: Runner,
    full_integer: Runner,
}

/// Makes both networks ready, and tries them on a photo.
pub(crate) async fn run(
    session: &mut Session,
    host: &impl Host,
    CameraRequest {}: CameraRequest,
) -> Result<CameraReport, LabError> {
    let mut steps = Steps::new(host, SAMPLES as usize + 2 + WARM_UPS + RUNS);
    let ranges = integers::calibrate(session, &mut steps, OBSERVER, SAMPLES)
        .await?
        .ranges;
    let normalization = session.baseline()?.network.spec.normalization;
    steps.next("converting, float32".into()).await?;
    let float32 = integers::converted(session, &Form::Float32)?;
    steps.next("converting, full_integer".into()).await?;
    let form = Form::FullInteger {
        weights: WeightScales::PerChannel,
        inputs: EdgeType::Int8,
        outputs: EdgeType::Int8,
        ranges,
    };
    let full_integer = integers::converted(session, &form)?;
    let mut pair = Pair {
        float32: Runner::new(&float32, fastest(), normalization)?,
        full_integer: Runner::new(&full_integer, fastest(), normalization)?,
    };
    let (mut float32_ms, mut full_integer_ms) = (Vec::new(), Vec::new());
    let photo = session.photos.first().map(|photo| photo.pixels.clone());
    for run in 0..WARM_UPS + RUNS {
        steps.next("trying both on a photo".into()).await?;
        let Some(pixels) = &photo else { break };
        let time = |runner: &mut Runner, times: &mut Vec<f64>| {
            runner.put_in(pixels)?;
            let ms = runner.invoke(host)?;
            if run >= WARM_UPS {
                times.push(ms);
            }
            Ok::<_, LabError>(())
        };
        time(&mut pair.float32, &mut float32_ms)?;
        time(&mut pair.full_integer, &mut full_integer_ms)?;
    }
    let median = |times| latency(times, WARM_UPS as u32).median_ms;
    let baseline = session.baseline_mut()?;
    baseline.camera = Some(pair);
    Ok(CameraReport {
        model: baseline.model,
        kernels: integers::used(fastest()),
        samples: SAMPLES,
        side: SIZE as u32,
        float32_ms: median(float32_ms),
        full_integer_ms: median(full_integer_ms),
    })
}

/// Shows both networks a frame.
pub(crate) fn frame(
    session: &mut Session,
    host: &impl Host,
    frame: &FrameRequest,
) -> Result<FrameReport, LabError> {
    let expected = SIZE * SIZE * 4;
    if frame.bytes.len() != expected {
        return Err(LabError::new(
            ErrorKind::BadInput,
            format!(
                "A frame has {} bytes; {expected} were expected.",
                frame.bytes.len()
            ),
            "Reload the page.",
        ));
    }
    // Whatever is transparent is seen as it is stored.
    let (pixels, _) = frame.bytes.as_chunks::<4>();
    let pixels: Vec<f32> = pixels
        .iter()
        .flat_map(|&[r, g, b, _]| [r, g, b].map(f32::from))
        .collect();
    let not_ready = || {
        LabError::new(
            ErrorKind::BadInput,
            "The networks are not ready for frames.",
            "Run the cell “camera” first.",
        )
    };
    let pair = session
        .baseline_mut()?
        .camera
        .as_mut()
        .ok_or_else(not_ready)?;
    let float32 = look(&mut pair.float32, host, &pixels)?;
    let full_integer = look(&mut pair.full_integer, host, &pixels)?;
    let sight = |(probabilities, run_ms, frame_ms): Looked| Sight {
        classes: classes::top5(session, &probabilities),
        run_ms,
        frame_ms,
    };
    Ok(FrameReport {
        float32: sight(float32),
        full_integer: sight(full_integer),
    })
}

/// Probabilities, milliseconds of the run alone, and of all.
type Looked = (Vec<f32>, f64, f64);

fn look(runner: &mut Runner, host: &impl Host, pixels: &[f32]) -> Result<Looked, LabError> {
    let begin = host.now_ms();
    runner.put_in(pixels)?;
    let run_ms = runner.invoke(host)?;
    let probabilities = runner.probabilities()?;
    Ok((probabilities, run_ms, host.now_ms() - begin))
}
