//! One frame: a commit's entries under one CRC, or a mark of the journal's own.
//!
//! In: entries, or bytes. Out: bytes in a [`WriteBuffer`], or a [`Frame`] that borrows them. Pure.
//! Invariant: what [`check`] accepts has a right CRC, a known kind and entries that fill it exactly, so
//! [`Frame::entries`] cannot fail. Absent on purpose: what an entry's payload means.

use super::fields::{Field, crc32};
use crate::storage::WriteBuffer;

/// Bytes before a frame's entries.
pub const FRAME_HEADER_BYTES: usize = 28;
/// Bytes before an entry's payload.
pub const ENTRY_HEADER_BYTES: usize = 8;
/// Bytes of a padding frame before its zeros.
pub const PADDING_HEADER_BYTES: usize = 12;
/// The longest frame, header and entries together, in bytes.
pub const FRAME_BYTES_MAX: usize = 8 << 20;
/// The most entries in one frame.
pub const FRAME_ENTRIES_MAX: usize = 16_384;

pub(super) const CRC: Field = Field::new("crc", 0, 4);
pub(super) const LENGTH: Field = Field::new("length", 4, 4);
pub(super) const KIND: Field = Field::new("kind", 8, 1);
pub(super) const ZERO: Field = Field::new("zero", 9, 1);
pub(super) const ENTRIES: Field = Field::new("entries", 10, 2);
pub(super) const FIRST_SEQUENCE: Field = Field::new("first_sequence", 12, 8);
pub(super) const RECORDED_AT: Field = Field::new("recorded_at", 20, 8);
#[cfg(test)]
pub(super) const FRAME_FIELDS: &[Field] = &[CRC, LENGTH, KIND, ZERO, ENTRIES, FIRST_SEQUENCE, RECORDED_AT];

pub(super) const ENTRY_TYPE: Field = Field::new("type", 0, 2);
pub(super) const ENTRY_SCHEMA: Field = Field::new("schema", 2, 2);
pub(super) const ENTRY_LENGTH: Field = Field::new("length", 4, 4);
#[cfg(test)]
pub(super) const ENTRY_FIELDS: &[Field] = &[ENTRY_TYPE, ENTRY_SCHEMA, ENTRY_LENGTH];

pub(super) const PADDING_ZERO: Field = Field::new("zero", 9, 3);
#[cfg(test)]
pub(super) const PADDING_FIELDS: &[Field] = &[CRC, LENGTH, KIND, PADDING_ZERO];

/// What a frame is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FrameKind {
    /// The events of one commit.
    Commit = 1,
    /// Nothing but its write's `durable_through`, after an idle moment.
    Watermark = 2,
    /// The writer stopped in order; alone in its write.
    Close = 3,
    /// A writer opened the journal; first in the first write of its epoch.
    Open = 4,
    /// Zeros up to the block's end; last in its write.
    Padding = 5,
}

impl FrameKind {
    /// The kind that a byte names.
    pub(super) fn of(byte: u8) -> Option<Self> {
        Some(match byte {
            1 => Self::Commit,
            2 => Self::Watermark,
            3 => Self::Close,
            4 => Self::Open,
            5 => Self::Padding,
            _ => return None,
        })
    }
}

/// One event as the journal sees it: which struct its payload is, and the payload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry<'a> {
    /// The event's type.
    pub kind: u16,
    /// The schema of that type.
    pub schema: u16,
    /// The archived struct.
    pub payload: &'a [u8],
}

/// One commit to append: the events `first_sequence`, `first_sequence + 1`, … as entries.
#[derive(Debug, Clone, Copy)]
pub struct FrameInput<'a> {
    /// The first event's sequence: the one after the last appended.
    pub first_sequence: u64,
    /// When it is recorded, in microseconds since 1970 UTC; never before the frame in front of it.
    pub recorded_at_us: i64,
    /// 1 to 16,384 events.
    pub entries: &'a [Entry<'a>],
}

impl FrameInput<'_> {
    /// How long the frame will be in bytes; `None` when it breaks the bounds of a frame.
    #[inline]
    pub(super) fn frame_bytes(&self) -> Option<usize> {
        if self.entries.is_empty() || self.entries.len() > FRAME_ENTRIES_MAX {
            return None;
        }
        let entries = self.entries.iter().map(|entry| ENTRY_HEADER_BYTES + entry.payload.len());
        let bytes = FRAME_HEADER_BYTES + entries.sum::<usize>();
        (bytes <= FRAME_BYTES_MAX).then_some(bytes)
    }
}

/// A commit as it stands in the journal; borrows the bytes it was read into.
#[derive(Debug, Clone, Copy)]
pub struct Frame<'a> {
    first_sequence: u64,
    recorded_at_us: i64,
    count: u16,
    body: &'a [u8],
    ordinal: u64,
    offset: u64,
}

