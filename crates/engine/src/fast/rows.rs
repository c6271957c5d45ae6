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
                    let mut place = Place::new(geometry, rows.start);
                    for index in 0..rows.len() {
                        let to = scratch.add(index * stride);
                        gather::<I>(geometry, *pixel, fill, input, place, to);
                        place.advance(geometry);
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

/// Where a window is. Counted on, since divisions take longer than a window.
#[derive(Clone, Copy)]
struct Place {
    image: usize,
    row: usize,
    column: usize,
}

impl Place {
    /// Window `index`, counted through rows and images.
    fn new(geometry: &Geometry, index: usize) -> Self {
        let [height, width, _] = geometry.output;
        let (line, column) = (index / width, index % width);
        Self {
            image: line / height,
            row: line % height,
            column,
        }
    }

    /// To the next window.
    #[inline(always)]
    fn advance(&mut self, geometry: &Geometry) {
        self.column += 1;
        if self.column == geometry.output[1] {
            self.column = 0;
            self.row += 1;
        }
        if self.row == geometry.output[0] {
            self.row = 0;
            self.image += 1;
        }
    }
}

/// Writes the taps of a window, and up to 15 bytes of anything behind them.
///
/// # Safety
/// As [`Rows::get`].
#[inline(always)]
unsafe fn gather<I: Isa>(
    geometry: &Geometry,
    pixel: usize,
    fill: u8,
    (input, input_bytes): (*const u8, usize),
    place: Place,
    to: *mut u8,
) {
    let [height, width, _] = geometry.input;
    let [taps_down, taps_across] = geometry.filter;
    let Place { image, row, column } = place;
    // Wraps below 0 where the window reaches out above or to the left: then it is no less than the length.
    let top = (row * geometry.stride[0]).wrapping_sub(geometry.pad[0]);
    let left = (column * geometry.stride[1]).wrapping_sub(geometry.pad[1]);
    let is_inside = left < width && left + (taps_across - 1) < width && geometry.dilation[1] == 1;
    let run = taps_across * pixel;
    let reach = (taps_down - 1) * geometry.dilation[0];
    let mut to = to;
    // SAFETY: only pixels inside the image are read, and as many bytes written as the window has taps.
    unsafe {
        if is_inside && run <= 16 && top < height && top + reach < height {
            // As most windows of few channels are.
            let mut at = ((image * height + top) * width + left) * pixel;
            let step = geometry.dilation[0] * width * pixel;
            if at + (taps_down - 1) * step + 16 <= input_bytes {
                for _ in 0..taps_down {
                    I::store(to, I::load(input.add(at)));
                    (to, at) = (to.add(run), at + step);
                }
                return;
            }
        }
        for down in 0..taps_down {
            let y = top.wrapping_add(down * geometry.dilation[0]);
            let line = (image * height + y.min(height.saturating_sub(1))) * width * pixel;
            let copy = |x: usize, to: *mut u8, bytes: usize| {
                let at = line + x * pixel;
                copy::<I>(input.add(at), input_bytes - at, to, bytes);
            };
            if y >= height {
                to.write_bytes(fill, run);
            } else if is_inside {
                copy(left, to, run);
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
            to = to.add(run);
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
