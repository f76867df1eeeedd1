//! One segment file: its name, its header and its footer.
//!
//! In: facts, or the bytes of one block. Out: bytes, or checked facts. Pure. A header names the footer in
//! front of it by place and hash, so a segment of another history cannot stand in for the right one.

use super::fields::{Field, crc32};
use super::{Bounds, FOLDER};
use sha2::{Digest, Sha256};

/// Bytes used in a header's and in a footer's block; the rest of the block is zero.
pub(super) const HEADER_BYTES: usize = 128;
/// The format version written, and the newest that is read.
pub const FORMAT_VERSION: u32 = 1;
/// The first bytes of every segment.
pub(super) const MAGIC: [u8; 8] = *b"LEDGRSEG";
/// What stands at [`FOOTER_MARK`].
pub(super) const FOOTER_MARK_BYTES: [u8; 4] = *b"FOOT";
/// The longest segment file, in bytes: an offset within it fits four bytes.
pub const SEGMENT_BYTES_MAX: u64 = (u32::MAX as u64) - 0xffff;

const MAGIC_FIELD: Field = Field::new("magic", 0, 8);
const CRC: Field = Field::new("crc", 8, 4);
const VERSION: Field = Field::new("version", 12, 4);
const LEDGER_ID: Field = Field::new("ledger_id", 16, 16);
const ORDINAL: Field = Field::new("ordinal", 32, 8);
const FIRST_SEQUENCE: Field = Field::new("first_sequence", 40, 8);
const EPOCH: Field = Field::new("epoch", 48, 8);
const RECORDED_AT: Field = Field::new("recorded_at", 56, 8);
const PREVIOUS_HASH: Field = Field::new("previous_hash", 64, 32);
const PREVIOUS_OFFSET: Field = Field::new("previous_offset", 96, 4);
const FILE_BYTES: Field = Field::new("file_bytes", 100, 4);
const BLOCK_BYTES: Field = Field::new("block_bytes", 104, 4);
const WRITE_BYTES_MAX: Field = Field::new("write_bytes_max", 108, 4);
const WRITES_IN_FLIGHT: Field = Field::new("writes_in_flight", 112, 4);
const ZERO: Field = Field::new("zero", 116, 12);
#[cfg(test)]
pub(super) const HEADER_FIELDS: &[Field] = &[
    MAGIC_FIELD,
    CRC,
    VERSION,
    LEDGER_ID,
    ORDINAL,
    FIRST_SEQUENCE,
    EPOCH,
    RECORDED_AT,
    PREVIOUS_HASH,
    PREVIOUS_OFFSET,
    FILE_BYTES,
    BLOCK_BYTES,
    WRITE_BYTES_MAX,
    WRITES_IN_FLIGHT,
    ZERO,
];

const FOOTER_CRC: Field = Field::new("crc", 0, 4);
const FOOTER_LENGTH: Field = Field::new("length", 4, 4);
pub(super) const FOOTER_MARK: Field = Field::new("mark", 8, 4);
const FOOTER_PREDECESSOR: Field = Field::new("predecessor_crc", 12, 4);
const FOOTER_ORDINAL: Field = Field::new("ordinal", 16, 8);
const FOOTER_FIRST: Field = Field::new("first_sequence", 24, 8);
const FOOTER_LAST: Field = Field::new("last_sequence", 32, 8);
const FOOTER_EPOCH: Field = Field::new("epoch", 40, 8);
const FOOTER_WRITES: Field = Field::new("writes", 48, 8);
const FOOTER_COMMITS: Field = Field::new("commits", 56, 8);
const FOOTER_RECORDED: Field = Field::new("recorded_at", 64, 8);
const FOOTER_HASH: Field = Field::new("hash", 72, 32);
const FOOTER_ZERO: Field = Field::new("zero", 104, 24);
#[cfg(test)]
pub(super) const FOOTER_FIELDS: &[Field] = &[
    FOOTER_CRC,
    FOOTER_LENGTH,
    FOOTER_MARK,
    FOOTER_PREDECESSOR,
    FOOTER_ORDINAL,
    FOOTER_FIRST,
    FOOTER_LAST,
    FOOTER_EPOCH,
    FOOTER_WRITES,
    FOOTER_COMMITS,
    FOOTER_RECORDED,
    FOOTER_HASH,
    FOOTER_ZERO,
];

/// The smallest and largest block in bytes.
pub(super) const BLOCK_BYTES_RANGE: std::ops::RangeInclusive<u32> = 512..=65_536;

/// The path of a segment.
pub(super) fn path_of(ordinal: u64) -> String {
    format!("{FOLDER}/{ordinal:010}.seg")
}

