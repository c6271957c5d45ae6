//! Observers: what watches the values of a calibration set and settles on a range for them.

mod entropy;
mod histogram;
mod magnitudes;
mod min_max;
mod moving_average;
mod mse;
mod percentile;
mod values;

use crate::ends::{ends, refuse_not_finite};
use crate::{IntRange, QuantError, QuantParams, Rounding, Symmetry};
use magnitudes::Magnitudes;
use min_max::MinMax;
use moving_average::MovingAverage;
use values::Values;

/// How an [`Observer`] settles on a range.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum ObserverKind {
    /// From the smallest to the largest value: PyTorch's `MinMaxObserver`.
    ///
    /// Merging is exact.
    MinMax,
    /// An exponential moving average of each batch's smallest and largest value: PyTorch's
    /// `MovingAverageMinMaxObserver`.
    ///
    /// Merging continues with the other's batches as if they had been observed next, up to rounding.
    MovingAverage {
        /// The weight of a new batch, above 0 and at most 1. PyTorch's default is 0.01.
        constant: f32,
    },
    /// The range with the smallest expected squared error that PyTorch's `HistogramObserver` (2.15, 2048
    /// bins) finds by dropping bins from both ends of its histogram. It depends on the number of integers.
    /// The search stops as soon as the error rises, so that a lone outlier often stays.
    ///
    /// Merging adds the histograms over the range of both; a value may move by one bin of each.
    Histogram,
    /// The smallest magnitude that `percent` % of the values do not exceed, up to one bin of a histogram of
    /// magnitudes that starts with 2048 bins and keeps their width as it grows (as NVIDIA's
    /// pytorch-quantization). The range reaches to that magnitude on both sides, but not beyond 0 or the
    /// observed values: that of a ReLU's output begins at 0.
    ///
    /// Merging adds the histograms in the wider bins of both; a value may move by one bin.
    Percentile {
        /// Above 0 and at most 100. NVIDIA's default is 99.99.
        percent: f32,
    },
    /// The magnitude at which clipping and 2^(bits − 1) levels change the distribution the least, by the
    /// Kullback-Leibler divergence (S. Migacz, "8-bit Inference with TensorRT", GTC 2017). The histogram,
    /// the range for one-sided values and merging are as with [`Percentile`](Self::Percentile); exact zeros
    /// do not count.
    Entropy,
    /// The range with the smallest mean squared quantization error over a histogram of 2048 bins, among
    /// thousandths of the observed smallest and largest value. It depends on the integers and the symmetry.
    ///
    /// Merging is as with [`Histogram`](Self::Histogram).
    Mse,
}

/// Watches values, batch by batch, and settles on a range for them.
///
/// The calibration set can be observed image by image, in several observers at once whose findings are then
/// [merged](Self::merge). Memory does not grow with the number of values, beyond 8192 bins.
#[derive(Clone, Debug, PartialEq)]
pub struct Observer {
    kind: ObserverKind,
    state: State,
}

/// What has been seen.
#[derive(Clone, Debug, PartialEq)]
enum State {
    MinMax(MinMax),
    MovingAverage(MovingAverage),
    Values(Values),
    Magnitudes(Magnitudes),
}

impl Observer {
    /// An observer that has seen nothing.
    ///
    /// # Errors
    /// [`QuantError::Setting`] where a number in `kind` is outside of its range.
    pub fn new(kind: ObserverKind) -> Result<Self, QuantError> {
        let state = match kind {
            ObserverKind::MinMax => State::MinMax(MinMax::default()),
            ObserverKind::MovingAverage { constant } => {
                check("constant", constant, 1.0)?;
                State::MovingAverage(MovingAverage::new(constant))
            }
            ObserverKind::Percentile { percent } => {
                check("percent", percent, 100.0)?;
                State::Magnitudes(Magnitudes::default())
            }
            ObserverKind::Entropy => State::Magnitudes(Magnitudes::default()),
            ObserverKind::Histogram | ObserverKind::Mse => State::Values(Values::default()),
        };
        Ok(Self { kind, state })
    }

