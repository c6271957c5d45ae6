//! Mean over some axes.

use octet_quant::Multiplier;

use crate::byte::Byte;

/// Which numbers make up which mean: the input's axes, each either kept or averaged over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Reduction {
    /// Length of each axis of the input, and how far one index moves in the output: 0 where it is averaged.
    axes: Vec<(usize, usize)>,
    /// How many numbers make up one mean.
    pub(crate) count: usize,
}

impl Reduction {
    /// `averaged[i]` says whether axis i is averaged over.
    pub(crate) fn new(shape: &[usize], averaged: &[bool]) -> Self {
        let mut span = 1;
        let mut count = 1;
        let mut axes: Vec<_> = shape
            .iter()
            .zip(averaged)
            .rev()
            .map(|(&length, &averaged)| {
                if averaged {
                    count *= length;
                    (length, 0)
                } else {
                    let step = span;
                    span *= length;
                    (length, step)
                }
            })
            .collect();
        axes.reverse();
        Self { axes, count }
    }

    /// Where the input is `[images, pixels, channels]` and the pixels are what is averaged: how many pixels and
    /// channels.
    pub(crate) fn middle(&self) -> Option<[usize; 2]> {
        let longer = self.axes.iter().rev().filter(|(length, _)| *length != 1);
        let mut longer = longer.peekable();
        let mut run = |averaged: bool| {
            let mut lengths = 1;
            while let Some((length, _)) = longer.next_if(|(_, step)| (*step == 0) == averaged) {
                lengths *= length;
            }
            lengths
        };
        let (channels, pixels, _images) = (run(false), run(true), run(false));
        longer.next().is_none().then_some([pixels, channels])
    }

    /// Calls `visit` for each number of the input, in order, with its mean's place.
    fn numbers(&self, mut visit: impl FnMut(usize)) {
        fn walk(axes: &[(usize, usize)], at: usize, visit: &mut impl FnMut(usize)) {
            match axes {
                [] => visit(at),
                [(length, step), inner @ ..] => {
                    for index in 0..*length {
                        walk(inner, at + index * step, visit);
                    }
                }
            }
        }
        walk(&self.axes, 0, &mut visit);
    }
}

/// float32.
#[derive(Clone, Debug)]
pub(crate) struct MeanFloat {
    pub(crate) reduction: Reduction,
}

impl MeanFloat {
    pub(crate) fn run(&self, input: &[f32], output: &mut [f32]) {
        output.fill(0.0);
        let mut numbers = input.iter();
        self.reduction.numbers(|at| {
            if let Some(x) = numbers.next() {
                output[at] += x;
            }
        });
        for sum in output {
            *sum /= self.reduction.count as f32;
        }
    }
}

/// int8 or uint8.
#[derive(Clone, Debug)]
pub(crate) struct MeanQuantized {
    pub(crate) reduction: Reduction,
    pub(crate) input_zero_point: i32,
    /// The ratio of the scales over the count.
    pub(crate) multiplier: Multiplier,
    pub(crate) output_zero_point: i32,
}

impl MeanQuantized {
    /// `scratch` holds an i32 for each output number.
    pub(crate) fn run<T: Byte>(&self, input: &[T], output: &mut [T], scratch: &mut [u8]) {
        let sums: &mut [i32] = bytemuck::cast_slice_mut(scratch);
        sums.fill(0);
        let mut numbers = input.iter();
        self.reduction.numbers(|at| {
            if let Some(&x) = numbers.next() {
                sums[at] = sums[at].wrapping_add(x.into());
            }
        });
        self.finish(sums, output);
    }

    /// The means from the sums.
    pub(crate) fn finish<T: Byte>(&self, sums: &[i32], output: &mut [T]) {
        let zeros = self
            .input_zero_point
            .wrapping_mul(self.reduction.count as i32);
        for (y, sum) in output.iter_mut().zip(sums) {
            let value = self.multiplier.apply(sum.wrapping_sub(zeros));
            *y = T::saturate(value.wrapping_add(self.output_zero_point));
        }
    }
}