/// The ordinal in a segment's file name; `None` for any other file.
pub(super) fn ordinal_of(name: &str) -> Option<u64> {
    let digits = name.strip_suffix(".seg")?;
    let plain = digits.len() >= 10 && digits.bytes().all(|byte| byte.is_ascii_digit());
    let ordinal = if plain { digits.parse().ok()? } else { return None };
    (ordinal > 0 && path_of(ordinal).ends_with(name)).then_some(ordinal)
}

/// The CRC that every frame of a ledger is continued from.
pub(super) fn ledger_seed(ledger_id: &[u8; 16]) -> u32 {
    crc32(0, ledger_id)
}

/// What a segment says of itself in its first block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct SegmentHeader {
    /// The CRC of its header; the seed of its writes' CRCs.
    pub crc: u32,
    /// Whose journal it belongs to.
    pub ledger_id: [u8; 16],
    /// Its place among the segments, from 1.
    pub ordinal: u64,
    /// The first sequence in it.
    pub first_sequence: u64,
    /// The opening that began it.
    pub epoch: u64,
    /// The last recorded time before it, in microseconds since 1970 UTC.
    pub recorded_at_us: i64,
    /// SHA-256 of the 128 bytes of the footer in front; zeros in the first segment.
    pub previous_hash: [u8; 32],
    /// Where that footer stands in its segment; 0 in the first segment.
    pub previous_offset: u32,
    /// The length of this file, durable before this header was written; no write ends beyond it.
    pub file_bytes: u32,
    /// The block that its writes are padded to, in bytes.
    pub block_bytes: u32,
    /// What bounds the bytes in flight within it.
    pub bounds: Bounds,
}

/// Why a block is not a segment's header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum HeaderFault {
    /// The block is all zeros, or the file is empty.
    Zeros,
    /// The named check failed.
    Damaged(&'static str),
    /// A later version wrote it.
    Newer(u32),
}

impl SegmentHeader {
    /// The header in a segment's first bytes (its first block, or less of it where the file is shorter).
    pub(super) fn parse(bytes: &[u8]) -> Result<Self, HeaderFault> {
        if bytes.iter().all(|byte| *byte == 0) {
            return Err(HeaderFault::Zeros);
        }
        if bytes.len() < HEADER_BYTES || MAGIC_FIELD.array(bytes) != MAGIC {
            return Err(HeaderFault::Damaged("a segment's magic is missing"));
        }
        let header = &bytes[..HEADER_BYTES];
        if CRC.u32(header) != crc32(0, &header[CRC.end()..]) {
            return Err(HeaderFault::Damaged("a segment header's checksum does not match"));
        }
        if VERSION.u32(header) > FORMAT_VERSION {
            return Err(HeaderFault::Newer(VERSION.u32(header)));
        }
        let bounds = Bounds {
            write_bytes_max: WRITE_BYTES_MAX.u32(header),
            writes_in_flight: u16::try_from(WRITES_IN_FLIGHT.u32(header)).unwrap_or(0),
        };
        let header = Self {
            crc: CRC.u32(header),
            ledger_id: LEDGER_ID.array(header),
            ordinal: ORDINAL.u64(header),
            first_sequence: FIRST_SEQUENCE.u64(header),
            epoch: EPOCH.u64(header),
            recorded_at_us: RECORDED_AT.i64(header),
            previous_hash: PREVIOUS_HASH.array(header),
            previous_offset: PREVIOUS_OFFSET.u32(header),
            file_bytes: FILE_BYTES.u32(header),
            block_bytes: BLOCK_BYTES.u32(header),
            bounds,
        };
        let block = header.block_bytes;
        let sound = VERSION.u32(bytes) == FORMAT_VERSION
            && BLOCK_BYTES_RANGE.contains(&block)
            && block.is_power_of_two()
            && header.first_sequence > 0
            && bounds.writes_in_flight > 0
            && bounds.write_bytes_max >= block;
        let block_end = bytes.len().min(block as usize);
        if !sound || bytes[ZERO.at..block_end].iter().any(|byte| *byte != 0) {
            return Err(HeaderFault::Damaged("a segment's header is malformed"));
        }
        Ok(header)
    }

    /// Its bytes; the CRC in `self` does not count.
    pub(super) fn encode(&self) -> [u8; HEADER_BYTES] {
        let mut bytes = [0; HEADER_BYTES];
        MAGIC_FIELD.put(&mut bytes, MAGIC);
        VERSION.put(&mut bytes, FORMAT_VERSION.to_le_bytes());
        LEDGER_ID.put(&mut bytes, self.ledger_id);
        ORDINAL.put(&mut bytes, self.ordinal.to_le_bytes());
        FIRST_SEQUENCE.put(&mut bytes, self.first_sequence.to_le_bytes());
        EPOCH.put(&mut bytes, self.epoch.to_le_bytes());
        RECORDED_AT.put(&mut bytes, self.recorded_at_us.to_le_bytes());
        PREVIOUS_HASH.put(&mut bytes, self.previous_hash);
        PREVIOUS_OFFSET.put(&mut bytes, self.previous_offset.to_le_bytes());
        FILE_BYTES.put(&mut bytes, self.file_bytes.to_le_bytes());
        BLOCK_BYTES.put(&mut bytes, self.block_bytes.to_le_bytes());
        WRITE_BYTES_MAX.put(&mut bytes, self.bounds.write_bytes_max.to_le_bytes());
        WRITES_IN_FLIGHT.put(&mut bytes, u32::from(self.bounds.writes_in_flight).to_le_bytes());
        let crc = crc32(0, &bytes[CRC.end()..]);
        CRC.put(&mut bytes, crc.to_le_bytes());
        bytes
    }

