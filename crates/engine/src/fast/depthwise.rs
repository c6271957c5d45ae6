//! Depthwise convolution of int8, one row of the output and 16 channels at a time.
//!
//! First the input's columns under the window are interleaved: for each channel the 4 bytes of 4 rows side by side, as
//! the dot product wants them, with what is outside the image in place. Then each column is used for all windows that
//! it is part of. A window of more than 4 rows takes two or more such layers; what is missing to a multiple of 4 rows
//! has weights of 0.

use super::aligned::Aligned;
use super::finish::{Finish, Finishes, Job};
use super::isa::{Isa, Work};
use super::packed::Given;
use super::product::opaque_zero;
use crate::geometry::Geometry;

/// Channels at a time.
const LANES: usize = 16;

/// Bytes of one layer of a column.
const LAYER: usize = 4 * LANES;

/// Shape and packed weights.
#[derive(Clone, Debug)]
pub(crate) struct Depthwise {
    geometry: Geometry,
    /// For each 16 channels, for each half of them, for each column of the window, for each layer: 8 channels' 4
    /// weights.
    weights: Aligned,
    /// Layers of 4 rows.
    layers: usize,
}

/// The first channel of each block of 16. The last block may overlap the one before.
fn blocks(channels: usize) -> impl Iterator<Item = usize> + Clone {
    let last = channels - LANES;
    (0..channels)
        .step_by(LANES)
        .map(move |channel| channel.min(last))
}

/// The channels of all blocks, in order.
pub(crate) fn blocks_channels(channels: usize) -> impl Iterator<Item = usize> {
    blocks(channels).flat_map(|first| first..first + LANES)
}

/// More columns than this are left to the reference's kernel: they are not of a network for images.
const MOST_COLUMNS: usize = 1 << 16;

/// Columns under all windows of a row.
fn columns(geometry: &Geometry) -> usize {
    let reach = (geometry.filter[1] - 1) * geometry.dilation[1];
    geometry.output[1].saturating_sub(1) * geometry.stride[1] + reach + 1
}

impl Depthwise {
    /// None where there are fewer than 16 channels, or more that go out than come in, or a row is very long.
    pub(crate) fn new(geometry: &Geometry, weights: &[i8]) -> Option<Self> {
        let [height, width] = geometry.filter;
        let channels = geometry.output[2];
        if channels < LANES || channels != geometry.input[2] {
            return None;
        }
        if columns(geometry) > MOST_COLUMNS {
            return None;
        }
        let layers = height.div_ceil(4);
        let block_bytes = width * layers * LAYER;
        let mut packed = Aligned::zeroed(channels.div_ceil(LANES) * block_bytes);
        let to = packed.bytes_mut();
        for (index, channel) in blocks_channels(channels).enumerate() {
            let (block, half, lane) = (index / LANES, index / 8 % 2, index % 8);
            for down in 0..height {
                for across in 0..width {
                    let column = (block * 2 + half) * width + across;
                    let at = ((column * layers + down / 4) * 8 + lane) * 4 + down % 4;
                    to[at] = weights[(down * width + across) * channels + channel] as u8;
                }
            }
        }
        Some(Self {
            geometry: geometry.clone(),
            weights: packed,
            layers,
        })
    }

    fn columns(&self) -> usize {
        columns(&self.geometry)
    }

    /// Working memory.
    pub(crate) fn scratch_bytes(&self) -> usize {
        self.columns() * self.layers * LAYER
    }

    /// Bytes of the weights.
    pub(crate) fn weights_bytes(&self) -> usize {
        self.weights.bytes().len()
    }

    /// Whether the lengths are as they must be, in numbers, and in bytes of working memory.
    pub(crate) fn fits(&self, input: usize, output: usize, scratch: usize) -> bool {
        let geometry = &self.geometry;
        input == geometry.batch * geometry.input_image()
            && output == geometry.batch * geometry.output_image()
            && scratch >= self.scratch_bytes()
    }

    /// Fills the columns outside the image, which are the same for all rows and channels.
    ///
    /// # Safety
    /// `columns` must have room for [`Depthwise::scratch_bytes`].
    unsafe fn fill_outside(&self, fill: u8, columns: *mut u8) {
        let bytes = self.layers * LAYER;
        let before = self.geometry.pad[1].min(self.columns());
        let after = (self.geometry.pad[1] + self.geometry.input[1]).min(self.columns());
        // SAFETY: within all columns.
        unsafe {
            columns.write_bytes(fill, before * bytes);
            let rest = (self.columns() - after) * bytes;
            columns.add(after * bytes).write_bytes(fill, rest);
        }
    }

