//! Cell `interpreter`: the life of a TFLite interpreter on one of the model's three files, call by call; what
//! wrongly prepared pixels do; and the same model on each set of kernels.

mod calls;
mod compare;
mod preparation;
mod tflite;

use std::rc::Rc;

use octet_graph::{Calibration, DType};
use octet_models::Normalization;
use octet_protocol::{
    Class, ErrorKind, InterpreterReport, InterpreterRequest, LabError, Precision, Preparation,
    PreparationOutcome, WeightScales,
};

use crate::classes;
use crate::host::Host;
use crate::integers::{self, Form, by_name, cannot_run, take_out};
use crate::photo::StoredPhoto;
use crate::predict::{Steps, softmax};
use crate::session::Session;
use crate::source::counted;
use calls::Calls;
use octet_engine::Values;
use preparation::{Numbers, bytes, prepare, python};
use tflite::{CallError, Interpreter};

/// More timed runs than this only wear out the reader.
const MAX_RUNS: u32 = 1000;

/// Walks through the calls, then compares preparations and kernels.
pub(crate) async fn run(
    session: &mut Session,
    host: &impl Host,
    request: InterpreterRequest,
) -> Result<InterpreterReport, LabError> {
    let InterpreterRequest {
        precision,
        preparation,
        allocates,
        runs,
        ..
    } = request;
    if !(1..=MAX_RUNS).contains(&runs) {
        return Err(LabError::new(
            ErrorKind::BadInput,
            format!("{runs} runs are out of range."),
            format!("Choose from 1 to {MAX_RUNS} runs."),
        ));
    }
    let kernels = by_name(request.kernels)?;
    let photos = session.photos.clone();
    let photo = chosen(&photos, request.photo)?;
    let (observer, samples) = integers::calibration_at_hand(session)?;
    let calibrates = match precision {
        Precision::FullInteger => samples,
        _ => 0,
    };
    let total =
        calibrates as usize + 2 + Preparation::ALL.len() + compare::steps(photos.len(), runs);
    let mut steps = Steps::new(host, total);
    let file = file(session, &mut steps, request).await?;
    let baseline = session.baseline()?;
    let (model, normalization) = (baseline.model, baseline.network.spec.normalization);

    let mut report = InterpreterReport {
        model,
        precision,
        photo: photo.info.title.clone(),
        calibrated_with: (precision == Precision::FullInteger).then_some((observer, samples)),
        preparation,
        steps: Vec::new(),
        outcomes: Vec::new(),
        used: integers::used(kernels),
        kernels: Vec::new(),
        photos: photos.len() as u32,
    };
    let mut calls = Calls::default();
    let graph = octet_tflite::read(&file).map_err(cannot_run)?;
    let mut interpreter = Interpreter::new(graph, kernels);
    calls.add(
        "Load the model",
        format!(
            "interpreter = Interpreter(model_path=\"{}_{}.tflite\")",
            model.name(),
            precision.name()
        ),
        format!(
            "# {}, {}; kernels: {}",
            counted(file.len(), "byte"),
            counted(interpreter.operators(), "operator"),
            integers::name(kernels).name()
        ),
    );
    if allocates {
        let allocated = interpreter.allocate_tensors();
        calls.result(
            "Allocate memory for the tensors",
            "interpreter.allocate_tensors()",
            allocated.map(|bytes| format!("# an arena of {}", counted(bytes, "byte"))),
        );
    }
    steps.next("calling the interpreter".to_owned()).await?;
    let walk = Walk {
        session,
        normalization: &normalization,
        pixels: &photo.pixels,
        preparation,
    };
    walk.take(&mut interpreter, &mut calls, host)?;
    report.steps = calls.0;
    if !allocates {
        return Ok(report);
    }
    for preparation in Preparation::ALL {
        let label = format!("pixels prepared otherwise: {}", preparation.name());
        steps.next(label).await?;
        let outcome = Walk {
            preparation,
            ..walk
        };
        report.outcomes.push(outcome.outcome(&mut interpreter)?);
    }
    drop(interpreter);
    report.kernels = compare::kernels(
        &file,
        &normalization,
        &photos,
        request.photo,
        runs,
        &mut steps,
    )
    .await?;
    Ok(report)
}

/// The photo in this place, counted from 1.
fn chosen(photos: &[StoredPhoto], place: u32) -> Result<&StoredPhoto, LabError> {
    let photo = (place as usize).checked_sub(1);
    photo.and_then(|place| photos.get(place)).ok_or_else(|| {
        LabError::new(
            ErrorKind::BadInput,
            format!("There is no photo number {place}."),
            format!("Choose from 1 to {}.", photos.len()),
        )
    })
}

/// The bytes of the model's file.
async fn file(
    session: &mut Session,
    steps: &mut Steps<'_, impl Host>,
    request: InterpreterRequest,
) -> Result<Vec<u8>, LabError> {
    let weights = WeightScales::PerChannel;
    let form = match request.precision {
        Precision::Float32 => Form::Float32,
        Precision::DynamicRange => Form::DynamicRange(weights),
        Precision::FullInteger => Form::FullInteger {
            weights,
            inputs: request.edges,
            outputs: request.edges,
            ranges: calibration(session, steps).await?,
        },
    };
    steps.next("converting".to_owned()).await?;
    integers::convert(session, &form)
}

