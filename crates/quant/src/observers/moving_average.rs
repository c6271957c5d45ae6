//! An exponential moving average of the batches' smallest and largest values.

/// PyTorch's `MovingAverageMinMaxObserver`: the first batch sets both ends, each further one moves them by
/// `constant · (batch − average)`.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct MovingAverage {
    constant: f32,
    batches: u32,
    /// Both ends of the first batch, which merging needs.
    first: (f32, f32),
    average: (f32, f32),
}

impl MovingAverage {
    pub(super) fn new(constant: f32) -> Self {
        Self {
            constant,
            batches: 0,
            first: (0.0, 0.0),
            average: (0.0, 0.0),
        }
    }

    /// Takes in the smallest and the largest value of a batch.
    pub(super) fn observe(&mut self, (min, max): (f32, f32)) {
        if self.batches == 0 {
            self.first = (min, max);
            self.average = (min, max);
        } else {
            let (low, high) = self.average;
            self.average = (
                step(low, min, self.constant),
                step(high, max, self.constant),
            );
        }
        self.batches = self.batches.saturating_add(1);
    }

    /// What observing the batches of `self`, then those of `other`, would have given, up to rounding.
    pub(super) fn merge(&mut self, other: &Self) {
        if other.batches == 0 {
            return;
        }
        if self.batches == 0 {
            *self = other.clone();
            return;
        }
        // After k batches, whatever the average started from has the weight (1 − c)^k. `other` started from
        // its first batch; here it would have started from the average of `self`.
        let weight = libm::pow(1.0 - f64::from(self.constant), f64::from(other.batches));
        let restart = |own: f32, first: f32, average: f32| {
            (f64::from(average) + weight * (f64::from(own) - f64::from(first))) as f32
        };
        self.average = (
            restart(self.average.0, other.first.0, other.average.0),
            restart(self.average.1, other.first.1, other.average.1),
        );
        self.batches = self.batches.saturating_add(other.batches);
    }

    pub(super) fn range(&self) -> Option<(f32, f32)> {
        (self.batches > 0).then_some(self.average)
    }
}

fn step(average: f32, value: f32, constant: f32) -> f32 {
    let difference = value - average;
    if difference.is_finite() {
        average + constant * difference
    } else {
        // Ends of opposite sign near the largest float32.
        average * (1.0 - constant) + value * constant
    }
}