    /// Interleaves the columns inside the image under the windows of output row `row`, for 16 channels from where
    /// `image` points. All bytes are xored with `flip`; `fill` is what is outside, not xored.
    ///
    /// # Safety
    /// `image` must point into an image with 16 channels to come, `columns` have room for
    /// [`Depthwise::scratch_bytes`].
    #[inline(always)]
    unsafe fn interleave<I: Isa>(
        &self,
        image: *const u8,
        row: usize,
        fill: &[u8; LANES],
        flip: u8,
        columns: *mut u8,
    ) {
        let geometry = &self.geometry;
        let [height, width, channels] = geometry.input;
        let first = geometry.pad[1];
        let end = (first + width).min(self.columns());
        if first >= end {
            return;
        }
        let flips = I::splat_i8(flip as i8);
        // Wraps below 0 above the image: then it is no less than the height.
        let top = (row * geometry.stride[0]).wrapping_sub(geometry.pad[0]);
        for layer in 0..self.layers {
            let rows = (geometry.filter[0] - layer * 4).min(4);
            // Of each row where it starts, and how far it is to the next column.
            let mut from = [fill.as_ptr(); 4];
            let mut steps = [0; 4];
            for down in 0..rows {
                let y = top.wrapping_add((layer * 4 + down) * geometry.dilation[0]);
                if y < height {
                    // SAFETY: the row is inside the image.
                    from[down] = unsafe { image.add(y * width * channels) };
                    steps[down] = channels;
                }
            }
            for down in rows..4 {
                from[down] = from[0];
                steps[down] = steps[0];
            }
            // SAFETY: as many columns as the image has or the windows need.
            unsafe {
                let mut to = columns.add((first * self.layers + layer) * LAYER);
                for _ in first..end {
                    let a = I::xor(I::load(from[0]), flips);
                    let b = I::xor(I::load(from[1]), flips);
                    let c = I::xor(I::load(from[2]), flips);
                    let d = I::xor(I::load(from[3]), flips);
                    let (ab, cd) = (I::zip_low_8(a, b), I::zip_low_8(c, d));
                    I::store(to, I::zip_low_16(ab, cd));
                    I::store(to.add(16), I::zip_high_16(ab, cd));
                    let (ab, cd) = (I::zip_high_8(a, b), I::zip_high_8(c, d));
                    I::store(to.add(32), I::zip_low_16(ab, cd));
                    I::store(to.add(48), I::zip_high_16(ab, cd));
                    to = to.add(self.layers * LAYER);
                    for down in 0..4 {
                        from[down] = from[down].add(steps[down]);
                    }
                }
            }
        }
    }

    /// All windows of all channels, finished, `[images, height, width, channels]`. What is given and what `finishes`
    /// knows is of the blocks' channels, in order.
    ///
    /// # Safety
    /// What is given must be as it says, and readable; `scratch` must have room for [`Depthwise::scratch_bytes`],
    /// `output` for all outputs; all `finishes` holds must be readable for all channels.
    #[inline(always)]
    pub(crate) unsafe fn run<I: Isa, E: Finishes>(
        &self,
        given: Given,
        finishes: &E,
        scratch: *mut u8,
        output: *mut u8,
    ) {
        let geometry = &self.geometry;
        let fill = [given.fill; LANES];
        let zero = opaque_zero();
        let [out_height, out_width, channels] = geometry.output;
        let layers = self.layers;
        // SAFETY: the caller's promise; all addresses are of rows and channels that there are.
        unsafe {
            self.fill_outside(given.fill ^ given.flip, scratch);
            for line in 0..geometry.batch * out_height {
                let (image, row) = (line / out_height, line % out_height);
                let image = given.input.add(image * geometry.input_image());
                let out = output.add(line * out_width * channels * E::BYTES);
                let mut at = 0;
                while at < channels {
                    let channel = at.min(channels - LANES);
                    self.interleave::<I>(image.add(channel), row, &fill, given.flip, scratch);
                    for half in 0..2 {
                        let at = at + half * 8;
                        let weights = at * geometry.filter[1] * layers * 4;
                        let windows = Windows {
                            columns: scratch.add(half * 32),
                            weights: self.weights.bytes()[weights..].as_ptr(),
                            bias: given.bias.add(at * 4),
                            count: out_width,
                            width: geometry.filter[1],
                            layers,
                            tap: geometry.dilation[1] * layers * LAYER,
                            step: geometry.stride[1] * layers * LAYER,
                            zero,
                            out: out.add((channel + half * 8) * E::BYTES),
                            stride: channels * E::BYTES,
                        };
                        finishes.end::<I, _>(at, windows);
                    }
                    at += LANES;
                }
            }
        }
    }
}

/// A row of windows over 8 channels.
#[derive(Clone, Copy)]
struct Windows {
    /// Interleaved, from the half of the channels that is worked on.
    columns: *const u8,
    weights: *const u8,
    bias: *const u8,
    /// Windows.
    count: usize,
    /// Of the window.
    width: usize,
    layers: usize,
    /// Bytes from a tap to the next.
    tap: usize,
    /// Bytes from a window to the next.
    step: usize,
    zero: usize,
    /// The output of the first window.
    out: *mut u8,
    /// Bytes from an output to the next.
    stride: usize,
}

