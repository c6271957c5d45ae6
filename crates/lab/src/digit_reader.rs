//! A digit network on the engine.

use octet_engine::{Engine, Kernels, Options, Values};
use octet_graph::{Graph, Quantization, Tensor, TensorId};
use octet_models::digits::{DigitSet, reals};
use octet_protocol::LabError;

use crate::classes::top1;
use crate::integers::{CALIBRATED_BY, cannot_run, put_in, take_out};

/// A digit network on the engine: 28 × 28 pixels from 0 to 1 go in, a number for each digit comes out.
pub(crate) struct DigitReader {
    engine: Engine,
    /// Scale and zero point of each tensor that has one of each.
    quantization: Vec<Option<(f32, i32)>>,
}

impl DigitReader {
    /// Reads the network from the bytes of its `.tflite` file, so that what runs is what the reader can save.
    pub(crate) fn from_file(file: &[u8], kernels: Kernels) -> Result<Self, LabError> {
        Self::new(&octet_tflite::read(file).map_err(cannot_run)?, kernels)
    }

    pub(crate) fn new(graph: &Graph, kernels: Kernels) -> Result<Self, LabError> {
        let engine = Engine::new(graph, kernels, &Options::default()).map_err(cannot_run)?;
        Ok(Self::on(engine, graph))
    }

    /// One whose activations can be looked at after a run.
    pub(crate) fn keeping_all(graph: &Graph) -> Result<Self, LabError> {
        let engine = Engine::with_all_tensors_kept(graph, CALIBRATED_BY).map_err(cannot_run)?;
        Ok(Self::on(engine, graph))
    }

    fn on(engine: Engine, graph: &Graph) -> Self {
        let single = |tensor: &Tensor| tensor.quantization.as_ref().and_then(Quantization::single);
        Self {
            engine,
            quantization: graph.tensors.iter().map(single).collect(),
        }
    }

    /// Memory that its tensors need.
    pub(crate) fn arena_bytes(&self) -> u64 {
        self.engine.arena_bytes() as u64
    }

    pub(crate) fn put_in(&mut self, pixels: &[f32]) -> Result<(), LabError> {
        put_in(&mut self.engine, pixels)
    }

    pub(crate) fn invoke(&mut self) -> Result<(), LabError> {
        self.engine.invoke().map_err(cannot_run)
    }

    /// What the network says of a digit, before softmax.
    pub(crate) fn read(&mut self, pixels: &[f32]) -> Result<Vec<f32>, LabError> {
        self.put_in(pixels)?;
        self.invoke()?;
        take_out(&self.engine)
    }

    /// The likeliest class of each digit.
    pub(crate) fn classes(&mut self, set: &DigitSet) -> Result<Vec<usize>, LabError> {
        let images = set.images().iter();
        images
            .map(|image| {
                let logits = self.read(&reals(image))?;
                Ok(top1(&logits).map_or(0, |(class, _)| class))
            })
            .collect()
    }

    /// An activation of the last run, or what its integers stand for.
    pub(crate) fn activation(&self, id: TensorId) -> Result<Vec<f32>, LabError> {
        let quantization = self.quantization.get(id.0).copied().flatten();
        match (self.engine.tensor(id).map_err(cannot_run)?, quantization) {
            (Values::Float32(values), _) => Ok(values.to_vec()),
            (Values::Int8(values), Some((scale, zero_point))) => {
                let real = |&q: &i8| (i32::from(q) - zero_point) as f32 * scale;
                Ok(values.iter().map(real).collect())
            }
            _ => Err(cannot_run("an activation is of another type")),
        }
    }
}

/// How many digits were read rightly.
pub(crate) fn correct(said: &[usize], set: &DigitSet) -> usize {
    let pairs = said.iter().zip(set.labels());
    pairs.filter(|(a, b)| **a == usize::from(**b)).count()
}