/// What `full-integer` has left, or one of its own.
async fn calibration(
    session: &mut Session,
    steps: &mut Steps<'_, impl Host>,
) -> Result<Rc<Calibration>, LabError> {
    let (observer, samples) = integers::calibration_at_hand(session)?;
    let calibrated = integers::calibrate(session, steps, observer, samples).await?;
    Ok(calibrated.ranges)
}

/// One photo, prepared in one way, on its way through an interpreter.
#[derive(Clone, Copy)]
struct Walk<'run> {
    session: &'run Session,
    normalization: &'run Normalization,
    pixels: &'run [f32],
    preparation: Preparation,
}

impl Walk<'_> {
    /// Every call from the details on.
    fn take(
        &self,
        interpreter: &mut Interpreter,
        calls: &mut Calls,
        host: &impl Host,
    ) -> Result<(), LabError> {
        let input = interpreter.input_details().map_err(cannot_run)?;
        let output = interpreter.output_details().map_err(cannot_run)?;
        calls.add(
            "Ask what goes in",
            "interpreter.get_input_details()",
            calls::details(&input),
        );
        calls.add(
            "Ask what comes out",
            "interpreter.get_output_details()",
            calls::details(&output),
        );
        let numbers = prepare(self.preparation, self.pixels, self.normalization, &input)?;
        let (min, max, levels) = numbers.spread();
        calls.add(
            "Turn the pixels into what goes in",
            python(self.preparation, self.normalization, &input)?,
            format!(
                "# {min} to {max}, {}",
                counted(levels as usize, "different number")
            ),
        );
        self.set(interpreter, calls, &numbers, input.id.0, input.dtype);
        let begin = host.now_ms();
        let invoked = interpreter.invoke();
        let ms = host.now_ms() - begin;
        calls.result(
            "Run",
            "interpreter.invoke()",
            invoked.map(|()| format!("# {ms:.2} ms, the first run")),
        );
        if interpreter.engine().is_none() {
            return Ok(());
        }
        let values = interpreter.get_tensor().map_err(cannot_run)?;
        calls.add(
            "Read what came out",
            format!("y = interpreter.get_tensor({})", output.id.0),
            calls::array(values, &output.shape),
        );
        let top5 = self.top5(interpreter)?;
        calls.add(
            "Turn it into probabilities",
            calls::to_probabilities(&output),
            calls::top5(&top5),
        );
        Ok(())
    }

    /// Puts the numbers in. A photo's bytes fit a uint8 input only; elsewhere they have to be forced in.
    fn set(
        &self,
        interpreter: &mut Interpreter,
        calls: &mut Calls,
        numbers: &Numbers,
        index: usize,
        dtype: DType,
    ) {
        const TITLE: &str = "Put them in";
        let done = |result: Result<(), CallError>| result.map(|()| String::new());
        let plain = format!("interpreter.set_tensor({index}, x[np.newaxis])");
        if self.preparation == Preparation::Bytes && dtype != DType::Uint8 {
            let refused = interpreter.set_tensor(Values::Uint8(&bytes(self.pixels)));
            let is_forced = interpreter.engine().is_some();
            calls.result(TITLE, &plain, done(refused));
            if is_forced {
                let forced = if dtype == DType::Int8 {
                    "x.view(np.int8)"
                } else {
                    "x.astype(np.float32)"
                };
                let call = format!("interpreter.set_tensor({index}, {forced}[np.newaxis])");
                let set = interpreter.set_tensor(numbers.values());
                calls.result("Force them in", &call, done(set));
            }
            return;
        }
        let set = interpreter.set_tensor(numbers.values());
        calls.result(TITLE, &plain, done(set));
    }

    /// What the model makes of the photo so prepared.
    fn outcome(&self, interpreter: &mut Interpreter) -> Result<PreparationOutcome, LabError> {
        let input = interpreter.input_details().map_err(cannot_run)?;
        let numbers = prepare(self.preparation, self.pixels, self.normalization, &input)?;
        let (min, max, levels) = numbers.spread();
        interpreter
            .set_tensor(numbers.values())
            .map_err(cannot_run)?;
        interpreter.invoke().map_err(cannot_run)?;
        Ok(PreparationOutcome {
            preparation: self.preparation,
            min,
            max,
            levels,
            top5: self.top5(interpreter)?,
        })
    }

    fn top5(&self, interpreter: &Interpreter) -> Result<Vec<Class>, LabError> {
        let engine = interpreter.engine();
        let engine = engine.ok_or_else(|| cannot_run("it has no memory"))?;
        // Our models give logits.
        let probabilities = softmax(&take_out(engine)?);
        Ok(classes::top5(self.session, &probabilities))
    }
}
