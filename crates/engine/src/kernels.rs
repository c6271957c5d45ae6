//! The choice of kernels.

use crate::prepare::Prepared;

/// Which kernels run the operators.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kernels {
    /// The plain loops that define what each operator computes.
    Reference,
}

impl Kernels {
    /// The kernel to run instead of the reference's, which it is made from; the reference's where there is no
    /// other.
    pub(crate) fn choose(self, prepared: Prepared) -> Prepared {
        match self {
            Self::Reference => prepared,
        }
    }
}
