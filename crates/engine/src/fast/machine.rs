//! The choice of an instruction set, made once, and how a kernel is compiled for each of them.

use crate::Instructions;

/// How a dot product reads activations. Weights are always int8.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dot {
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
    #[cfg(any(test, not(any(target_arch = "x86_64", target_arch = "wasm32"))))]
    Scalar(Dot),
    /// x86-64 with AVX2.
    #[cfg(target_arch = "x86_64")]
    Avx2,
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
    /// The fastest for integers; None where there are no kernels for this machine.
    pub(crate) fn for_integers() -> Option<Self> {
        #[cfg(all(
            target_arch = "wasm32",
            target_feature = "simd128",
            feature = "relaxed-simd"
        ))]
        if let Some(dot) = super::relaxed::probe() {
            return Some(Self::Relaxed(dot));
        }
        Self::common()
    }

    /// The fastest for reals, rounded fewer times than the reference's; None where there are no kernels for this machine.
    pub(crate) fn for_reals() -> Option<Self> {
        #[cfg(all(
            target_arch = "wasm32",
            target_feature = "simd128",
            feature = "relaxed-simd"
        ))]
        return Some(Self::Relaxed(Dot::Signed));
        #[cfg(not(all(
            target_arch = "wasm32",
            target_feature = "simd128",
            feature = "relaxed-simd"
        )))]
        Self::common()
    }

    /// Vectors without relaxed SIMD, so that reals are the reference's bit for bit; None where there are no kernels for this machine.
    pub(crate) fn common() -> Option<Self> {
        #[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
        return Some(Self::Simd128);
        #[cfg(target_arch = "x86_64")]
        return super::avx2::is_there().then_some(Self::Avx2);
        #[cfg(not(any(target_arch = "x86_64", target_arch = "wasm32")))]
        return Some(Self::Scalar(Dot::Signed));
        #[cfg(all(target_arch = "wasm32", not(target_feature = "simd128")))]
        None
    }

    /// As others know it.
    pub(crate) fn instructions(self) -> Instructions {
        match self {
            #[cfg(any(test, not(any(target_arch = "x86_64", target_arch = "wasm32"))))]
            Self::Scalar(_) => Instructions::Portable,
            #[cfg(target_arch = "x86_64")]
            Self::Avx2 => Instructions::Avx2,
            #[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
            Self::Simd128 => Instructions::Simd128,
            #[cfg(all(
                target_arch = "wasm32",
                target_feature = "simd128",
                feature = "relaxed-simd"
            ))]
            Self::Relaxed(dot) => Instructions::RelaxedSimd(dot),
        }
    }

    /// How its dot product reads values.
    pub(crate) fn dot(self) -> Dot {
        match self {
            #[cfg(any(test, not(any(target_arch = "x86_64", target_arch = "wasm32"))))]
            Self::Scalar(dot) => dot,
            #[cfg(target_arch = "x86_64")]
            Self::Avx2 => Dot::Signed,
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
            use $crate::fast::machine::Machine;

            #[cfg(target_arch = "x86_64")]
            #[target_feature(enable = "avx2")]
            #[allow(clippy::too_many_arguments, reason = "the generic function's own arguments")]
            unsafe fn avx2($($argument: $type),*) {
                // SAFETY: the caller's promise.
                unsafe { $generic::<$crate::fast::avx2::Avx2>($($argument),*) }
            }

            #[cfg(all(target_arch = "wasm32", target_feature = "simd128", feature = "relaxed-simd"))]
            #[target_feature(enable = "relaxed-simd")]
            #[allow(clippy::too_many_arguments, reason = "the generic function's own arguments")]
            unsafe fn relaxed($($argument: $type),*) {
                // SAFETY: the caller's promise.
                unsafe { $generic::<$crate::fast::relaxed::Relaxed>($($argument),*) }
            }

            // SAFETY: the caller's promise; a machine is made only where its instructions are.
            unsafe {
                match machine {
                    #[cfg(any(test, not(any(target_arch = "x86_64", target_arch = "wasm32"))))]
                    Machine::Scalar($crate::fast::machine::Dot::Signed) => {
                        $generic::<$crate::fast::scalar::Scalar<false>>($($argument),*)
                    }
                    #[cfg(any(test, not(any(target_arch = "x86_64", target_arch = "wasm32"))))]
                    Machine::Scalar($crate::fast::machine::Dot::Unsigned) => {
                        $generic::<$crate::fast::scalar::Scalar<true>>($($argument),*)
                    }
                    #[cfg(target_arch = "x86_64")]
                    Machine::Avx2 => avx2($($argument),*),
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
