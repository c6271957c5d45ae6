//! Whole tensors to integers and back.

use alloc::vec::Vec;

use crate::ends::{ends, refuse_not_finite};
use crate::rounding::{half_away_from_zero, half_to_even, stochastic};
use crate::{Granularity, Groups, IntRange, QuantError, QuantParams, Rounder, Rounding, Symmetry};

/// A tensor as integers, with what turns each group of them back into reals.
#[derive(Clone, Debug, PartialEq)]
pub struct Quantized {
    values: Vec<i32>,
    params: Vec<QuantParams>,
    groups: Groups,
}

impl Quantized {
    /// Quantizes a row-major tensor, each group with the parameters that [`min_max_params`] gives it.
    ///
    /// # Errors
    /// [`QuantError::Shape`], [`QuantError::Axis`], [`QuantError::Block`] or [`QuantError::NotFinite`].
    pub fn quantize(
        values: &[f32],
        shape: &[usize],
        granularity: Granularity,
        symmetry: Symmetry,
        range: IntRange,
        rounding: Rounding,
    ) -> Result<Self, QuantError> {
        let params = min_max_params(values, shape, granularity, symmetry, range, rounding)?;
        Self::with_params(values, shape, granularity, params, rounding)
    }

    /// Quantizes a row-major tensor with given parameters, one for each group.
    ///
    /// # Errors
    /// [`QuantError::Shape`], [`QuantError::Axis`], [`QuantError::Block`], [`QuantError::Params`] or
    /// [`QuantError::NotFinite`].
    pub fn with_params(
        values: &[f32],
        shape: &[usize],
        granularity: Granularity,
        params: Vec<QuantParams>,
        rounding: Rounding,
    ) -> Result<Self, QuantError> {
        let groups = granularity.groups(values.len(), shape)?;
        let integers = each(values, &groups, &params, rounding, |_, q| q)?;
        Ok(Self {
            values: integers,
            params,
            groups,
        })
    }

    /// The integers, in the order of the tensor.
    pub fn values(&self) -> &[i32] {
        &self.values
    }

    /// One for each group.
    pub fn params(&self) -> &[QuantParams] {
        &self.params
    }

    /// How the tensor is divided.
    pub fn groups(&self) -> &Groups {
        &self.groups
    }

    /// How many of `values` their group's integers cut off ([`QuantParams::clips`]).
    pub fn clipped(&self, values: &[f32]) -> usize {
        let of_run = |(group, run): (usize, &[f32])| {
            let params = self.params.get(group);
            params.map_or(0, |params| run.iter().filter(|&&v| params.clips(v)).count())
        };
        self.groups.runs(values).map(of_run).sum()
    }

    /// How many different integers occur.
    pub fn levels_used(&self) -> usize {
        levels_used(&self.values)
    }

    /// How often each integer occurs, from the smallest that the first group's range has to the largest.
    pub fn occupancy(&self) -> Vec<u64> {
        let Some(range) = self.params.first().map(QuantParams::range) else {
            return Vec::new();
        };
        let mut counts = alloc::vec![0; range.steps() as usize + 1];
        for &q in &self.values {
            if let Some(count) = counts.get_mut(q.wrapping_sub(range.qmin()) as usize) {
                *count += 1;
            }
        }
        counts
    }

    /// The reals that the integers stand for, in the order of the tensor.
    pub fn dequantize(&self) -> Vec<f32> {
        let mut reals = Vec::with_capacity(self.values.len());
        for (group, run) in self.groups.runs(&self.values) {
            // Not an index, which could panic; there is one for each group.
            if let Some(params) = self.params.get(group) {
                reals.extend(run.iter().map(|&q| params.dequantize(q)));
            }
        }
        reals
    }
}

/// How many different integers there are.
pub fn levels_used(integers: &[i32]) -> usize {
    let Some((least, most)) = ends(integers) else {
        return 0;
    };
    // At most 2^16 for what this crate makes; others' integers may be further apart.
    let Ok(span @ 0..0x10_0000) = usize::try_from(i64::from(most) - i64::from(least)) else {
        let mut sorted = integers.to_vec();
        sorted.sort_unstable();
        sorted.dedup();
        return sorted.len();
    };
    let mut seen = alloc::vec![false; span + 1];
    for &q in integers {
        if let Some(place) = seen.get_mut((q - least) as usize) {
            *place = true;
        }
    }
    seen.into_iter().filter(|&is| is).count()
}

