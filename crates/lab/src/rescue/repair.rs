//! From the float32 network to a rung: repaired, and in integers.

use std::rc::Rc;

use octet_graph::{
    Calibration, ChannelMeans, FullInteger, Graph, PassError, Record, Statistics, WeightScheme,
    Widths, absorb_high_biases, correct_biases, equalize, pack_weights, quantize_full_integer,
    replace_idle_relu6, round_weights,
};
use octet_models::Normalization;
use octet_protocol::{LabError, Repair, RepairStep, RungForm};

use super::learn::{self, Chosen, Stopped};
use crate::host::Host;
use crate::integers::{self, cannot_convert};
use crate::photo::StoredPhoto;
use crate::predict::Steps;
use crate::session::Session;

/// Ranges without data reach so many standard deviations from the mean, as in Nagel et al. 2019, section 5.
const DEVIATIONS: f32 = 6.0;
/// A ReLU6 has nothing to do where so many standard deviations above the mean are not above 6.
const IDLE: f32 = 3.0;

const CANNOT_QUANTIZE: &str = "The network could not be quantized";

/// The loaded network, what batch normalization knew of it, and the photos to learn from.
pub(super) struct Original {
    pub(super) graph: Rc<Graph>,
    pub(super) statistics: Statistics,
    pub(super) normalization: Normalization,
    pub(super) photos: Vec<StoredPhoto>,
}

impl Original {
    pub(super) fn new(session: &mut Session) -> Result<Self, LabError> {
        let graph = integers::float32(session)?;
        let network = &session.baseline()?.network;
        let (_, statistics) = network.to_graph_with_statistics().map_err(cannot_convert)?;
        Ok(Self {
            graph,
            statistics,
            normalization: network.spec.normalization,
            photos: session.photos.clone(),
        })
    }

    /// Images to learn from.
    fn samples(&self, count: usize) -> Vec<Vec<f32>> {
        learn::samples(&self.photos, count, &self.normalization)
    }

    /// With ReLU in place of ReLU6 where that changes nothing.
    pub(super) fn without_idle_relu6(&self) -> Result<(Graph, Record), PassError> {
        replace_idle_relu6(&self.graph, &self.statistics, IDLE)
    }
}

/// A rung that has been made.
pub(super) struct Made {
    /// None where it cannot be made, for which the last step says why.
    pub(super) graph: Option<Graph>,
    pub(super) steps: Vec<RepairStep>,
    pub(super) ms: f64,
}

/// Repairs the network and quantizes it. Ranges of activations are those that batch normalization lets expect, so
/// that no image is needed for them.
pub(super) async fn make(
    progress: &mut Steps<'_, impl Host>,
    original: &Original,
    form: &RungForm,
) -> Result<Made, LabError> {
    let mut work = Work {
        graph: (*original.graph).clone(),
        statistics: original.statistics.clone(),
        per_channel: form.per_channel,
        chosen: None,
        rounded: None,
        steps: Vec::new(),
        corrects: form.repairs.contains(&Repair::Correct),
    };
    let mut ms = 0.0;
    let mut made = Ok(None);
    for pass in passes(form) {
        let applied = work.apply(progress, original, pass).await?;
        ms += applied.ms;
        made = applied.graph;
        if made.is_err() {
            break;
        }
    }
    let graph = made.unwrap_or_else(|failed| {
        work.steps.push(failed);
        None
    });
    Ok(Made {
        graph,
        steps: work.steps,
        ms,
    })
}

/// What makes a rung.
pub(super) fn passes(form: &RungForm) -> Vec<Pass> {
    let has = |repair| form.repairs.contains(&repair);
    let mut passes = Vec::with_capacity(6);
    // The cap of ReLU6 stands in the way of both.
    if has(Repair::Equalize) || has(Repair::Absorb) {
        passes.push(Pass::ReplaceRelu6);
    }
    if has(Repair::Equalize) {
        passes.push(Pass::Equalize);
    }
    if has(Repair::Absorb) {
        passes.push(Pass::Absorb);
    }
    passes.extend(form.budget_percent.map(Pass::ChooseWidths));
    if has(Repair::Round) {
        passes.push(Pass::LearnRounding);
    }
    // With biases corrected: what rounding does is known when the weights are rounded.
    passes.push(match form.budget_percent {
        None => Pass::Quantize,
        Some(_) => Pass::Pack,
    });
    passes
}

