//! Reads commits in sequence: large reads, every frame checked.
//!
//! In: a sequence to begin with. Out: frames that borrow the reading buffer, up to what is durable; asked again
//! later, it goes on. Reads, never writes.

use super::frame::{self, Frame, FrameKind, PADDING_HEADER_BYTES};
use super::judge::sequences;
use super::segment::{FOOTER_MARK, FOOTER_MARK_BYTES, Footer, SegmentHeader, path_of};
use super::shared::Shared;
use super::window::{Window, is_zero};
use super::write::{MARK, WRITE_HEADER_BYTES, WRITE_MARK, WriteHeader};
use crate::error::Error;
use crate::storage::Storage;
use std::sync::Arc;

/// What stands at a place in a segment.
#[derive(Debug)]
pub(super) enum Piece {
    /// A commit of that many bytes, which holds sequences up to the second.
    Commit(usize, u64, u64),
    /// Another frame.
    Mark(usize),
    /// A write's header.
    Write(WriteHeader),
    /// The segment's footer.
    Footer(Footer),
    /// More bytes are needed to say.
    Short(usize),
    /// Neither.
    Bad(&'static str),
}

/// Says what stands at `offset`, where `bytes` begin.
pub(super) fn piece_at(bytes: &[u8], offset: u64, header: &SegmentHeader, ledger_seed: u32) -> Piece {
    if bytes.len() < PADDING_HEADER_BYTES {
        return Piece::Short(WRITE_HEADER_BYTES);
    }
    if MARK.array(bytes) == WRITE_MARK {
        if bytes.len() < WRITE_HEADER_BYTES {
            return Piece::Short(WRITE_HEADER_BYTES);
        }
        return WriteHeader::parse(bytes, header.crc, offset).map_or_else(Piece::Bad, Piece::Write);
    }
    let block = header.block_bytes as usize;
    if FOOTER_MARK.array(bytes) == FOOTER_MARK_BYTES {
        if bytes.len() < block {
            return Piece::Short(block);
        }
        return Footer::parse(bytes, header.crc, block).map_or_else(Piece::Bad, Piece::Footer);
    }
    let length = frame::length_of(bytes).unwrap_or(0);
    if length > bytes.len() && length <= frame::FRAME_BYTES_MAX {
        return Piece::Short(length);
    }
    match frame::check(bytes, ledger_seed) {
        Ok(frame) if frame.kind == FrameKind::Commit => {
            Piece::Commit(frame.bytes, frame.first_sequence, frame.next_sequence() - 1)
        }
        Ok(frame) => Piece::Mark(frame.bytes),
        Err(_) if is_zero(&bytes[..PADDING_HEADER_BYTES]) => Piece::Bad("zeros stand where a write is due"),
        Err(check) => Piece::Bad(check),
    }
}

/// The commits of a journal in sequence. [`next`](Self::next) lends each one.
#[derive(Debug)]
pub struct Frames<S: Storage> {
    shared: Arc<Shared<S>>,
    window: Option<Window<S>>,
    header: Option<SegmentHeader>,
    ledger_seed: u32,
    offset: u64,
    /// Commits before this sequence are skipped.
    from: u64,
    /// The sequence due next; 0 until the first frame is found.
    next_sequence: u64,
    /// What was durable before the window was last filled: only frames up to it may be in there.
    seen_durable: u64,
    epoch: Option<u64>,
}

impl<S: Storage> Frames<S> {
    /// From the commit that holds `from` on (it may begin before it).
    pub(super) fn new(shared: Arc<Shared<S>>, from: u64) -> Self {
        let ledger_seed = shared.ledger_seed();
        Self {
            shared,
            window: None,
            header: None,
            ledger_seed,
            offset: 0,
            from: from.max(1),
            next_sequence: 0,
            seen_durable: 0,
            epoch: None,
        }
    }

    /// The epoch of the last commit lent, once a write's header was passed.
    pub fn epoch(&self) -> Option<u64> {
        self.epoch
    }