    /// What it was made from.
    pub fn kind(&self) -> ObserverKind {
        self.kind
    }

    /// Takes in a batch. An empty one has no effect, nor has one that is refused.
    ///
    /// # Errors
    /// [`QuantError::NotFinite`].
    pub fn observe(&mut self, batch: &[f32]) -> Result<(), QuantError> {
        refuse_not_finite(batch)?;
        let Some(ends) = ends(batch) else {
            return Ok(());
        };
        match &mut self.state {
            State::MinMax(state) => state.observe(ends),
            State::MovingAverage(state) => state.observe(ends),
            State::Values(state) => state.observe(batch, ends),
            State::Magnitudes(state) => state.observe(batch, ends),
        }
        Ok(())
    }

    /// Takes in what another has seen; [`ObserverKind`] says how exactly.
    ///
    /// # Errors
    /// [`QuantError::Mismatch`] where the kinds or their settings differ.
    pub fn merge(&mut self, other: &Self) -> Result<(), QuantError> {
        if self.kind != other.kind {
            return Err(QuantError::Mismatch);
        }
        match (&mut self.state, &other.state) {
            (State::MinMax(state), State::MinMax(other)) => state.merge(other),
            (State::MovingAverage(state), State::MovingAverage(other)) => state.merge(other),
            (State::Values(state), State::Values(other)) => state.merge(other),
            (State::Magnitudes(state), State::Magnitudes(other)) => state.merge(other),
            _ => return Err(QuantError::Mismatch),
        }
        Ok(())
    }

    /// The smallest and the largest real to represent with `integers`; 0 need not lie between them.
    ///
    /// # Errors
    /// [`QuantError::NothingObserved`].
    pub fn range(&self, symmetry: Symmetry, integers: IntRange) -> Result<(f32, f32), QuantError> {
        // As many as the bits have, also where the range is narrow: PyTorch counts so.
        let levels = (integers.steps() as u32 + 1).next_power_of_two();
        let range = match (&self.state, self.kind) {
            (State::MinMax(state), _) => state.range(),
            (State::MovingAverage(state), _) => state.range(),
            (State::Values(state), ObserverKind::Mse) => mse::range(state, symmetry, integers),
            (State::Values(state), _) => histogram::range(state, levels),
            (State::Magnitudes(state), ObserverKind::Percentile { percent }) => {
                clipped(state, percentile::threshold(state, percent))
            }
            (State::Magnitudes(state), _) => {
                clipped(state, entropy::threshold(state, levels as usize / 2))
            }
        };
        range.ok_or(QuantError::NothingObserved)
    }

    /// Scale and zero point for [`range`](Self::range), by [`QuantParams::from_range`] with halves to even,
    /// as PyTorch's `calculate_qparams`. (PyTorch's scale is never below 1.19e-7; this one is, or is 1 where
    /// it would be denormal.)
    ///
    /// # Errors
    /// [`QuantError::NothingObserved`].
    pub fn params(
        &self,
        symmetry: Symmetry,
        integers: IntRange,
    ) -> Result<QuantParams, QuantError> {
        let (min, max) = self.range(symmetry, integers)?;
        QuantParams::from_range(min, max, symmetry, integers, Rounding::HalfToEven)
    }
}

fn check(name: &'static str, value: f32, most: f32) -> Result<(), QuantError> {
    if value > 0.0 && value <= most {
        Ok(())
    } else {
        Err(QuantError::Setting { name })
    }
}

/// From −threshold to threshold, but not beyond 0 and the observed values.
fn clipped(magnitudes: &Magnitudes, threshold: f32) -> Option<(f32, f32)> {
    let (min, max) = magnitudes.ends()?;
    Some((min.min(0.0).max(-threshold), max.max(0.0).min(threshold)))
}