/// Quantizes and dequantizes at once: what is left of the values, without the integers in between.
///
/// # Errors
/// As [`Quantized::with_params`].
pub fn fake_quantize(
    values: &[f32],
    shape: &[usize],
    granularity: Granularity,
    params: &[QuantParams],
    rounding: Rounding,
) -> Result<Vec<f32>, QuantError> {
    let groups = granularity.groups(values.len(), shape)?;
    each(values, &groups, params, rounding, QuantParams::dequantize)
}

/// The parameters that spread the integers from the smallest to the largest value of each group
/// ([`QuantParams::from_range`], so 0 is always in between). A tensor without values is like one of zeros.
///
/// # Errors
/// [`QuantError::Shape`], [`QuantError::Axis`], [`QuantError::Block`] or [`QuantError::NotFinite`].
pub fn min_max_params(
    values: &[f32],
    shape: &[usize],
    granularity: Granularity,
    symmetry: Symmetry,
    range: IntRange,
    rounding: Rounding,
) -> Result<Vec<QuantParams>, QuantError> {
    let groups = granularity.groups(values.len(), shape)?;
    refuse_not_finite(values)?;
    let mut ranges = alloc::vec![(0.0_f32, 0.0_f32); groups.count()];
    for (group, run) in groups.runs(values) {
        if let (Some((min, max)), Some((least, most))) = (ranges.get_mut(group), ends(run)) {
            *min = min.min(least);
            *max = max.max(most);
        }
    }
    ranges
        .into_iter()
        .map(|(min, max)| QuantParams::from_range(min, max, symmetry, range, rounding))
        .collect()
}

/// How many bytes `values` integers of `bits` bits take when they are packed without gaps. Scales and zero
/// points come on top: `packed_bytes(groups, 32)` for float32 scales, say.
pub fn packed_bytes(values: usize, bits: u32) -> u64 {
    (values as u64).saturating_mul(u64::from(bits)).div_ceil(8)
}

/// What `f` makes of the integer of each value, in the order of the tensor.
fn each<T>(
    values: &[f32],
    groups: &Groups,
    params: &[QuantParams],
    rounding: Rounding,
    f: impl Fn(&QuantParams, i32) -> T,
) -> Result<Vec<T>, QuantError> {
    if params.len() != groups.count() {
        return Err(QuantError::Params {
            params: params.len(),
            groups: groups.count(),
        });
    }
    refuse_not_finite(values)?;
    // One loop for each way to round: with the choice inside it would not be vectorized.
    Ok(match rounding.rounder() {
        Rounder::HalfAwayFromZero => each_rounded(values, groups, params, half_away_from_zero, f),
        Rounder::HalfToEven => each_rounded(values, groups, params, half_to_even, f),
        Rounder::Stochastic(mut state) => {
            let round = |value| stochastic(value, state.rand());
            each_rounded(values, groups, params, round, f)
        }
    })
}

