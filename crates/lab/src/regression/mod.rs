//! Cell `regression`: one neuron learns °C → °F, becomes int8, and one temperature is followed through the integers.

mod convert;
mod descent;

use octet_protocol::{
    ErrorKind, LabError, LinePoints, RegressionReport, RegressionRequest, Representative, SavedFile,
};
use octet_quant::RandomState;

use crate::host::Host;
use crate::predict::Steps;
use crate::session::Session;
use convert::{Neuron, graph};
use descent::{Descent, diverged};

const MOST_EPOCHS: u32 = 100_000;
const MOST_POINTS: u32 = 1000;
/// The first pairs of TensorFlow's course, as they are given there: 8, 15 and 22 °C are rounded.
const CLASSIC: [[f32; 2]; 7] = [
    [-40.0, -40.0],
    [-10.0, 14.0],
    [0.0, 32.0],
    [8.0, 46.0],
    [15.0, 59.0],
    [22.0, 72.0],
    [38.0, 100.0],
];
/// Drawn temperatures lie between this and its negative, °C.
const REACH: f64 = 40.0;
/// Of the wide representative dataset, °C.
const WIDE: i32 = 100;
/// As hot or cold as a temperature may be, °C.
const HOTTEST: f64 = 1e6;
/// Steps of the progress bar.
const PARTS: u32 = 50;
/// The chart’s points, and the part of the range that it shows beyond each end.
const ANSWERS: u16 = 321;
const BEYOND: f32 = 0.2;

/// Trains, converts, and follows one temperature.
pub(crate) async fn run(
    session: &mut Session,
    host: &impl Host,
    request: RegressionRequest,
) -> Result<RegressionReport, LabError> {
    check(&request)?;
    let RegressionRequest {
        seed,
        epochs,
        learning_rate,
        ..
    } = request;
    let mut random = RandomState::new(seed);
    let start = [random.randn() as f32, random.randn() as f32];
    let points = points(request.points, &mut random);
    let mut descent = Descent::new(&points, start, learning_rate as f32);
    let mut steps = Steps::new(host, PARTS as usize + 1);
    let part = epochs.div_ceil(PARTS);
    while descent.epoch < epochs {
        let until = epochs.min(descent.epoch + part);
        steps
            .next(format!("epoch {} of {epochs}", descent.epoch + 1))
            .await?;
        if !descent.run(until, epochs) {
            return Err(diverged(&descent, learning_rate));
        }
    }

    steps.next("converting".to_owned()).await?;
    let representative: Vec<f32> = match request.representative {
        Representative::Training => points.iter().map(|[celsius, _]| *celsius).collect(),
        Representative::Wide => (-WIDE..=WIDE).map(|celsius| celsius as f32).collect(),
    };
    let float32 = graph(descent.weight, descent.bias);
    let (mut float32, mut int8) = Neuron::both(&float32, &representative)?;
    let celsius = request.celsius as f32;
    let line_steps = int8.follow(celsius, float32.answer(celsius)?)?;
    let [low, high] = int8.input.range;
    let room = (high - low) * BEYOND;
    let (from, span) = (low - room, high - low + 2.0 * room);
    let mut answers = Vec::with_capacity(ANSWERS.into());
    let mut largest_error = 0.0_f64;
    for place in 0..ANSWERS {
        let celsius = from + span * f32::from(place) / f32::from(ANSWERS - 1);
        let (exact, rough) = (float32.answer(celsius)?, int8.answer(celsius)?);
        if (low..=high).contains(&celsius) {
            largest_error = largest_error.max(f64::from(rough - exact).abs());
        }
        answers.push([celsius, exact, rough]);
    }
    let seen = representative
        .iter()
        .fold([f32::INFINITY, f32::NEG_INFINITY], |[low, high], &next| {
            [low.min(next), high.max(next)]
        });
    let same_of_256 = int8.same_as_fixed_point()?;
    let files = [
        ("celsius_float32.tflite", float32.file),
        ("celsius_int8.tflite", int8.file),
    ];
    let files = files.map(|(name, bytes)| {
        let saved = SavedFile {
            file_name: name.to_owned(),
            bytes: bytes.len() as u64,
        };
        session.files.insert(name.to_owned(), bytes);
        saved
    });
    Ok(RegressionReport {
        epochs,
        learning_rate,
        largest_rate: descent.largest_rate(),
        start,
        weight: descent.weight,
        bias: descent.bias,
        history: descent.history,
        points,
        representative: representative.len() as u32,
        seen,
        input: int8.input,
        output: int8.output,
        weight_scale: int8.weight_scale,
        weight_integer: int8.weight,
        bias_scale: int8.bias_scale,
        bias_integer: int8.bias,
        steps: line_steps,
        same_of_256,
        answers,
        largest_error,
        files: files.into(),
    })
}

fn check(request: &RegressionRequest) -> Result<(), LabError> {
    let bad =
        |message: String, remedy: String| Err(LabError::new(ErrorKind::BadInput, message, remedy));
    if let LinePoints::Drawn { count, noise } = request.points {
        if !(2..=MOST_POINTS).contains(&count) {
            let message = format!("A line cannot be learned from {count} drawn points here.");
            return bad(message, format!("Choose from 2 to {MOST_POINTS}."));
        }
        if !(0.0..=100.0).contains(&noise) {
            let message = format!("{noise} °F is no noise that can be added.");
            return bad(message, "Choose from 0 to 100.".to_owned());
        }
    }
    if !(1..=MOST_EPOCHS).contains(&request.epochs) {
        let message = format!("{} epochs cannot be trained.", request.epochs);
        return bad(message, format!("Choose from 1 to {MOST_EPOCHS}."));
    }
    let rate = request.learning_rate;
    if !(rate as f32 > 0.0 && rate.is_finite()) {
        let message = format!("{rate} is no learning rate.");
        let remedy = "Choose a number above 0, 0.001 for a start: at 0 nothing would be learned.";
        return bad(message, remedy.to_owned());
    }
    if !(-HOTTEST..=HOTTEST).contains(&request.celsius) {
        let message = format!("{} is no temperature to convert.", request.celsius);
        let remedy = format!("Enter degrees Celsius, at most {HOTTEST} above or below zero.");
        return bad(message, remedy);
    }
    Ok(())
}

fn points(points: LinePoints, random: &mut RandomState) -> Vec<[f32; 2]> {
    let LinePoints::Drawn { count, noise } = points else {
        return CLASSIC.to_vec();
    };
    let mut draw = |_| {
        let celsius = random.uniform(-REACH, REACH);
        let fahrenheit = fahrenheit(celsius) + noise * random.randn();
        [celsius as f32, fahrenheit as f32]
    };
    (0..count).map(&mut draw).collect()
}

/// What the neuron is to learn.
fn fahrenheit(celsius: f64) -> f64 {
    celsius * 1.8 + 32.0
}
