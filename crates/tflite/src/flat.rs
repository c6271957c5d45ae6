//! Reading flatbuffers from bytes that nobody vouches for.
//!
//! The `flatbuffers` crate reads a buffer fast once it has been verified, through `unsafe`. This reader checks each
//! access instead: it never trusts an offset or a length, needs no alignment, and cannot be made to hold much more
//! than the file's own length (see [`Source::charge`]).
//!
//! Layout (flatbuffers' “internals” page): a table begins with the signed distance back to its vtable; the vtable
//! holds its own length, the table's length, and for each field the distance from the table's beginning, 0 if the
//! field is left out. Strings, vectors and tables are referred to by an unsigned distance forward. All numbers are
//! little-endian.

use std::cell::Cell;

use crate::TfliteError;

/// A file, and how much may still be copied out of it.
pub(crate) struct Source<'a> {
    bytes: &'a [u8],
    budget: Cell<usize>,
}

/// A table in a file.
#[derive(Clone, Copy)]
pub(crate) struct Table<'a> {
    source: &'a Source<'a>,
    /// Where it begins.
    at: usize,
    /// Its length.
    len: usize,
    /// The field entries of its vtable.
    fields: &'a [u8],
}

/// A vector of tables.
#[derive(Clone, Copy)]
pub(crate) struct Tables<'a> {
    source: &'a Source<'a>,
    /// Where the first entry lies.
    at: usize,
    len: usize,
}

fn damaged(what: &str, at: usize) -> TfliteError {
    TfliteError::Damaged(format!("{what} at byte {at} lies outside it"))
}

impl<'a> Source<'a> {
    /// A file with the four-letter identifier that the format has.
    pub fn new(bytes: &'a [u8], identifier: &[u8; 4]) -> Option<Self> {
        (bytes.get(4..8)? == identifier).then_some(Self {
            bytes,
            // A sound file refers to each part once, or a few times where strings are shared.
            budget: Cell::new(bytes.len().saturating_mul(2).saturating_add(1 << 16)),
        })
    }

    /// The table that holds all others.
    pub fn root(&'a self) -> Result<Table<'a>, TfliteError> {
        self.table(self.forward(0)?)
    }

    /// Counts bytes that are about to be copied: in a flatbuffer a million fields can refer to the same bytes, which
    /// must not become a million copies.
    pub fn charge(&self, bytes: usize) -> Result<(), TfliteError> {
        let left = self.budget.get().checked_sub(bytes).ok_or_else(|| {
            TfliteError::Damaged("its parts overlap: together they are longer than the file".into())
        })?;
        self.budget.set(left);
        Ok(())
    }

    /// Bytes at an offset from the file's beginning.
    pub fn slice(&self, at: usize, len: usize) -> Result<&'a [u8], TfliteError> {
        at.checked_add(len)
            .and_then(|end| self.bytes.get(at..end))
            .ok_or_else(|| damaged(&format!("something of {len} bytes"), at))
    }

    fn array<const N: usize>(&self, at: usize) -> Result<[u8; N], TfliteError> {
        self.bytes
            .get(at..)
            .and_then(|rest| rest.first_chunk::<N>())
            .copied()
            .ok_or_else(|| damaged("a number", at))
    }

    /// Follows the distance that is stored at `at`.
    fn forward(&self, at: usize) -> Result<usize, TfliteError> {
        usize::try_from(u32::from_le_bytes(self.array(at)?))
            .ok()
            .and_then(|distance| at.checked_add(distance))
            .filter(|&target| target < self.bytes.len())
            .ok_or_else(|| damaged("what the offset", at))
    }

    fn table(&'a self, at: usize) -> Result<Table<'a>, TfliteError> {
        let back = i64::from(i32::from_le_bytes(self.array(at)?));
        let vtable = i64::try_from(at)
            .ok()
            .and_then(|at| usize::try_from(at - back).ok())
            .ok_or_else(|| damaged("the vtable of the table", at))?;
        let vtable_len = usize::from(u16::from_le_bytes(self.array(vtable)?));
        let len = usize::from(u16::from_le_bytes(self.array(vtable.saturating_add(2))?));
        self.slice(at, len)?;
        let fields = self
            .slice(vtable, vtable_len)?
            .get(4..)
            .ok_or_else(|| damaged("the vtable of the table", at))?;
        Ok(Table {
            source: self,
            at,
            len,
            fields,
        })
    }

    /// The elements of the vector at `at`, each of `size` bytes: where they begin and how many there are.
    fn vector(&self, at: usize, size: usize) -> Result<(usize, usize), TfliteError> {
        let len = usize::try_from(u32::from_le_bytes(self.array(at)?))
            .map_err(|_| damaged("the vector", at))?;
        let bytes = len
            .checked_mul(size)
            .ok_or_else(|| damaged("the vector", at))?;
        let first = at.saturating_add(4);
        self.slice(first, bytes)?;
        Ok((first, len))
    }
}

impl<'a> Table<'a> {
    /// A table of which every field is left out.
    pub fn empty(source: &'a Source<'a>) -> Self {
        Self {
            source,
            at: 0,
            len: 0,
            fields: &[],
        }
    }

    /// The file that it lies in.
    pub fn source(&self) -> &'a Source<'a> {
        self.source
    }

    /// Where a field of `size` bytes lies; None if it is left out.
    fn field(&self, id: usize, size: usize) -> Result<Option<usize>, TfliteError> {
        let Some(offset) = self
            .fields
            .get(id.saturating_mul(2)..)
            .and_then(|rest| rest.first_chunk::<2>())
            .map(|&bytes| usize::from(u16::from_le_bytes(bytes)))
            .filter(|&offset| offset != 0)
        else {
            return Ok(None);
        };
        match offset.checked_add(size) {
            Some(end) if end <= self.len => Ok(self.at.checked_add(offset)),
            _ => Err(damaged(
                &format!("field {id} of the table of {} bytes", self.len),
                self.at,
            )),
        }
    }

