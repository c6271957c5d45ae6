//! Integers of few bits, one after the other without gaps.

use alloc::vec::Vec;

use crate::packed_bytes;

/// Writes the lowest `bits` bits (2 to 16) of each integer, as two's complement: the first integer into the lowest
/// bits of the first byte, the next into those above it, and on into the next byte. What is left over of the last
/// byte is 0.
pub fn pack(integers: impl IntoIterator<Item = i32>, bits: u32) -> Vec<u8> {
    let bits = bits.clamp(2, 16);
    let mask = (1_u32 << bits) - 1;
    let integers = integers.into_iter();
    let mut bytes = Vec::with_capacity(packed_bytes(integers.size_hint().0, bits) as usize);
    // Never more than 7 + 16 bits wait.
    let (mut waiting, mut count) = (0_u32, 0);
    for integer in integers {
        waiting |= (integer.cast_unsigned() & mask) << count;
        count += bits;
        while count >= 8 {
            bytes.push(waiting as u8);
            waiting >>= 8;
            count -= 8;
        }
    }
    if count > 0 {
        bytes.push(waiting as u8);
    }
    bytes
}

/// The integers that [`pack`] wrote, and what the last byte's spare bits come to, if they are enough for another.
pub fn unpack(bytes: &[u8], bits: u32) -> impl Iterator<Item = i32> {
    let bits = bits.clamp(2, 16);
    let mut bytes = bytes.iter();
    let (mut waiting, mut ready) = (0_u32, 0);
    core::iter::from_fn(move || {
        while ready < bits {
            waiting |= u32::from(*bytes.next()?) << ready;
            ready += 8;
        }
        // Up to the top, and down again with the sign.
        let integer = (waiting << (32 - bits)).cast_signed() >> (32 - bits);
        waiting >>= bits;
        ready -= bits;
        Some(integer)
    })
}

#[cfg(test)]
mod tests {
    use alloc::vec::Vec;

    use super::*;

    #[test]
    fn integers_lie_one_after_the_other() {
        // 1, −1, 2 in three bits: 001, 111, 010.
        assert_eq!(pack([1, -1, 2], 3), [0b1011_1001, 0b0]);
        assert_eq!(pack([-8, 7], 4), [0b0111_1000]);
        assert_eq!(pack([-127, 127], 8), [0x81, 0x7F]);
        assert!(pack([], 5).is_empty());
    }

    #[test]
    fn what_is_packed_comes_back() {
        for bits in 2..=16 {
            let most = (1 << (bits - 1)) - 1;
            for count in [0, 1, 7, 8, 9, 100] {
                let integers: Vec<i32> = (0..count)
                    .map(|i| (i * 37) % (2 * most + 1) - most)
                    .collect();
                let bytes = pack(integers.iter().copied(), bits);
                assert_eq!(bytes.len() as u64, packed_bytes(integers.len(), bits));
                let back: Vec<_> = unpack(&bytes, bits).take(integers.len()).collect();
                assert_eq!(back, integers, "{bits}");
            }
        }
        assert_eq!(unpack(&[0xFF], 3).collect::<Vec<_>>(), [-1, -1]);
        assert_eq!(unpack(&[], 2).count(), 0);
    }
}