fn each_rounded<T>(
    values: &[f32],
    groups: &Groups,
    params: &[QuantParams],
    mut round: impl FnMut(f32) -> f32,
    f: impl Fn(&QuantParams, i32) -> T,
) -> Vec<T> {
    let mut out = Vec::with_capacity(values.len());
    for (group, run) in groups.runs(values) {
        if let Some(params) = params.get(group) {
            let integers = run
                .iter()
                .map(|&value| params.quantize_with(value, &mut round));
            out.extend(integers.map(|q| f(params, q)));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use alloc::vec;

    use super::*;
    use crate::Rounding::{HalfAwayFromZero, HalfToEven, Stochastic};

    fn per_tensor(values: &[f32], symmetry: Symmetry) -> Quantized {
        let (shape, range) = ([values.len()], IntRange::INT8);
        let granularity = Granularity::PerTensor;
        Quantized::quantize(values, &shape, granularity, symmetry, range, HalfToEven).unwrap()
    }

    #[test]
    fn tensors_with_next_to_no_range() {
        for symmetry in [Symmetry::Affine, Symmetry::Symmetric] {
            // Zeros, and what is too small for a scale, become zeros.
            for value in [0.0, -0.0, f32::from_bits(1), -1e-40] {
                let quantized = per_tensor(&[value; 3], symmetry);
                assert_eq!(quantized.params()[0].scale(), 1.0);
                assert_eq!(quantized.dequantize(), [0.0; 3]);
            }
            // One value is the end of its own range; symmetric, the top of −128 to 127 lacks half a step.
            for value in [0.7_f32, -0.7, 1e30, f32::MIN_POSITIVE * 1000.0] {
                let quantized = per_tensor(&[value; 3], symmetry);
                let half_a_step = quantized.params()[0].scale() * 0.500_01;
                for back in quantized.dequantize() {
                    assert!((back - value).abs() <= half_a_step, "{value} {back}");
                }
            }
        }
    }

    #[test]
    fn tensors_without_values() {
        let quantized = per_tensor(&[], Symmetry::Affine);
        assert_eq!(quantized.params().len(), 1);
        assert_eq!(quantized.params()[0].scale(), 1.0);
        assert!(quantized.values().is_empty() && quantized.dequantize().is_empty());
        // Nothing is allocated for channels of nothing.
        let quantized = Quantized::quantize(
            &[],
            &[0, usize::MAX],
            Granularity::PerChannel { axis: 1 },
            Symmetry::Affine,
            IntRange::INT8,
            HalfToEven,
        );
        assert!(quantized.unwrap().params().is_empty());
    }

    #[test]
    fn the_zero_point_does_not_depend_on_luck() {
        let values = [-1.0, 0.3, 2.0];
        let params = |rounding| {
            let (range, granularity) = (IntRange::INT8, Granularity::PerTensor);
            min_max_params(
                &values,
                &[3],
                granularity,
                Symmetry::Affine,
                range,
                rounding,
            )
        };
        for seed in 0..20 {
            assert_eq!(params(Stochastic { seed }), params(HalfToEven));
        }
    }

    #[test]
    fn one_value_at_a_time_gives_the_same() {
        let mut state = crate::RandomState::new(9);
        let values: Vec<f32> = (0..500).map(|_| state.randn() as f32).collect();
        let params = QuantParams::new(0.013, 5, IntRange::INT8).unwrap();
        for rounding in [HalfAwayFromZero, HalfToEven, Stochastic { seed: 2 }] {
            let mut rounder = rounding.rounder();
            let expected: Vec<i32> = values
                .iter()
                .map(|&value| params.quantize(value, &mut rounder))
                .collect();
            let granularity = Granularity::PerTensor;
            let all = Quantized::with_params(&values, &[500], granularity, vec![params], rounding);
            assert_eq!(all.unwrap().values(), expected);
        }
    }

    #[test]
    fn bad_input_is_named() {
        let params = QuantParams::new(1.0, 0, IntRange::INT8).unwrap();
        let fake = |values: &[f32], params: &[QuantParams]| {
            let granularity = Granularity::PerTensor;
            fake_quantize(values, &[2], granularity, params, HalfToEven)
        };
        for bad in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
            let error = Err(QuantError::NotFinite { index: 1 });
            assert_eq!(fake(&[0.0, bad], &[params]), error);
            let params = min_max_params(
                &[0.0, bad],
                &[2],
                Granularity::PerTensor,
                Symmetry::Affine,
                IntRange::INT8,
                HalfToEven,
            );
            assert_eq!(params, Err(QuantError::NotFinite { index: 1 }));
        }
        let error = |params| Err(QuantError::Params { params, groups: 1 });
        assert_eq!(fake(&[0.0, 1.0], &[]), error(0));
        assert_eq!(fake(&[0.0, 1.0], &[params, params]), error(2));
        let shape = vec![2];
        let error = Err(QuantError::Shape { values: 3, shape });
        assert_eq!(fake(&[0.0, 1.0, 2.0], &[params]), error);
    }

    #[test]
    fn bits_are_packed_without_gaps() {
        assert_eq!(packed_bytes(1000, 8), 1000);
        assert_eq!(packed_bytes(3, 4), 2);
        assert_eq!(packed_bytes(5, 3), 2);
        assert_eq!(packed_bytes(0, 16), 0);
    }
}
