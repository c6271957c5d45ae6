//! The rows of a convolution's matrix product: one for each output pixel, its window's taps side by side.

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
            Self::Windows { .. } => count * self.bytes(),
        }
    }

    /// The address of `count` rows from row `first`, and their distance in bytes. `fill` stands for 0 outside the image.
    ///
    /// # Safety
    /// `input` must be the whole input, and `scratch` as large as [`Rows::scratch_bytes`] says.
    #[inline(always)]
    pub(crate) unsafe fn get(
        &self,
        input: *const u8,
        first: usize,
        count: usize,
        fill: u8,
        scratch: *mut u8,
    ) -> (*const u8, usize) {
        let bytes = self.bytes();
        // SAFETY: the caller's promise.
        unsafe {
            match self {
                Self::Pixels { .. } => (input.add(first * bytes), bytes),
                Self::Windows { geometry, pixel } => {
                    for index in 0..count {
                        let to = scratch.add(index * bytes);
                        gather(geometry, *pixel, fill, input, first + index, to);
                    }
                    (scratch, bytes)
                }
            }
        }
    }
}

/// Writes the taps of window `index`, counted through rows and images.
///
/// # Safety
/// As [`Rows::get`].
#[inline(always)]
unsafe fn gather(
    geometry: &Geometry,
    pixel: usize,
    fill: u8,
    input: *const u8,
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
            let line = input.add(if y < height {
                (image * height + y) * width * pixel
            } else {
                0
            });
            if y >= height {
                to.write_bytes(fill, taps_across * pixel);
            } else if is_inside {
                copy(line.add(left * pixel), to, taps_across * pixel);
            } else {
                for across in 0..taps_across {
                    let x = left.wrapping_add(across * geometry.dilation[1]);
                    let to = to.add(across * pixel);
                    match x < width {
                        true => copy(line.add(x * pixel), to, pixel),
                        false => to.write_bytes(fill, pixel),
                    }
                }
            }
            to = to.add(taps_across * pixel);
        }
    }
}

/// Copies a few bytes without the call that `copy_nonoverlapping` of unknown length is.
///
/// # Safety
/// `bytes` must be readable and writable, and not overlap.
#[inline(always)]
unsafe fn copy(from: *const u8, to: *mut u8, bytes: usize) {
    let mut done = 0;
    // SAFETY: the caller's promise.
    unsafe {
        while done + 8 <= bytes {
            let eight = from.add(done).cast::<u64>().read_unaligned();
            to.add(done).cast::<u64>().write_unaligned(eight);
            done += 8;
        }
        while done < bytes {
            to.add(done).write(from.add(done).read());
            done += 1;
        }
    }
}
