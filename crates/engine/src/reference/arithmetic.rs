//! Sum, difference and product of two inputs, broadcast.

use octet_quant::Multiplier;

use crate::byte::Byte;

/// What is done to each pair of numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Arithmetic {
    Add,
    Sub,
    Mul,
}

/// How two inputs are laid over each other: the output's shape, and how far each input moves along each of
/// its axes; 0 where it is repeated. Neighbouring axes that move alike are one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Broadcast {
    axes: Vec<Axis>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Axis {
    length: usize,
    steps: [usize; 2],
}

impl Broadcast {
    /// None where the shapes do not go together (NumPy's rule), or do not give `output`.
    pub(crate) fn new(a: &[usize], b: &[usize], output: &[usize]) -> Option<Self> {
        if a.len().max(b.len()) != output.len() {
            return None;
        }
        // From the last axis to the first: `steps` is how many numbers of each input one index spans.
        let mut axes: Vec<Axis> = Vec::new();
        let mut spans = [1_usize; 2];
        for (back, &length) in output.iter().rev().enumerate() {
            let lengths = [a, b].map(|shape| {
                let index = shape.len().checked_sub(back + 1);
                index.map_or(1, |index| shape[index])
            });
            let [first, second] = lengths;
            if length != if first == 1 { second } else { first }
                || lengths.iter().any(|&one| one != 1 && one != length)
            {
                return None;
            }
            let steps = [0, 1].map(|i| if lengths[i] == 1 { 0 } else { spans[i] });
            for i in [0, 1] {
                spans[i] = spans[i].checked_mul(lengths[i])?;
            }
            if length == 1 {
                continue;
            }
            match axes.last_mut() {
                Some(last)
                    if [0, 1]
                        .iter()
                        .all(|&i| steps[i] == last.steps[i] * last.length) =>
                {
                    last.length = last.length.checked_mul(length)?;
                }
                _ => axes.push(Axis { length, steps }),
            }
        }
        axes.reverse();
        Some(Self { axes })
    }

    /// Calls `visit` for each output number, in order, with the places of both inputs.
    pub(crate) fn pairs(&self, mut visit: impl FnMut(usize, usize)) {
        fn walk(axes: &[Axis], a: usize, b: usize, visit: &mut impl FnMut(usize, usize)) {
            match axes {
                [] => visit(a, b),
                [axis, inner @ ..] => {
                    for index in 0..axis.length {
                        let [step_a, step_b] = axis.steps;
                        walk(inner, a + index * step_a, b + index * step_b, visit);
                    }
                }
            }
        }
        walk(&self.axes, 0, 0, &mut visit);
    }

    /// Whether both inputs have the output's shape.
    pub(crate) fn is_plain(&self) -> bool {
        match self.axes.as_slice() {
            [] => true,
            [axis] => axis.steps == [1, 1],
            _ => false,
        }
    }
}

/// float32.
#[derive(Clone, Debug)]
pub(crate) struct ArithmeticFloat {
    pub(crate) arithmetic: Arithmetic,
    pub(crate) broadcast: Broadcast,
    pub(crate) clamp: (f32, f32),
}

impl ArithmeticFloat {
    pub(crate) fn run(&self, a: &[f32], b: &[f32], output: &mut [f32]) {
        let (least, largest) = self.clamp;
        let mut at = 0;
        self.broadcast.pairs(|i, j| {
            let value = match self.arithmetic {
                Arithmetic::Add => a[i] + b[j],
                Arithmetic::Sub => a[i] - b[j],
                Arithmetic::Mul => a[i] * b[j],
            };
            output[at] = value.max(least).min(largest);
            at += 1;
        });
    }
}

/// Sum or difference of int8 or uint8: both inputs are shifted to the left by 20 bits and brought to twice
/// the larger scale, added, and brought to the output's scale.
#[derive(Clone, Debug)]
pub(crate) struct AddQuantized {
    pub(crate) broadcast: Broadcast,
    pub(crate) subtract: bool,
    pub(crate) zero_points: [i32; 2],
    pub(crate) multipliers: [Multiplier; 2],
    pub(crate) output_multiplier: Multiplier,
    pub(crate) output_zero_point: i32,
    pub(crate) clamp: (i32, i32),
}