impl<'a> Frame<'a> {
    /// The sequence of its first event.
    pub fn first_sequence(&self) -> u64 {
        self.first_sequence
    }

    /// The sequence of its last event.
    pub fn last_sequence(&self) -> u64 {
        self.first_sequence + u64::from(self.count) - 1
    }

    /// When it was recorded, in microseconds since 1970 UTC.
    pub fn recorded_at_us(&self) -> i64 {
        self.recorded_at_us
    }

    /// The ordinal of the segment that holds it.
    pub fn segment(&self) -> u64 {
        self.ordinal
    }

    /// Its first byte in that segment.
    pub fn offset(&self) -> u64 {
        self.offset
    }

    /// Its events in order.
    pub fn entries(&self) -> Entries<'a> {
        Entries { left: self.count, body: self.body }
    }

    /// The event with this sequence; `None` when it is not in this frame.
    pub fn entry_of(&self, sequence: u64) -> Option<Entry<'a>> {
        let place = sequence.checked_sub(self.first_sequence)?;
        self.entries().nth(usize::try_from(place).ok()?)
    }
}

/// The events of a [`Frame`], in order.
#[derive(Debug, Clone)]
pub struct Entries<'a> {
    left: u16,
    body: &'a [u8],
}

impl<'a> Iterator for Entries<'a> {
    type Item = Entry<'a>;

    fn next(&mut self) -> Option<Entry<'a>> {
        self.left = self.left.checked_sub(1)?;
        let length = ENTRY_LENGTH.u32(self.body) as usize;
        let (entry, rest) = self.body.split_at(ENTRY_HEADER_BYTES + length);
        self.body = rest;
        let payload = &entry[ENTRY_HEADER_BYTES..];
        Some(Entry { kind: ENTRY_TYPE.u16(entry), schema: ENTRY_SCHEMA.u16(entry), payload })
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (usize::from(self.left), Some(usize::from(self.left)))
    }
}

impl ExactSizeIterator for Entries<'_> {}

/// A frame that passed [`check`], without its place.
#[derive(Debug, Clone, Copy)]
pub(super) struct CheckedFrame {
    pub kind: FrameKind,
    pub bytes: usize,
    pub crc: u32,
    pub count: u16,
    pub first_sequence: u64,
    pub recorded_at_us: i64,
}

impl CheckedFrame {
    /// The sequence after it.
    pub(super) fn next_sequence(&self) -> u64 {
        self.first_sequence + u64::from(self.count)
    }
}

/// How many bytes the frame or write that starts here says it has; `None` when fewer than a padding header are there.
#[inline]
pub(super) fn length_of(bytes: &[u8]) -> Option<usize> {
    (bytes.len() >= PADDING_HEADER_BYTES).then(|| LENGTH.u32(bytes) as usize)
}

/// Checks the frame at the start of `bytes`, which may go on behind it.
///
/// # Errors
/// Names the check that failed.
#[inline]
pub(super) fn check(bytes: &[u8], seed: u32) -> Result<CheckedFrame, &'static str> {
    let length = length_of(bytes).ok_or("a frame is cut short")?;
    if length < PADDING_HEADER_BYTES || length > FRAME_BYTES_MAX.min(bytes.len()) {
        return Err("a frame's length is out of bounds");
    }
    let frame = &bytes[..length];
    let crc = CRC.u32(frame);
    if crc != crc32(seed, &frame[CRC.end()..]) {
        return Err("a frame's checksum does not match");
    }
    let kind = FrameKind::of(KIND.u8(frame)).ok_or("a frame's kind is unknown")?;
    if kind == FrameKind::Padding {
        let clean = frame[PADDING_ZERO.at..].iter().all(|byte| *byte == 0);
        let padding = CheckedFrame { kind, bytes: length, crc, count: 0, first_sequence: 0, recorded_at_us: 0 };
        return if clean { Ok(padding) } else { Err("padding is not zero") };
    }
    if length < FRAME_HEADER_BYTES || ZERO.u8(frame) != 0 {
        return Err("a frame's header is malformed");
    }
    let (count, body) = (ENTRIES.u16(frame), &frame[FRAME_HEADER_BYTES..]);
    if usize::from(count) > FRAME_ENTRIES_MAX || (count == 0) == (kind == FrameKind::Commit) {
        return Err("a frame's number of entries is out of bounds");
    }
    let first_sequence = FIRST_SEQUENCE.u64(frame);
    if first_sequence == 0 || first_sequence > u64::MAX / 2 || !entries_fill(count, body) {
        return Err("a frame's entries do not fill it");
    }
    let recorded_at_us = RECORDED_AT.i64(frame);
    Ok(CheckedFrame { kind, bytes: length, crc, count, first_sequence, recorded_at_us })
}

