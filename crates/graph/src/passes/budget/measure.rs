//! How much each layer's width matters to what the network says.

use octet_quant::QuantError;

use super::{LayerChoices, WidthChoice};
use crate::passes::ada_round::Look;
use crate::passes::layers::Layer;
use crate::passes::widths::{Widths, storage_type};
use crate::passes::{PassError, round_weights};
use crate::{Graph, NodeId, TensorId};

/// Rounds the weights of one layer after the other to each of some widths, and compares the network's outputs with those
/// of the float32 network. Bytes are those of the smallest type of TFLite's that holds such integers: weights of 5, 6
/// and 7 bits take as much room as those of 8, and those of 3 as much as those of 4.
///
/// The work is done in pieces, so that whoever asks for it can show progress, or break off.
pub struct WidthMeasurement<'graph> {
    graph: &'graph Graph,
    per_channel: bool,
    /// Layer, bits and bytes of all that is to be measured.
    tasks: Vec<(NodeId, u32, usize)>,
    done: usize,
    /// The float32 network's outputs, and their squares' sum.
    expected: Vec<f32>,
    signal: f64,
    layers: Vec<LayerChoices>,
}

impl<'graph> WidthMeasurement<'graph> {
    /// Begins.
    ///
    /// # Errors
    /// [`PassError::Graph`] where the graph is not valid; [`PassError::Bits`] where a width is not 2 to 8.
    pub fn new(graph: &'graph Graph, bits: &[u32], per_channel: bool) -> Result<Self, PassError> {
        graph.validate()?;
        let mut tasks = Vec::new();
        for (id, _) in graph.numbered() {
            let Some(layer) = Layer::new(graph, id) else {
                continue;
            };
            for &bits in bits {
                let dtype = storage_type(bits).filter(|_| bits >= 2);
                let bytes = dtype.and_then(|dtype| dtype.stored_bytes(layer.weights.len()));
                let bytes = bytes.ok_or(PassError::Bits(QuantError::Bits { bits }))?;
                tasks.push((id, bits, bytes));
            }
        }
        Ok(Self {
            graph,
            per_channel,
            tasks,
            done: 0,
            expected: Vec::new(),
            signal: 0.0,
            layers: Vec::new(),
        })
    }

    /// Bytes of all weights together, each layer at its smallest and at its largest: what a budget can be.
    pub fn bounds(&self) -> [usize; 2] {
        let mut bounds = [0, 0];
        for layer in self.tasks.chunk_by(|a, b| a.0 == b.0) {
            let bytes = || layer.iter().map(|&(_, _, bytes)| bytes);
            bounds[0] += bytes().min().unwrap_or(0);
            bounds[1] += bytes().max().unwrap_or(0);
        }
        bounds
    }

    /// Does a piece of the work. `run` is to run the graph that it is given over all images, in the same order each
    /// time, and to show the values of the tensors that it is asked for. Returns how much is done, from 0 to 1; None
    /// where nothing was left to do.
    ///
    /// # Errors
    /// [`PassError::NoSamples`] where `run` shows nothing, or nothing but zeros; those of `run`.
    pub fn advance<E: From<PassError>>(
        &mut self,
        mut run: impl FnMut(&Graph, &[TensorId], Look<'_>) -> Result<(), E>,
    ) -> Result<Option<f64>, E> {
        let Some(&(node, bits, bytes)) = self.tasks.get(self.done) else {
            return Ok(None);
        };
        let square = |value: f32| f64::from(value).powi(2);
        if self.expected.is_empty() {
            let expected = &mut self.expected;
            run(self.graph, &self.graph.outputs, &mut |_, values| {
                expected.extend(values)
            })?;
            self.signal = self.expected.iter().map(|&value| square(value)).sum();
            return match self.signal > 0.0 && self.signal.is_finite() {
                true => Ok(Some(0.0)),
                false => Err(PassError::NoSamples.into()),
            };
        }
        let mut widths = Widths::none(self.graph, self.per_channel);
        widths.set(node, Some(bits));
        let (rounded, _) = round_weights(self.graph, &widths)?;
        let mut expected = self.expected.iter();
        let mut noise = 0.0;
        run(&rounded, &rounded.outputs, &mut |_, values| {
            let pairs = values.iter().zip(&mut expected);
            noise += pairs.map(|(a, b)| square(a - b)).sum::<f64>();
        })?;
        let choice = WidthChoice {
            bits,
            bytes,
            noise: noise / self.signal,
        };
        match self.layers.last_mut().filter(|layer| layer.node == node) {
            Some(layer) => layer.choices.push(choice),
            None => self.layers.push(LayerChoices {
                node,
                choices: vec![choice],
            }),
        }
        self.done += 1;
        Ok(Some(self.done as f64 / self.tasks.len() as f64))
    }

    /// What has been measured so far.
    pub fn finish(self) -> Vec<LayerChoices> {
        self.layers
    }
}
