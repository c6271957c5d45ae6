//! Learning how to round the weights of one layer.

use super::AdaRound;
use super::adam::Adam;
use super::soft::Regularizer;
use super::solver::Solver;
use crate::Activation;

/// Which weights meet which inputs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Contraction {
    /// Each output is a sum over all inputs; weights `[outputs, inputs]`, a sample's inputs in the same order.
    Full {
        /// Inputs a sample.
        inputs: usize,
        /// Outputs a sample.
        outputs: usize,
    },
    /// Output `c · multiplier + m` is a sum over the taps of channel c; weights `[taps, channels · multiplier]`, a
    /// sample's inputs `[taps, channels]`.
    Depthwise {
        /// Places of the window.
        taps: usize,
        /// Channels read.
        channels: usize,
        /// Outputs a channel.
        multiplier: usize,
    },
}

impl Contraction {
    /// Outputs a sample.
    pub fn outputs(self) -> usize {
        match self {
            Self::Full { outputs, .. } => outputs,
            Self::Depthwise {
                channels,
                multiplier,
                ..
            } => channels * multiplier,
        }
    }

    /// Inputs a sample.
    pub fn inputs(self) -> usize {
        match self {
            Self::Full { inputs, .. } => inputs,
            Self::Depthwise { taps, channels, .. } => taps * channels,
        }
    }

    /// Weights an output.
    pub(super) fn depth(self) -> usize {
        match self {
            Self::Full { inputs, .. } => inputs,
            Self::Depthwise { taps, .. } => taps,
        }
    }
}

/// A layer whose rounding is to be learned, and samples of what goes in and should come out.
#[derive(Clone, Copy, Debug)]
pub struct LayerSamples<'a> {
    /// Which weights meet which inputs.
    pub contraction: Contraction,
    /// Float32, in the order that `contraction` says.
    pub weights: &'a [f32],
    /// One for each output, or none at all.
    pub bias: &'a [f32],
    /// The step between two neighbouring integers: one, or one for each output.
    pub scales: &'a [f32],
    /// Integers go from −`largest` to `largest`.
    pub largest: i32,
    /// What ends the layer.
    pub activation: Activation,
    /// What goes in, sample by sample: of the network whose earlier layers are rounded already.
    pub inputs: &'a [f32],
    /// What should come out behind the activation, sample by sample: of the float32 network.
    pub targets: &'a [f32],
}

/// A learned rounding.
#[derive(Clone, Debug, PartialEq)]
pub struct LearnedRounding {
    /// The integer of each weight, in the order of the weights.
    pub integers: Vec<i32>,
    /// Mean squared error of the layer's outputs over all samples, with every weight rounded to the nearest.
    pub nearest_error: f64,
    /// The same as it is now: never larger.
    pub error: f64,
    /// How many weights are not rounded to the nearest.
    pub moved: usize,
}

/// A layer whose rounding is being learned (Nagel et al. 2020, arXiv 2004.10568, equations 21 to 25): V of each weight,
/// so that `s · (floor(w / s) + h(V))` in place of the weights brings the layer's outputs near the targets, while a
/// regularizer drives every h(V) to 0 or 1.
///
/// Two things differ from the paper. Errors count in parts of what rounding to the nearest adds to them, so that one
/// weight of the regularizer suits every layer; and scales are given, not searched. Where the result is no better on
/// the samples than rounding to the nearest, that is the result.
pub struct LayerRounding {
    solver: Solver,
    adam: Adam,
    options: AdaRound,
    nearest: Vec<bool>,
    nearest_error: f64,
    /// What rounding to the nearest adds; 0 where there is nothing to learn.
    reference: f32,
    taken: usize,
}

impl LayerRounding {
    /// Begins. What is missing of inputs or targets makes fewer samples, of scales or bias counts as 1 and 0.
    pub fn new(layer: &LayerSamples<'_>, options: &AdaRound) -> Self {
        let mut solver = Solver::new(layer, options.batch);
        let nearest = solver.nearest();
        Self {
            nearest_error: solver.error(&nearest),
            reference: solver.added_error(layer.weights, &nearest),
            adam: Adam::new(solver.variables.len()),
            solver,
            options: *options,
            nearest,
            taken: 0,
        }
    }

    /// How many steps are to be taken yet.
    pub fn left(&self) -> usize {
        match self.reference > 0.0 {
            true => self.options.iterations.saturating_sub(self.taken),
            false => 0,
        }
    }

    /// Takes so many steps, or those that are left.
    pub fn learn(&mut self, steps: usize) {
        for _ in 0..steps.min(self.left()) {
            let moment = self.taken as f32 / self.options.iterations as f32;
            let AdaRound {
                warm_up,
                regularization,
                rate,
                ..
            } = self.options;
            let regularizer = Regularizer::at(moment, warm_up, regularization);
            self.solver.descend(self.taken, regularizer, self.reference);
            let Solver {
                variables,
                gradient,
                ..
            } = &mut self.solver;
            self.adam.step(variables, gradient, rate);
            self.taken += 1;
        }
    }

    /// The rounding as it has been learned.
    pub fn finish(mut self) -> LearnedRounding {
        let learned = self.solver.learned();
        let error = self.solver.error(&learned);
        let better = error < self.nearest_error;
        let chosen = if better { &learned } else { &self.nearest };
        let pairs = chosen.iter().zip(&self.nearest);
        LearnedRounding {
            integers: self.solver.integers(chosen),
            nearest_error: self.nearest_error,
            error: error.min(self.nearest_error),
            moved: pairs.filter(|(chosen, nearest)| chosen != nearest).count(),
        }
    }
}
