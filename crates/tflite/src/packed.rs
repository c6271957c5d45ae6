//! Numbers of 2 or 4 bits: as many as fit share a byte, the first in its lowest bits.

/// Packs numbers of `bits` bits, 2 or 4.
pub(crate) fn pack(values: &[i8], bits: usize) -> Vec<u8> {
    let mask = (1_u8 << bits) - 1;
    let bytes = values.chunks(8 / bits).map(|chunk| {
        let places = chunk.iter().zip((0..8).step_by(bits));
        places.fold(0, |byte, (&value, place)| {
            byte | (value.cast_unsigned() & mask) << place
        })
    });
    bytes.collect()
}

/// The first `count` numbers of `bits` bits, 2 or 4. Bits behind the last one mean nothing.
pub(crate) fn unpack(bytes: &[u8], bits: usize, count: usize) -> Vec<i8> {
    let unused = 8 - bits;
    let numbers = bytes.iter().flat_map(|&byte| {
        let places = (0..8).step_by(bits);
        // To the top, and back with the sign.
        places.map(move |place| (byte >> place << unused).cast_signed() >> unused)
    });
    numbers.take(count).collect()
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
