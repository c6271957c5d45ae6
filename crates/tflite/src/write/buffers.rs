//! Constants: equal ones are written once, all at multiples of 16 bytes.

use std::borrow::Cow;
use std::collections::HashMap;
use std::hash::{DefaultHasher, Hasher};

use flatbuffers::{ForwardsUOffset, Vector, WIPOffset};
use octet_graph::Constant;

use super::{Builder, TableOffset, retype, slot};
use crate::packed::pack;
use crate::schema::buffer;

/// The root's offset and the identifier, which precede all.
pub(super) const HEADER: usize = 8;
/// What the schema asks for, so that kernels can read constants where they are.
const ALIGNMENT: usize = 16;

/// The file's buffers so far.
pub(crate) struct Buffers<'graph> {
    tables: Vec<TableOffset>,
    /// The numbers of the constants that have been met, by where they are in memory.
    met: HashMap<(usize, usize), u32>,
    /// Constants by their hash, with their buffer's number.
    known: HashMap<u64, Vec<(&'graph Constant, u32)>>,
}

impl<'graph> Buffers<'graph> {
    /// The first buffer is empty, for all that has no constant.
    pub fn new(builder: &mut Builder) -> Self {
        let mut buffers = Self {
            tables: Vec::new(),
            met: HashMap::new(),
            known: HashMap::new(),
        };
        let table = builder.start_table();
        buffers.add(retype(builder.end_table(table)));
        buffers
    }

    fn add(&mut self, table: TableOffset) -> u32 {
        self.tables.push(table);
        // At most one for each tensor, and those are counted by an i32, and two more.
        (self.tables.len() - 1) as u32
    }

    /// The number of the buffer with a constant.
    pub fn constant(&mut self, builder: &mut Builder, constant: &'graph Constant) -> u32 {
        let place = place(constant);
        if let Some(&number) = self.met.get(&place) {
            return number;
        }
        let number = self.content(builder, constant);
        self.met.insert(place, number);
        number
    }

    fn content(&mut self, builder: &mut Builder, constant: &'graph Constant) -> u32 {
        let bytes = little_endian(constant);
        let mut hasher = DefaultHasher::new();
        hasher.write(&bytes);
        let hash = hasher.finish();
        let alike = self.known.get(&hash).map_or(&[][..], Vec::as_slice);
        let same = alike
            .iter()
            .find(|(known, _)| little_endian(known) == bytes);
        if let Some(&(_, number)) = same {
            return number;
        }
        let number = self.bytes(builder, &bytes);
        self.known.entry(hash).or_default().push((constant, number));
        number
    }

    /// The number of a new buffer.
    pub fn bytes(&mut self, builder: &mut Builder, bytes: &[u8]) -> u32 {
        pad(builder, bytes.len());
        let data = builder.create_vector(bytes);
        let table = builder.start_table();
        builder.push_slot_always(slot(buffer::DATA), data);
        self.add(retype(builder.end_table(table)))
    }

    pub fn finish(
        self,
        builder: &mut Builder,
    ) -> WIPOffset<Vector<'static, ForwardsUOffset<flatbuffers::TableFinishedWIPOffset>>> {
        builder.create_vector(&self.tables)
    }
}

/// Writes zeros so that the next `len` bytes begin at a multiple of 16, counted from the end of the file; the file's
/// length is made one too, with [`HEADER`].
pub(super) fn pad(builder: &mut Builder, len: usize) {
    let used = builder.unfinished_data().len() + len;
    for _ in used..used.next_multiple_of(ALIGNMENT) {
        builder.push(0_u8);
    }
}

/// Where a constant is in memory, and how many bytes it has in the file.
pub(super) fn place(constant: &Constant) -> (usize, usize) {
    let place = match constant {
        Constant::Uint8(values) | Constant::Bool(values) => values.as_ptr().addr(),
        Constant::Float32(values) => values.as_ptr().addr(),
        Constant::Float16(values) => values.as_ptr().addr(),
        Constant::Int2(values) | Constant::Int4(values) | Constant::Int8(values) => {
            values.as_ptr().addr()
        }
        Constant::Int16(values) => values.as_ptr().addr(),
        Constant::Int32(values) => values.as_ptr().addr(),
        Constant::Int64(values) => values.as_ptr().addr(),
    };
    let bytes = constant.dtype().stored_bytes(constant.len());
    (place, bytes.unwrap_or(usize::MAX))
}

fn little_endian(constant: &Constant) -> Cow<'_, [u8]> {
    match constant {
        Constant::Uint8(values) | Constant::Bool(values) => Cow::Borrowed(values),
        Constant::Float32(values) => bytes(values, f32::to_le_bytes),
        Constant::Float16(values) => bytes(values, u16::to_le_bytes),
        Constant::Int2(values) => Cow::Owned(pack(values, 2)),
        Constant::Int4(values) => Cow::Owned(pack(values, 4)),
        Constant::Int8(values) => bytes(values, i8::to_le_bytes),
        Constant::Int16(values) => bytes(values, i16::to_le_bytes),
        Constant::Int32(values) => bytes(values, i32::to_le_bytes),
        Constant::Int64(values) => bytes(values, i64::to_le_bytes),
    }
}

fn bytes<T: Copy, const N: usize>(values: &[T], le: fn(T) -> [u8; N]) -> Cow<'_, [u8]> {
    Cow::Owned(values.iter().flat_map(|&value| le(value)).collect())
}