    fn scalar<const N: usize>(&self, id: usize) -> Result<Option<[u8; N]>, TfliteError> {
        match self.field(id, N)? {
            Some(at) => self.source.array(at).map(Some),
            None => Ok(None),
        }
    }

    /// A signed byte, 0 if left out.
    pub fn i8(&self, id: usize) -> Result<i8, TfliteError> {
        Ok(self.scalar(id)?.map_or(0, i8::from_le_bytes))
    }

    /// An unsigned byte, 0 if left out.
    pub fn u8(&self, id: usize) -> Result<u8, TfliteError> {
        Ok(self.scalar(id)?.map_or(0, u8::from_le_bytes))
    }

    /// Whether a byte is there and not 0.
    pub fn bool(&self, id: usize) -> Result<bool, TfliteError> {
        self.u8(id).map(|byte| byte != 0)
    }

    /// A signed number.
    pub fn i32(&self, id: usize, default: i32) -> Result<i32, TfliteError> {
        Ok(self.scalar(id)?.map_or(default, i32::from_le_bytes))
    }

    /// An unsigned number, 0 if left out.
    pub fn u32(&self, id: usize) -> Result<u32, TfliteError> {
        Ok(self.scalar(id)?.map_or(0, u32::from_le_bytes))
    }

    /// A long unsigned number, 0 if left out.
    pub fn u64(&self, id: usize) -> Result<u64, TfliteError> {
        Ok(self.scalar(id)?.map_or(0, u64::from_le_bytes))
    }

    /// A real number, 0 if left out.
    pub fn f32(&self, id: usize) -> Result<f32, TfliteError> {
        Ok(self.scalar(id)?.map_or(0.0, f32::from_le_bytes))
    }

    /// Whether a field is there at all.
    pub fn has(&self, id: usize) -> Result<bool, TfliteError> {
        Ok(self.field(id, 0)?.is_some())
    }

    /// A table.
    pub fn table(&self, id: usize) -> Result<Option<Table<'a>>, TfliteError> {
        match self.field(id, 4)? {
            Some(at) => self.source.table(self.source.forward(at)?).map(Some),
            None => Ok(None),
        }
    }

    /// A vector of tables, empty if left out.
    pub fn tables(&self, id: usize) -> Result<Tables<'a>, TfliteError> {
        let (at, len) = match self.field(id, 4)? {
            Some(at) => self.source.vector(self.source.forward(at)?, 4)?,
            None => (0, 0),
        };
        Ok(Tables {
            source: self.source,
            at,
            len,
        })
    }

    /// The bytes of a vector of elements of `size` bytes each; None if left out.
    fn elements(&self, id: usize, size: usize) -> Result<Option<&'a [u8]>, TfliteError> {
        let Some(at) = self.field(id, 4)? else {
            return Ok(None);
        };
        let (first, len) = self.source.vector(self.source.forward(at)?, size)?;
        self.source.slice(first, len.saturating_mul(size)).map(Some)
    }

    /// Bytes where they are; None if left out.
    pub fn bytes(&self, id: usize) -> Result<Option<&'a [u8]>, TfliteError> {
        self.elements(id, 1)
    }

    /// Text, empty if left out; what is not UTF-8 is replaced.
    pub fn string(&self, id: usize) -> Result<String, TfliteError> {
        let bytes = self.elements(id, 1)?.unwrap_or_default();
        self.source.charge(bytes.len())?;
        Ok(String::from_utf8_lossy(bytes).into_owned())
    }

    fn numbers<const N: usize, T>(
        &self,
        id: usize,
        number: impl Fn([u8; N]) -> T,
    ) -> Result<Option<Vec<T>>, TfliteError> {
        let Some(bytes) = self.elements(id, N)? else {
            return Ok(None);
        };
        self.source.charge(bytes.len())?;
        let (chunks, _) = bytes.as_chunks::<N>();
        Ok(Some(chunks.iter().map(|&chunk| number(chunk)).collect()))
    }

    /// Signed numbers; None if left out.
    pub fn i32s(&self, id: usize) -> Result<Option<Vec<i32>>, TfliteError> {
        self.numbers(id, i32::from_le_bytes)
    }

    /// Long signed numbers; None if left out.
    pub fn i64s(&self, id: usize) -> Result<Option<Vec<i64>>, TfliteError> {
        self.numbers(id, i64::from_le_bytes)
    }

    /// Real numbers; None if left out.
    pub fn f32s(&self, id: usize) -> Result<Option<Vec<f32>>, TfliteError> {
        self.numbers(id, f32::from_le_bytes)
    }
}

impl<'a> Tables<'a> {
    /// How many.
    pub fn len(&self) -> usize {
        self.len
    }

    /// One of them; None behind the end.
    pub fn get(&self, index: usize) -> Result<Option<Table<'a>>, TfliteError> {
        if index >= self.len {
            return Ok(None);
        }
        let at = index
            .checked_mul(4)
            .and_then(|offset| self.at.checked_add(offset))
            .ok_or_else(|| damaged("the vector", self.at))?;
        self.source.table(self.source.forward(at)?).map(Some)
    }

    /// All of them, in order.
    pub fn iter(self) -> impl Iterator<Item = Result<Table<'a>, TfliteError>> {
        (0..self.len).filter_map(move |index| self.get(index).transpose())
    }
}
