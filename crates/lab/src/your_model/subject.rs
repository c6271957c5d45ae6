//! A network on the engine, fed and timed.

use octet_engine::{Engine, EngineError, Options};
use octet_graph::{Graph, TensorId};
use octet_protocol::{ErrorKind, LabError, Latency};

use super::feed::{Feed, put_random};
use crate::host::Host;
use crate::integers::{self, gives_probabilities, put_in, take_out};
use crate::photo::StoredPhoto;
use crate::predict::{Steps, softmax};

/// One run must not keep the worker from hearing a Cancel for long.
const MOST_MACS: u64 = 30_000_000_000;
/// Runs before the timed ones.
const WARM_UPS: u32 = 2;

/// A network ready to run.
pub(crate) struct Subject {
    engine: Engine,
    gives_probabilities: bool,
    /// Classes, where it gives a number for each.
    pub(crate) classes: Option<usize>,
}

/// What a network gave.
pub(crate) struct Observed {
    /// For each photo, or for the random numbers, all reals of the first output; None where it holds none.
    pub(crate) reals: Vec<Option<Vec<f32>>>,
    /// For each photo, the probability of each class; empty where there are no classes.
    pub(crate) probabilities: Vec<Vec<f32>>,
    /// The time of a run.
    pub(crate) latency: Latency,
}

impl Subject {
    /// Prepares a network of unknown origin.
    pub(crate) fn new(graph: &Graph, name: &str, feed: &Feed) -> Result<Self, LabError> {
        let options = Options::default();
        let engine = Engine::new(graph, integers::fastest(), &options)
            .map_err(|error| unfit(name, &error))?;
        let macs = (0..engine.steps()).filter_map(|step| engine.step_info(step).ok());
        let macs = macs.fold(0_u64, |sum, step| sum.saturating_add(step.macs));
        if macs > MOST_MACS {
            return Err(LabError::new(
                ErrorKind::BadInput,
                format!(
                    "“{name}” cannot be used: one run takes {} million multiplications, more than a browser tab can do \
                     in reasonable time.",
                    macs / 1_000_000
                ),
                format!(
                    "Choose a network of at most {} million.",
                    MOST_MACS / 1_000_000
                ),
            ));
        }
        Ok(Self {
            engine,
            gives_probabilities: gives_probabilities(graph),
            classes: classes(graph, feed),
        })
    }

    /// Steps that [`Subject::observe`] takes.
    pub(crate) fn steps(photos: usize, runs: u32) -> usize {
        photos.max(1) + (WARM_UPS + runs) as usize
    }

    /// Runs it on every photo, and then the last one again and again for the time.
    pub(crate) async fn observe(
        &mut self,
        feed: &Feed,
        photos: &[StoredPhoto],
        runs: u32,
        label: &str,
        steps: &mut Steps<'_, impl Host>,
    ) -> Result<Observed, LabError> {
        let host = steps.host();
        let mut reals = Vec::new();
        let mut probabilities = Vec::new();
        match feed {
            Feed::Photos(how) => {
                for photo in photos {
                    steps.next(format!("{label}, {}", photo.info.title)).await?;
                    put_in(&mut self.engine, &how.reals(&photo.pixels))?;
                    self.engine.invoke().map_err(integers::cannot_run)?;
                    let out = take_out(&self.engine).ok();
                    probabilities.extend(out.as_deref().and_then(|out| self.probabilities(out)));
                    reals.push(out);
                }
            }
            Feed::Random => {
                steps.next(format!("{label}, random numbers")).await?;
                put_random(&mut self.engine)?;
                self.engine.invoke().map_err(integers::cannot_run)?;
                reals.push(take_out(&self.engine).ok());
            }
        }
        let mut times = Vec::with_capacity(runs as usize);
        for run in 0..WARM_UPS + runs {
            let timed = format!(
                "{label}, run {} of {runs}",
                (run + 1).saturating_sub(WARM_UPS)
            );
            let text = if run < WARM_UPS {
                format!("{label}, warm-up")
            } else {
                timed
            };
            steps.next(text).await?;
            let begin = host.now_ms();
            self.engine.invoke().map_err(integers::cannot_run)?;
            if run >= WARM_UPS {
                times.push(host.now_ms() - begin);
            }
        }
        Ok(Observed {
            reals,
            probabilities,
            latency: integers::latency(times, WARM_UPS),
        })
    }

    /// Of the first photo of a batch.
    fn probabilities(&self, out: &[f32]) -> Option<Vec<f32>> {
        let first = out.get(..self.classes?)?;
        if first.iter().any(|value| !value.is_finite()) {
            return None;
        }
        Some(if self.gives_probabilities {
            first.to_vec()
        } else {
            softmax(first)
        })
    }

    /// Whether a softmax had to be applied to what comes out.
    pub(crate) fn needs_softmax(&self) -> bool {
        !self.gives_probabilities
    }
}

/// How many classes a network tells apart: the length of its only output’s last axis, where all other axes are the
/// batch or have length 1.
fn classes(graph: &Graph, feed: &Feed) -> Option<usize> {
    let Feed::Photos(photos) = feed else {
        return None;
    };
    let &[TensorId(output)] = graph.outputs.as_slice() else {
        return None;
    };
    let output = graph.tensors.get(output)?;
    let classes = *output.shape.last()?;
    (classes > 1 && output.elements() == Some(classes * photos.batch())).then_some(classes)
}

/// Why a network of unknown origin cannot be run.
fn unfit(name: &str, error: &EngineError) -> LabError {
    let remedy = match error {
        EngineError::ArenaTooLarge { .. } => {
            "Choose a network with smaller inputs; a browser tab has not much more memory than this."
        }
        _ => {
            "Octet’s engine lacks a kernel for this; choose a network in float32, int8 or uint8 throughout."
        }
    };
    LabError::new(
        ErrorKind::BadInput,
        format!("“{name}” can be read, but not run: {error}."),
        remedy,
    )
}
