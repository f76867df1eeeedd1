//! One write: the frames of one I/O under a header that ties them to their place in the journal.
//!
//! In: frames as they are appended (a [`Draft`]), or bytes. Out: bytes ready to submit, or a checked write.
//! Pure. The header's CRC covers the CRC of the frames' CRCs, so a header alone proves what it says even
//! where its body is torn, and the header alone names every byte of the write.

use super::chain::Chain;
use super::fields::{Field, crc32};
use super::frame::{self, CheckedFrame, FrameInput, FrameKind};
use super::places::PLACE_STRIDE_BYTES;
use crate::storage::WriteBuffer;

/// Bytes before a write's first frame.
pub(super) const WRITE_HEADER_BYTES: usize = 64;
/// What stands at [`MARK`].
pub(super) const WRITE_MARK: [u8; 4] = *b"WRIT";

pub(super) const CRC: Field = Field::new("crc", 0, 4);
pub(super) const LENGTH: Field = Field::new("length", 4, 4);
pub(super) const MARK: Field = Field::new("mark", 8, 4);
const FRAMES: Field = Field::new("frames", 12, 4);
const FRAMES_CRC: Field = Field::new("frames_crc", 16, 4);
const PREDECESSOR_CRC: Field = Field::new("predecessor_crc", 20, 4);
const FIRST_SEQUENCE: Field = Field::new("first_sequence", 24, 8);
const LAST_SEQUENCE: Field = Field::new("last_sequence", 32, 8);
const DURABLE_THROUGH: Field = Field::new("durable_through", 40, 8);
const EPOCH: Field = Field::new("epoch", 48, 8);
const OFFSET: Field = Field::new("offset", 56, 4);
const DURABLE_OFFSET: Field = Field::new("durable_offset", 60, 4);
#[cfg(test)]
pub(super) const WRITE_FIELDS: &[Field] = &[
    CRC,
    LENGTH,
    MARK,
    FRAMES,
    FRAMES_CRC,
    PREDECESSOR_CRC,
    FIRST_SEQUENCE,
    LAST_SEQUENCE,
    DURABLE_THROUGH,
    EPOCH,
    OFFSET,
    DURABLE_OFFSET,
];

/// What a write says of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct WriteHeader {
    /// The CRC of its header.
    pub crc: u32,
    /// Its bytes, padding included: a multiple of the block.
    pub bytes: u32,
    /// Its frames, padding included.
    pub frames: u32,
    /// The CRC of its frames' CRCs.
    pub frames_crc: u32,
    /// The CRC of the write in front of it, or of the segment's header.
    pub predecessor_crc: u32,
    /// The first sequence in it, or the next one when it has none.
    pub first_sequence: u64,
    /// The last sequence in it; `first_sequence − 1` when it has none.
    pub last_sequence: u64,
    /// The highest sequence that was durable when it was built.
    pub durable_through: u64,
    /// The opening that wrote it.
    pub epoch: u64,
    /// Its first byte in the segment.
    pub offset: u32,
    /// The bytes of the segment before this one were durable when it was built.
    pub durable_offset: u32,
}

impl WriteHeader {
    /// The header in the first bytes of `bytes`, when its mark, CRC and place are right; `seed` is the CRC
    /// of the segment's header.
    pub(super) fn parse(bytes: &[u8], seed: u32, offset: u64) -> Result<Self, &'static str> {
        if bytes.len() < WRITE_HEADER_BYTES {
            return Err("a write's header is cut short");
        }
        let bytes = &bytes[..WRITE_HEADER_BYTES];
        if MARK.array(bytes) != WRITE_MARK {
            return Err("a write's mark is missing");
        }
        if CRC.u32(bytes) != crc32(seed, &bytes[CRC.end()..]) {
            return Err("a write's checksum does not match");
        }
        let header = Self {
            crc: CRC.u32(bytes),
            bytes: LENGTH.u32(bytes),
            frames: FRAMES.u32(bytes),
            frames_crc: FRAMES_CRC.u32(bytes),
            predecessor_crc: PREDECESSOR_CRC.u32(bytes),
            first_sequence: FIRST_SEQUENCE.u64(bytes),
            last_sequence: LAST_SEQUENCE.u64(bytes),
            durable_through: DURABLE_THROUGH.u64(bytes),
            epoch: EPOCH.u64(bytes),
            offset: OFFSET.u32(bytes),
            durable_offset: DURABLE_OFFSET.u32(bytes),
        };
        if u64::from(header.offset) == offset { Ok(header) } else { Err("a write stands at another's place") }
    }

    /// Its bytes, with the CRC that `seed` gives; the CRC in `self` does not count.
    pub(super) fn encode(&self, seed: u32) -> [u8; WRITE_HEADER_BYTES] {
        let mut bytes = [0; WRITE_HEADER_BYTES];
        LENGTH.put(&mut bytes, self.bytes.to_le_bytes());
        MARK.put(&mut bytes, WRITE_MARK);
        FRAMES.put(&mut bytes, self.frames.to_le_bytes());
        FRAMES_CRC.put(&mut bytes, self.frames_crc.to_le_bytes());
        PREDECESSOR_CRC.put(&mut bytes, self.predecessor_crc.to_le_bytes());
        FIRST_SEQUENCE.put(&mut bytes, self.first_sequence.to_le_bytes());
        LAST_SEQUENCE.put(&mut bytes, self.last_sequence.to_le_bytes());
        DURABLE_THROUGH.put(&mut bytes, self.durable_through.to_le_bytes());
        EPOCH.put(&mut bytes, self.epoch.to_le_bytes());
        OFFSET.put(&mut bytes, self.offset.to_le_bytes());
        DURABLE_OFFSET.put(&mut bytes, self.durable_offset.to_le_bytes());
        let crc = crc32(seed, &bytes[CRC.end()..]);
        CRC.put(&mut bytes, crc.to_le_bytes());
        bytes
    }
}

