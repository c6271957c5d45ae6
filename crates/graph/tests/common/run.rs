//! Running a graph, with every tensor as reals.
#![allow(dead_code, reason = "each test uses some of it")]

use octet_engine::{Engine, Kernels, Values};
use octet_graph::{Graph, TensorId};

/// All tensors of a graph after a run on float32 inputs.
pub struct Run<'graph> {
    graph: &'graph Graph,
    engine: Engine,
}

impl<'graph> Run<'graph> {
    pub fn new(graph: &'graph Graph, inputs: &[Vec<f32>]) -> Self {
        let mut engine = Engine::with_all_tensors_kept(graph, Kernels::Reference).unwrap();
        for (index, input) in inputs.iter().enumerate() {
            engine.set_input(index, Values::Float32(input)).unwrap();
        }
        engine.invoke().unwrap();
        Self { graph, engine }
    }

    /// What a tensor's numbers stand for.
    pub fn reals(&self, id: TensorId) -> Vec<f32> {
        let quantization = self.graph.tensor(id).unwrap().quantization.as_ref();
        let params = quantization.and_then(|quantization| quantization.single());
        let real = |q: i32| {
            let (scale, zero_point) = params.unwrap();
            (q - zero_point) as f32 * scale
        };
        match self.engine.tensor(id).unwrap() {
            Values::Float32(values) => values.to_vec(),
            Values::Int8(values) => values.iter().map(|&q| real(q.into())).collect(),
            Values::Uint8(values) => values.iter().map(|&q| real(q.into())).collect(),
            other => panic!("{other:?}"),
        }
    }

    pub fn output(&self, index: usize) -> Vec<f32> {
        self.reals(self.graph.outputs[index])
    }
}

/// The largest difference, in parts of the largest magnitude.
pub fn difference(expected: &[f32], found: &[f32]) -> f32 {
    assert_eq!(expected.len(), found.len());
    let largest = expected.iter().fold(0.0_f32, |max, v| max.max(v.abs()));
    let differences = expected.iter().zip(found).map(|(a, b)| (a - b).abs());
    differences.fold(0.0, f32::max) / largest
}

/// Signal to quantization noise, in decibels.
pub fn sqnr(expected: &[f32], found: &[f32]) -> f32 {
    assert_eq!(expected.len(), found.len());
    let signal: f32 = expected.iter().map(|v| v * v).sum();
    let noise: f32 = expected
        .iter()
        .zip(found)
        .map(|(a, b)| (a - b).powi(2))
        .sum();
    10.0 * (signal / noise).log10()
}
