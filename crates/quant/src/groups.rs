//! Which values share a scale.

use crate::QuantError;

/// How finely a tensor is divided into groups with a scale and a zero point each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Granularity {
    /// One group.
    PerTensor,
    /// One group for each index of an axis.
    PerChannel {
        /// The axis, counted from 0, the slowest.
        axis: usize,
    },
    /// One group for each run of `size` values along the flattened tensor; the last may be shorter.
    PerBlock {
        /// Values in a block; at least 1.
        size: usize,
    },
}

impl Granularity {
    /// Divides a row-major tensor of `values` values and this shape (no axes at all: one value). A tensor
    /// without values is one group per tensor, and otherwise none, so no shape makes more groups than
    /// there are values.
    ///
    /// # Errors
    /// [`QuantError::Shape`], [`QuantError::Axis`] or [`QuantError::Block`].
    pub fn groups(self, values: usize, shape: &[usize]) -> Result<Groups, QuantError> {
        if product(shape) != Some(values) {
            return Err(QuantError::Shape {
                values,
                shape: shape.to_vec(),
            });
        }
        let (count, run) = match self {
            Self::PerTensor => (1, values),
            Self::PerChannel { axis } => {
                let [channels, rest @ ..] = shape.get(axis..).unwrap_or_default() else {
                    let rank = shape.len();
                    return Err(QuantError::Axis { axis, rank });
                };
                // Of a tensor without values the lengths can be anything.
                match values {
                    0 => (0, 0),
                    _ => (*channels, product(rest).unwrap_or_default()),
                }
            }
            Self::PerBlock { size: 0 } => return Err(QuantError::Block),
            Self::PerBlock { size } => (values.div_ceil(size), size),
        };
        Ok(Groups {
            values,
            count,
            run: run.max(1),
        })
    }
}

/// None where it overflows and no factor is 0.
fn product(shape: &[usize]) -> Option<usize> {
    if shape.contains(&0) {
        return Some(0);
    }
    shape.iter().try_fold(1_usize, |all, &n| all.checked_mul(n))
}

/// A tensor divided into groups. Each granularity comes down to this: runs of equal length, only the last
/// maybe shorter, which belong to the groups in turn, again and again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Groups {
    values: usize,
    count: usize,
    run: usize,
}

impl Groups {
    /// How many groups there are.
    pub fn count(&self) -> usize {
        self.count
    }

    /// How many values the tensor has.
    pub fn values(&self) -> usize {
        self.values
    }

    /// The group of the value at a position of the flattened tensor; None behind its end.
    pub fn of(&self, index: usize) -> Option<usize> {
        (index < self.values).then(|| index / self.run % self.count)
    }

    /// Cuts what belongs to the tensor, value by value, into runs, each with its group.
    pub fn runs<'a, T>(&self, values: &'a [T]) -> impl Iterator<Item = (usize, &'a [T])> {
        (0..self.count).cycle().zip(values.chunks(self.run))
    }
}

#[cfg(test)]
mod tests {
    use alloc::vec::Vec;

    use super::Granularity::{PerBlock, PerChannel, PerTensor};
    use super::*;

    fn all(granularity: Granularity, shape: &[usize]) -> Vec<usize> {
        let values = shape.iter().product();
        let groups = granularity.groups(values, shape).unwrap();
        let of: Vec<usize> = (0..values).map(|index| groups.of(index).unwrap()).collect();
        assert_eq!(groups.of(values), None);
        // The runs say the same.
        let indices: Vec<usize> = (0..values).collect();
        let runs: Vec<usize> = groups
            .runs(&indices)
            .flat_map(|(group, run)| run.iter().map(move |_| group))
            .collect();
        assert_eq!(of, runs);
        of
    }

    #[test]
    fn who_belongs_where() {
        assert_eq!(all(PerTensor, &[2, 3]), [0, 0, 0, 0, 0, 0]);
        assert_eq!(all(PerChannel { axis: 0 }, &[2, 3]), [0, 0, 0, 1, 1, 1]);
        assert_eq!(all(PerChannel { axis: 1 }, &[2, 3]), [0, 1, 2, 0, 1, 2]);
        assert_eq!(
            all(PerChannel { axis: 1 }, &[2, 2, 2]),
            [0, 0, 1, 1, 0, 0, 1, 1]
        );
        assert_eq!(all(PerBlock { size: 4 }, &[2, 3]), [0, 0, 0, 0, 1, 1]);
        assert_eq!(all(PerBlock { size: 100 }, &[2, 3]), [0, 0, 0, 0, 0, 0]);
        assert_eq!(all(PerTensor, &[]), [0]);
    }

    #[test]
    fn tensors_without_values() {
        let count = |granularity: Granularity, shape: &[usize]| {
            let groups = granularity.groups(0, shape).unwrap();
            assert_eq!(groups.of(0), None);
            assert_eq!(groups.runs::<f32>(&[]).count(), 0);
            groups.count()
        };
        assert_eq!(count(PerTensor, &[0]), 1);
        assert_eq!(count(PerChannel { axis: 0 }, &[0, 4]), 0);
        assert_eq!(count(PerChannel { axis: 1 }, &[0, usize::MAX]), 0);
        assert_eq!(
            count(PerChannel { axis: 0 }, &[3, usize::MAX, usize::MAX, 0]),
            0
        );
        assert_eq!(count(PerBlock { size: 4 }, &[0]), 0);
    }

    #[test]
    fn what_does_not_fit_is_named() {
        for (values, shape) in [
            (5, &[2, 3][..]),
            (0, &[]),
            (6, &[6, 0]),
            (0, &[usize::MAX, 2]),
        ] {
            assert_eq!(
                PerTensor.groups(values, shape),
                Err(QuantError::Shape {
                    values,
                    shape: shape.to_vec()
                })
            );
        }
        let axis = |axis, rank| Err(QuantError::Axis { axis, rank });
        assert_eq!(PerChannel { axis: 2 }.groups(6, &[2, 3]), axis(2, 2));
        assert_eq!(PerChannel { axis: 9 }.groups(6, &[2, 3]), axis(9, 2));
        assert_eq!(PerChannel { axis: 0 }.groups(1, &[]), axis(0, 0));
        assert_eq!(PerBlock { size: 0 }.groups(6, &[6]), Err(QuantError::Block));
    }
}
