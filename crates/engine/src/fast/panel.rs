//! Rows of a matrix, laid out as a tile of the product reads them.
//!
//! A panel of R rows holds, for each group of 4 bytes (4 int8 or one float32), that group of row 0, of row 1, … of
//! row R − 1.

use super::isa::Isa;

/// Where some rows lie.
#[derive(Clone, Copy)]
pub(crate) struct Strip {
    /// The first row.
    pub(crate) from: *const u8,
    /// Bytes from a row to the next.
    pub(crate) stride: usize,
    /// Whether 16 bytes may be read at each 16th of a row, also where it ends before.
    pub(crate) is_padded: bool,
}

/// Copies R rows of `bytes` bytes into a panel; each byte is xored with `flip`. What fills up the last group can be
/// anything: the weights there are 0.
///
/// # Safety
/// `bytes` must be readable at each row, and R · `bytes`, `bytes` rounded up to 4, writable at `panel`.
#[inline(always)]
pub(crate) unsafe fn pack<I: Isa, const R: usize>(
    rows: Strip,
    bytes: usize,
    flip: u8,
    panel: *mut u8,
) {
    let whole = bytes / 16;
    let groups = bytes.div_ceil(4);
    // SAFETY: the caller's promise; 16 · `whole` is at most `bytes`, and 16 bytes of each row fill 4 groups.
    unsafe {
        for vector in 0..whole {
            let to = panel.add(vector * 16 * R);
            pack_vector::<I, R>(rows.from.add(vector * 16), rows.stride, flip, 4, to);
        }
        let (from, to) = (rows.from.add(whole * 16), panel.add(whole * 16 * R));
        let rest = groups - whole * 4;
        if rest > 0 && rows.is_padded {
            pack_vector::<I, R>(from, rows.stride, flip, rest, to);
        } else if rest > 0 {
            // A row after the other, so that nothing behind the last is read.
            for row in 0..R {
                let mut last = [0; 16];
                let from = from.add(row * rows.stride);
                for byte in 0..bytes - whole * 16 {
                    last[byte] = from.add(byte).read() ^ flip;
                }
                for group in 0..rest {
                    let four = last.as_ptr().add(group * 4).cast::<[u8; 4]>();
                    let to = to.add((group * R + row) * 4).cast::<[u8; 4]>();
                    to.write(four.read());
                }
            }
        }
    }
}

/// Copies the first of the 4 groups of 16 bytes of R rows.
///
/// # Safety
/// 16 bytes must be readable at each row, and R · 4 · `groups` writable at `to`.
#[inline(always)]
unsafe fn pack_vector<I: Isa, const R: usize>(
    from: *const u8,
    stride: usize,
    flip: u8,
    groups: usize,
    to: *mut u8,
) {
    let flips = I::splat_i8(flip as i8);
    let flip = u32::from(flip) * 0x0101_0101;
    // SAFETY: the caller's promise.
    unsafe {
        let load = |row: usize| I::xor(I::load(from.add(row * stride)), flips);
        let mut row = 0;
        while row + 4 <= R {
            let [a, b, c, d] = [load(row), load(row + 1), load(row + 2), load(row + 3)];
            let to = to.add(row * 4);
            let (ac, bd) = (I::zip_low_32(a, c), I::zip_low_32(b, d));
            I::store(to, I::zip_low_32(ac, bd));
            if groups > 1 {
                I::store(to.add(4 * R), I::zip_high_32(ac, bd));
            }
            let (ac, bd) = (I::zip_high_32(a, c), I::zip_high_32(b, d));
            if groups > 2 {
                I::store(to.add(8 * R), I::zip_low_32(ac, bd));
            }
            if groups > 3 {
                I::store(to.add(12 * R), I::zip_high_32(ac, bd));
            }
            row += 4;
        }
        while row + 2 <= R {
            let (a, b) = (load(row), load(row + 1));
            let (low, high) = (I::zip_low_32(a, b), I::zip_high_32(a, b));
            let to = to.add(row * 4);
            I::store_low(to, low);
            if groups > 1 {
                I::store_high(to.add(4 * R), low);
            }
            if groups > 2 {
                I::store_low(to.add(8 * R), high);
            }
            if groups > 3 {
                I::store_high(to.add(12 * R), high);
            }
            row += 2;
        }
        while row < R {
            for group in 0..groups {
                let from = from.add(row * stride + group * 4).cast::<u32>();
                let to = to.add((group * R + row) * 4).cast::<u32>();
                to.write_unaligned(from.read_unaligned() ^ flip);
            }
            row += 1;
        }
    }
}
