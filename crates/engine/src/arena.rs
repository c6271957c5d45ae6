//! The one allocation that all activations and scratch buffers share, and what a step sees of it.

use std::ops::Range;

use bytemuck::Pod;
use octet_graph::Constant;

use crate::{EngineError, Values};

/// Every buffer starts at a multiple of this.
pub(crate) const ALIGNMENT: usize = 16;

/// Memory for all activations and scratch buffers, aligned to [`ALIGNMENT`].
#[derive(Debug)]
pub(crate) struct Arena(Vec<u128>);

impl Arena {
    /// Zeros. `bytes` is rounded up to a whole number of [`ALIGNMENT`].
    pub(crate) fn new(bytes: usize) -> Result<Self, EngineError> {
        let mut memory = Vec::new();
        let blocks = bytes.div_ceil(ALIGNMENT);
        let reserved = memory.try_reserve_exact(blocks);
        reserved.map_err(|_| EngineError::OutOfMemory { bytes })?;
        memory.resize(blocks, 0);
        Ok(Self(memory))
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len() * ALIGNMENT
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        bytemuck::cast_slice(&self.0)
    }

    pub(crate) fn bytes_mut(&mut self) -> &mut [u8] {
        bytemuck::cast_slice_mut(&mut self.0)
    }
}

/// Where a step finds an input.
#[derive(Clone, Debug)]
pub(crate) enum Operand {
    /// In these bytes of the arena.
    Arena(Range<usize>),
    /// In the network itself.
    Constant(Constant),
}

/// What a step sees of the arena. Memory that overlaps or does not fit gives None; the plan rules it out.
pub(crate) struct Io<'a> {
    pub(crate) arena: &'a mut [u8],
    pub(crate) inputs: &'a [Operand],
    pub(crate) output: &'a Range<usize>,
    pub(crate) scratch: &'a Range<usize>,
}

/// One input, the output, and scratch memory.
pub(crate) type Unary<'a, A, B> = (&'a [A], &'a mut [B], &'a mut [u8]);

/// Two inputs and the output.
pub(crate) type Binary<'a, A, B> = (&'a [A], &'a [A], &'a mut [B]);

impl Io<'_> {
    /// The first input, the output and the scratch memory.
    pub(crate) fn unary<A: Pod, B: Pod>(&mut self) -> Option<Unary<'_, A, B>> {
        self.input_and_output(0)
    }

    /// An input of many, the output and the scratch memory.
    pub(crate) fn input_and_output<A: Pod, B: Pod>(
        &mut self,
        index: usize,
    ) -> Option<Unary<'_, A, B>> {
        let (input, output, scratch) = match self.inputs.get(index)? {
            Operand::Arena(input) => {
                let ranges = [input.clone(), self.output.clone(), self.scratch.clone()];
                let [input, output, scratch] = self.arena.get_disjoint_mut(ranges).ok()?;
                (&*input, output, scratch)
            }
            Operand::Constant(constant) => {
                let ranges = [self.output.clone(), self.scratch.clone()];
                let [output, scratch] = self.arena.get_disjoint_mut(ranges).ok()?;
                (Values::from(constant).bytes(), output, scratch)
            }
        };
        Some((cast(input)?, cast_mut(output)?, scratch))
    }

    /// Both inputs, which may be the same tensor or constants, and the output.
    pub(crate) fn binary<A: Pod, B: Pod>(&mut self) -> Option<Binary<'_, A, B>> {
        let (a, b, output) = match (self.inputs.first()?, self.inputs.get(1)?) {
            (Operand::Arena(a), Operand::Arena(b)) if a == b => {
                let ranges = [a.clone(), self.output.clone()];
                let [a, output] = self.arena.get_disjoint_mut(ranges).ok()?;
                (&*a, &*a, output)
            }
            (Operand::Arena(a), Operand::Arena(b)) => {
                let ranges = [a.clone(), b.clone(), self.output.clone()];
                let [a, b, output] = self.arena.get_disjoint_mut(ranges).ok()?;
                (&*a, &*b, output)
            }
            (Operand::Arena(a), Operand::Constant(b)) => {
                let ranges = [a.clone(), self.output.clone()];
                let [a, output] = self.arena.get_disjoint_mut(ranges).ok()?;
                (&*a, Values::from(b).bytes(), output)
            }
            (Operand::Constant(a), Operand::Arena(b)) => {
                let ranges = [b.clone(), self.output.clone()];
                let [b, output] = self.arena.get_disjoint_mut(ranges).ok()?;
                (Values::from(a).bytes(), &*b, output)
            }
            (Operand::Constant(a), Operand::Constant(b)) => {
                let output = self.arena.get_mut(self.output.clone())?;
                (Values::from(a).bytes(), Values::from(b).bytes(), output)
            }
        };
        Some((cast(a)?, cast(b)?, cast_mut(output)?))
    }
}

fn cast<T: Pod>(bytes: &[u8]) -> Option<&[T]> {
    bytemuck::try_cast_slice(bytes).ok()
}

fn cast_mut<T: Pod>(bytes: &mut [u8]) -> Option<&mut [T]> {
    bytemuck::try_cast_slice_mut(bytes).ok()
}
