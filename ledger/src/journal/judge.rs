//! Torn tail, or corruption: the one place that decides.
//!
//! In: where a scan ended, what lies behind it, and what other files swear to. Out: a torn tail that may be cut,
//! or the reason why it may not. [`Tail::examine`] reads; [`judge`] is pure. Rule: bytes are torn only if they may
//! have been in flight; whatever proves that they were durable makes them damage.

use super::segment::{FOOTER_MARK, FOOTER_MARK_BYTES, Footer, SegmentHeader};
use super::window::{Window, is_zero};
use super::write::{MARK, WRITE_MARK, WriteHeader};
use super::{Witnesses, planted};
use crate::error::Error;
use crate::storage::Storage;

/// What lies behind the place where a scan ended.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Tail {
    /// Where it begins: the place behind the last valid write.
    pub from: u64,
    /// The end of the last block that is not zero; `from` when there is none.
    pub end: u64,
    /// The strongest proof found in it that bytes behind `from` were durable.
    pub proof: Option<Proof>,
    /// The highest epoch that a valid header in it names.
    pub epoch: u64,
    /// The highest sequence that a valid header in it names; 0 when none does.
    pub last_sequence: u64,
    /// Valid headers of writes in it.
    pub writes: u64,
}

/// A valid header behind bad bytes that says they were durable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Proof {
    /// Where it stands.
    pub offset: u64,
    /// The highest sequence it swears to.
    pub durable_through: u64,
}

impl Tail {
    /// Reads the segment from `from` up to `to` (or the file's end).
    ///
    /// # Errors
    /// Only what reading reports.
    pub(super) fn examine<S: Storage>(
        window: &mut Window<S>,
        header: &SegmentHeader,
        from: u64,
        to: u64,
    ) -> Result<Self, Error> {
        let block = header.block_bytes as usize;
        let mut tail = Self { from, end: from, ..Self::default() };
        let mut at = from;
        while at < to {
            let bytes = window.bytes(at, block)?;
            if bytes.is_empty() {
                break;
            }
            if !is_zero(bytes) {
                tail.end = at + bytes.len() as u64;
                tail.weigh(bytes, header, at);
            }
            at += block as u64;
        }
        Ok(tail)
    }

    /// Whether nothing but zeros was found.
    pub(super) fn is_empty(&self) -> bool {
        self.end == self.from
    }

    fn weigh(&mut self, bytes: &[u8], header: &SegmentHeader, at: u64) {
        if bytes.len() < header.block_bytes as usize {
            return;
        }
        if FOOTER_MARK.array(bytes) == FOOTER_MARK_BYTES {
            if let Ok(footer) = Footer::parse(bytes, header.crc, bytes.len())
                && at > self.from
            {
                self.prove(at, footer.last_sequence);
                self.last_sequence = self.last_sequence.max(footer.last_sequence);
            }
        } else if MARK.array(bytes) == WRITE_MARK
            && let Ok(write) = WriteHeader::parse(bytes, header.crc, at)
        {
            self.writes += 1;
            self.epoch = self.epoch.max(write.epoch);
            self.last_sequence = self.last_sequence.max(write.last_sequence);
            if u64::from(write.durable_offset) > self.from {
                self.prove(at, write.durable_through);
            }
        }
    }

    fn prove(&mut self, offset: u64, durable_through: u64) {
        if self.proof.is_none_or(|proof| durable_through >= proof.durable_through) {
            self.proof = Some(Proof { offset, durable_through });
        }
    }
}

/// Whether what lies behind the last valid write of the last segment may be cut: `next_sequence` is the first
/// sequence that is not in a valid write.
///
/// # Errors
/// Why it may not, in the words of [`Error::Corrupt`]'s check.
pub(super) fn judge(
    tail: &Tail,
    header: &SegmentHeader,
    next_sequence: u64,
    witnesses: &Witnesses,
) -> Result<(), String> {
    if planted::is(planted::Bug::CutAtFirstBadBytes) {
        return Ok(());
    }
    if let Some(proof) = tail.proof {
        let through = proof.durable_through.max(next_sequence - 1);
        return Err(format!(
            "{}; the write at byte {} proves that they were durable",
            sequences(next_sequence, through),
            proof.offset
        ));
    }
    if witnesses.durable_through >= next_sequence {
        return Err(format!(
            "{}; {} proves that they were durable",
            sequences(next_sequence, witnesses.durable_through),
            witnesses.source
        ));
    }
    let most = header.torn_bytes_max().max(u64::from(header.block_bytes));
    if tail.end - tail.from > most {
        return Err(format!(
            "sequences from {next_sequence} on; {} bytes cannot have been in flight, at most {most} can",
            tail.end - tail.from
        ));
    }
    Ok(())
}

/// `sequences 5 to 9`, for the text of an error.
pub(super) fn sequences(first: u64, last: u64) -> String {
    if first > last { format!("no sequence, before {first}") } else { format!("sequences {first} to {last}") }
}
