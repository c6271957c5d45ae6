//! Cell `rescue`: a network that int8 with one scale a layer destroys, brought back rung by rung.

mod channels;
mod learn;
mod repair;

use octet_protocol::{
    ErrorKind, LabError, Measured, Repair, RescueReport, RescueRequest, Rung, RungForm,
};
use octet_quant::ErrorSum;

use crate::accuracy::compare;
use crate::crops;
use crate::host::Host;
use crate::integers::{self, Form, Runner, fastest, take_out};
use crate::predict::{Steps, median, softmax};
use crate::session::Session;
use repair::{Made, Original, Pass, passes};

/// Makes every rung, reads it back from the bytes of its file, and holds all of them against float32, image by
/// image.
pub(crate) async fn run(
    session: &mut Session,
    host: &impl Host,
    request: &RescueRequest,
) -> Result<RescueReport, LabError> {
    let RescueRequest {
        rungs: forms,
        crops,
        layer,
    } = request;
    check(forms)?;
    let original = Original::new(session)?;
    let photos = &original.photos;
    let images = crops::images(photos, *crops)?;
    let normalization = original.normalization;
    let count = photos.len() + *crops as usize;
    let making: usize = forms.iter().map(steps_to_make).sum();
    let mut steps = Steps::new(host, 2 + making + count * (1 + forms.len()));

    steps.next("looking at channels".into()).await?;
    let channels = channels::run(session, &original, layer)?;
    steps.next("writing the float32 file".into()).await?;
    let float32_file = integers::convert(session, &Form::Float32)?;
    let mut float32 = Runner::from_file(&float32_file, fastest(), normalization)?;
    let mut rungs = Vec::with_capacity(forms.len());
    let mut contenders = Vec::with_capacity(forms.len());
    for form in forms {
        let (rung, contender) = make(session, &mut steps, &original, form).await?;
        rungs.push(rung);
        contenders.push(contender);
    }

    let mut float32_ms = Vec::with_capacity(count);
    for (place, pixels) in images.enumerate() {
        let is_photo = place < photos.len();
        let label = match is_photo {
            true => format!("photo {} of {}", place + 1, photos.len()),
            false => format!("crop {} of {crops}", place + 1 - photos.len()),
        };
        steps.next(format!("float32, {label}")).await?;
        float32.put_in(&pixels)?;
        float32_ms.push(float32.invoke(host)?);
        let expected = Said::new(take_out(float32.engine())?);
        for (number, contender) in contenders.iter_mut().enumerate() {
            let Some(contender) = contender else { continue };
            steps.next(format!("rung {}, {label}", number + 1)).await?;
            contender.runner.put_in(&pixels)?;
            contender.times_ms.push(contender.runner.invoke(host)?);
            let said = Said::new(take_out(contender.runner.engine())?);
            contender.tally.add(&expected, &said, is_photo);
        }
    }
    for (rung, contender) in rungs.iter_mut().zip(contenders) {
        rung.measured = contender.map(Contender::measured);
    }
    Ok(RescueReport {
        model: session.baseline()?.model,
        photos: photos.len() as u32,
        crops: *crops,
        float32_bytes: float32_file.len() as u64,
        float32_ms: median(float32_ms),
        rungs,
        channels,
    })
}

/// Each rung once, its repairs in their order, its budget a part of 8 bits.
fn check(forms: &[RungForm]) -> Result<(), LabError> {
    let in_order = |repairs: &[Repair]| repairs.is_sorted_by(|a, b| a < b);
    let twice = forms
        .iter()
        .enumerate()
        .any(|(place, form)| forms.iter().take(place).any(|other| other == form));
    let budgets = forms.iter().filter_map(|form| form.budget_percent);
    if let Some(budget) = budgets
        .into_iter()
        .find(|budget| !(1..=100).contains(budget))
    {
        return Err(LabError::new(
            ErrorKind::BadInput,
            format!("A budget of {budget} % of 8-bit weights is not offered here."),
            "Choose from 1 to 100 %.",
        ));
    }
    if !forms.is_empty() && !twice && forms.iter().all(|form| in_order(&form.repairs)) {
        return Ok(());
    }
    Err(LabError::new(
        ErrorKind::BadInput,
        "A ladder needs rungs, each of them once.",
        "Choose at least one rung.",
    ))
}

/// Those of the passes, and one for the file.
fn steps_to_make(form: &RungForm) -> usize {
    let passes = passes(form).into_iter();
    passes.map(Pass::steps).sum::<usize>() + 1
}