/// A piece of work.
#[derive(Clone, Copy)]
pub(super) enum Pass {
    ReplaceRelu6,
    Equalize,
    Absorb,
    /// So that weights take at most so many percent of what 8 bits would take.
    ChooseWidths(u32),
    LearnRounding,
    /// To int8, weights and activations.
    Quantize,
    /// Weights to the widths chosen.
    Pack,
}

impl Pass {
    /// How many steps of the progress bar it takes.
    pub(super) fn steps(self) -> usize {
        match self {
            Self::ChooseWidths(_) | Self::LearnRounding => learn::STEPS,
            _ => 1,
        }
    }

    fn words(self) -> &'static str {
        match self {
            Self::ReplaceRelu6 => "replacing idle ReLU6",
            Self::Equalize => "equalizing",
            Self::Absorb => "absorbing high biases",
            // These two say how far they are.
            Self::ChooseWidths(_) | Self::LearnRounding => "",
            Self::Quantize => "quantizing",
            Self::Pack => "packing weights",
        }
    }
}

/// What became of a pass.
struct Applied {
    /// Gives the network in integers, when that was the last pass; else None. Or says what could not be done.
    graph: Result<Option<Graph>, RepairStep>,
    ms: f64,
}

/// A network under repair.
struct Work {
    graph: Graph,
    statistics: Statistics,
    per_channel: bool,
    /// Bits of each layer; 8 for all as long as none were chosen.
    chosen: Option<Chosen>,
    /// The graph with rounded weights, where their rounding was learned.
    rounded: Option<Graph>,
    steps: Vec<RepairStep>,
    corrects: bool,
}

impl Work {
    async fn apply(
        &mut self,
        progress: &mut Steps<'_, impl Host>,
        original: &Original,
        pass: Pass,
    ) -> Result<Applied, LabError> {
        let learned = match pass {
            Pass::ChooseWidths(percent) => self.choose_widths(progress, original, percent).await,
            Pass::LearnRounding => self.learn_rounding(progress, original).await,
            _ => {
                progress.next(pass.words().to_owned()).await?;
                let begin = progress.host().now_ms();
                let graph = self.apply_at_once(original, pass);
                let ms = progress.host().now_ms() - begin;
                return Ok(Applied { graph, ms });
            }
        };
        let what = match pass {
            Pass::LearnRounding => "Rounding could not be learned",
            _ => "Bits could not be chosen",
        };
        match learned {
            Ok(ms) => Ok(Applied {
                graph: Ok(None),
                ms,
            }),
            Err(Stopped::Lab(error)) => Err(error),
            Err(Stopped::Pass(error)) => Ok(Applied {
                graph: Err(failed(what)(error)),
                ms: 0.0,
            }),
        }
    }

    async fn choose_widths(
        &mut self,
        progress: &mut Steps<'_, impl Host>,
        original: &Original,
        percent: u32,
    ) -> Result<f64, Stopped> {
        let samples = original.samples(learn::MEASURED_ON);
        let (graph, per_channel) = (&self.graph, self.per_channel);
        let learned = learn::widths(progress, graph, per_channel, percent, &samples).await?;
        self.chosen = Some(learned.what);
        Ok(learned.ms)
    }

    async fn learn_rounding(
        &mut self,
        progress: &mut Steps<'_, impl Host>,
        original: &Original,
    ) -> Result<f64, Stopped> {
        let samples = original.samples(learn::ROUNDED_ON);
        let widths = self.widths();
        let learned = learn::rounding(progress, &self.graph, &widths, &samples).await?;
        let (rounded, done) = learned.what;
        self.rounded = Some(rounded);
        self.tell("Rounding learned", &done.record);
        Ok(learned.ms)
    }

    fn widths(&self) -> Widths {
        let uniform = WeightScheme {
            bits: 8,
            per_channel: self.per_channel,
        };
        match &self.chosen {
            Some(chosen) => chosen.widths.clone(),
            None => Widths::uniform(&self.graph, uniform),
        }
    }

