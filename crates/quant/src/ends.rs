//! What everything begins with: whether all values are finite, and how far they reach.
//!
//! The loops are written so that they become SIMD. `f32::min` and `f32::max` do not: in WebAssembly each is a call.

use crate::QuantError;

/// Values that are looked at side by side.
const LANES: usize = 8;
/// Values that are checked before looking whether one was bad.
const BLOCK: usize = 64;

/// The smallest and the largest value; none of them may be NaN. None where there are no values.
pub fn ends<T: Copy + PartialOrd>(values: &[T]) -> Option<(T, T)> {
    let &first = values.first()?;
    let mut least = [first; LANES];
    let mut most = [first; LANES];
    let (rows, rest) = values.as_chunks::<LANES>();
    for row in rows {
        for ((least, most), &value) in least.iter_mut().zip(&mut most).zip(row) {
            *least = smaller(*least, value);
            *most = larger(*most, value);
        }
    }
    let rest = || rest.iter().copied();
    let least = least.into_iter().chain(rest()).fold(first, smaller);
    let most = most.into_iter().chain(rest()).fold(first, larger);
    Some((least, most))
}

/// The largest |v|; none of them may be NaN. 0 where there are no values.
pub fn max_abs(values: &[f32]) -> f32 {
    ends(values).map_or(0.0, |(min, max)| larger(min.abs(), max.abs()))
}

/// Refuses the first value that is NaN or infinite.
pub(crate) fn refuse_not_finite<T: Copy + Into<f64>>(values: &[T]) -> Result<(), QuantError> {
    let is_finite = |&value: &T| value.into().is_finite();
    for (block, part) in values.chunks(BLOCK).enumerate() {
        if !part.iter().fold(true, |all, value| all & is_finite(value)) {
            let place = part.iter().position(|value| !is_finite(value));
            return Err(QuantError::NotFinite {
                index: block * BLOCK + place.unwrap_or_default(),
            });
        }
    }
    Ok(())
}

#[inline]
fn smaller<T: PartialOrd>(a: T, b: T) -> T {
    if b < a { b } else { a }
}

#[inline]
fn larger<T: PartialOrd>(a: T, b: T) -> T {
    if b > a { b } else { a }
}

#[cfg(test)]
mod tests {
    use alloc::vec::Vec;

    use super::*;

    #[test]
    fn the_ends_are_found_wherever_they_are() {
        for count in 1..40 {
            for place in 0..count {
                let mut values: Vec<f32> = (0..count).map(|i| (i % 5) as f32 - 2.0).collect();
                values[place] = -9.0;
                assert_eq!(ends(&values).unwrap().0, -9.0);
                assert_eq!(max_abs(&values), 9.0);
                values[place] = 7.0;
                assert_eq!(ends(&values).unwrap().1, 7.0);
                assert_eq!(max_abs(&values), 7.0);
            }
        }
        assert_eq!(ends::<f64>(&[]), None);
        assert_eq!(max_abs(&[]).to_bits(), 0);
        assert_eq!(max_abs(&[-0.0]).to_bits(), 0);
    }

    #[test]
    fn the_first_bad_value_is_named() {
        for index in [0, 1, 63, 64, 130, 199] {
            for bad in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
                let mut values = [1.0; 200];
                values[199] = f64::NAN;
                values[index] = bad;
                let error = Err(QuantError::NotFinite { index });
                assert_eq!(refuse_not_finite(&values), error);
                assert_eq!(refuse_not_finite(&values.map(|v| v as f32)), error);
            }
        }
        assert_eq!(refuse_not_finite(&[f32::MAX; 200]), Ok(()));
        assert_eq!(refuse_not_finite::<f32>(&[]), Ok(()));
    }
}
