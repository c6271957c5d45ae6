//! How a window moves over an image: shared by convolutions and pools, reference and fast.

use std::ops::Range;

use octet_graph::Padding;

use crate::Problem;

/// How a window moves over an image. All products of these lengths that indices are made of fit an i32.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Geometry {
    /// Images.
    pub(crate) batch: usize,
    /// Height, width and channels of what goes in.
    pub(crate) input: [usize; 3],
    /// Height, width and channels of what comes out.
    pub(crate) output: [usize; 3],
    /// Height and width of the window, in taps.
    pub(crate) filter: [usize; 2],
    /// Step down and to the right.
    pub(crate) stride: [usize; 2],
    /// Distance of neighbouring taps down and to the right.
    pub(crate) dilation: [usize; 2],
    /// How far the first window reaches out above and to the left. Below and to the right it reaches as far
    /// as the output needs.
    pub(crate) pad: [usize; 2],
}

/// What an operator says about its window.
pub(crate) struct Window {
    pub(crate) padding: Padding,
    pub(crate) filter: [usize; 2],
    pub(crate) stride: [usize; 2],
    pub(crate) dilation: [usize; 2],
}

impl Geometry {
    /// From the shapes `[batch, height, width, channels]`, with paddings that a [`octet_graph::Op::Pad`]
    /// before the operator adds: `extra` is before and after, for height and width.
    pub(crate) fn new(
        input: [usize; 4],
        output: [usize; 4],
        window: &Window,
        extra: [[usize; 2]; 2],
    ) -> Result<Self, Problem> {
        let mut pad = [0; 2];
        for axis in 0..2 {
            let padded = [input[axis + 1], extra[axis][0], extra[axis][1]]
                .iter()
                .try_fold(0_usize, |sum, &length| sum.checked_add(length))
                .ok_or_else(too_large)?;
            let (length, before) = output_length(
                window.padding,
                padded,
                window.filter[axis],
                window.stride[axis],
                window.dilation[axis],
            )?;
            if length != output[axis + 1] {
                return Err(Problem::Shape(format!(
                    "an output of {length} was expected along axis {}, not {}",
                    axis + 1,
                    output[axis + 1]
                )));
            }
            pad[axis] = before + extra[axis][0];
        }
        if input[0] != output[0] {
            return Err(Problem::Shape(format!(
                "{} images go in and {} come out",
                input[0], output[0]
            )));
        }
        Ok(Self {
            batch: input[0],
            input: [input[1], input[2], input[3]],
            output: [output[1], output[2], output[3]],
            filter: window.filter,
            stride: window.stride,
            dilation: window.dilation,
            pad,
        })
    }

    /// Numbers in one image that goes in.
    pub(crate) fn input_image(&self) -> usize {
        self.input.iter().product()
    }

    /// Numbers in one image that comes out.
    pub(crate) fn output_image(&self) -> usize {
        self.output.iter().product()
    }

    /// Calls `visit` for each output number, in the order in which they lie in memory.
    pub(crate) fn outputs(&self, mut visit: impl FnMut(Place)) {
        let [height, width, channels] = self.output;
        let mut at = 0;
        for batch in 0..self.batch {
            for row in 0..height {
                for column in 0..width {
                    for channel in 0..channels {
                        visit(Place {
                            at,
                            image: batch * self.input_image(),
                            row,
                            column,
                            channel,
                        });
                        at += 1;
                    }
                }
            }
        }
    }

    /// Calls `visit` for each tap of a window that lies inside the image, with the number of the input's pixel
    /// and the number of the tap.
    pub(crate) fn taps(&self, row: usize, column: usize, mut visit: impl FnMut(usize, usize)) {
        let across = self.inside(1, column);
        for down in self.inside(0, row) {
            let y = self.source(0, row, down);
            for right in across.clone() {
                let x = self.source(1, column, right);
                visit(y * self.input[1] + x, down * self.filter[1] + right);
            }
        }
    }

    /// The taps of window `at` along `axis` that lie inside the image.
    pub(crate) fn inside(&self, axis: usize, at: usize) -> Range<usize> {
        let start = at * self.stride[axis];
        let end = self.input[axis] + self.pad[axis];
        let first = self.pad[axis]
            .saturating_sub(start)
            .div_ceil(self.dilation[axis]);
        let last = end.saturating_sub(start).div_ceil(self.dilation[axis]);
        first..last.min(self.filter[axis])
    }

    /// Where a tap that lies inside the image lies.
    fn source(&self, axis: usize, at: usize, tap: usize) -> usize {
        at * self.stride[axis] + tap * self.dilation[axis] - self.pad[axis]
    }
}

/// An output number's place.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place {
    /// In the output.
    pub(crate) at: usize,
    /// Where its image starts in the input.
    pub(crate) image: usize,
    pub(crate) row: usize,
    pub(crate) column: usize,
    /// Of the output.
    pub(crate) channel: usize,
}

/// The largest length that an axis may have once it is padded and the window added: indices then fit an i32,
/// on wasm too.
const LARGEST: usize = i32::MAX as usize;

fn too_large() -> Problem {
    Problem::Shape("the window or its padding is too large".to_owned())
}

/// The length of the output, and the padding before the input (TFLite's `ComputeOutSize` and `ComputePadding`).
fn output_length(
    padding: Padding,
    input: usize,
    filter: usize,
    stride: usize,
    dilation: usize,
) -> Result<(usize, usize), Problem> {
    if filter == 0 || stride == 0 || dilation == 0 {
        return Err(Problem::Parameter(
            "filter, stride and dilation must be at least 1".to_owned(),
        ));
    }
    let window = (filter - 1)
        .checked_mul(dilation)
        .and_then(|reach| reach.checked_add(1))
        .ok_or_else(too_large)?;
    let reach = window
        .checked_add(input)
        .and_then(|sum| sum.checked_add(stride));
    if reach.is_none_or(|reach| reach > LARGEST) {
        return Err(too_large());
    }
    Ok(match padding {
        Padding::Same => {
            let output = input.div_ceil(stride);
            let covered = output.saturating_sub(1) * stride + window;
            (output, covered.saturating_sub(input) / 2)
        }
        Padding::Valid => ((input + stride).saturating_sub(window) / stride, 0),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn same_puts_the_odd_one_after() {
        // 5 in steps of 2 with a window of 3: 3 windows cover 7, so 1 before and 1 after.
        assert_eq!(output_length(Padding::Same, 5, 3, 2, 1), Ok((3, 1)));
        // 4 in steps of 2 with a window of 3: 2 windows cover 5, so 0 before and 1 after.
        assert_eq!(output_length(Padding::Same, 4, 3, 2, 1), Ok((2, 0)));
        assert_eq!(output_length(Padding::Valid, 7, 3, 2, 2), Ok((2, 0)));
        // A window wider than the input fits nowhere.
        assert_eq!(output_length(Padding::Valid, 2, 5, 1, 1), Ok((0, 0)));
    }

    #[test]
    fn hostile_windows_are_refused() {
        for (filter, stride, dilation) in [
            (0, 1, 1),
            (1, 0, 1),
            (1, 1, 0),
            (usize::MAX, 1, 2),
            (3, 1, usize::MAX),
            (1 << 31, 1, 1),
            (1, usize::MAX, 1),
        ] {
            assert!(output_length(Padding::Same, 5, filter, stride, dilation).is_err());
        }
    }
}
