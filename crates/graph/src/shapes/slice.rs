//! What a strided slice takes of each axis, by TFLite's rules (`strided_slice_logic.h`).

use super::Inference;
use crate::StridedSlice;
use crate::error::OperatorProblem;

/// What is taken of an axis: `start`, `start + stride`, … , `length` of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AxisSlice {
    /// The first place, within the axis.
    pub start: usize,
    /// From one to the next; below 0 goes backwards, never 0.
    pub stride: i64,
    /// How many.
    pub length: usize,
    /// Whether the axis, then of length 1, is left out of the output's shape.
    pub dropped: bool,
}

impl Inference<'_> {
    /// Axes for which there are no numbers are taken whole.
    pub(super) fn slices(&self, options: StridedSlice) -> Result<Vec<AxisSlice>, OperatorProblem> {
        let shape = &self.input(0)?.shape;
        let begin = self.numbers(1, "where to begin")?;
        let end = self.numbers(2, "where to end")?;
        let strides = self.numbers(3, "the strides")?;
        if begin.len() != end.len() || begin.len() != strides.len() || begin.len() > shape.len() {
            return Err(OperatorProblem::Argument {
                what: "where to begin",
                values: begin,
                expected: format!(
                    "begin, end and strides must be equally many, and the input has {} axes",
                    shape.len()
                ),
            });
        }
        let mut slices = Vec::with_capacity(shape.len());
        for (axis, &length) in shape.iter().enumerate() {
            let numbers = begin.get(axis).zip(end.get(axis)).zip(strides.get(axis));
            let Some(((&begin, &end), &stride)) = numbers else {
                slices.push(AxisSlice {
                    start: 0,
                    stride: 1,
                    length,
                    dropped: false,
                });
                continue;
            };
            let bit = |mask: u32| mask >> axis & 1 == 1;
            let axis = Axis {
                length: i64::try_from(length).unwrap_or(i64::MAX),
                stride,
            };
            let slice = axis.slice(
                Some(begin).filter(|_| !bit(options.begin_mask)),
                Some(end).filter(|_| !bit(options.end_mask)),
                bit(options.shrink_axis_mask),
            );
            slices.push(slice.ok_or_else(|| OperatorProblem::Argument {
                what: "begin, end and stride",
                values: vec![begin, end, stride],
                expected: format!("that takes nothing of an axis of {length}"),
            })?);
        }
        Ok(slices)
    }
}

struct Axis {
    length: i64,
    stride: i64,
}

impl Axis {
    /// None where that is nothing, or outside.
    fn slice(&self, begin: Option<i64>, end: Option<i64>, dropped: bool) -> Option<AxisSlice> {
        let (length, stride) = (self.length, self.stride);
        if stride == 0 {
            return None;
        }
        let forwards = stride > 0;
        let start = match begin {
            Some(begin) => self.clamp(begin),
            None if forwards => 0,
            None => length - 1,
        };
        let end = match end {
            _ if dropped => start + stride.signum(),
            Some(end) => self.clamp(end),
            None if forwards => length,
            None => -1,
        };
        let span = if forwards { end - start } else { start - end };
        let taken = u64::try_from(span).ok()?.div_ceil(stride.unsigned_abs());
        let inside = (0..length).contains(&start) && taken > 0;
        Some(AxisSlice {
            start: usize::try_from(start).ok().filter(|_| inside)?,
            stride,
            length: usize::try_from(taken).ok()?,
            dropped,
        })
    }

    /// Counts from the end where negative, and stays within the axis or one step outside of it.
    fn clamp(&self, index: i64) -> i64 {
        let index = if index < 0 {
            index.saturating_add(self.length)
        } else {
            index
        };
        if self.stride > 0 {
            index.clamp(0, self.length)
        } else {
            index.clamp(-1, self.length - 1)
        }
    }
}
