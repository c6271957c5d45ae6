//! Cell `ptq`: the reader's digit network in float32, float16, with a dynamic range, and in integers.

use octet_graph::{
    Calibration, DynamicRange, Edges, FullInteger, Graph, TensorId, convert_float16,
    quantize_dynamic_range, quantize_full_integer,
};
use octet_models::digits::{DIGIT_ACTIVATIONS, DigitSet, digit_tensor, reals};
use octet_protocol::{
    DigitCalibration, DigitForm, ErrorKind, FileKind, LabError, PtqReport, PtqRequest, SavedFile,
};
use octet_quant::{ObserverKind, RandomState, wilson};

use crate::digit_reader::DigitReader;
use crate::digits::{load, weights};
use crate::host::Host;
use crate::integers::{cannot_convert, fastest, latency, used};
use crate::predict::Steps;
use crate::session::Session;

/// Runs that are timed, and those before them that are not.
const RUNS: usize = 100;
const WARM_UPS: usize = 10;
/// Inferences that are timed together.
const INFERENCES: usize = 20;
/// Numbers of samples that are compared.
const STUDIED: [usize; 4] = [1, 10, 100, 500];
/// Each of them is drawn at most so often.
const MOST_SEEDS: u32 = 20;

/// Converts, tests and times every form; then tries calibrations of different size.
pub(crate) async fn run(
    session: &mut Session,
    host: &impl Host,
    request: PtqRequest,
) -> Result<PtqReport, LabError> {
    let graph = weights(session)?.to_graph();
    let digits = load(session, host).await?;
    let PtqRequest { samples, seeds } = request;
    let (test, validation) = (&digits.test, &digits.validation);
    check_samples(samples, validation)?;
    check("seeds", seeds, MOST_SEEDS)?;
    let tries: usize = STUDIED.iter().map(|&n| draws(n, seeds, validation)).sum();
    let mut steps = Steps::new(host, 1 + 4 * 2 + tries);

    steps.next("watching the validation digits".into()).await?;
    let seen = Seen::new(&graph, validation)?;
    let calibration = seen.calibration(&graph, 0..samples as usize)?;
    let float32 = (FileKind::Float32, graph.clone());
    let (float16, _) = convert_float16(&graph).map_err(cannot_convert)?;
    let (dynamic, _) =
        quantize_dynamic_range(&graph, DynamicRange::default()).map_err(cannot_convert)?;
    let made = [
        float32,
        (FileKind::Float16, float16),
        (FileKind::DynamicRange, dynamic),
        (FileKind::FullInteger, integers(&graph, &calibration)?),
    ];
    let mut forms = Vec::with_capacity(made.len());
    let mut expected = Vec::new();
    for (kind, graph) in made {
        let name = kind.name();
        let file = octet_tflite::write(&graph).map_err(cannot_convert)?;
        let mut reader = DigitReader::from_file(&file, fastest())?;
        steps.next(format!("{name}: testing")).await?;
        let said = reader.classes(test)?;
        if kind == FileKind::Float32 {
            expected.clone_from(&said);
        }
        let correct = correct(&said, test);
        let (low, high) = wilson(correct, test.len());
        steps.next(format!("{name}: timing")).await?;
        let times = time(&mut reader, test, host)?;
        let saved = SavedFile {
            file_name: format!("digits_{name}.tflite"),
            bytes: file.len() as u64,
        };
        session.files.insert(saved.file_name.clone(), file);
        forms.push(DigitForm {
            kind,
            file: saved,
            arena_bytes: reader.arena_bytes(),
            correct: correct as u32,
            interval: [low, high],
            same: equal(&said, &expected) as u32,
            latency: latency(times, WARM_UPS as u32),
        });
    }

    let mut calibrations = Vec::with_capacity(STUDIED.len());
    for samples in STUDIED {
        let mut found = Vec::new();
        for draw in 1..=draws(samples, seeds, validation) {
            let label = format!("calibrating with {samples} digits, draw {draw}");
            steps.next(label).await?;
            let mut order = RandomState::new(draw as u32).permutation(validation.len());
            order.truncate(samples);
            let calibration = seen.calibration(&graph, order)?;
            let integers = integers(&graph, &calibration)?;
            let mut reader = DigitReader::new(&integers, fastest())?;
            found.push(correct(&reader.classes(test)?, test) as u32);
        }
        calibrations.push(DigitCalibration {
            samples: samples as u32,
            correct: found,
        });
    }
    Ok(PtqReport {
        test: test.len() as u32,
        samples,
        inferences: INFERENCES as u32,
        kernels: used(fastest()),
        forms,
        calibrations,
    })
}