impl Job for Windows {
    #[inline(always)]
    unsafe fn end<I: Isa, F: Finish>(self, finish: F) {
        // SAFETY: as was promised to Depthwise::run.
        unsafe { I::run(FinishedWindows(self, finish)) }
    }
}

/// Windows with what becomes of their sums.
struct FinishedWindows<F>(Windows, F);

impl<F: Finish> Work for FinishedWindows<F> {
    #[inline(always)]
    unsafe fn on<I: Isa>(self) {
        let Self(row, finish) = self;
        // SAFETY: as was promised to Depthwise::run.
        unsafe {
            if I::PIXELS >= 4 {
                windows::<I, F, 4>(row, finish);
            } else {
                windows::<I, F, 2>(row, finish);
            }
        }
    }
}

/// The sums of all windows of a row, finished, P windows at a time; the last P may overlap those before.
///
/// # Safety
/// The row's pointers must be as it says.
#[inline(always)]
unsafe fn windows<I: Isa, F: Finish, const P: usize>(row: Windows, finish: F) {
    let Windows { out, stride, .. } = row;
    // SAFETY: the caller's promise.
    unsafe {
        if row.count < P {
            for index in 0..row.count {
                let columns = row.columns.add(index * row.step);
                tile::<I, F, 1>(row, columns, finish, out.add(index * stride), stride);
            }
            return;
        }
        let mut index = 0;
        while index < row.count {
            let at = index.min(row.count - P);
            let columns = row.columns.add(at * row.step);
            let out = out.add(at * stride);
            // The usual windows with constants known to the compiler.
            match (row.width, row.step, row.tap, row.layers) {
                (3, LAYER, LAYER, 1) => {
                    constant_tile::<I, F, P, 3, LAYER>(row, columns, finish, out, stride)
                }
                (3, DOUBLE, LAYER, 1) => {
                    constant_tile::<I, F, P, 3, DOUBLE>(row, columns, finish, out, stride)
                }
                _ => tile::<I, F, P>(row, columns, finish, out, stride),
            }
            index += P;
        }
    }
}

/// Bytes of two layers, and of two columns of one layer.
const DOUBLE: usize = 2 * LAYER;

/// The sums of P windows of one layer.
///
/// # Safety
/// As [`windows`].
#[inline(always)]
unsafe fn constant_tile<I: Isa, F: Finish, const P: usize, const W: usize, const STEP: usize>(
    row: Windows,
    columns: *const u8,
    finish: F,
    out: *mut u8,
    stride: usize,
) {
    // SAFETY: the caller's promise.
    unsafe {
        let bias = [I::load(row.bias), I::load(row.bias.add(16))];
        let mut sums = [[I::sums(bias[0]), I::sums(bias[1])]; P];
        for across in 0..W {
            for half in 0..2 {
                let weights = I::weights(I::load(row.weights.add(across * 32 + half * 16)));
                for pixel in 0..P {
                    let at = columns.add(pixel * STEP + across * LAYER + half * 16);
                    sums[pixel][half] = I::dot(sums[pixel][half], weights, I::values(I::load(at)));
                }
            }
        }
        let mut totals = [bias; P];
        for pixel in 0..P {
            totals[pixel] = [I::total(sums[pixel][0]), I::total(sums[pixel][1])];
        }
        finish.store::<I, P>(totals, out, stride);
    }
}

/// The sums of P windows.
///
/// # Safety
/// As [`windows`].
#[inline(always)]
unsafe fn tile<I: Isa, F: Finish, const P: usize>(
    row: Windows,
    columns: *const u8,
    finish: F,
    out: *mut u8,
    stride: usize,
) {
    // SAFETY: the caller's promise.
    unsafe {
        let bias = [I::load(row.bias), I::load(row.bias.add(16))];
        let mut sums = [[I::sums(bias[0]), I::sums(bias[1])]; P];
        let mut weights_at = row.weights.expose_provenance();
        for across in 0..row.width {
            for layer in 0..row.layers {
                let column = columns.add(across * row.tap + layer * LAYER);
                let weights = std::ptr::with_exposed_provenance::<u8>(weights_at);
                let low = I::weights(I::load(weights));
                let high = I::weights(I::load(weights.add(16)));
                for pixel in 0..P {
                    let at = column.add(pixel * row.step);
                    sums[pixel][0] = I::dot(sums[pixel][0], low, I::values(I::load(at)));
                    sums[pixel][1] = I::dot(sums[pixel][1], high, I::values(I::load(at.add(16))));
                }
                weights_at = (weights_at + 32) ^ row.zero;
            }
        }
        let mut totals = [bias; P];
        for pixel in 0..P {
            totals[pixel] = [I::total(sums[pixel][0]), I::total(sums[pixel][1])];
        }
        finish.store::<I, P>(totals, out, stride);
    }
}
