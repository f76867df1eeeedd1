//! The header: what a file is, what it swears, and where its sections lie.

use crate::error::Error;
use crate::model::{LedgerId, Sequence, Timestamp};

use super::{Opened, Reason};

/// Bytes of a header, in every version of every kind.
pub const HEADER_BYTES: usize = 4096;
/// The most sections a file can have.
pub const SECTIONS_MAX: usize = 64;

/// The identity comes first; `docs/files.md` has every field, and a test holds it against this code.
const IDENTITY_BYTES: usize = 96;
const SECTION_TABLE: usize = 112;
const SECTION_BYTES: usize = 24;
const CRC_AT: usize = HEADER_BYTES - 4;
/// Flag of a section that a reader must know; a file with an unknown one is not usable.
pub(super) const MUST_UNDERSTAND: u16 = 1;
/// A page ends in its CRC.
pub(super) const PAGE_CRC_BYTES: usize = 4;

/// A kind of file.
#[derive(Debug, Clone, Copy)]
pub struct Kind {
    /// Its first eight bytes.
    pub magic: [u8; 8],
    /// The format version that is written, and the newest that is read.
    pub version: u16,
    /// Bytes of a page, its CRC included.
    pub page_bytes: u32,
    /// The sections this version knows.
    pub sections: &'static [u16],
}

/// What a file is about and what it swears; known before its first page is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Identity {
    /// The ledger it belongs to.
    pub ledger: LedgerId,
    /// What it is about: a segment's ordinal, a recorded day, an epoch.
    pub subject: u64,
    /// The first event it takes in.
    pub first: Sequence,
    /// The last event it takes in: the journal was durable through this one when the file was made.
    pub last: Sequence,
    /// When that event was recorded.
    pub recorded_at: Timestamp,
    /// Ties the file to one history: what the caller knows of the journal at `last`, such as a segment's hash; zeros
    /// where nothing is known.
    pub source: [u8; 32],
}

/// Where a section lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Section {
    /// Its number, which says what its records are.
    pub number: u16,
    /// Whether a reader that does not know it must leave the whole file alone.
    pub must_understand: bool,
    /// Bytes of a record.
    pub record_bytes: u32,
    /// How many records it has.
    pub records: u64,
    /// Its first byte in the file.
    pub offset: u64,
}

/// A whole header, decoded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Header {
    pub identity: Identity,
    pub file_bytes: u64,
    pub sections: Vec<Section>,
    /// CRC of the identity's bytes, where the CRC of every page starts from.
    pub identity_crc: u32,
}

impl Section {
    /// How many records fit into a page of `page_bytes`.
    pub fn records_a_page(&self, page_bytes: u32) -> u64 {
        u64::from((page_bytes - PAGE_CRC_BYTES as u32) / self.record_bytes)
    }

    /// How many pages it takes.
    pub fn pages(&self, page_bytes: u32) -> u64 {
        self.records.div_ceil(self.records_a_page(page_bytes))
    }

    /// Its bytes in the file.
    pub(super) fn bytes(&self, page_bytes: u32) -> u64 {
        self.pages(page_bytes) * u64::from(page_bytes)
    }
}

impl Identity {
    fn encode(&self, kind: &Kind, into: &mut [u8]) {
        into[0..8].copy_from_slice(&kind.magic);
        into[8..10].copy_from_slice(&kind.version.to_le_bytes());
        into[12..16].copy_from_slice(&kind.page_bytes.to_le_bytes());
        into[16..32].copy_from_slice(&self.ledger.to_bytes());
        into[32..40].copy_from_slice(&self.subject.to_le_bytes());
        into[40..48].copy_from_slice(&self.first.0.to_le_bytes());
        into[48..56].copy_from_slice(&self.last.0.to_le_bytes());
        into[56..64].copy_from_slice(&self.recorded_at.0.to_le_bytes());
        into[64..96].copy_from_slice(&self.source);
    }

    fn decode(bytes: &[u8]) -> Self {
        Self {
            ledger: LedgerId::from_bytes(array(bytes, 16)),
            subject: u64::from_le_bytes(array(bytes, 32)),
            first: Sequence(u64::from_le_bytes(array(bytes, 40))),
            last: Sequence(u64::from_le_bytes(array(bytes, 48))),
            recorded_at: Timestamp(i64::from_le_bytes(array(bytes, 56))),
            source: array(bytes, 64),
        }
    }

    /// Where the CRC of every page starts from.
    pub(super) fn crc(&self, kind: &Kind) -> u32 {
        let mut bytes = [0; IDENTITY_BYTES];
        self.encode(kind, &mut bytes);
        crc32fast::hash(&bytes)
    }
}

/// The CRC of a page: the identity, the section's number, the page's place in its section, then its bytes.
pub(super) fn page_crc(identity_crc: u32, section: u16, page: u64, bytes: &[u8]) -> u32 {
    let mut place = [0; 10];
    place[..2].copy_from_slice(&section.to_le_bytes());
    place[2..].copy_from_slice(&page.to_le_bytes());
    let mut hasher = crc32fast::Hasher::new_with_initial(identity_crc);
    hasher.update(&place);
    hasher.update(bytes);
    hasher.finalize()
}

