//! The choice of an instruction set, made once.

use super::isa::{Isa, Work};
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

    /// Does the work with these instructions.
    ///
    /// # Safety
    /// As [`Work::on`].
    pub(crate) unsafe fn run<W: Work>(self, work: W) {
        // SAFETY: the caller's promise; a machine is made only where its instructions are.
        unsafe {
            match self {
                #[cfg(any(test, not(any(target_arch = "x86_64", target_arch = "wasm32"))))]
                Self::Scalar(Dot::Signed) => super::scalar::Scalar::<false>::run(work),
                #[cfg(any(test, not(any(target_arch = "x86_64", target_arch = "wasm32"))))]
                Self::Scalar(Dot::Unsigned) => super::scalar::Scalar::<true>::run(work),
                #[cfg(target_arch = "x86_64")]
                Self::Avx2 => super::avx2::Avx2::run(work),
                #[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
                Self::Simd128 => super::simd128::Simd128::run(work),
                #[cfg(all(
                    target_arch = "wasm32",
                    target_feature = "simd128",
                    feature = "relaxed-simd"
                ))]
                Self::Relaxed(_) => super::relaxed::Relaxed::run(work),
            }
        }
    }
}

/// `kernel!(unsafe fn name(argument: Type, …) = generic)` makes of `generic::<I>(argument, …)`, for any instruction set
/// I, a function that takes the [`Machine`] first.
macro_rules! kernel {
    (unsafe fn $name:ident($($argument:ident: $type:ty),* $(,)?) = $generic:ident) => {
        #[allow(clippy::too_many_arguments, reason = "the generic function's own arguments and the machine")]
        unsafe fn $name(machine: $crate::fast::machine::Machine, $($argument: $type),*) {
            struct Call<T>(T);

            impl $crate::fast::isa::Work for Call<($($type,)*)> {
                #[inline(always)]
                unsafe fn on<I: $crate::fast::isa::Isa>(self) {
                    let ($($argument,)*) = self.0;
                    // SAFETY: the caller's promise.
                    unsafe { $generic::<I>($($argument),*) }
                }
            }

            // SAFETY: the caller's promise.
            unsafe { machine.run(Call(($($argument,)*))) }
        }
    };
}

pub(super) use kernel;
