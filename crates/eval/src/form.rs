//! From the float32 network to the form that is measured.

use anyhow::Result;
use octet_graph::{
    AdaRound, AdaRounding, Calibration, ChannelMeans, FullInteger, Graph, Look, Record, TensorId,
    WidthMeasurement, Widths, absorb_high_biases, allocate_exactly, correct_biases, equalize,
    pack_weights, quantize_full_integer, replace_idle_relu6, replace_relu6, round_weights,
};
use octet_quant::ObserverKind;

use crate::mode::{Correct, Mode, Numbers, Relu};
use crate::network::Network;
use crate::predict::watch;

/// Ranges without data reach so many standard deviations from the mean, as in Nagel et al. 2019, section 5.
const DEVIATIONS: f32 = 6.0;

/// A ReLU6 has nothing to do where so many standard deviations above the mean are not above 6.
const IDLE: f32 = 3.0;

/// Widths that TFLite packs without a gap; those in between take as much room as the next one.
const WIDTHS: [u32; 3] = [2, 4, 8];

/// At most so many images tell how much the width of each layer matters: they run for every layer and width.
const MEASURED: usize = 8;

/// A network as it is measured.
pub struct Form {
    pub graph: Graph,
    /// Of its `.tflite` file.
    pub bytes: usize,
}

impl Form {
    fn new(graph: Graph) -> Result<Self> {
        let bytes = octet_tflite::write(&graph)?.len();
        Ok(Self { graph, bytes })
    }
}

/// The network in a form. Without images to calibrate with, ranges come from batch normalization.
pub fn make(network: &Network, mode: &Mode, images: &[Vec<f32>]) -> Result<Form> {
    let (mut graph, mut statistics) = (network.graph.clone(), network.statistics.clone());
    match mode.relu {
        None => {}
        Some(Relu::All) => graph = replace_relu6(&graph)?.0,
        Some(Relu::Idle) => graph = replace_idle_relu6(&graph, &statistics, IDLE)?.0,
    }
    if mode.equalize {
        let (equalized, equalization) = equalize(&graph)?;
        tell(mode, &equalization.record);
        (graph, statistics) = (equalized, equalization.rescale(&statistics));
    }
    if mode.absorb {
        let (absorbed, absorption) = absorb_high_biases(&graph, &statistics)?;
        tell(mode, &absorption.record);
        (graph, statistics) = (absorbed, absorption.shift(&statistics));
    }
    let widths = match (mode.numbers.scheme(), mode.numbers) {
        (Some(scheme), _) => Widths::uniform(&graph, scheme),
        (None, Numbers::Mixed { percent }) => mixed(&graph, percent, images)?,
        (None, _) => return Form::new(graph),
    };
    let rounded = match mode.adaround {
        false => round_weights(&graph, &widths)?.0,
        true => learned(&graph, &widths, images)?,
    };
    let rounded = match mode.correct {
        None => rounded,
        Some(from) => {
            let means = match from {
                Correct::Statistics => ChannelMeans::expected(&graph, &statistics)?,
                Correct::Data => {
                    let mut means = ChannelMeans::new(&graph)?;
                    let watched: Vec<_> = means.tensors().collect();
                    watch(&graph, images, &watched, |id, values| {
                        Ok(means.observe(id, values)?)
                    })?;
                    means
                }
            };
            correct_biases(&graph, &rounded, &means)?.0
        }
    };
    let Numbers::Int8 { per_channel } = mode.numbers else {
        return Form::new(pack_weights(&rounded, &widths)?.0);
    };
    let calibration = if images.is_empty() {
        let mut calibration = Calibration::expected(&graph, &statistics, DEVIATIONS)?;
        let input = graph.inputs.first().copied();
        if let Some(input) = input {
            // Pixels from 0 to 255 are all that can come.
            let normalization = network.spec.normalization;
            let ends = normalization.mean.into_iter().zip(normalization.std);
            for (mean, std) in ends {
                calibration.observe(input, &[-mean / std, (255.0 - mean) / std])?;
            }
        }
        calibration
    } else {
        let mut calibration = Calibration::new(&rounded, ObserverKind::MinMax)?;
        let watched: Vec<_> = calibration.tensors().collect();
        watch(&rounded, images, &watched, |id, values| {
            Ok(calibration.observe(id, values)?)
        })?;
        calibration
    };
    let options = FullInteger {
        per_channel,
        ..FullInteger::default()
    };
    Form::new(quantize_full_integer(&rounded, &calibration, options)?.0)
}

/// Weights whose rounding is learned.
fn learned(graph: &Graph, widths: &Widths, images: &[Vec<f32>]) -> Result<Graph> {
    let run = runner(images);
    let options = AdaRound::default();
    let mut rounding = AdaRounding::new(graph, widths, &options)?;
    while rounding.advance(&run)?.is_some() {}
    let (rounded, learned) = rounding.finish()?;
    eprint!("{}", learned.record);
    Ok(rounded)
}

/// The width of each layer's weights: as much SQNR as so many percent of the bytes of 8-bit weights can give.
fn mixed(graph: &Graph, percent: u32, images: &[Vec<f32>]) -> Result<Widths> {
    let some: Vec<Vec<f32>> = images
        .iter()
        .step_by(images.len().div_ceil(MEASURED).max(1))
        .cloned()
        .collect();
    let run = runner(&some);
    let mut measurement = WidthMeasurement::new(graph, &WIDTHS, true)?;
    let [_, bytes] = measurement.bounds();
    let budget = bytes / 100 * percent as usize;
    while measurement.advance(&run)?.is_some() {}
    let layers = measurement.finish();
    let allocation = allocate_exactly(&layers, budget)?;
    for (node, choice) in &allocation.layers {
        eprintln!("operator {}: {} bits", node.0, choice.bits);
    }
    Ok(allocation.widths(graph, true))
}

/// That a pass found nothing to do, and why.
fn tell(mode: &Mode, record: &Record) {
    if record.changes.is_empty() {
        eprint!("{mode}: {record}");
    }
}

/// Runs graphs over images as the passes want it.
fn runner(images: &[Vec<f32>]) -> impl Fn(&Graph, &[TensorId], Look<'_>) -> Result<()> {
    move |graph, tensors, look| {
        watch(graph, images, tensors, |id, values| {
            look(id, values);
            Ok(())
        })
    }
}
