//! The place after the last write of a segment, and what the next one must say to belong there.
//!
//! Writer and scanner keep the same [`Chain`], so what one writes the other accepts. Pure.

use super::frame::FrameKind;
use super::segment::{Footer, SegmentHeader};
use super::write::{FramesSummary, WriteHeader};
use sha2::{Digest, Sha256};

/// Where the next write of a segment is due, and what leads there.
#[derive(Debug, Clone)]
pub(super) struct Chain {
    /// The CRC of the segment's header, from which its writes' CRCs continue.
    pub seed: u32,
    /// The segment's ordinal.
    pub ordinal: u64,
    /// The segment's first sequence.
    pub first_sequence: u64,
    /// Where the next write is due.
    pub offset: u64,
    /// The next sequence.
    pub next_sequence: u64,
    /// The CRC of the last write, or of the segment's header.
    pub predecessor_crc: u32,
    /// The epoch of the last write.
    pub epoch: u64,
    /// The highest sequence known durable.
    pub durable_through: u64,
    /// The bytes before this one are known durable.
    pub durable_offset: u64,
    /// The last recorded time.
    pub recorded_at_us: i64,
    /// Whether the last write is a close frame's.
    pub closed: bool,
    /// Writes so far.
    pub writes: u64,
    /// Commits so far.
    pub commits: u64,
    /// Damage was skipped on the way here, so counts and hash are not those of the whole segment.
    broken: bool,
    hash: Sha256,
}

impl Chain {
    /// The place behind a segment's header.
    pub(super) fn begin(header: &SegmentHeader) -> Self {
        Self {
            seed: header.crc,
            ordinal: header.ordinal,
            first_sequence: header.first_sequence,
            offset: u64::from(header.block_bytes),
            next_sequence: header.first_sequence,
            predecessor_crc: header.crc,
            epoch: header.epoch,
            durable_through: header.first_sequence - 1,
            durable_offset: u64::from(header.block_bytes),
            recorded_at_us: header.recorded_at_us,
            closed: false,
            writes: 0,
            commits: 0,
            broken: false,
            hash: Sha256::new_with_prefix(header.encode()),
        }
    }

    /// Whether a write with this header, found at [`offset`](Self::offset), belongs there.
    ///
    /// # Errors
    /// Names the check that failed.
    pub(super) fn admits(&self, header: &WriteHeader) -> Result<(), &'static str> {
        if header.epoch < self.epoch {
            return Err("a write is of an older epoch than the one in front of it");
        }
        if header.predecessor_crc != self.predecessor_crc {
            return Err("a write does not name the one in front of it");
        }
        if header.first_sequence != self.next_sequence || header.last_sequence < header.first_sequence - 1 {
            return Err("a write is out of sequence");
        }
        let durable = self.durable_through..header.first_sequence;
        let offsets = self.durable_offset..=self.offset;
        if !durable.contains(&header.durable_through) || !offsets.contains(&u64::from(header.durable_offset)) {
            return Err("a write says that more, or less, is durable than can be");
        }
        if self.closed && header.epoch == self.epoch {
            return Err("a write follows a close frame without opening the journal");
        }
        Ok(())
    }

    /// Whether the frames of an admitted write are such as may stand there.
    ///
    /// # Errors
    /// Names the check that failed.
    pub(super) fn admits_frames(&self, header: &WriteHeader, frames: &FramesSummary) -> Result<(), &'static str> {
        let opens = frames.first_kind == FrameKind::Open;
        if header.epoch > self.epoch && !opens {
            return Err("an epoch begins without an open frame");
        }
        if frames.first_kind == FrameKind::Close && header.durable_offset != header.offset {
            return Err("a close frame stands before what is in flight");
        }
        Ok(())
    }

    /// Goes on behind a write; `header_bytes` are the bytes of its header.
    pub(super) fn advance(&mut self, header: &WriteHeader, header_bytes: &[u8], frames: &FramesSummary) {
        self.hash.update(header_bytes);
        self.offset += u64::from(header.bytes);
        self.next_sequence = header.last_sequence + 1;
        self.predecessor_crc = header.crc;
        self.epoch = header.epoch;
        self.durable_through = self.durable_through.max(header.durable_through);
        self.durable_offset = self.durable_offset.max(u64::from(header.durable_offset));
        self.recorded_at_us = frames.recorded_at_us;
        self.closed = frames.first_kind == FrameKind::Close;
        self.writes += 1;
        self.commits += u64::from(frames.commits);
    }

    /// Everything so far is durable.
    pub(super) fn settle(&mut self) {
        self.durable_through = self.next_sequence - 1;
        self.durable_offset = self.offset;
    }

    /// In front of a write that is valid again behind damage; what leads there is not known any more.
    pub(super) fn skipped_to(&self, header: &WriteHeader) -> Self {
        Self {
            offset: u64::from(header.offset),
            next_sequence: header.first_sequence,
            predecessor_crc: header.predecessor_crc,
            epoch: header.epoch,
            durable_through: header.durable_through,
            durable_offset: u64::from(header.durable_offset),
            closed: false,
            broken: true,
            ..self.clone()
        }
    }

    /// In front of a footer that is valid behind damage.
    pub(super) fn skipped_to_footer(&self, offset: u64, footer: &Footer) -> Self {
        Self {
            offset,
            next_sequence: footer.last_sequence + 1,
            predecessor_crc: footer.predecessor_crc,
            epoch: footer.epoch,
            broken: true,
            ..self.clone()
        }
    }

    /// Whether `footer` is the one that seals the segment here; behind damage, as far as that can be told.
    pub(super) fn sealed_by(&self, footer: &Footer) -> bool {
        let Footer { predecessor_crc, ordinal, first_sequence, last_sequence, epoch, .. } = *footer;
        let here = (self.predecessor_crc, self.ordinal, self.first_sequence, self.next_sequence - 1, self.epoch);
        (predecessor_crc, ordinal, first_sequence, last_sequence, epoch) == here
            && (self.broken || *footer == self.footer())
    }

    /// Whether both stand behind the same writes.
    pub(super) fn equals(&self, other: &Self) -> bool {
        self.offset == other.offset && self.footer() == other.footer()
    }

    /// The footer that seals the segment here.
    pub(super) fn footer(&self) -> Footer {
        Footer {
            predecessor_crc: self.predecessor_crc,
            ordinal: self.ordinal,
            first_sequence: self.first_sequence,
            last_sequence: self.next_sequence - 1,
            epoch: self.epoch,
            writes: self.writes,
            commits: self.commits,
            recorded_at_us: self.recorded_at_us,
            hash: self.hash.clone().finalize().into(),
        }
    }
}
