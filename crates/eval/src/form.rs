//! From the float32 network to the form that is measured.

use anyhow::Result;
use octet_graph::{
    Calibration, ChannelMeans, FullInteger, Graph, Record, absorb_high_biases, correct_biases,
    equalize, fake_quantize_weights, quantize_full_integer, replace_idle_relu6, replace_relu6,
};
use octet_quant::ObserverKind;

use crate::mode::{Correct, Mode, Numbers, Relu};
use crate::network::Network;
use crate::predict::watch;

/// Ranges without data reach so many standard deviations from the mean, as in Nagel et al. 2019, section 5.
const DEVIATIONS: f32 = 6.0;

/// A ReLU6 has nothing to do where so many standard deviations above the mean are not above 6.
const IDLE: f32 = 3.0;

/// The network in a form. Without images to calibrate with, ranges come from batch normalization.
pub fn make(network: &Network, mode: &Mode, images: &[Vec<f32>]) -> Result<Graph> {
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
    let Some(scheme) = mode.numbers.scheme() else {
        return Ok(graph);
    };
    let rounded = fake_quantize_weights(&graph, scheme)?.0;
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
        return Ok(rounded);
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
    Ok(quantize_full_integer(&rounded, &calibration, options)?.0)
}

/// That a pass found nothing to do, and why.
fn tell(mode: &Mode, record: &Record) {
    if record.changes.is_empty() {
        eprint!("{mode}: {record}");
    }
}