/// Facts about a write's frames that its header does not carry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct FramesSummary {
    /// Commits among them.
    pub commits: u32,
    /// The kind of the first one.
    pub first_kind: FrameKind,
    /// The last recorded time in it.
    pub recorded_at_us: i64,
}

/// Checks every frame of the write whose header is `header` and whose bytes are `bytes`; `visit` sees each
/// frame with its first byte in the write. No frame may be recorded before `recorded_from_us`.
///
/// # Errors
/// Names the check that failed and the byte of the write where it did.
pub(super) fn check_frames(
    header: &WriteHeader,
    bytes: &[u8],
    ledger_seed: u32,
    recorded_from_us: i64,
    mut visit: impl FnMut(&CheckedFrame, usize),
) -> Result<FramesSummary, (&'static str, usize)> {
    let mut at = WRITE_HEADER_BYTES;
    let mut next_sequence = header.first_sequence;
    let (mut count, mut frames_crc) = (0, 0);
    let mut summary = None::<FramesSummary>;
    let mut padded = false;
    while at < bytes.len() {
        let frame = frame::check(&bytes[at..], ledger_seed).map_err(|check| (check, at))?;
        if padded {
            return Err(("a frame follows the padding", at));
        }
        frames_crc = crc32(frames_crc, &frame.crc.to_le_bytes());
        count += 1;
        if frame.kind == FrameKind::Padding {
            padded = true;
        } else {
            if frame.first_sequence != next_sequence {
                return Err(("a frame is out of sequence", at));
            }
            next_sequence = frame.next_sequence();
            let so_far = summary.get_or_insert(FramesSummary {
                commits: 0,
                first_kind: frame.kind,
                recorded_at_us: recorded_from_us,
            });
            let alone = so_far.first_kind == FrameKind::Close || frame.kind == FrameKind::Close;
            if count > 1 && (alone || frame.kind == FrameKind::Open) {
                return Err(("a frame that must be first or alone is not", at));
            }
            if frame.recorded_at_us < so_far.recorded_at_us {
                return Err(("recorded time goes back", at));
            }
            so_far.recorded_at_us = frame.recorded_at_us;
            so_far.commits += u32::from(frame.kind == FrameKind::Commit);
        }
        visit(&frame, at);
        at += frame.bytes;
    }
    if count != header.frames || frames_crc != header.frames_crc {
        return Err(("a write's frames are not those its header names", 0));
    }
    if next_sequence != header.last_sequence.wrapping_add(1) {
        return Err(("a write's last sequence does not match", 0));
    }
    summary.ok_or(("a write has no frame", 0))
}

/// Vectors of a finished [`Draft`] that the next one uses again.
#[derive(Debug, Default)]
pub(super) struct Scratch {
    frame_crcs: Vec<u8>,
    /// Where frames start, about every [`PLACE_STRIDE_BYTES`]: sequence, and byte in the write.
    pub places: Vec<(u64, u32)>,
}

/// A write under construction: frames in a buffer, with room for the header in front.
#[derive(Debug)]
pub(super) struct Draft {
    buffer: WriteBuffer,
    scratch: Scratch,
    /// The first sequence in it, or the next one.
    pub first_sequence: u64,
    /// The sequence after the last one in it.
    pub next_sequence: u64,
    /// Frames so far that carry commits.
    pub commits: u32,
    /// Whether it holds the close frame.
    pub closes: bool,
    /// The last recorded time in it.
    pub recorded_at_us: i64,
}

