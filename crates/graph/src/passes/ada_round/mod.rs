//! AdaRound: which way each weight is rounded is learned on a few images, layer by layer.

mod adam;
mod layer;
mod product;
mod samples;
mod soft;
mod solver;

use octet_quant::RandomState;

pub use layer::{Contraction, LayerRounding, LayerSamples, LearnedRounding};
use samples::Places;

use super::constants::Constants;
use super::layers::Layer;
use super::widths::{Grid, Widths};
use super::{PassError, Record};
use crate::{Constant, Graph, NodeId, TensorId};

/// How rounding is learned. With the default and 32 images, MobileNetV2 took about 50 s of one processor (on the host).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AdaRound {
    /// Steps a layer.
    pub iterations: usize,
    /// Samples a step.
    pub batch: usize,
    /// Places of a layer's output that are sampled in each image.
    pub places: usize,
    /// Adam's learning rate.
    pub rate: f32,
    /// The part of the steps before the regularizer sets in.
    pub warm_up: f32,
    /// The regularizer's weight beside the error that rounding to the nearest adds.
    pub regularization: f32,
    /// Of the random places.
    pub seed: u32,
}

impl Default for AdaRound {
    fn default() -> Self {
        Self {
            iterations: 200,
            batch: 32,
            places: 16,
            rate: 0.15,
            warm_up: 0.2,
            regularization: 16.0,
            seed: 1,
        }
    }
}

/// What was learned of a layer.
#[derive(Clone, Debug, PartialEq)]
pub struct RoundedLayer {
    /// The layer.
    pub node: NodeId,
    /// How many samples it learned from.
    pub samples: usize,
    /// Mean squared error of its outputs on them, with weights rounded to the nearest.
    pub nearest_error: f64,
    /// The same with what was learned.
    pub error: f64,
    /// How many of its weights are not rounded to the nearest.
    pub moved: usize,
}

/// What AdaRound did.
#[derive(Clone, Debug, PartialEq)]
pub struct LearnedRoundings {
    /// In the order of the layers.
    pub layers: Vec<RoundedLayer>,
    /// In words, with the layers that stay as they are, and why.
    pub record: Record,
}

/// Shows the values of a tensor in one run.
pub type Look<'a> = &'a mut dyn FnMut(TensorId, &[f32]);

/// So many weights times steps are done at a time: a fraction of a second.
const SLICE: usize = 10_000_000;

/// A network whose weights are rounded to steps, as [`round_weights`](super::round_weights()) does, but with a
/// [learned](LayerRounding) choice of the step above or the step below. Layers are learned in the order in which they
/// run, from what goes into them in the network that is rounded so far, towards what comes out of them in float32.
///
/// The work is done in pieces, so that whoever asks for it can show progress, or break off.
pub struct AdaRounding<'graph> {
    graph: &'graph Graph,
    options: AdaRound,
    tasks: Vec<Task<'graph>>,
    /// The task in hand.
    current: usize,
    learning: Option<LayerRounding>,
    constants: Constants<'graph>,
    layers: Vec<RoundedLayer>,
    record: Record,
}

impl<'graph> AdaRounding<'graph> {
    /// Begins. Tensors will keep their numbers.
    ///
    /// # Errors
    /// [`PassError::Graph`] where the graph is not valid; [`PassError::Bits`]; [`PassError::OtherWidths`].
    pub fn new(
        graph: &'graph Graph,
        widths: &Widths,
        options: &AdaRound,
    ) -> Result<Self, PassError> {
        graph.validate()?;
        widths.fits(graph)?;
        let mut record = Record::new("layers with rounded weights");
        let mut tasks = Vec::new();
        for (id, node) in graph.numbered() {
            let Some(bits) = widths.get(id) else {
                continue;
            };
            match (Layer::new(graph, id), Places::new(graph, node)) {
                (Some(layer), Some(places)) => tasks.push(Task {
                    layer,
                    places,
                    grid: Grid::new(graph, &layer, bits, widths.per_channel)?,
                    drawn: Vec::new(),
                    targets: Vec::new(),
                }),
                _ => record.leave(id, node, "its weights or bias are not float32 constants"),
            }
        }
        Ok(Self {
            graph,
            options: *options,
            tasks,
            current: 0,
            learning: None,
            constants: widths.constants(graph),
            layers: Vec::new(),
            record,
        })
    }

