//! Running a network over a photo: measured, with progress, stoppable between any two layers.

use octet_models::BurnNetwork;
use octet_protocol::{LabError, Progress};

use crate::host::Host;
use crate::models::internal;

/// Counts the steps of a longer piece of work for the progress bar.
pub(crate) struct Steps<'host, H> {
    host: &'host H,
    done: usize,
    total: usize,
}

/// What one forward pass gave.
pub(crate) struct Run {
    /// After softmax.
    pub(crate) probabilities: Vec<f32>,
    /// The layers' time; what happens between them (progress, a look for Cancel) is not in it.
    pub(crate) latency_ms: f64,
    /// The part of it that went into expanding int8 weights.
    pub(crate) dequantize_ms: f64,
    /// Each layer's part, in network order.
    pub(crate) layers_ms: Vec<f64>,
}

impl<'host, H: Host> Steps<'host, H> {
    /// `total` steps lie ahead.
    pub(crate) fn new(host: &'host H, total: usize) -> Self {
        Self {
            host,
            done: 0,
            total: total.max(1),
        }
    }

    /// The outside world.
    pub(crate) fn host(&self) -> &'host H {
        self.host
    }

    /// Runs the network over one photo: a step for each layer. `label` says which run this is.
    pub(crate) async fn forward(
        &mut self,
        network: &BurnNetwork,
        pixels: &[f32],
        label: &str,
    ) -> Result<Run, LabError> {
        let host = self.host;
        let mut dequantize_ms = 0.0;
        let mut layers_ms = Vec::with_capacity(network.len());
        let begin = host.now_ms();
        let mut pass = network.start(pixels).map_err(|error| internal(&error))?;
        let mut latency_ms = host.now_ms() - begin;
        for layer in 1..=network.len() {
            self.next(format!("{label}, layer {layer} of {}", network.len()))
                .await?;
            let begin = host.now_ms();
            let Some(weights) = pass.weights() else { break };
            let expanded = host.now_ms();
            pass = pass.apply(weights);
            dequantize_ms += expanded - begin;
            layers_ms.push(host.now_ms() - begin);
        }
        let begin = host.now_ms();
        let logits = pass.logits().map_err(|error| internal(&error))?;
        let probabilities = softmax(&logits);
        latency_ms += host.now_ms() - begin + layers_ms.iter().sum::<f64>();
        Ok(Run {
            probabilities,
            latency_ms,
            dequantize_ms,
            layers_ms,
        })
    }

    /// Goes on by so many steps, of which a part is done, from 0 to 1: for work that knows how far it is, and shows that
    /// several times. `first` is [`done`](Self::done) as it was when the work began.
    pub(crate) async fn within(
        &mut self,
        first: usize,
        steps: usize,
        part: f64,
        label: String,
    ) -> Result<(), LabError> {
        let last = steps.saturating_sub(1);
        self.done = first + ((part * steps as f64) as usize).min(last);
        self.next(label).await
    }

    /// How many steps have begun.
    pub(crate) fn done(&self) -> usize {
        self.done
    }

    /// One more step; `label` says what it is.
    pub(crate) async fn next(&mut self, label: String) -> Result<(), LabError> {
        let progress = Progress {
            done: self.done as u32,
            total: self.total as u32,
            label,
        };
        self.done += 1;
        self.host.step(progress).await
    }
}

/// `exp(x) / Σ exp(x)`, shifted so that nothing overflows.
pub(crate) fn softmax(logits: &[f32]) -> Vec<f32> {
    let max = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let exponentials: Vec<f64> = logits.iter().map(|x| f64::from(x - max).exp()).collect();
    let sum: f64 = exponentials.iter().sum();
    exponentials.into_iter().map(|x| (x / sum) as f32).collect()
}

/// The middle value; of an even number, the mean of the two in the middle; 0 of none.
pub(crate) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    match (values.get(middle), values.len() % 2) {
        (Some(&high), 1) => high,
        (Some(&high), _) => (values[middle - 1] + high) / 2.0,
        (None, _) => 0.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn softmax_survives_large_logits() {
        assert_eq!(softmax(&[1000.0, 1000.0]), [0.5, 0.5]);
        let p = softmax(&[0.0, 1.0, 2.0]);
        for (p, expected) in p.iter().zip([0.090_030_57, 0.244_728_47, 0.665_240_96]) {
            assert!((p - expected).abs() < 1e-7);
        }
    }

    #[test]
    fn median_of_odd_even_and_none() {
        assert_eq!(median(vec![3.0, 1.0, 2.0]), 2.0);
        assert_eq!(median(vec![4.0, 1.0, 2.0, 3.0]), 2.5);
        assert_eq!(median(vec![]), 0.0);
    }
}
