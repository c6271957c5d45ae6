//! A classifier on the engine: pixels go in, probabilities come out.

use std::collections::BTreeMap;

use octet_engine::{Engine, Kernels, Options};
use octet_graph::{Graph, Op, TensorId};
use octet_models::Normalization;
use octet_protocol::LabError;

use super::edges::{normalize, put_in, take_out};
use super::faults::cannot_run;
use crate::host::Host;
use crate::predict::softmax;

/// A classifier on the engine.
pub(crate) struct Runner {
    engine: Engine,
    normalization: Normalization,
    /// Whether what comes out has been through a softmax.
    gives_probabilities: bool,
}

impl Runner {
    /// Reads a model from the bytes of its `.tflite` file, so that what runs is what the reader can save.
    pub(crate) fn from_file(
        file: &[u8],
        kernels: Kernels,
        normalization: Normalization,
    ) -> Result<Self, LabError> {
        let graph = octet_tflite::read(file).map_err(cannot_run)?;
        Self::new(&graph, kernels, normalization)
    }

    /// A graph whose first input is a photo and whose first output is a number for each class.
    pub(crate) fn new(
        graph: &Graph,
        kernels: Kernels,
        normalization: Normalization,
    ) -> Result<Self, LabError> {
        let engine = Engine::new(graph, kernels, &Options::default()).map_err(cannot_run)?;
        Ok(Self {
            engine,
            normalization,
            gives_probabilities: gives_probabilities(graph),
        })
    }

    /// The engine, for what is not asked here.
    pub(crate) fn engine(&self) -> &Engine {
        &self.engine
    }

    /// Puts a photo in: `height · width · 3` values from 0 to 255, in the network's size.
    pub(crate) fn put_in(&mut self, pixels: &[f32]) -> Result<(), LabError> {
        put_in(&mut self.engine, &normalize(pixels, &self.normalization))
    }

    /// Runs the network on what was put in; gives the milliseconds it took, with nothing else in them.
    pub(crate) fn invoke(&mut self, host: &impl Host) -> Result<f64, LabError> {
        let begin = host.now_ms();
        self.engine.invoke().map_err(cannot_run)?;
        Ok(host.now_ms() - begin)
    }

    /// Runs the network step by step; gives the milliseconds of all operators of a kind together, by TFLite's
    /// name.
    pub(crate) fn invoke_by_operator(
        &mut self,
        host: &impl Host,
    ) -> Result<BTreeMap<&'static str, f64>, LabError> {
        let mut times = BTreeMap::new();
        for step in 0..self.engine.steps() {
            let operator = self.engine.step_info(step).map_err(cannot_run)?.operator;
            let begin = host.now_ms();
            self.engine.invoke_step(step).map_err(cannot_run)?;
            *times.entry(operator).or_insert(0.0) += host.now_ms() - begin;
        }
        Ok(times)
    }

    /// The probability of each class, after a run.
    pub(crate) fn probabilities(&self) -> Result<Vec<f32>, LabError> {
        let values = take_out(&self.engine)?;
        if self.gives_probabilities {
            return Ok(values);
        }
        Ok(softmax(&values))
    }

    /// Puts a photo in, runs the network, and gives the probability of each class.
    pub(crate) fn classify(
        &mut self,
        pixels: &[f32],
        host: &impl Host,
    ) -> Result<Vec<f32>, LabError> {
        self.put_in(pixels)?;
        self.invoke(host)?;
        self.probabilities()
    }
}

/// Whether the first output comes from a softmax, through nothing but changes of type and shape.
pub(crate) fn gives_probabilities(graph: &Graph) -> bool {
    let mut next: Option<TensorId> = graph.outputs.first().copied();
    // Each operator at most once, however the graph is knotted.
    for _ in 0..graph.nodes.len() {
        let producer = next.and_then(|id| graph.producer(id));
        let Some(node) = producer.and_then(|id| graph.node(id).ok()) else {
            return false;
        };
        match node.op {
            Op::Softmax { .. } => return true,
            Op::Quantize | Op::Dequantize | Op::Reshape => next = node.reads().next(),
            _ => return false,
        }
    }
    false
}