    /// Does a piece of the work. `run` is to run the graph that it is given over all images, in the same order each
    /// time, and to show the values of the tensors that it is asked for. Returns how much is done, from 0 to 1; None
    /// where nothing was left to do.
    ///
    /// # Errors
    /// [`PassError::NoSamples`] where `run` shows nothing; those of `run`.
    pub fn advance<E: From<PassError>>(
        &mut self,
        mut run: impl FnMut(&Graph, &[TensorId], Look<'_>) -> Result<(), E>,
    ) -> Result<Option<f64>, E> {
        let Some(task) = self.tasks.get(self.current) else {
            return Ok(None);
        };
        if task.targets.is_empty() {
            self.observe_targets(&mut run)?;
            return Ok(Some(0.0));
        }
        match &mut self.learning {
            None => {
                let inputs = observe_inputs(&self.constants.graph, task, &mut run)?;
                self.learning = Some(LayerRounding::new(&task.samples(&inputs), &self.options));
            }
            Some(learning) if learning.left() > 0 => {
                learning.learn((SLICE / task.layer.weights.len().max(1)).max(1));
            }
            Some(_) => self.close(),
        }
        Ok(Some(self.done()))
    }

    /// How much is done, from 0 to 1.
    fn done(&self) -> f64 {
        let weights = |tasks: &[Task<'_>]| -> usize {
            tasks.iter().map(|task| task.layer.weights.len()).sum()
        };
        let (before, behind) = self.tasks.split_at(self.current.min(self.tasks.len()));
        let part = match (&self.learning, behind.first()) {
            (Some(learning), Some(task)) => {
                let taken = self.options.iterations.saturating_sub(learning.left());
                let part = taken as f64 / self.options.iterations.max(1) as f64;
                part * task.layer.weights.len() as f64
            }
            _ => 0.0,
        };
        (weights(before) as f64 + part) / (weights(&self.tasks) as f64).max(1.0)
    }

    /// Chooses places in each image, and keeps what comes out of each layer there.
    fn observe_targets<E: From<PassError>>(
        &mut self,
        run: &mut impl FnMut(&Graph, &[TensorId], Look<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        let outputs = self.tasks.iter().map(|task| task.layer.node.output);
        let outputs: Vec<TensorId> = outputs.collect();
        let mut random = RandomState::new(self.options.seed);
        let tasks = &mut self.tasks;
        run(self.graph, &outputs, &mut |id, values| {
            for task in tasks.iter_mut() {
                if task.layer.node.output == id {
                    let drawn = task.places.draw(self.options.places, &mut random);
                    task.places.outputs(values, &drawn, &mut task.targets);
                    task.drawn.push(drawn);
                }
            }
        })?;
        match self.tasks.iter().any(|task| task.targets.is_empty()) {
            true => Err(PassError::NoSamples.into()),
            false => Ok(()),
        }
    }

    /// Puts what was learned of the layer in hand into the network.
    fn close(&mut self) {
        let (Some(task), Some(learning)) = (self.tasks.get(self.current), self.learning.take())
        else {
            return;
        };
        let learned = learning.finish();
        let (id, node) = (task.layer.id, task.layer.node);
        let reals = task.grid.reals(&task.layer, &learned.integers);
        if let Some(weights) = node.inputs.get(1).copied().flatten() {
            let data = Constant::Float32(reals.into());
            let weights = self.constants.replace(weights, data, None);
            self.constants.put(id, 1, weights);
        }
        self.record.change(id, node, described(&learned));
        self.layers.push(RoundedLayer {
            node: id,
            samples: task.drawn.iter().map(Vec::len).sum(),
            nearest_error: learned.nearest_error,
            error: learned.error,
            moved: learned.moved,
        });
        self.current += 1;
    }

    /// The network, its layers rounded as far as the work has come.
    ///
    /// # Errors
    /// [`PassError::Graph`] where rounded weights would leave float32.
    pub fn finish(self) -> Result<(Graph, LearnedRoundings), PassError> {
        self.constants.graph.validate()?;
        let Self { layers, record, .. } = self;
        Ok((self.constants.graph, LearnedRoundings { layers, record }))
    }
}

/// A layer that is to be rounded.
struct Task<'graph> {
    layer: Layer<'graph>,
    places: Places,
    grid: Grid,
    /// The places that are sampled, image by image.
    drawn: Vec<Vec<usize>>,
    /// What comes out there in the float32 network.
    targets: Vec<f32>,
}

impl Task<'_> {
    fn samples<'a>(&'a self, inputs: &'a [f32]) -> LayerSamples<'a> {
        LayerSamples {
            contraction: self.places.contraction,
            weights: self.layer.weights,
            bias: self.layer.bias.unwrap_or_default(),
            scales: &self.grid.scales,
            largest: self.grid.largest,
            activation: self.layer.activation(),
            inputs,
            targets: &self.targets,
        }
    }
}

/// What goes into a layer at its places, in the network as it is so far.
fn observe_inputs<E>(
    graph: &Graph,
    task: &Task<'_>,
    run: &mut impl FnMut(&Graph, &[TensorId], Look<'_>) -> Result<(), E>,
) -> Result<Vec<f32>, E> {
    let mut inputs = Vec::new();
    let Some(input) = task.layer.node.reads().next() else {
        return Ok(inputs);
    };
    // All that runs before, and no more.
    let mut before = graph.clone();
    before.nodes.truncate(task.layer.id.0);
    before.outputs = vec![input];
    let numbers = before.remove_unused();
    let Some(input) = numbers.get(input.0).copied().flatten() else {
        return Ok(inputs);
    };
    let mut drawn = task.drawn.iter();
    run(&before, &[input], &mut |id, values| {
        if let Some(drawn) = drawn.next().filter(|_| id == input) {
            task.places.inputs(values, drawn, &mut inputs);
        }
    })?;
    Ok(inputs)
}

fn described(learned: &LearnedRounding) -> String {
    let LearnedRounding {
        integers,
        nearest_error,
        error,
        moved,
    } = learned;
    if *moved == 0 {
        return format!("{} weights rounded to the nearest", integers.len());
    }
    let part = 100.0 * error / nearest_error;
    format!(
        "{moved} of {} weights rounded the other way; {part:.1} % of the error is left",
        integers.len()
    )
}