    /// `self` with the CRC of its bytes.
    pub(super) fn sealed(mut self) -> Self {
        self.crc = CRC.u32(&self.encode());
        self
    }

    /// The most bytes that can be in flight in this segment at one moment, and so be torn together.
    pub(super) fn torn_bytes_max(&self) -> u64 {
        u64::from(self.bounds.write_bytes_max) * u64::from(self.bounds.writes_in_flight)
    }
}

/// What stands behind the last write of a segment that is complete.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Footer {
    /// The CRC of the last write, or of the segment's header.
    pub predecessor_crc: u32,
    /// The segment's ordinal.
    pub ordinal: u64,
    /// The first sequence in the segment.
    pub first_sequence: u64,
    /// The last sequence in it; one less than the first when it has none.
    pub last_sequence: u64,
    /// The opening that sealed it.
    pub epoch: u64,
    /// Its writes.
    pub writes: u64,
    /// Its commits.
    pub commits: u64,
    /// The last recorded time up to its end.
    pub recorded_at_us: i64,
    /// SHA-256 over the segment's header and the headers of its writes, in order.
    pub hash: [u8; 32],
}

impl Footer {
    /// The footer at the start of `bytes`; the rest of its block is under the CRC too.
    pub(super) fn parse(bytes: &[u8], seed: u32, block: usize) -> Result<Self, &'static str> {
        if bytes.len() < block || FOOTER_MARK.array(bytes) != FOOTER_MARK_BYTES {
            return Err("a footer's mark is missing");
        }
        let footer = &bytes[..block];
        if FOOTER_CRC.u32(footer) != crc32(seed, &footer[FOOTER_CRC.end()..]) {
            return Err("a footer's checksum does not match");
        }
        if FOOTER_LENGTH.u32(footer) as usize != block || footer[FOOTER_ZERO.at..].iter().any(|byte| *byte != 0) {
            return Err("a footer is malformed");
        }
        Ok(Self {
            predecessor_crc: FOOTER_PREDECESSOR.u32(footer),
            ordinal: FOOTER_ORDINAL.u64(footer),
            first_sequence: FOOTER_FIRST.u64(footer),
            last_sequence: FOOTER_LAST.u64(footer),
            epoch: FOOTER_EPOCH.u64(footer),
            writes: FOOTER_WRITES.u64(footer),
            commits: FOOTER_COMMITS.u64(footer),
            recorded_at_us: FOOTER_RECORDED.i64(footer),
            hash: FOOTER_HASH.array(footer),
        })
    }

    /// Its block.
    pub(super) fn encode(&self, seed: u32, block: usize) -> Vec<u8> {
        let mut bytes = vec![0; block];
        FOOTER_LENGTH.put(&mut bytes, (block as u32).to_le_bytes());
        FOOTER_MARK.put(&mut bytes, FOOTER_MARK_BYTES);
        FOOTER_PREDECESSOR.put(&mut bytes, self.predecessor_crc.to_le_bytes());
        FOOTER_ORDINAL.put(&mut bytes, self.ordinal.to_le_bytes());
        FOOTER_FIRST.put(&mut bytes, self.first_sequence.to_le_bytes());
        FOOTER_LAST.put(&mut bytes, self.last_sequence.to_le_bytes());
        FOOTER_EPOCH.put(&mut bytes, self.epoch.to_le_bytes());
        FOOTER_WRITES.put(&mut bytes, self.writes.to_le_bytes());
        FOOTER_COMMITS.put(&mut bytes, self.commits.to_le_bytes());
        FOOTER_RECORDED.put(&mut bytes, self.recorded_at_us.to_le_bytes());
        FOOTER_HASH.put(&mut bytes, self.hash);
        let crc = crc32(seed, &bytes[FOOTER_CRC.end()..]);
        FOOTER_CRC.put(&mut bytes, crc.to_le_bytes());
        bytes
    }
}

/// The hash by which the next header names the footer in `block`.
pub(super) fn footer_hash(block: &[u8]) -> [u8; 32] {
    Sha256::digest(&block[..HEADER_BYTES]).into()
}
