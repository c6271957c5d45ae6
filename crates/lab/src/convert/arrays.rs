//! Arrays as NumPy saves them.

use octet_engine::Values;

/// An array as a `.npy` file, format version 1.0: row-major, little-endian.
///
/// Source: `numpy.lib.format`.
pub(crate) struct Array {
    descr: &'static str,
    shape: Vec<usize>,
    bytes: Vec<u8>,
}

impl Array {
    /// An array of as many parts as will be pushed, each of `part` numbers of the type of `values`.
    pub(crate) fn new(values: &Values<'_>, part: &[usize]) -> Self {
        let descr = match values {
            Values::Float32(_) => "<f4",
            Values::Float16(_) => "<f2",
            Values::Int8(_) => "|i1",
            Values::Uint8(_) => "|u1",
            Values::Int16(_) => "<i2",
            Values::Int32(_) => "<i4",
            Values::Int64(_) => "<i8",
            Values::Bool(_) => "|b1",
        };
        let mut shape = vec![0];
        shape.extend(part);
        Self {
            descr,
            shape,
            bytes: Vec::new(),
        }
    }

    /// Adds a part.
    pub(crate) fn push(&mut self, values: &Values<'_>) {
        self.bytes.extend(values.bytes());
        self.shape[0] += 1;
    }

    /// The file.
    pub(crate) fn into_file(self) -> Vec<u8> {
        const MAGIC: &[u8] = b"\x93NUMPY\x01\x00";
        let shape: Vec<String> = self.shape.iter().map(usize::to_string).collect();
        // A tuple of one has a comma at its end.
        let comma = if shape.len() == 1 { "," } else { "" };
        let mut header = format!(
            "{{'descr': '{}', 'fortran_order': False, 'shape': ({}{comma}), }}",
            self.descr,
            shape.join(", ")
        );
        // The numbers begin at a multiple of 64 bytes.
        let unpadded = MAGIC.len() + 2 + header.len() + 1;
        header.push_str(&" ".repeat(unpadded.next_multiple_of(64) - unpadded));
        header.push('\n');
        let mut file = MAGIC.to_vec();
        file.extend((header.len() as u16).to_le_bytes());
        file.extend(header.as_bytes());
        file.extend(self.bytes);
        file
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Compared with `np.save`.
    #[test]
    fn a_file_is_as_numpy_writes_it() {
        let mut array = Array::new(&Values::Int8(&[]), &[3]);
        array.push(&Values::Int8(&[1, 2, 3]));
        array.push(&Values::Int8(&[-1, -2, -3]));
        let file = array.into_file();
        let header = "{'descr': '|i1', 'fortran_order': False, 'shape': (2, 3), }";
        assert_eq!(&file[..10], b"\x93NUMPY\x01\x00\x76\x00");
        assert_eq!(&file[10..10 + header.len()], header.as_bytes());
        assert_eq!(file[127], b'\n');
        assert_eq!(file[128..], [1, 2, 3, 255, 254, 253]);
    }
}