    /// The next commit; `None` at the end of what is durable now. Asked again later, it goes on from there.
    ///
    /// # Errors
    /// [`Error::Corrupt`] with file, offset and sequences, [`Error::Io`]. The same error comes again when asked again.
    #[allow(clippy::should_implement_trait, reason = "it lends, as no iterator can")]
    pub fn next(&mut self) -> Result<Option<Frame<'_>>, Error> {
        let durable = self.shared.durable_through();
        loop {
            if self.next_sequence.max(self.from) > durable {
                return Ok(None);
            }
            if self.header.is_none() && !self.enter()? {
                return Ok(None);
            }
            if self.next_sequence.max(self.from) > self.seen_durable
                && let Some(header) = self.header
            {
                self.turn_to(header, self.offset)?;
            }
            if let Some((offset, length)) = self.step()? {
                let Some((window, header)) = self.window.as_ref().zip(self.header) else {
                    return Ok(None);
                };
                return Ok(frame::view(window.held(offset, length), header.ordinal, offset));
            }
        }
    }

    /// Finds the place where `from` is to be looked for.
    fn enter(&mut self) -> Result<bool, Error> {
        let Some(spot) = self.shared.spot(self.from) else {
            return Ok(false);
        };
        self.ledger_seed = self.shared.ledger_seed();
        let begins = u64::from(spot.header.block_bytes);
        // The first commit is reached from the segment's beginning, which also tells its epoch.
        let found = spot.found.filter(|_| self.from > spot.header.first_sequence);
        self.turn_to(spot.header, found.map_or(begins, |found| u64::from(found.offset)))?;
        self.next_sequence = if found.is_some() { 0 } else { spot.header.first_sequence };
        Ok(true)
    }

    fn turn_to(&mut self, header: SegmentHeader, offset: u64) -> Result<(), Error> {
        let file = self.shared.file(header.ordinal)?;
        let path = path_of(header.ordinal);
        match &mut self.window {
            Some(window) => window.turn_to(file, path),
            None => self.window = Some(Window::new(self.shared.storage.clone(), file, path)),
        }
        self.seen_durable = self.shared.durable_through();
        (self.header, self.offset) = (Some(header), offset);
        Ok(())
    }

    /// Passes one piece; gives back the place of a commit that is wanted.
    fn step(&mut self) -> Result<Option<(u64, usize)>, Error> {
        let Some((window, header)) = self.window.as_mut().zip(self.header) else {
            return Ok(None);
        };
        let offset = self.offset;
        let mut wanted = WRITE_HEADER_BYTES;
        let mut piece = loop {
            let bytes = window.bytes(offset, wanted)?;
            match piece_at(bytes, offset, &header, self.ledger_seed) {
                Piece::Short(more) if bytes.len() < wanted || more <= wanted => {
                    break Piece::Bad("the file ends where a frame is due");
                }
                Piece::Short(more) => wanted = more,
                piece => break piece,
            }
        };
        if self.next_sequence == 0 {
            // The first piece behind a place: a place is only a hint.
            match piece {
                Piece::Commit(_, first, _) if first <= self.from => {}
                _ => {
                    (self.offset, self.next_sequence) = (u64::from(header.block_bytes), header.first_sequence);
                    piece = Piece::Mark(0);
                }
            }
        }
        match piece {
            Piece::Commit(length, first, last) => {
                if self.next_sequence != 0 && first != self.next_sequence {
                    return Err(self.corrupt("a frame is out of sequence"));
                }
                self.offset += length as u64;
                self.next_sequence = last + 1;
                return Ok((last >= self.from).then_some((offset, length)));
            }
            Piece::Mark(length) => self.offset += length as u64,
            Piece::Write(write) => {
                self.epoch = Some(write.epoch);
                self.offset += WRITE_HEADER_BYTES as u64;
            }
            Piece::Footer(footer) => {
                let Some((next, _)) = self.shared.segment(header.ordinal + 1) else {
                    return Err(self.corrupt("a footer stands where a frame is due"));
                };
                if footer.last_sequence + 1 != next.first_sequence {
                    return Err(self.corrupt("a footer does not match the header behind it"));
                }
                self.turn_to(next, u64::from(next.block_bytes))?;
                self.next_sequence = next.first_sequence;
            }
            Piece::Bad(check) => return Err(self.corrupt(check)),
            Piece::Short(_) => return Err(self.corrupt("a frame is cut short")),
        }
        Ok(None)
    }

    fn corrupt(&self, check: &str) -> Error {
        let sealed = self.header.and_then(|header| self.shared.segment(header.ordinal)).and_then(|(_, sealed)| sealed);
        let last = sealed.map_or(self.seen_durable, |(last, _)| last);
        let range = sequences(self.next_sequence.max(1), last);
        let path = self.window.as_ref().map_or_else(String::new, |window| window.path().to_owned());
        Error::Corrupt { path, offset: self.offset, check: format!("{check}; {range}") }
    }
}
