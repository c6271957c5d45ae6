//! Numbers picked from the input at regular distances: transpose and strided slice.

/// Numbers of any type, as bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Strided {
    /// The first byte.
    pub(crate) start: usize,
    /// For each axis of the output: its length, and how many bytes further (or back) the next index lies in
    /// the input.
    pub(crate) axes: Vec<(usize, isize)>,
    /// Bytes that lie together.
    pub(crate) run: usize,
}

impl Strided {
    pub(crate) fn run(&self, input: &[u8], output: &mut [u8]) {
        let mut runs = output.chunks_exact_mut(self.run);
        walk(&self.axes, self.start, &mut |start| {
            if let Some(run) = runs.next() {
                run.copy_from_slice(&input[start..start + self.run]);
            }
        });
    }
}

fn walk(axes: &[(usize, isize)], start: usize, visit: &mut impl FnMut(usize)) {
    match axes {
        [] => visit(start),
        [(length, step), inner @ ..] => {
            for index in 0..*length {
                let moved = *step * index as isize;
                walk(inner, start.wrapping_add_signed(moved), visit);
            }
        }
    }
}
