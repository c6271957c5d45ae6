//! Cell `ptq`: the reader's digit network in float32, float16, with a dynamic range, and in integers.

use octet_models::digits::{DigitSet, reals};
use octet_protocol::{
    DigitCalibration, DigitForm, FileKind, LabError, PtqReport, PtqRequest, SavedFile,
};
use octet_quant::{RandomState, wilson};

use crate::digit_forms::{Seen, integers, without_calibration};
use crate::digit_reader::{DigitReader, correct};
use crate::digits::{check_samples, load, weights, within};
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
    within("seeds", seeds, MOST_SEEDS)?;
    let tries: usize = STUDIED.iter().map(|&n| draws(n, seeds, validation)).sum();
    let mut steps = Steps::new(host, 1 + 4 * 2 + tries);

    steps.next("watching the validation digits".into()).await?;
    let seen = Seen::new(&graph, validation)?;
    let calibration = seen.calibration(&graph, 0..samples as usize)?;
    let mut made = Vec::from(without_calibration(&graph)?);
    made.push((FileKind::FullInteger, integers(&graph, &calibration)?));
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

/// All digits can be drawn in one way only.
fn draws(samples: usize, seeds: u32, from: &DigitSet) -> usize {
    match samples >= from.len() {
        true => 1,
        false => seeds as usize,
    }
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