/// How far the inputs of a sum are shifted to the left before they are scaled.
pub(crate) const ADD_SHIFT: u32 = 20;

impl AddQuantized {
    pub(crate) fn run<T: Byte>(&self, a: &[T], b: &[T], output: &mut [T]) {
        let mut at = 0;
        self.broadcast.pairs(|i, j| {
            output[at] = self.apply(a[i], b[j]);
            at += 1;
        });
    }

    fn apply<T: Byte>(&self, a: T, b: T) -> T {
        let scaled = |value: T, i: usize| {
            let value: i32 = value.into();
            self.multipliers[i].apply((value - self.zero_points[i]) << ADD_SHIFT)
        };
        let (a, b) = (scaled(a, 0), scaled(b, 1));
        let sum = if self.subtract {
            a.wrapping_sub(b)
        } else {
            a.wrapping_add(b)
        };
        let value = self.output_multiplier.apply(sum);
        let (least, largest) = self.clamp;
        T::saturate(
            value
                .wrapping_add(self.output_zero_point)
                .clamp(least, largest),
        )
    }
}

/// Product of int8 or uint8.
#[derive(Clone, Debug)]
pub(crate) struct MulQuantized {
    pub(crate) broadcast: Broadcast,
    pub(crate) zero_points: [i32; 2],
    pub(crate) output_multiplier: Multiplier,
    pub(crate) output_zero_point: i32,
    pub(crate) clamp: (i32, i32),
}

impl MulQuantized {
    pub(crate) fn run<T: Byte>(&self, a: &[T], b: &[T], output: &mut [T]) {
        let (least, largest) = self.clamp;
        let mut at = 0;
        self.broadcast.pairs(|i, j| {
            let (a, b): (i32, i32) = (a[i].into(), b[j].into());
            let product = (a - self.zero_points[0]) * (b - self.zero_points[1]);
            let value = self.output_multiplier.apply(product);
            output[at] = T::saturate(
                value
                    .wrapping_add(self.output_zero_point)
                    .clamp(least, largest),
            );
            at += 1;
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(a: &[usize], b: &[usize], output: &[usize]) -> Option<Vec<(usize, usize)>> {
        let mut pairs = Vec::new();
        Broadcast::new(a, b, output)?.pairs(|i, j| pairs.push((i, j)));
        Some(pairs)
    }

    #[test]
    fn broadcasts_as_numpy() {
        assert_eq!(
            pairs(&[2, 2], &[2], &[2, 2]).unwrap(),
            [(0, 0), (1, 1), (2, 0), (3, 1)]
        );
        assert_eq!(
            pairs(&[2, 1], &[1, 2], &[2, 2]).unwrap(),
            [(0, 0), (0, 1), (1, 0), (1, 1)]
        );
        assert_eq!(pairs(&[], &[3], &[3]).unwrap(), [(0, 0), (0, 1), (0, 2)]);
        assert_eq!(pairs(&[1, 1], &[1], &[1, 1]).unwrap(), [(0, 0)]);
        assert_eq!(pairs(&[0, 2], &[2], &[0, 2]).unwrap(), []);
        for (a, b, output) in [
            (vec![2], vec![3], vec![3]),
            (vec![2], vec![2], vec![1, 2]),
            (vec![2], vec![2], vec![3]),
            (vec![1], vec![1], vec![2]),
        ] {
            assert_eq!(pairs(&a, &b, &output), None);
        }
    }

    #[test]
    fn equal_shapes_are_one_axis() {
        let plain = Broadcast::new(&[2, 3, 4], &[2, 3, 4], &[2, 3, 4]).unwrap();
        assert!(plain.is_plain() && plain.axes.len() == 1);
        let channels = Broadcast::new(&[2, 3, 4], &[4], &[2, 3, 4]).unwrap();
        assert!(!channels.is_plain() && channels.axes.len() == 2);
    }
}
