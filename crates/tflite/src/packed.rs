//! Numbers of 2 or 4 bits: as many as fit share a byte, the first in its lowest bits.

/// Packs numbers of `bits` bits, 2 or 4.
pub(crate) fn pack(values: &[i8], bits: u32) -> Vec<u8> {
    octet_quant::pack(values.iter().map(|&value| value.into()), bits)
}

/// The first `count` numbers of `bits` bits, 2 or 4. Bits behind the last one mean nothing.
pub(crate) fn unpack(bytes: &[u8], bits: u32, count: usize) -> Vec<i8> {
    let held = bytes.len().saturating_mul(8 / bits as usize);
    let mut numbers = Vec::with_capacity(count.min(held));
    numbers.extend(
        octet_quant::unpack(bytes, bits)
            .take(count)
            .map(|number| number as i8),
    );
    numbers
}

#[cfg(test)]
mod tests {
    use super::{pack, unpack};

    #[test]
    fn the_first_number_lies_lowest() {
        assert_eq!(pack(&[1, -2, 7], 4), [0xe1, 0x07]);
        assert_eq!(pack(&[1, -2, -1, 0, 1], 2), [0b00_11_10_01, 0b01]);
        assert_eq!(pack(&[], 4), []);
    }

    #[test]
    fn every_number_comes_back() {
        for (bits, range) in [(2, -2..=1), (4, -8..=7)] {
            let all: Vec<i8> = range.collect();
            for count in 0..=all.len() {
                let some = &all[..count];
                assert_eq!(unpack(&pack(some, bits), bits, count), some);
            }
        }
    }
}