impl Draft {
    /// An empty one for frames from `next_sequence` on, in a buffer with room for more than a header.
    pub(super) fn new(mut buffer: WriteBuffer, mut scratch: Scratch, next_sequence: u64) -> Self {
        buffer.clear();
        scratch.frame_crcs.clear();
        scratch.places.clear();
        let fits = buffer.push(&[0; WRITE_HEADER_BYTES]);
        debug_assert!(fits);
        let (first_sequence, commits, closes, recorded_at_us) = (next_sequence, 0, false, 0);
        Self { buffer, scratch, first_sequence, next_sequence, commits, closes, recorded_at_us }
    }

    /// Whether it has no frame.
    pub(super) fn is_empty(&self) -> bool {
        self.scratch.frame_crcs.is_empty()
    }

    /// What [`check_frames`] would find in it, as far as a [`Chain`] needs it.
    pub(super) fn summary(&self) -> FramesSummary {
        let first_kind = if self.closes { FrameKind::Close } else { FrameKind::Commit };
        FramesSummary { commits: self.commits, first_kind, recorded_at_us: self.recorded_at_us }
    }

    /// Its bytes so far, header included, padding not.
    pub(super) fn len(&self) -> usize {
        self.buffer.len()
    }

    /// Its bytes once padded to `block`.
    pub(super) fn padded_len(&self, block: usize) -> usize {
        self.len() + frame::padding_bytes(self.len(), block)
    }

    /// Whether `more` bytes keep it within `most` bytes, padding included.
    #[inline]
    pub(super) fn fits(&self, more: usize, most: usize, block: usize) -> bool {
        let used = self.len() + more;
        used + 2 * block <= most || used + frame::padding_bytes(used, block) <= most
    }

    /// Appends a commit of `frame_bytes` that fits.
    #[inline]
    pub(super) fn commit(&mut self, input: &FrameInput<'_>, frame_bytes: usize, ledger_seed: u32) {
        let at = self.len();
        let due = self.scratch.places.last().is_none_or(|(_, last)| at - *last as usize >= PLACE_STRIDE_BYTES);
        if due {
            self.scratch.places.push((input.first_sequence, at as u32));
        }
        let crc = frame::encode_commit(&mut self.buffer, ledger_seed, input, frame_bytes);
        self.scratch.frame_crcs.extend_from_slice(&crc.to_le_bytes());
        self.next_sequence += input.entries.len() as u64;
        self.commits += 1;
        self.recorded_at_us = input.recorded_at_us;
    }

    /// Appends a frame without entries that fits.
    pub(super) fn mark(&mut self, kind: FrameKind, recorded_at_us: i64, ledger_seed: u32) {
        let crc = frame::encode_mark(&mut self.buffer, ledger_seed, kind, self.next_sequence, recorded_at_us);
        self.scratch.frame_crcs.extend_from_slice(&crc.to_le_bytes());
        self.closes |= kind == FrameKind::Close;
        self.recorded_at_us = recorded_at_us;
    }

    /// Pads it and writes its header for `epoch` and the place after `chain`, which is not advanced. Gives back the
    /// header, the bytes to submit and the scratch, whose places the caller still needs.
    pub(super) fn finish(
        mut self,
        chain: &Chain,
        epoch: u64,
        ledger_seed: u32,
        block: usize,
    ) -> (WriteHeader, WriteBuffer, Scratch) {
        if let Some(crc) = frame::encode_padding(&mut self.buffer, ledger_seed, block) {
            self.scratch.frame_crcs.extend_from_slice(&crc.to_le_bytes());
        }
        let mut header = WriteHeader {
            crc: 0,
            bytes: self.buffer.len() as u32,
            frames: (self.scratch.frame_crcs.len() / 4) as u32,
            frames_crc: crc32(0, &self.scratch.frame_crcs),
            predecessor_crc: chain.predecessor_crc,
            first_sequence: self.first_sequence,
            last_sequence: self.next_sequence - 1,
            durable_through: chain.durable_through,
            epoch,
            offset: chain.offset as u32,
            durable_offset: chain.durable_offset as u32,
        };
        let bytes = header.encode(chain.seed);
        header.crc = CRC.u32(&bytes);
        self.buffer.as_mut_slice()[..WRITE_HEADER_BYTES].copy_from_slice(&bytes);
        (header, self.buffer, self.scratch)
    }
}
