//! The zip archive behind a model (PKWARE's APPNOTE 6.3): one stored file is written; stored and deflated ones are
//! read, without encryption, ZIP64 or several disks.

const LOCAL: u32 = 0x0403_4b50;
const CENTRAL: u32 = 0x0201_4b50;
const END: u32 = 0x0605_4b50;
/// The length of the record at the end, without its comment.
const END_LEN: usize = 22;
/// The lengths of the other records, without names and what follows them.
const LOCAL_LEN: usize = 30;
const CENTRAL_LEN: usize = 46;

/// The first of January 1980: the same model gives the same bytes at any time.
const DATE: u16 = (1 << 5) | 1;

/// Appends an archive with one stored file.
pub(crate) fn append(bytes: &mut Vec<u8>, name: &str, content: &[u8]) {
    // Callers have checked that all is far below 4 GB.
    let start = bytes.len() as u32;
    let len = content.len() as u32;
    let name_len = name.len() as u16;
    // From “version needed” to the length of the extra field; both records have it.
    let mut common = Vec::new();
    for field in [10, 0, 0, 0, DATE] {
        common.extend(u16::to_le_bytes(field));
    }
    for field in [crc32(content), len, len] {
        common.extend(u32::to_le_bytes(field));
    }
    common.extend(name_len.to_le_bytes());
    common.extend(0_u16.to_le_bytes());

    bytes.extend(LOCAL.to_le_bytes());
    bytes.extend(&common);
    bytes.extend(name.as_bytes());
    bytes.extend(content);

    let central = bytes.len() as u32;
    bytes.extend(CENTRAL.to_le_bytes());
    // Made on Unix, so that the mode below counts.
    bytes.extend([30, 3]);
    bytes.extend(&common);
    // No comment, first disk, no attributes; then the mode: a plain file, for all to read.
    bytes.extend([0; 6]);
    bytes.extend((0o100_644_u32 << 16).to_le_bytes());
    bytes.extend(start.to_le_bytes());
    bytes.extend(name.as_bytes());

    let central_len = bytes.len() as u32 - central;
    bytes.extend(END.to_le_bytes());
    for field in [0, 0, 1, 1] {
        bytes.extend(u16::to_le_bytes(field));
    }
    bytes.extend(central_len.to_le_bytes());
    bytes.extend(central.to_le_bytes());
    bytes.extend(0_u16.to_le_bytes());
}

/// The content of the first file whose name is wanted; None if there is none, or it is damaged or longer than `most`.
pub(crate) fn find(bytes: &[u8], most: usize, wanted: impl Fn(&str) -> bool) -> Option<Vec<u8>> {
    let end = end_record(bytes)?;
    let count = u16_at(bytes, end.checked_add(10)?)?;
    let central_len = usize_at(bytes, end.checked_add(12)?)?;
    let central = usize_at(bytes, end.checked_add(16)?)?;
    // Offsets count from the archive's own beginning where it was made apart and then appended.
    let actual = end.checked_sub(central_len)?;
    let shift = actual.checked_sub(central)?;
    let mut at = actual;
    for _ in 0..count {
        let record = record(bytes, at, CENTRAL, CENTRAL_LEN)?;
        let name_len = usize::from(u16_at(record, 28)?);
        let extra_len = usize::from(u16_at(record, 30)?);
        let comment_len = usize::from(u16_at(record, 32)?);
        let name_at = at.checked_add(CENTRAL_LEN)?;
        let name = bytes.get(name_at..name_at.checked_add(name_len)?)?;
        if wanted(&String::from_utf8_lossy(name)) {
            return content(bytes, record, shift, most);
        }
        at = name_at
            .checked_add(name_len)?
            .checked_add(extra_len)?
            .checked_add(comment_len)?;
    }
    None
}

/// The place of the record at the end: behind it comes only its comment.
fn end_record(bytes: &[u8]) -> Option<usize> {
    let last = bytes.len().checked_sub(END_LEN)?;
    let first = last.saturating_sub(usize::from(u16::MAX));
    (first..=last).rev().find(|&at| {
        u32_at(bytes, at) == Some(END)
            && u16_at(bytes, at.saturating_add(20)).map(usize::from) == Some(last - at)
    })
}

fn content(bytes: &[u8], central: &[u8], shift: usize, most: usize) -> Option<Vec<u8>> {
    let method = u16_at(central, 10)?;
    let check = u32_at(central, 16)?;
    let packed = usize_at(central, 20)?;
    let unpacked = usize_at(central, 24)?;
    let at = usize_at(central, 42)?.checked_add(shift)?;
    if unpacked > most {
        return None;
    }
    let local = record(bytes, at, LOCAL, LOCAL_LEN)?;
    let start = at
        .checked_add(LOCAL_LEN)?
        .checked_add(u16_at(local, 26)?.into())?
        .checked_add(u16_at(local, 28)?.into())?;
    let data = bytes.get(start..start.checked_add(packed)?)?;
    let content = match method {
        0 => data.to_vec(),
        8 => miniz_oxide::inflate::decompress_to_vec_with_limit(data, unpacked).ok()?,
        _ => return None,
    };
    (content.len() == unpacked && crc32(&content) == check).then_some(content)
}

fn record(bytes: &[u8], at: usize, signature: u32, len: usize) -> Option<&[u8]> {
    let record = bytes.get(at..at.checked_add(len)?)?;
    (u32_at(record, 0) == Some(signature)).then_some(record)
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    let bytes = bytes.get(at..)?.first_chunk()?;
    Some(u16::from_le_bytes(*bytes))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    let bytes = bytes.get(at..)?.first_chunk()?;
    Some(u32::from_le_bytes(*bytes))
}

fn usize_at(bytes: &[u8], at: usize) -> Option<usize> {
    usize::try_from(u32_at(bytes, at)?).ok()
}

/// The checksum of zip files: the reversed polynomial of IEEE 802.3, bit by bit.
fn crc32(bytes: &[u8]) -> u32 {
    let mut crc = u32::MAX;
    for &byte in bytes {
        crc ^= u32::from(byte);
        for _ in 0..8 {
            crc = (crc >> 1) ^ (0xedb8_8320 & (crc & 1).wrapping_neg());
        }
    }
    !crc
}
