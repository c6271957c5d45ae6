//! The choice of an instruction set, made once, and how a kernel is compiled for each of them.

/// How [`super::isa::Isa::dot`] reads values. Weights are always int8.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dot {
    /// As int8.
    Signed,
    /// As uint8: an int8 value is given plus 128, and 128 · Σ weights taken off again.
    Unsigned,
}

impl Dot {
    /// What int8 values are xored with, so that they can be given to the dot product.
    pub(crate) fn flip(self) -> u8 {
        match self {
            Self::Signed => 0,
            Self::Unsigned => 0x80,
        }
    }

    /// What that adds to each value.
    pub(crate) fn excess(self) -> i32 {
        i32::from(self.flip())
    }
}

/// An instruction set that this machine has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Machine {
    /// Portable code.
    Scalar(Dot),
    /// wasm's `simd128`.
    #[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
    Simd128,
    /// wasm's `relaxed-simd`.
    #[cfg(all(
        target_arch = "wasm32",
        target_feature = "simd128",
        feature = "relaxed-simd"
    ))]
    Relaxed(Dot),
}

impl Machine {
    /// The fastest for integers.
    pub(crate) fn for_integers() -> Self {
        #[cfg(all(
            target_arch = "wasm32",
            target_feature = "simd128",
            feature = "relaxed-simd"
        ))]
        if let Some(dot) = super::relaxed::probe() {
            return Self::Relaxed(dot);
        }
        #[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
        return Self::Simd128;
        #[cfg(not(all(target_arch = "wasm32", target_feature = "simd128")))]
        Self::Scalar(Dot::Signed)
    }

    /// The fastest for reals.
    pub(crate) fn for_reals() -> Self {
        #[cfg(all(
            target_arch = "wasm32",
            target_feature = "simd128",
            feature = "relaxed-simd"
        ))]
        return Self::Relaxed(Dot::Signed);
        #[cfg(not(all(
            target_arch = "wasm32",
            target_feature = "simd128",
            feature = "relaxed-simd"
        )))]
        Self::for_integers()
    }

    pub(crate) fn dot(self) -> Dot {
        match self {
            Self::Scalar(dot) => dot,
            #[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
            Self::Simd128 => Dot::Signed,
            #[cfg(all(
                target_arch = "wasm32",
                target_feature = "simd128",
                feature = "relaxed-simd"
            ))]
            Self::Relaxed(dot) => dot,
        }
    }
}

/// `kernel!(unsafe fn name(argument: Type, …) = generic)` makes of `generic::<I>(argument, …)`, for any
/// instruction set I, a function that takes the [`Machine`] first.
macro_rules! kernel {
    ($(#[$attribute:meta])* $visibility:vis unsafe fn $name:ident($($argument:ident: $type:ty),* $(,)?) = $generic:ident) => {
        $(#[$attribute])*
        #[allow(clippy::too_many_arguments, reason = "the generic function's own arguments and the machine")]
        $visibility unsafe fn $name(machine: $crate::fast::machine::Machine, $($argument: $type),*) {
            use $crate::fast::machine::{Dot, Machine};
            use $crate::fast::scalar::Scalar;

            #[cfg(all(target_arch = "wasm32", target_feature = "simd128", feature = "relaxed-simd"))]
            #[target_feature(enable = "relaxed-simd")]
            #[allow(clippy::too_many_arguments, reason = "the generic function's own arguments")]
            unsafe fn relaxed($($argument: $type),*) {
                // SAFETY: the caller's promise.
                unsafe { $generic::<$crate::fast::relaxed::Relaxed>($($argument),*) }
            }

            // SAFETY: the caller's promise.
            unsafe {
                match machine {
                    Machine::Scalar(Dot::Signed) => $generic::<Scalar<false>>($($argument),*),
                    Machine::Scalar(Dot::Unsigned) => $generic::<Scalar<true>>($($argument),*),
                    #[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
                    Machine::Simd128 => $generic::<$crate::fast::simd128::Simd128>($($argument),*),
                    #[cfg(all(target_arch = "wasm32", target_feature = "simd128", feature = "relaxed-simd"))]
                    Machine::Relaxed(_) => relaxed($($argument),*),
                }
            }
        }
    };
}

pub(crate) use kernel;
