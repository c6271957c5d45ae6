//! The same byte around the input.

/// Numbers of any type, as bytes: the last axis is that of a number's bytes.
#[derive(Clone, Debug)]
pub(crate) struct Pad {
    /// Length of each axis of the output.
    pub(crate) output: Vec<usize>,
    /// How many are put before and after each.
    pub(crate) pads: Vec<[usize; 2]>,
    /// What is put there: a zero point, or 0 for numbers of several bytes.
    pub(crate) value: u8,
}

impl Pad {
    pub(crate) fn run(&self, input: &[u8], output: &mut [u8]) {
        output.fill(self.value);
        let mut rest = input;
        self.rows(0, 0, &mut |start, length| {
            let row;
            (row, rest) = rest.split_at(length);
            output[start..start + length].copy_from_slice(row);
        });
    }

    /// Calls `visit` for each row of the input, in order, with its place in the output and its length.
    fn rows(&self, axis: usize, start: usize, visit: &mut impl FnMut(usize, usize)) {
        let (length, [before, after]) = (self.output[axis], self.pads[axis]);
        let inside = length - before - after;
        if axis + 1 == self.output.len() {
            return visit(start * length + before, inside);
        }
        for index in before..before + inside {
            self.rows(axis + 1, start * length + index, visit);
        }
    }
}
