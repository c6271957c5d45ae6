//! The choice of kernels.

use crate::fast::{Dot, Fast, Machine};
use crate::prepare::Prepared;
use crate::step::Kernel;

/// Which kernels run the operators.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kernels {
    /// The plain loops that define what each operator computes.
    Reference,
    /// Those with vectors, but without relaxed SIMD, where there are any, else the reference's. All results are the
    /// reference's, bit for bit.
    Simd,
    /// The fastest that this machine can run, where there are any, else the reference's. Results are the reference's,
    /// bit for bit; but in networks of reals alone, relaxed SIMD rounds fewer times.
    Fast,
}

/// The instructions that kernels are made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Instructions {
    /// The reference's plain loops.
    Plain,
    /// Portable code in the order of the vectors' kernels, for machines without vectors that we use.
    Portable,
    /// x86-64's AVX2, in builds for a host.
    Avx2,
    /// wasm's `simd128`.
    Simd128,
    /// wasm's `relaxed-simd`, with the way in which this machine's dot product was found to read activations.
    RelaxedSimd(Dot),
}

impl Kernels {
    /// Those that are made of different instructions in this build and on this machine, the slowest first.
    pub fn available() -> Vec<Self> {
        let mut available = vec![Self::Reference, Self::Simd, Self::Fast];
        available.dedup_by_key(|kernels| kernels.instructions());
        available
    }

    /// What they are made of, for integers.
    pub fn instructions(self) -> Instructions {
        self.machines()
            .map_or(Instructions::Plain, |(integers, _)| integers.instructions())
    }

    /// What runs integers, and what runs reals; None for the reference's.
    fn machines(self) -> Option<(Machine, Machine)> {
        match self {
            Self::Reference => None,
            Self::Simd => Some((Machine::common()?, Machine::common()?)),
            Self::Fast => Some((Machine::for_integers()?, Machine::for_reals()?)),
        }
    }

    /// The kernel to run instead of the reference's, which it is made from; the reference's where there is no
    /// other. `exact` asks for reals that are the reference's bit for bit.
    pub(crate) fn choose(self, exact: bool, prepared: Prepared) -> Prepared {
        let fast = self.machines().and_then(|(integers, reals)| {
            let reals = if exact { Machine::common()? } else { reals };
            Fast::new(integers, reals, &prepared.kernel)
        });
        match fast {
            Some(fast) => Prepared {
                kernel: Kernel::Fast(Box::new(fast)),
                ..prepared
            },
            None => prepared,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_set_is_made_of_other_instructions() {
        let available = Kernels::available();
        assert_eq!(available[0], Kernels::Reference);
        let of: Vec<_> = available
            .iter()
            .map(|kernels| kernels.instructions())
            .collect();
        assert!(of.windows(2).all(|pair| pair[0] != pair[1]), "{of:?}");
        assert_eq!(Kernels::Fast.instructions(), of[of.len() - 1]);
    }
}