    /// Gives the network in integers, when that was the last pass.
    fn apply_at_once(
        &mut self,
        original: &Original,
        pass: Pass,
    ) -> Result<Option<Graph>, RepairStep> {
        match pass {
            Pass::ReplaceRelu6 => {
                let (graph, record) = original
                    .without_idle_relu6()
                    .map_err(failed("ReLU6 could not be replaced"))?;
                self.graph = graph;
                self.tell("ReLU in place of ReLU6", &record);
            }
            Pass::Equalize => {
                let (graph, done) =
                    equalize(&self.graph).map_err(failed("Channels could not be equalized"))?;
                self.statistics = done.rescale(&self.statistics);
                self.graph = graph;
                self.tell("Equalized", &done.record);
            }
            Pass::Absorb => {
                let (graph, done) = absorb_high_biases(&self.graph, &self.statistics)
                    .map_err(failed("Biases could not be absorbed"))?;
                self.statistics = done.shift(&self.statistics);
                self.graph = graph;
                self.tell("Absorbed", &done.record);
            }
            Pass::Quantize => return self.quantize(original).map(Some),
            Pass::Pack => return self.pack().map(Some),
            // These need more than a moment.
            Pass::ChooseWidths(_) | Pass::LearnRounding => {}
        }
        Ok(None)
    }

    /// Weights rounded to the steps of their scales, and biases corrected where that is asked for.
    fn rounded(&mut self, widths: &Widths) -> Result<Graph, RepairStep> {
        let rounded = match self.rounded.take() {
            Some(rounded) => rounded,
            None => {
                round_weights(&self.graph, widths)
                    .map_err(failed(CANNOT_QUANTIZE))?
                    .0
            }
        };
        if !self.corrects {
            return Ok(rounded);
        }
        let correct = || {
            let means = ChannelMeans::expected(&self.graph, &self.statistics)?;
            correct_biases(&self.graph, &rounded, &means)
        };
        match correct() {
            Ok((corrected, done)) => {
                self.tell("Corrected", &done.record);
                Ok(corrected)
            }
            // The network is what it was, and can be quantized all the same.
            Err(PassError::NoSamples) => {
                self.steps.push(RepairStep {
                    summary: "Corrected: nothing, since of no layer the input is known.".to_owned(),
                    record: String::new(),
                });
                Ok(rounded)
            }
            Err(error) => Err(failed("Biases could not be corrected")(error)),
        }
    }

    fn quantize(&mut self, original: &Original) -> Result<Graph, RepairStep> {
        if self.statistics.is_empty() {
            return Err(RepairStep {
                summary: "The ranges of activations are not known: this network has no statistics of batch normalization.".to_owned(),
                record: String::new(),
            });
        }
        let widths = self.widths();
        let rounded = self.rounded(&widths)?;
        let ranges = self.ranges(original).map_err(failed(CANNOT_QUANTIZE))?;
        let options = FullInteger {
            per_channel: widths.per_channel,
            ..FullInteger::default()
        };
        let (integers, _) =
            quantize_full_integer(&rounded, &ranges, options).map_err(failed(CANNOT_QUANTIZE))?;
        Ok(integers)
    }

    fn pack(&mut self) -> Result<Graph, RepairStep> {
        let widths = self.widths();
        let rounded = self.rounded(&widths)?;
        let (packed, record) =
            pack_weights(&rounded, &widths).map_err(failed("Weights could not be packed"))?;
        if let Some(chosen) = &self.chosen {
            self.steps.push(RepairStep {
                summary: chosen.summary(),
                record: record.to_string(),
            });
        }
        Ok(packed)
    }

    /// Of activations, as batch normalization lets expect them; of pixels, all that can come.
    fn ranges(&self, original: &Original) -> Result<Calibration, PassError> {
        let mut ranges = Calibration::expected(&self.graph, &self.statistics, DEVIATIONS)?;
        let Normalization { mean, std } = original.normalization;
        for &input in &self.graph.inputs {
            for (mean, std) in mean.into_iter().zip(std) {
                ranges.observe(input, &[-mean / std, (255.0 - mean) / std])?;
            }
        }
        Ok(ranges)
    }

    fn tell(&mut self, done: &str, record: &Record) {
        self.steps.push(RepairStep {
            summary: in_a_sentence(done, record),
            record: record.to_string(),
        });
    }
}

fn failed(what: &str) -> impl Fn(PassError) -> RepairStep + '_ {
    move |error| RepairStep {
        summary: format!("{what}: {error}."),
        record: String::new(),
    }
}

