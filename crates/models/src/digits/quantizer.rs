//! Fake-quantization on the way through the network: weights to the steps that they will have, activations to those
//! of a range which moves with what is seen until it is frozen.

use burn::tensor::Tensor;
use octet_quant::{
    Granularity, IntRange, Observer, ObserverKind, QuantError, QuantParams, Rounding, Symmetry,
    min_max_params,
};

use super::config::BitWidths;
use super::fake_quantize::{Steps, fake_quantize};
use super::forward::{Hooks, to_vec};

/// The weight of a new batch in a moving average, PyTorch's default.
const MOVING: f32 = 0.01;

/// The lowest and the highest value of what each of the three layers gives.
pub type DigitRanges = [(f32, f32); 3];

/// Quantizes while it watches.
#[derive(Clone, Debug)]
pub(super) struct Watching {
    widths: BitWidths,
    observers: [Observer; 3],
    frozen: bool,
}

impl Watching {
    pub(super) fn new(widths: BitWidths) -> Result<Self, QuantError> {
        widths.ranges()?;
        let observer = Observer::new(ObserverKind::MovingAverage { constant: MOVING })?;
        Ok(Self {
            widths,
            observers: [observer.clone(), observer.clone(), observer],
            frozen: false,
        })
    }

    /// From now on ranges stay as they are.
    pub(super) fn freeze(&mut self) {
        self.frozen = true;
    }

    /// The ranges as they are.
    pub(super) fn frozen(&self) -> Result<Frozen, QuantError> {
        let mut ranges = DigitRanges::default();
        for (range, observer) in ranges.iter_mut().zip(&self.observers) {
            *range = observer.range(Symmetry::Affine, IntRange::INT8)?;
        }
        Ok(Frozen {
            widths: self.widths,
            ranges,
        })
    }
}

impl Hooks for Watching {
    fn weights(&mut self, _: usize, weights: Tensor<2>) -> Tensor<2> {
        round_weights(weights, self.widths)
    }

    fn outputs(&mut self, layer: usize, outputs: Tensor<2>) -> Tensor<2> {
        let Some(observer) = self.observers.get_mut(layer) else {
            return outputs;
        };
        if !self.frozen
            && let Ok(values) = to_vec(outputs.clone().detach())
        {
            // NaN is refused and goes on to the loss.
            let _ = observer.observe(&values);
        }
        match observer.range(Symmetry::Affine, IntRange::INT8) {
            Ok(range) => round_outputs(outputs, range, self.widths),
            Err(_) => outputs,
        }
    }
}

/// Quantizes with ranges that are known.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Frozen {
    /// How many bits there are.
    pub widths: BitWidths,
    /// Of what the layers give.
    pub ranges: DigitRanges,
}

impl Hooks for Frozen {
    fn weights(&mut self, _: usize, weights: Tensor<2>) -> Tensor<2> {
        round_weights(weights, self.widths)
    }

    fn outputs(&mut self, layer: usize, outputs: Tensor<2>) -> Tensor<2> {
        match self.ranges.get(layer) {
            Some(range) => round_outputs(outputs, *range, self.widths),
            None => outputs,
        }
    }
}

/// Weights on the steps that integers of so many bits have, an output channel a row; as they are, where they are not
/// finite.
fn round_weights(weights: Tensor<2>, widths: BitWidths) -> Tensor<2> {
    let granularity = Granularity::PerChannel { axis: 0 };
    let params = to_vec(weights.clone().detach()).ok().and_then(|values| {
        let (integers, _) = widths.ranges().ok()?;
        let shape = weights.dims();
        let rounding = Rounding::HalfAwayFromZero;
        let symmetry = Symmetry::Symmetric;
        min_max_params(&values, &shape, granularity, symmetry, integers, rounding).ok()
    });
    match params {
        Some(params) => fake_quantize(
            weights,
            &Steps {
                granularity,
                params,
            },
        ),
        None => weights,
    }
}

fn round_outputs(outputs: Tensor<2>, (min, max): (f32, f32), widths: BitWidths) -> Tensor<2> {
    let params = widths.ranges().and_then(|(_, integers)| {
        let rounding = Rounding::HalfAwayFromZero;
        QuantParams::from_range(min, max, Symmetry::Affine, integers, rounding)
    });
    match params {
        Ok(params) => fake_quantize(
            outputs,
            &Steps {
                granularity: Granularity::PerTensor,
                params: vec![params],
            },
        ),
        Err(_) => outputs,
    }
}
