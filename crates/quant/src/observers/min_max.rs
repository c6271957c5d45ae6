//! The smallest and the largest value ever seen.

/// PyTorch's `MinMaxObserver`.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct MinMax {
    ends: Option<(f32, f32)>,
}

impl MinMax {
    /// Takes in the smallest and the largest value of a batch.
    pub(super) fn observe(&mut self, (min, max): (f32, f32)) {
        self.ends = Some(match self.ends {
            Some((low, high)) => (low.min(min), high.max(max)),
            None => (min, max),
        });
    }

    pub(super) fn merge(&mut self, other: &Self) {
        if let Some(ends) = other.ends {
            self.observe(ends);
        }
    }

    pub(super) fn range(&self) -> Option<(f32, f32)> {
        self.ends
    }
}
