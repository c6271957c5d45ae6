//! The same number around the input.

use bytemuck::Pod;

/// Works on numbers of any type that are `T` wide.
#[derive(Clone, Debug)]
pub(crate) struct Pad<T> {
    /// Length of each axis of the output.
    pub(crate) output: Vec<usize>,
    /// How many are put before, and how many after.
    pub(crate) pads: Vec<[usize; 2]>,
    /// What is put there.
    pub(crate) value: T,
}

impl<T: Pod> Pad<T> {
    pub(crate) fn run(&self, input: &[T], output: &mut [T]) {
        let mut numbers = input.iter();
        output.fill(self.value);
        self.rows(0, 0, &mut |start, length| {
            for (y, &x) in output[start..start + length].iter_mut().zip(&mut numbers) {
                *y = x;
            }
        });
    }

    /// Calls `visit` for each row of the input, in order, with its place in the output and its length.
    fn rows(&self, axis: usize, start: usize, visit: &mut impl FnMut(usize, usize)) {
        let (Some(&length), Some(&[before, after])) = (self.output.get(axis), self.pads.get(axis))
        else {
            return visit(start, 1);
        };
        let inside = length - before - after;
        if axis + 1 == self.output.len() {
            return visit(start * length + before, inside);
        }
        for index in before..before + inside {
            self.rows(axis + 1, start * length + index, visit);
        }
    }
}
