//! Every fast kernel against the reference's, on random cases, on every instruction set that there is and with both ways
//! of the dot product.

mod elements;
mod integers;
pub(super) mod random;
mod reals;

use super::machine::{Dot, Machine};

/// All that this build has.
pub(super) fn machines() -> Vec<Machine> {
    let scalar = [Dot::Signed, Dot::Unsigned].map(Machine::Scalar);
    scalar.into_iter().chain(Machine::for_integers()).collect()
}
