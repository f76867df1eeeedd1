//! Walks the writes of one segment, checking everything about each.
//!
//! In: a segment file and its header. Out: the place behind the last valid write ([`Chain`]), and why it ended
//! there. Reads, never writes. It makes no judgement: whether an end is a torn tail is for [`super::judge`].

use super::chain::Chain;
use super::places::Places;
use super::segment::{FOOTER_MARK, FOOTER_MARK_BYTES, Footer, SegmentHeader, ledger_seed};
use super::window::{Window, is_zero};
use super::write::{self, WRITE_HEADER_BYTES, WriteHeader};
use crate::error::Error;
use crate::storage::Storage;

/// Why a scan ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stop {
    /// Zeros, or the file's end, where a header is due.
    End,
    /// The segment's footer.
    Sealed(Footer),
    /// Bytes that are neither; names the check that failed and where.
    Bad {
        /// Which check.
        check: &'static str,
        /// The byte of the segment.
        offset: u64,
    },
}

impl Stop {
    /// The check that failed and where, when a write or a footer is due at `offset`.
    pub(super) fn fault(&self, offset: u64) -> (&'static str, u64) {
        match *self {
            Self::Bad { check, offset } => (check, offset),
            Self::End => ("zeros stand where a write is due", offset),
            Self::Sealed(_) => ("a footer stands where a write is due", offset),
        }
    }
}

/// A walk over one segment.
#[derive(Debug)]
pub(super) struct Scan<S: Storage> {
    window: Window<S>,
    header: SegmentHeader,
    ledger_seed: u32,
    /// The place behind the last valid write.
    pub chain: Chain,
    /// Where that write begins; the place where the scan began when there is none.
    pub last_write: u64,
}

impl<S: Storage> Scan<S> {
    /// From behind the segment's header.
    pub(super) fn new(window: Window<S>, header: SegmentHeader) -> Self {
        Self::resume(window, header, Chain::begin(&header))
    }

    /// From a place that an earlier scan reached.
    pub(super) fn resume(window: Window<S>, header: SegmentHeader, chain: Chain) -> Self {
        let last_write = chain.offset;
        Self { window, header, ledger_seed: ledger_seed(&header.ledger_id), chain, last_write }
    }

    /// The window, for looking at what lies behind.
    pub(super) fn window(&mut self) -> &mut Window<S> {
        &mut self.window
    }

    /// Goes behind the next write; its frames' places are added to `places`.
    ///
    /// # Errors
    /// Only what reading reports.
    pub(super) fn next(&mut self, places: &mut Places) -> Result<Option<Stop>, Error> {
        let offset = self.chain.offset;
        let block = self.header.block_bytes as usize;
        let bytes = self.window.bytes(offset, block)?;
        if bytes.len() < WRITE_HEADER_BYTES || is_zero(&bytes[..WRITE_HEADER_BYTES]) {
            return Ok(Some(Stop::End));
        }
        let bad = |check, at: usize| Ok(Some(Stop::Bad { check, offset: offset + at as u64 }));
        if FOOTER_MARK.array(bytes) == FOOTER_MARK_BYTES {
            return match Footer::parse(bytes, self.chain.seed, block) {
                Ok(footer) if self.chain.sealed_by(&footer) => Ok(Some(Stop::Sealed(footer))),
                Ok(_) => bad("a footer does not match its segment", 0),
                Err(check) => bad(check, 0),
            };
        }
        let header = match WriteHeader::parse(bytes, self.chain.seed, offset) {
            Ok(header) => header,
            Err(check) => return bad(check, 0),
        };
        if let Err(check) = self.chain.admits(&header).and_then(|()| self.bounded(&header)) {
            return bad(check, 0);
        }
        let bytes = self.window.bytes(offset, header.bytes as usize)?;
        if bytes.len() < header.bytes as usize {
            return bad("a write runs past the end of its file", 0);
        }
        let before = places.len();
        let checked = write::check_frames(&header, bytes, self.ledger_seed, self.chain.recorded_at_us, |frame, at| {
            if frame.count > 0 {
                places.add(frame.first_sequence, offset as u32 + at as u32);
            }
        });
        let checked = checked.and_then(|frames| match self.chain.admits_frames(&header, &frames) {
            Ok(()) => Ok(frames),
            Err(check) => Err((check, 0)),
        });
        match checked {
            Ok(frames) => {
                self.chain.advance(&header, &bytes[..WRITE_HEADER_BYTES], &frames);
                self.last_write = offset;
                Ok(None)
            }
            Err((check, at)) => {
                places.truncate(before);
                bad(check, at)
            }
        }
    }

    /// Goes on until something else than a valid write stands there.
    ///
    /// # Errors
    /// Only what reading reports.
    pub(super) fn finish(&mut self, places: &mut Places) -> Result<Stop, Error> {
        loop {
            if let Some(stop) = self.next(places)? {
                return Ok(stop);
            }
        }
    }

    fn bounded(&self, header: &WriteHeader) -> Result<(), &'static str> {
        let bytes = u64::from(header.bytes);
        if bytes == 0 || bytes % u64::from(self.header.block_bytes) != 0 {
            return Err("a write is not whole blocks");
        }
        if bytes > self.header.torn_bytes_max() || self.chain.offset + bytes > u64::from(self.header.file_bytes) {
            return Err("a write is longer than its segment allows");
        }
        Ok(())
    }
}
