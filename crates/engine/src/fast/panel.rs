//! Rows of a matrix, laid out as a tile of the product reads them.
//!
//! A panel of R rows holds, for each group of 4 bytes (4 int8 or one float32), that group of row 0, of row 1, … of
//! row R − 1.

use super::isa::Isa;

/// Copies R rows of `bytes` bytes, `stride` bytes apart, into a panel; each byte is xored with `flip`. The last
/// group is filled up with zeros.
///
/// # Safety
/// `bytes` must be readable at each row, and R · `bytes`, `bytes` rounded up to 4, writable at `panel`.
#[inline(always)]
pub unsafe fn pack<I: Isa, const R: usize>(
    rows: *const u8,
    stride: usize,
    bytes: usize,
    flip: u8,
    panel: *mut u8,
) {
    let flips = I::splat_i8(flip as i8);
    let vectors = bytes / 16;
    // SAFETY: the caller's promise; 16 · `vectors` is at most `bytes`, and 16 bytes of each row fill 4 groups.
    unsafe {
        let mut row = 0;
        while row + 4 <= R {
            for vector in 0..vectors {
                let from = rows.add(row * stride + vector * 16);
                let to = panel.add(vector * 16 * R + row * 4);
                let a = I::xor(I::load(from), flips);
                let b = I::xor(I::load(from.add(stride)), flips);
                let c = I::xor(I::load(from.add(2 * stride)), flips);
                let d = I::xor(I::load(from.add(3 * stride)), flips);
                let (ac, bd) = (I::zip_low_32(a, c), I::zip_low_32(b, d));
                I::store(to, I::zip_low_32(ac, bd));
                I::store(to.add(4 * R), I::zip_high_32(ac, bd));
                let (ac, bd) = (I::zip_high_32(a, c), I::zip_high_32(b, d));
                I::store(to.add(8 * R), I::zip_low_32(ac, bd));
                I::store(to.add(12 * R), I::zip_high_32(ac, bd));
            }
            row += 4;
        }
        while row + 2 <= R {
            for vector in 0..vectors {
                let from = rows.add(row * stride + vector * 16);
                let to = panel.add(vector * 16 * R + row * 4);
                let a = I::xor(I::load(from), flips);
                let b = I::xor(I::load(from.add(stride)), flips);
                let low = I::zip_low_32(a, b);
                I::store_low(to, low);
                I::store_high(to.add(4 * R), low);
                let high = I::zip_high_32(a, b);
                I::store_low(to.add(8 * R), high);
                I::store_high(to.add(12 * R), high);
            }
            row += 2;
        }
        while row < R {
            for group in 0..vectors * 4 {
                let from = rows.add(row * stride + group * 4).cast::<u32>();
                let to = panel.add((group * R + row) * 4).cast::<u32>();
                to.write_unaligned(from.read_unaligned() ^ (u32::from(flip) * 0x0101_0101));
            }
            row += 1;
        }
        for group in vectors * 4..bytes.div_ceil(4) {
            for row in 0..R {
                let from = rows.add(row * stride + group * 4);
                let to = panel.add((group * R + row) * 4);
                if group * 4 + 4 <= bytes {
                    let four = from.cast::<u32>().read_unaligned();
                    to.cast::<u32>()
                        .write_unaligned(four ^ (u32::from(flip) * 0x0101_0101));
                } else {
                    let rest = bytes - group * 4;
                    for byte in 0..4 {
                        let value = if byte < rest {
                            from.add(byte).read() ^ flip
                        } else {
                            0
                        };
                        to.add(byte).write(value);
                    }
                }
            }
        }
    }
}
