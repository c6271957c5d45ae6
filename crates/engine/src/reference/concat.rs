//! Inputs joined along an axis.

use crate::arena::Io;
use crate::reference::unary::Lookup;

/// Numbers of any type, as bytes. The axes before the joined one are `outer` blocks; in each, an input has one
/// run of bytes.
#[derive(Clone, Debug)]
pub(crate) struct Concat {
    pub(crate) outer: usize,
    /// Bytes in one block of the output.
    pub(crate) block: usize,
    pub(crate) parts: Vec<Part>,
}

/// An input.
#[derive(Clone, Debug)]
pub(crate) struct Part {
    /// Bytes in one run.
    pub(crate) bytes: usize,
    /// Brings the input's bytes to the output's scale, where it has another.
    pub(crate) rescale: Option<Lookup>,
}

impl Concat {
    pub(crate) fn run(&self, io: &mut Io<'_>) -> Option<()> {
        let mut start = 0;
        for (index, part) in self.parts.iter().enumerate() {
            let (input, output, _) = io.input_and_output::<u8, u8>(index)?;
            for outer in 0..self.outer {
                let from = input.get(outer * part.bytes..(outer + 1) * part.bytes)?;
                let at = outer * self.block + start;
                let to = output.get_mut(at..at + part.bytes)?;
                match &part.rescale {
                    Some(table) => table.run(from, to),
                    None => to.copy_from_slice(from),
                }
            }
            start += part.bytes;
        }
        Some(())
    }
}