/// What a pass did, and of what it left the first, with the reason.
fn in_a_sentence(done: &str, record: &Record) -> String {
    let (subject, changes, left) = (record.subject, record.changes.len(), record.left.len());
    let first = record.left.first();
    let first = first.map_or_else(String::new, |note| {
        format!("operator {} ({}): {}", note.node.0, note.op, note.text)
    });
    let stay = if left == 1 { "stays" } else { "stay" };
    match (changes, left) {
        (0, 0) => format!("{done}: nothing, there are no {subject}."),
        (0, _) => format!("{done}: nothing. {left} {subject} {stay}, the first is {first}."),
        (_, 0) => format!("{done}: {changes} {subject}."),
        _ => format!("{done}: {changes} {subject}; {left} {stay}, the first is {first}."),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;
    use octet_graph::{
        Activation, Constant, Conv2d, DType, NodeId, Normal, Note, Op, Padding, Tensor,
    };

    /// A convolution of one channel, alone.
    fn alone() -> Original {
        let mut graph = Graph::default();
        let image = |name: &str| Tensor::activation(name, vec![1, 1, 1, 1], DType::Float32);
        let input = graph.add(image("x"));
        graph.inputs.push(input);
        let one = || Constant::Float32([0.5].into());
        let weights = graph.add(Tensor::constant("w", vec![1, 1, 1, 1], one()));
        let bias = graph.add(Tensor::constant("b", vec![1], one()));
        let op = Op::Conv2d(Conv2d {
            padding: Padding::Valid,
            stride: [1, 1],
            dilation: [1, 1],
            activation: Activation::None,
        });
        let output = graph.push(op, [input, weights, bias], image("y"));
        graph.outputs.push(output);
        Original {
            statistics: Statistics::new(&graph),
            graph: Rc::new(graph),
            normalization: Normalization {
                mean: [127.0; 3],
                std: [128.0; 3],
            },
            photos: Vec::new(),
        }
    }

    fn work(original: &Original) -> Work {
        Work {
            graph: (*original.graph).clone(),
            statistics: original.statistics.clone(),
            per_channel: false,
            chosen: None,
            rounded: None,
            steps: Vec::new(),
            corrects: true,
        }
    }

    #[test]
    fn a_graph_without_the_patterns_says_so() {
        let original = alone();
        let mut work = work(&original);
        for pass in [Pass::ReplaceRelu6, Pass::Equalize, Pass::Absorb] {
            let made = work.apply_at_once(&original, pass);
            assert!(made.is_ok_and(|made| made.is_none()));
        }
        assert_eq!(work.graph, *original.graph);
        let said: Vec<_> = work.steps.iter().map(|step| &step.summary).collect();
        assert_eq!(
            said[0],
            "ReLU in place of ReLU6: nothing, there are no ReLU6."
        );
        assert!(said[1].starts_with("Equalized: nothing"), "{said:?}");
        assert!(said[2].starts_with("Absorbed: nothing"), "{said:?}");
    }

    #[test]
    fn without_statistics_no_range_is_known() {
        let mut original = alone();
        let pass = Pass::Quantize;
        let step = work(&original)
            .apply_at_once(&original, pass)
            .err()
            .unwrap();
        assert!(step.summary.contains("no statistics"), "{}", step.summary);
        let normal = Normal {
            mean: vec![0.5],
            deviation: vec![1.0],
        };
        let output = original.graph.outputs[0];
        let mut statistics = original.statistics.clone();
        statistics.set(&original.graph, output, normal).unwrap();
        original.statistics = statistics;
        let mut work = work(&original);
        let made = work.apply_at_once(&original, pass);
        assert!(made.is_ok_and(|made| made.is_some()));
        // Nothing is known of the pixels' mean.
        assert!(work.steps[0].summary.starts_with("Corrected: nothing"));
    }

    #[test]
    fn what_a_pass_could_not_do_is_said() {
        let note = |node| Note {
            node: NodeId(node),
            op: "CONV_2D",
            text: "two layers read its output".to_owned(),
        };
        let record = |changes: &[usize], left: &[usize]| Record {
            subject: "layers that follow each other",
            changes: changes.iter().copied().map(note).collect(),
            left: left.iter().copied().map(note).collect(),
        };
        let said =
            |changes: &[usize], left: &[usize]| in_a_sentence("Equalized", &record(changes, left));
        assert_eq!(
            said(&[], &[]),
            "Equalized: nothing, there are no layers that follow each other."
        );
        assert_eq!(
            said(&[0, 1], &[]),
            "Equalized: 2 layers that follow each other."
        );
        assert!(
            said(&[0], &[2, 3]).ends_with(
                "2 stay, the first is operator 2 (CONV_2D): two layers read its output."
            )
        );
        assert!(said(&[], &[2]).starts_with("Equalized: nothing. 1 layers"));
    }
}