impl Header {
    pub fn encode(&self, kind: &Kind) -> Vec<u8> {
        let mut bytes = vec![0; HEADER_BYTES];
        self.identity.encode(kind, &mut bytes);
        bytes[96..104].copy_from_slice(&self.file_bytes.to_le_bytes());
        bytes[104..106].copy_from_slice(&(self.sections.len() as u16).to_le_bytes());
        for (section, entry) in self.sections.iter().zip(bytes[SECTION_TABLE..].chunks_exact_mut(SECTION_BYTES)) {
            entry[0..2].copy_from_slice(&section.number.to_le_bytes());
            let flags = if section.must_understand { MUST_UNDERSTAND } else { 0 };
            entry[2..4].copy_from_slice(&flags.to_le_bytes());
            entry[4..8].copy_from_slice(&section.record_bytes.to_le_bytes());
            entry[8..16].copy_from_slice(&section.records.to_le_bytes());
            entry[16..24].copy_from_slice(&section.offset.to_le_bytes());
        }
        let crc = crc32fast::hash(&bytes[..CRC_AT]);
        bytes[CRC_AT..].copy_from_slice(&crc.to_le_bytes());
        bytes
    }

    /// Reads a header of `kind` found at `path`; `file_bytes` is the file's true length.
    ///
    /// Its CRC comes before its version: magic, version and CRC keep their places in every version, so that a flipped
    /// bit is not taken for a newer format.
    pub fn decode(bytes: &[u8], file_bytes: u64, kind: &Kind, path: &str) -> Result<Opened<Self>, Error> {
        let unusable = |reason| Ok(Opened::unusable(path, reason));
        if bytes.len() < HEADER_BYTES {
            return unusable(Reason::Length { found: file_bytes, expected: HEADER_BYTES as u64 });
        }
        if bytes[0..8] != kind.magic {
            return unusable(Reason::Magic);
        }
        if crc32fast::hash(&bytes[..CRC_AT]).to_le_bytes() != bytes[CRC_AT..HEADER_BYTES] {
            return unusable(Reason::HeaderCrc);
        }
        let version = u16::from_le_bytes(array(bytes, 8));
        if version > kind.version {
            let (needed, supported) = (version.to_string(), kind.version.to_string());
            return Err(Error::Version { path: path.to_owned(), needed, supported });
        }
        if version != kind.version || u32::from_le_bytes(array(bytes, 12)) != kind.page_bytes {
            return unusable(Reason::Structure("version or page size"));
        }
        let identity = Identity::decode(bytes);
        if identity.first.0 == 0 || identity.last < identity.first {
            return unusable(Reason::Structure("sequences"));
        }
        let count = usize::from(u16::from_le_bytes(array(bytes, 104)));
        if count > SECTIONS_MAX {
            return unusable(Reason::Structure("number of sections"));
        }
        let expected = u64::from_le_bytes(array(bytes, 96));
        if expected != file_bytes {
            return unusable(Reason::Length { found: file_bytes, expected });
        }
        let table = &bytes[SECTION_TABLE..SECTION_TABLE + count * SECTION_BYTES];
        let sections: Vec<Section> = table.chunks_exact(SECTION_BYTES).map(decode_section).collect();
        if let Err(reason) = check_sections(&sections, kind, file_bytes) {
            return unusable(reason);
        }
        let identity_crc = crc32fast::hash(&bytes[..IDENTITY_BYTES]);
        Ok(Opened::Usable(Self { identity, file_bytes, sections, identity_crc }))
    }

    pub fn section(&self, number: u16) -> Option<&Section> {
        self.sections.iter().find(|section| section.number == number)
    }
}

fn decode_section(entry: &[u8]) -> Section {
    Section {
        number: u16::from_le_bytes(array(entry, 0)),
        must_understand: u16::from_le_bytes(array(entry, 2)) & MUST_UNDERSTAND != 0,
        record_bytes: u32::from_le_bytes(array(entry, 4)),
        records: u64::from_le_bytes(array(entry, 8)),
        offset: u64::from_le_bytes(array(entry, 16)),
    }
}

/// Sections stand in the order of their numbers, one behind the other, and fill the file.
fn check_sections(sections: &[Section], kind: &Kind, file_bytes: u64) -> Result<(), Reason> {
    let mut offset = HEADER_BYTES as u64;
    let mut before = 0;
    for section in sections {
        if section.number <= before {
            return Err(Reason::Structure("order of sections"));
        }
        if section.must_understand && !kind.sections.contains(&section.number) {
            return Err(Reason::UnknownSection(section.number));
        }
        if section.record_bytes == 0 || section.record_bytes > kind.page_bytes - PAGE_CRC_BYTES as u32 {
            return Err(Reason::Structure("record size"));
        }
        if section.offset != offset || section.records > file_bytes {
            return Err(Reason::Structure("place of a section"));
        }
        offset += section.bytes(kind.page_bytes);
        before = section.number;
    }
    if offset == file_bytes { Ok(()) } else { Err(Reason::Structure("sections do not fill the file")) }
}

/// The `N` bytes at `at`.
pub(crate) fn array<const N: usize>(bytes: &[u8], at: usize) -> [u8; N] {
    let mut found = [0; N];
    found.copy_from_slice(&bytes[at..at + N]);
    found
}