/// That so many digits can be calibrated with.
pub(crate) fn check_samples(samples: u32, validation: &DigitSet) -> Result<(), LabError> {
    check("samples", samples, validation.len() as u32)
}

fn check(name: &str, given: u32, most: u32) -> Result<(), LabError> {
    if (1..=most).contains(&given) {
        return Ok(());
    }
    Err(LabError::new(
        ErrorKind::BadInput,
        format!("{given} {name} cannot be had here."),
        format!("Choose from 1 to {most}."),
    ))
}

/// All digits can be drawn in one way only.
fn draws(samples: usize, seeds: u32, from: &DigitSet) -> usize {
    match samples >= from.len() {
        true => 1,
        false => seeds as usize,
    }
}

/// The network in int8, edges included.
pub(crate) fn integers(graph: &Graph, calibration: &Calibration) -> Result<Graph, LabError> {
    let options = FullInteger {
        per_channel: true,
        inputs: Edges::Int8,
        outputs: Edges::Int8,
    };
    let (graph, _) = quantize_full_integer(graph, calibration, options).map_err(cannot_convert)?;
    Ok(graph)
}

/// How many digits were read rightly.
pub(crate) fn correct(said: &[usize], set: &DigitSet) -> usize {
    let pairs = said.iter().zip(set.labels());
    pairs.filter(|(a, b)| **a == usize::from(**b)).count()
}

fn equal(a: &[usize], b: &[usize]) -> usize {
    a.iter().zip(b).filter(|(a, b)| a == b).count()
}

/// Milliseconds an inference, run by run, each over digits in turn.
fn time(reader: &mut DigitReader, set: &DigitSet, host: &impl Host) -> Result<Vec<f64>, LabError> {
    let mut times = Vec::with_capacity(RUNS);
    let mut images = set.images().iter().cycle();
    for run in 0..WARM_UPS + RUNS {
        let mut ms = 0.0;
        if let Some(image) = images.next() {
            reader.put_in(&reals(image))?;
        }
        let begin = host.now_ms();
        for _ in 0..INFERENCES {
            reader.invoke()?;
        }
        ms += host.now_ms() - begin;
        if run >= WARM_UPS {
            times.push(ms / INFERENCES as f64);
        }
    }
    Ok(times)
}

/// The lowest and the highest value of each activation, digit by digit: what a calibration with any of the digits needs.
pub(crate) struct Seen {
    tensors: Vec<TensorId>,
    /// `[digit][tensor]`.
    ends: Vec<Vec<[f32; 2]>>,
}

impl Seen {
    pub(crate) fn new(graph: &Graph, set: &DigitSet) -> Result<Self, LabError> {
        let tensors: Vec<TensorId> = DIGIT_ACTIVATIONS
            .iter()
            .filter_map(|name| digit_tensor(graph, name))
            .collect();
        let mut reader = DigitReader::keeping_all(graph)?;
        let mut ends = Vec::with_capacity(set.len());
        for image in set.images() {
            reader.read(&reals(image))?;
            let each = tensors.iter().map(|&id| {
                let values = reader.activation(id)?;
                let low = values.iter().copied().fold(f32::INFINITY, f32::min);
                let high = values.iter().copied().fold(f32::NEG_INFINITY, f32::max);
                Ok([low, high])
            });
            ends.push(each.collect::<Result<_, LabError>>()?);
        }
        Ok(Self { tensors, ends })
    }

    /// One with some of the digits.
    pub(crate) fn calibration(
        &self,
        graph: &Graph,
        digits: impl IntoIterator<Item = usize>,
    ) -> Result<Calibration, LabError> {
        let kind = ObserverKind::MinMax;
        let mut calibration = Calibration::new(graph, kind).map_err(cannot_convert)?;
        for digit in digits {
            let ends = self.ends.get(digit).into_iter().flatten();
            for (&id, ends) in self.tensors.iter().zip(ends) {
                calibration.observe(id, ends).map_err(cannot_convert)?;
            }
        }
        Ok(calibration)
    }
}