/// Makes a rung; without a contender where that cannot be done.
async fn make(
    session: &Session,
    steps: &mut Steps<'_, impl Host>,
    original: &Original,
    form: &RungForm,
) -> Result<(Rung, Option<Contender>), LabError> {
    let Made {
        graph,
        steps: told,
        mut ms,
    } = repair::make(steps, original, form).await?;
    let contender = match graph {
        None => None,
        Some(graph) => {
            steps.next("writing the file".into()).await?;
            let begin = steps.host().now_ms();
            let numbers = match form.budget_percent {
                None => "full_integer",
                Some(_) => "weights of 2 to 8 bits",
            };
            let file = integers::file(session, &graph, numbers)?;
            ms += steps.host().now_ms() - begin;
            Some(Contender {
                runner: Runner::from_file(&file, fastest(), original.normalization)?,
                file_bytes: file.len() as u64,
                times_ms: Vec::new(),
                tally: Tally::default(),
            })
        }
    };
    let rung = Rung {
        form: form.clone(),
        steps: told,
        made_ms: ms,
        measured: None,
    };
    Ok((rung, contender))
}

/// What a network says of an image.
struct Said {
    logits: Vec<f32>,
    probabilities: Vec<f32>,
}

impl Said {
    fn new(logits: Vec<f32>) -> Self {
        Self {
            probabilities: softmax(&logits),
            logits,
        }
    }
}

/// A rung on the engine.
struct Contender {
    runner: Runner,
    file_bytes: u64,
    times_ms: Vec<f64>,
    tally: Tally,
}

impl Contender {
    fn measured(self) -> Measured {
        let tally = self.tally;
        Measured {
            same_photos: tally.same_photos,
            same_crops: tally.same_crops,
            mean_abs_drift: tally.drift / tally.images.max(1) as f64,
            sqnr_db: tally.noise.figures().sqnr_db,
            file_bytes: self.file_bytes,
            run_ms: median(self.times_ms),
        }
    }
}

/// How far a network is from float32, over the images so far.
#[derive(Default)]
struct Tally {
    images: usize,
    same_photos: u32,
    same_crops: u32,
    drift: f64,
    noise: ErrorSum,
}

impl Tally {
    fn add(&mut self, expected: &Said, said: &Said, is_photo: bool) {
        let (same, drift) = compare(&expected.probabilities, &said.probabilities);
        let tally = match is_photo {
            true => &mut self.same_photos,
            false => &mut self.same_crops,
        };
        *tally += u32::from(same);
        self.images += 1;
        self.drift += drift.abs();
        self.noise.add(&expected.logits, &said.logits);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(repairs: &[Repair]) -> RungForm {
        RungForm {
            per_channel: false,
            repairs: repairs.to_vec(),
            budget_percent: None,
        }
    }

    #[test]
    fn photos_and_crops_are_counted_apart() {
        let said = |logits: [f32; 2]| Said::new(logits.to_vec());
        let mut tally = Tally::default();
        tally.add(&said([2.0, 0.0]), &said([2.0, 0.0]), true);
        tally.add(&said([2.0, 0.0]), &said([0.0, 2.0]), false);
        tally.add(&said([0.0, 1.0]), &said([0.0, 2.0]), false);
        assert_eq!(
            (tally.same_photos, tally.same_crops, tally.images),
            (1, 1, 3)
        );
        // 4 + 4 + 1 of signal over 4 + 4 + 1 of noise.
        assert_eq!(tally.noise.figures().sqnr_db, Some(0.0));
    }

    #[test]
    fn a_ladder_of_no_rungs_or_equal_ones_is_refused() {
        use Repair::{Absorb, Correct, Equalize};
        assert!(check(&[form(&[]), form(&[Equalize, Correct])]).is_ok());
        for forms in [
            vec![],
            vec![form(&[]), form(&[])],
            vec![form(&[Correct, Absorb])],
            vec![form(&[Absorb, Absorb])],
        ] {
            assert!(check(&forms).is_err(), "{forms:?}");
        }
        let mixed = |percent| RungForm {
            budget_percent: Some(percent),
            ..form(&[])
        };
        assert!(check(&[form(&[]), mixed(60)]).is_ok());
        for percent in [0, 101] {
            let error = check(&[mixed(percent)]).err();
            assert!(error.is_some_and(|error| error.message.contains("budget")));
        }
    }
}