/// The commit whose frame `bytes` are, all of them and checked before; `None` for another kind of frame.
pub(super) fn view(bytes: &[u8], ordinal: u64, offset: u64) -> Option<Frame<'_>> {
    (bytes.len() >= FRAME_HEADER_BYTES && KIND.u8(bytes) == FrameKind::Commit as u8).then(|| Frame {
        first_sequence: FIRST_SEQUENCE.u64(bytes),
        recorded_at_us: RECORDED_AT.i64(bytes),
        count: ENTRIES.u16(bytes),
        body: &bytes[FRAME_HEADER_BYTES..],
        ordinal,
        offset,
    })
}

/// Whether `count` entries fill `body` exactly.
fn entries_fill(count: u16, mut body: &[u8]) -> bool {
    for _ in 0..count {
        if body.len() < ENTRY_HEADER_BYTES {
            return false;
        }
        let length = ENTRY_HEADER_BYTES + ENTRY_LENGTH.u32(body) as usize;
        if length > body.len() {
            return false;
        }
        body = &body[length..];
    }
    body.is_empty()
}

/// Appends the commit to `buffer`, which has room for its `frame_bytes`; gives back its CRC.
#[inline]
pub(super) fn encode_commit(buffer: &mut WriteBuffer, seed: u32, input: &FrameInput<'_>, frame_bytes: usize) -> u32 {
    let start = buffer.len();
    let header =
        header_of(FrameKind::Commit, frame_bytes, input.entries.len(), input.first_sequence, input.recorded_at_us);
    let mut fits = buffer.push(&header);
    for entry in input.entries {
        let mut header = [0; ENTRY_HEADER_BYTES];
        ENTRY_TYPE.put(&mut header, entry.kind.to_le_bytes());
        ENTRY_SCHEMA.put(&mut header, entry.schema.to_le_bytes());
        ENTRY_LENGTH.put(&mut header, (entry.payload.len() as u32).to_le_bytes());
        fits &= buffer.push(&header) & buffer.push(entry.payload);
    }
    debug_assert!(fits && buffer.len() == start + frame_bytes);
    seal(&mut buffer.as_mut_slice()[start..], seed)
}

/// Appends a frame without entries to `buffer`, which has room for it; gives back its CRC.
pub(super) fn encode_mark(
    buffer: &mut WriteBuffer,
    seed: u32,
    kind: FrameKind,
    next_sequence: u64,
    recorded_at_us: i64,
) -> u32 {
    let start = buffer.len();
    let fits = buffer.push(&header_of(kind, FRAME_HEADER_BYTES, 0, next_sequence, recorded_at_us));
    debug_assert!(fits);
    seal(&mut buffer.as_mut_slice()[start..], seed)
}

/// Appends a padding frame that ends at a multiple of `block` bytes, when one is needed; gives back its CRC.
/// The buffer has room for it.
pub(super) fn encode_padding(buffer: &mut WriteBuffer, seed: u32, block: usize) -> Option<u32> {
    let bytes = padding_bytes(buffer.len(), block);
    if bytes == 0 {
        return None;
    }
    let start = buffer.len();
    let mut header = [0; PADDING_HEADER_BYTES];
    LENGTH.put(&mut header, (bytes as u32).to_le_bytes());
    KIND.put(&mut header, [FrameKind::Padding as u8]);
    let fits = buffer.push(&header);
    buffer.pad_to(block);
    debug_assert!(fits && buffer.len() == start + bytes);
    Some(seal(&mut buffer.as_mut_slice()[start..], seed))
}

/// How long the padding after `used` bytes is: none at a block's end, else at least a padding header.
pub(super) fn padding_bytes(used: usize, block: usize) -> usize {
    match used.next_multiple_of(block) - used {
        0 => 0,
        short if short < PADDING_HEADER_BYTES => short + block,
        enough => enough,
    }
}

#[inline]
fn header_of(
    kind: FrameKind,
    bytes: usize,
    entries: usize,
    first_sequence: u64,
    recorded_at_us: i64,
) -> [u8; FRAME_HEADER_BYTES] {
    let mut header = [0; FRAME_HEADER_BYTES];
    LENGTH.put(&mut header, (bytes as u32).to_le_bytes());
    KIND.put(&mut header, [kind as u8]);
    ENTRIES.put(&mut header, (entries as u16).to_le_bytes());
    FIRST_SEQUENCE.put(&mut header, first_sequence.to_le_bytes());
    RECORDED_AT.put(&mut header, recorded_at_us.to_le_bytes());
    header
}

/// Puts the CRC of a whole frame into it.
#[inline]
fn seal(frame: &mut [u8], seed: u32) -> u32 {
    let crc = crc32(seed, &frame[CRC.end()..]);
    CRC.put(frame, crc.to_le_bytes());
    crc
}
