//! Windows that move over height and width.

use crate::Padding;
use crate::error::OperatorProblem;

/// The window of a convolution or pool.
pub(super) struct Window {
    pub(super) size: [usize; 2],
    pub(super) stride: [usize; 2],
    pub(super) dilation: [usize; 2],
    pub(super) padding: Padding,
}

impl Window {
    /// Height and width of what comes out: `ceil(input / stride)` with SAME,
    /// `floor((input − window) / stride) + 1` with VALID, the window being `(size − 1) · dilation + 1`.
    pub(super) fn output(&self, input: [usize; 2]) -> Result<[usize; 2], OperatorProblem> {
        let [height, width] = self.stride;
        if height == 0 || width == 0 {
            return Err(OperatorProblem::Option("a stride of 0"));
        }
        if self.size.contains(&0) {
            return Err(OperatorProblem::Option("a window of size 0"));
        }
        if self.dilation.contains(&0) {
            return Err(OperatorProblem::Option("a dilation of 0"));
        }
        let span = |size: usize, dilation: usize| {
            // What saturates is larger than any input.
            (size - 1).saturating_mul(dilation).saturating_add(1)
        };
        let ([tall, wide], [down, right]) = (self.size, self.dilation);
        let window = [span(tall, down), span(wide, right)];
        let along = |input: usize, window: usize, stride: usize| match self.padding {
            Padding::Same => Some(input.div_ceil(stride)),
            Padding::Valid => Some(input.checked_sub(window)? / stride + 1),
        };
        let ([in_height, in_width], [tall, wide]) = (input, window);
        match (along(in_height, tall, height), along(in_width, wide, width)) {
            (Some(height), Some(width)) => Ok([height, width]),
            _ => Err(OperatorProblem::Window { window, input }),
        }
    }
}
