//! Number formats that int8 is compared with: each takes values to the nearest ones it can hold.

mod int4;
mod minifloat;
mod mxfp4;
mod nf4;

use alloc::vec::Vec;

use crate::QuantError;
use crate::ends::{max_abs, refuse_not_finite};
use minifloat::{BFLOAT16, E4M3, E5M2, FLOAT16, Minifloat};

/// A way to store weights in fewer bits than float32.
///
/// The block formats cut the flat slice into blocks from its start; the last block may be short. Who wants
/// blocks along an axis lays that axis out last, with a length that blocks divide.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Format {
    /// IEEE 754 binary16: 5 exponent bits, 10 fraction bits. What rounds to 65 520 or more becomes
    /// infinite, as with NumPy's `astype(float16)`.
    Float16,
    /// The upper half of a float32: 8 exponent bits, 7 fraction bits. What rounds past 3.39e38 becomes
    /// infinite.
    BFloat16,
    /// 4 exponent bits, 3 fraction bits, no infinity, largest value 448 (Micikevicius et al. 2022,
    /// arXiv 2209.05433). What rounds past 448 becomes NaN, as with `float8_e4m3fn` of `ml_dtypes`.
    Fp8E4M3,
    /// 5 exponent bits, 2 fraction bits, largest value 57 344 (the same paper). What rounds past it becomes
    /// infinite, as with `float8_e5m2` of `ml_dtypes`.
    Fp8E5M2,
    /// Integers from −7 to 7 in blocks of 32 with a float16 scale, `max |w| / 7`.
    Int4Block,
    /// 16 quantiles of the normal distribution in blocks of 64 with a float32 scale, `max |w|` (QLoRA,
    /// Dettmers et al. 2023, arXiv 2305.14314).
    Nf4,
    /// 2 exponent bits and 1 fraction bit (0, 0.5, 1, 1.5, 2, 3, 4, 6) in blocks of 32 with a power of two
    /// as scale (OCP Microscaling Formats v1.0).
    MxFp4,
}

impl Format {
    /// All of them, widest first.
    pub const ALL: [Self; 7] = [
        Self::Float16,
        Self::BFloat16,
        Self::Fp8E4M3,
        Self::Fp8E5M2,
        Self::Int4Block,
        Self::Nf4,
        Self::MxFp4,
    ];

    /// The name that papers and libraries use.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Float16 => "float16",
            Self::BFloat16 => "bfloat16",
            Self::Fp8E4M3 => "FP8 E4M3",
            Self::Fp8E5M2 => "FP8 E5M2",
            Self::Int4Block => "int4",
            Self::Nf4 => "NF4",
            Self::MxFp4 => "MXFP4",
        }
    }

    /// What `values` become once stored and read back: the nearest values that the format holds, halves to
    /// the even neighbour (NF4: to the lower one).
    ///
    /// Finite values beyond the largest one overflow as the variant says; the block formats never do, as
    /// long as values stay within ±458 528 (`7 · 65 504`) for [`Int4Block`](Self::Int4Block), which clamps
    /// what lies beyond.
    ///
    /// # Errors
    /// [`QuantError::NotFinite`].
    pub fn fake_quantize(&self, values: &[f32]) -> Result<Vec<f32>, QuantError> {
        refuse_not_finite(values)?;
        Ok(match self.minifloat() {
            Some(minifloat) => values.iter().map(|&v| minifloat.round(v)).collect(),
            None => self.fake_quantize_blocks(values),
        })
    }

    /// As [`fake_quantize`](Self::fake_quantize), but FP8 in the way it is used for weights: divided by a
    /// float32 scale, `max |w|` over the format's largest value, then rounded, then multiplied by the scale
    /// again. Nothing overflows, and nothing is lost to denormals that need not be. The scale costs 4 bytes
    /// on top of [`bytes`](Self::bytes).
    ///
    /// Where the scale would not be a normal float32 it is 1. The formats other than FP8 are used without
    /// such a scale; here they do what `fake_quantize` does.
    ///
    /// # Errors
    /// [`QuantError::NotFinite`].
    pub fn fake_quantize_scaled(&self, values: &[f32]) -> Result<Vec<f32>, QuantError> {
        let fp8 = match self {
            Self::Fp8E4M3 => E4M3,
            Self::Fp8E5M2 => E5M2,
            _ => return self.fake_quantize(values),
        };
        refuse_not_finite(values)?;
        let scale = match max_abs(values) / fp8.largest() {
            scale if scale.is_normal() => scale,
            _ => 1.0,
        };
        Ok(values
            .iter()
            // The division may land a hair above the largest value, which rounding takes back to it.
            .map(|v| fp8.round(v / scale) * scale)
            .collect())
    }

    /// Bytes that `n` values take: the elements, packed without gaps, and the scales of all blocks.
    pub fn bytes(&self, n: usize) -> usize {
        match self {
            Self::Float16 | Self::BFloat16 => n.saturating_mul(2),
            Self::Fp8E4M3 | Self::Fp8E5M2 => n,
            Self::Int4Block => n.div_ceil(2) + 2 * n.div_ceil(int4::BLOCK),
            Self::Nf4 => n.div_ceil(2) + 4 * n.div_ceil(nf4::BLOCK),
            Self::MxFp4 => n.div_ceil(2) + n.div_ceil(mxfp4::BLOCK),
        }
    }

    /// Bits that a value takes with its share of the scale, in full blocks.
    pub fn bits_per_value(&self) -> f32 {
        match self {
            Self::Float16 | Self::BFloat16 => 16.0,
            Self::Fp8E4M3 | Self::Fp8E5M2 => 8.0,
            Self::Int4Block | Self::Nf4 => 4.5,
            Self::MxFp4 => 4.25,
        }
    }

    /// The format of a single value, unless it shares a scale with others.
    fn minifloat(&self) -> Option<Minifloat> {
        match self {
            Self::Float16 => Some(FLOAT16),
            Self::BFloat16 => Some(BFLOAT16),
            Self::Fp8E4M3 => Some(E4M3),
            Self::Fp8E5M2 => Some(E5M2),
            Self::Int4Block | Self::Nf4 | Self::MxFp4 => None,
        }
    }

    fn fake_quantize_blocks(&self, values: &[f32]) -> Vec<f32> {
        let mut values = values.to_vec();
        let (block, fake_quantize): (usize, fn(&mut [f32])) = match self {
            Self::Int4Block => (int4::BLOCK, int4::fake_quantize),
            Self::Nf4 => (nf4::BLOCK, nf4::fake_quantize),
            Self::MxFp4 => (mxfp4::BLOCK, mxfp4::fake_quantize),
            _ => return values,
        };
        values.chunks_mut(block).for_each(fake_quantize);
        values
    }
}
