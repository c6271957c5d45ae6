//! The rows of a convolution's matrix product: one for each output pixel, its window's taps side by side.

use std::ops::Range;

use super::isa::Isa;
use super::panel::Strip;
use crate::geometry::Geometry;

/// Where rows come from. Lengths are in bytes.
#[derive(Clone, Debug)]
pub(crate) enum Rows {
    /// The pixels of the input are the rows.
    Pixels {
        /// Of a pixel.
        bytes: usize,
    },
    /// Each row is gathered.
    Windows {
        geometry: Geometry,
        /// Of a pixel.
        pixel: usize,
    },
}

impl Rows {
    /// `size` is the bytes of a number.
    pub(crate) fn new(geometry: &Geometry, size: usize) -> Self {
        let pixel = geometry.input[2] * size;
        let is_plain =
            geometry.filter == [1, 1] && geometry.stride == [1, 1] && geometry.pad == [0, 0];
        if is_plain && geometry.input[..2] == geometry.output[..2] {
            return Self::Pixels { bytes: pixel };
        }
        Self::Windows {
            geometry: geometry.clone(),
            pixel,
        }
    }

    /// Of a row.
    pub(crate) fn bytes(&self) -> usize {
        match self {
            Self::Pixels { bytes } => *bytes,
            Self::Windows {
                geometry, pixel, ..
            } => geometry.filter[0] * geometry.filter[1] * pixel,
        }
    }

    /// Of the whole input, where there are `count` rows.
    pub(crate) fn input_bytes(&self, count: usize) -> usize {
        match self {
            Self::Pixels { bytes } => count * bytes,
            Self::Windows {
                geometry, pixel, ..
            } => geometry.batch * geometry.input[0] * geometry.input[1] * pixel,
        }
    }

    /// Working memory for `count` rows.
    pub(crate) fn scratch_bytes(&self, count: usize) -> usize {
        match self {
            Self::Pixels { .. } => 0,
            Self::Windows { .. } => count * self.stride() + 16,
        }
    }

    /// Bytes from a gathered row to the next.
    fn stride(&self) -> usize {
        self.bytes().next_multiple_of(16)
    }

    /// Where these rows are. `fill` stands for 0 outside the image.
    ///
    /// # Safety
    /// `input` must be the whole input with its length, and `scratch` as large as [`Rows::scratch_bytes`] says.
    #[inline(always)]
    pub(crate) unsafe fn get<I: Isa>(
        &self,
        input: (*const u8, usize),
        rows: Range<usize>,
        fill: u8,
        scratch: *mut u8,
    ) -> Strip {
        // SAFETY: the caller's promise.
        unsafe {
            match self {
                Self::Pixels { bytes } => Strip {
                    from: input.0.add(rows.start * bytes),
                    stride: *bytes,
                    is_padded: (rows.end - 1) * bytes + bytes.next_multiple_of(16) <= input.1,
                },
                Self::Windows { geometry, pixel } => {
                    let stride = self.stride();
                    for (index, row) in rows.enumerate() {
                        let to = scratch.add(index * stride);
                        gather::<I>(geometry, *pixel, fill, input, row, to);
                    }
                    Strip {
                        from: scratch,
                        stride,
                        is_padded: true,
                    }
                }
            }
        }
    }
}

/// Writes the taps of window `index`, counted through rows and images, and up to 15 bytes of anything behind them.
///
/// # Safety
/// As [`Rows::get`].
#[inline(always)]
unsafe fn gather<I: Isa>(
    geometry: &Geometry,
    pixel: usize,
    fill: u8,
    (input, input_bytes): (*const u8, usize),
    index: usize,
    to: *mut u8,
) {
    let [height, width, _] = geometry.input;
    let [out_height, out_width, _] = geometry.output;
    let [taps_down, taps_across] = geometry.filter;
    let (line, column) = (index / out_width, index % out_width);
    let (image, row) = (line / out_height, line % out_height);
    // Wraps below 0 where the window reaches out above or to the left: then it is no less than the length.
    let top = (row * geometry.stride[0]).wrapping_sub(geometry.pad[0]);
    let left = (column * geometry.stride[1]).wrapping_sub(geometry.pad[1]);
    let is_inside = left < width && left + (taps_across - 1) < width && geometry.dilation[1] == 1;
    let mut to = to;
    // SAFETY: only pixels inside the image are read, and as many bytes written as the window has taps.
    unsafe {
        for down in 0..taps_down {
            let y = top.wrapping_add(down * geometry.dilation[0]);
            let line = (image * height + y.min(height - 1)) * width * pixel;
            let copy = |x: usize, to: *mut u8, bytes: usize| {
                let at = line + x * pixel;
                copy::<I>(input.add(at), input_bytes - at, to, bytes);
            };
            if y >= height {
                to.write_bytes(fill, taps_across * pixel);
            } else if is_inside {
                copy(left, to, taps_across * pixel);
            } else {
                for across in 0..taps_across {
                    let x = left.wrapping_add(across * geometry.dilation[1]);
                    let to = to.add(across * pixel);
                    match x < width {
                        true => copy(x, to, pixel),
                        false => to.write_bytes(fill, pixel),
                    }
                }
            }
            to = to.add(taps_across * pixel);
        }
    }
}

/// Copies some bytes, and up to 15 behind them if the input, which goes on for `left` bytes, has them.
///
/// # Safety
/// `left` must be readable and at least `bytes`, and `bytes`, rounded up to 16, writable.
#[inline(always)]
unsafe fn copy<I: Isa>(from: *const u8, left: usize, to: *mut u8, bytes: usize) {
    let mut done = 0;
    // SAFETY: the caller's promise.
    unsafe {
        while done < bytes && done + 16 <= left {
            I::store(to.add(done), I::load(from.add(done)));
            done += 16;
        }
        while done < bytes {
            to.add(done).write(from.add(done).read());
            done += 1;
        }
    }
}
