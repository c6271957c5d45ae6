//! From the float32 network to a rung: repaired, and in int8.

use std::rc::Rc;

use octet_graph::{
    Calibration, ChannelMeans, FullInteger, Graph, PassError, Record, Statistics, WeightScheme,
    absorb_high_biases, correct_biases, equalize, fake_quantize_weights, quantize_full_integer,
    replace_idle_relu6,
};
use octet_models::Normalization;
use octet_protocol::{LabError, Repair, RepairStep, RungForm};

use crate::host::Host;
use crate::integers::{self, cannot_convert};
use crate::predict::Steps;
use crate::session::Session;

/// Ranges without data reach so many standard deviations from the mean, as in Nagel et al. 2019, section 5.
const DEVIATIONS: f32 = 6.0;
/// A ReLU6 has nothing to do where so many standard deviations above the mean are not above 6.
const IDLE: f32 = 3.0;

/// The loaded network, and what batch normalization knew of it.
pub(super) struct Original {
    pub(super) graph: Rc<Graph>,
    pub(super) statistics: Statistics,
    pub(super) normalization: Normalization,
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
        })
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
/// that no image is needed.
pub(super) async fn make(
    progress: &mut Steps<'_, impl Host>,
    original: &Original,
    form: &RungForm,
) -> Result<Made, LabError> {
    let mut work = Work {
        graph: (*original.graph).clone(),
        statistics: original.statistics.clone(),
        steps: Vec::new(),
        corrects: form.repairs.contains(&Repair::Correct),
    };
    let mut ms = 0.0;
    let mut made = Ok(None);
    for pass in passes(form) {
        progress.next(pass.words().to_owned()).await?;
        let begin = progress.host().now_ms();
        made = work.apply(original, pass);
        ms += progress.host().now_ms() - begin;
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
    let mut passes = Vec::with_capacity(form.repairs.len() + 2);
    // The cap of ReLU6 stands in the way of both.
    if form.repairs.iter().any(|repair| *repair != Repair::Correct) {
        passes.push(Pass::ReplaceRelu6);
    }
    passes.extend(form.repairs.iter().filter_map(|repair| match repair {
        Repair::Equalize => Some(Pass::Equalize),
        Repair::Absorb => Some(Pass::Absorb),
        // What rounding does is known when the weights are rounded.
        Repair::Correct => None,
    }));
    passes.push(Pass::Quantize(form.per_channel));
    passes
}

/// A piece of work that is done in one go.
#[derive(Clone, Copy)]
pub(super) enum Pass {
    ReplaceRelu6,
    Equalize,
    Absorb,
    /// With a scale for each channel or not.
    Quantize(bool),
}

impl Pass {
    fn words(self) -> &'static str {
        match self {
            Self::ReplaceRelu6 => "replacing idle ReLU6",
            Self::Equalize => "equalizing",
            Self::Absorb => "absorbing high biases",
            Self::Quantize(_) => "quantizing",
        }
    }
}

/// A network under repair.
struct Work {
    graph: Graph,
    statistics: Statistics,
    steps: Vec<RepairStep>,
    corrects: bool,
}

impl Work {
    /// Gives the integer network, when that was the last pass.
    fn apply(&mut self, original: &Original, pass: Pass) -> Result<Option<Graph>, RepairStep> {
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
            Pass::Quantize(per_channel) => return self.quantize(original, per_channel).map(Some),
        }
        Ok(None)
    }

    fn quantize(&mut self, original: &Original, per_channel: bool) -> Result<Graph, RepairStep> {
        if self.statistics.is_empty() {
            return Err(RepairStep {
                summary: "The ranges of activations are not known: this network has no statistics of batch normalization.".to_owned(),
                record: String::new(),
            });
        }
        let cannot = "The network could not be quantized";
        let scheme = WeightScheme {
            bits: 8,
            per_channel,
        };
        let (mut rounded, _) =
            fake_quantize_weights(&self.graph, scheme).map_err(failed(cannot))?;
        if self.corrects {
            let correct = || {
                let means = ChannelMeans::expected(&self.graph, &self.statistics)?;
                correct_biases(&self.graph, &rounded, &means)
            };
            match correct() {
                Ok((corrected, done)) => {
                    rounded = corrected;
                    self.tell("Corrected", &done.record);
                }
                // The network is what it was, and can be quantized all the same.
                Err(PassError::NoSamples) => self.steps.push(RepairStep {
                    summary: "Corrected: nothing, since of no layer the input is known.".to_owned(),
                    record: String::new(),
                }),
                Err(error) => return Err(failed("Biases could not be corrected")(error)),
            }
        }
        let ranges = self.ranges(original).map_err(failed(cannot))?;
        let options = FullInteger {
            per_channel,
            ..FullInteger::default()
        };
        let (integers, _) =
            quantize_full_integer(&rounded, &ranges, options).map_err(failed(cannot))?;
        Ok(integers)
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
        }
    }

    fn work(original: &Original) -> Work {
        Work {
            graph: (*original.graph).clone(),
            statistics: original.statistics.clone(),
            steps: Vec::new(),
            corrects: true,
        }
    }

    #[test]
    fn a_graph_without_the_patterns_says_so() {
        let original = alone();
        let mut work = work(&original);
        for pass in [Pass::ReplaceRelu6, Pass::Equalize, Pass::Absorb] {
            assert!(work.apply(&original, pass).is_ok_and(|made| made.is_none()));
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
        let pass = Pass::Quantize(false);
        let step = work(&original).apply(&original, pass).err().unwrap();
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
        assert!(work.apply(&original, pass).is_ok_and(|made| made.is_some()));
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
