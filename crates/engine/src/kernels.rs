//! The choice of kernels.

use crate::fast::{Fast, Machine};
use crate::prepare::Prepared;
use crate::step::Kernel;

/// Which kernels run the operators.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kernels {
    /// The plain loops that define what each operator computes.
    Reference,
    /// The fastest that this machine can run, where there are any, else the reference's. Integers are the same,
    /// reals nearly so.
    Fast,
}

impl Kernels {
    /// The kernel to run instead of the reference's, which it is made from; the reference's where there is no
    /// other.
    pub(crate) fn choose(self, prepared: Prepared) -> Prepared {
        match self {
            Self::Reference => prepared,
            Self::Fast => match Fast::new(Machine::for_integers(), &prepared.kernel) {
                Some(fast) => Prepared {
                    kernel: Kernel::Fast(Box::new(fast)),
                    ..prepared
                },
                None => prepared,
            },
        }
    }
}
