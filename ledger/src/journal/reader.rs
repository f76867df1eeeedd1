//! Reads a journal: beside the writer of the same process, or read only beside a writer in another one.
//!
//! In: sequences. Out: commits, up to what is durable. Clones share what they know. It never writes.

use super::follow::Following;
use super::frame::{self, Frame};
use super::frames::{Frames, Piece, piece_at};
use super::judge::sequences;
use super::places::Places;
use super::recovery::headless;
use super::scan::{Scan, Stop};
use super::segment::{SegmentHeader, path_of};
use super::shared::{Shared, Spot};
use super::survey::survey;
use super::window::Window;
use super::write::WRITE_HEADER_BYTES;
use crate::error::Error;
use crate::storage::Storage;
use parking_lot::Mutex;
use std::sync::Arc;

/// How much a point read brings in at first, in bytes, where the next place is not known.
const POINT_READ_BYTES: usize = 8192;

/// Reads commits of one journal.
#[derive(Debug)]
pub struct JournalReader<S: Storage> {
    shared: Arc<Shared<S>>,
    following: Option<Arc<Mutex<Following<S>>>>,
}

impl<S: Storage> Clone for JournalReader<S> {
    fn clone(&self) -> Self {
        Self { shared: self.shared.clone(), following: self.following.clone() }
    }
}

impl<S: Storage> JournalReader<S> {
    /// Beside a writer: what it publishes is seen at once.
    pub(super) fn live(shared: Arc<Shared<S>>) -> Self {
        Self { shared, following: None }
    }

    /// Opens a journal read only. It ends at the highest `durable_through` that a valid write names; bytes behind
    /// that are another process's business.
    ///
    /// # Errors
    /// [`Error::Corrupt`] where something durable is damaged, [`Error::Version`], [`Error::Io`].
    pub fn open(storage: Arc<S>) -> Result<Self, Error> {
        // A writer may begin a segment between two looks at it; what is damaged stays so.
        let survey = survey(&storage, None).or_else(|_| survey(&storage, None))?;
        let unbegun = survey.unbegun.filter(|unbegun| unbegun.holds_bytes);
        let shared = Arc::new(Shared::new(storage, &survey.complete));
        let following = Arc::new(Mutex::new(Following::new(shared.clone())));
        let reader = Self { shared, following: Some(following) };
        let durable = reader.follow()?;
        // A header is durable before anything follows it, and it is written behind a footer only: behind one, bytes
        // without a header were a segment. Anywhere else they are not durable, and nobody's business here.
        match unbegun {
            Some(unbegun) if reader.ends_before(unbegun.ordinal) => Err(headless(unbegun.ordinal, durable + 1)),
            _ => Ok(reader),
        }
    }

    /// Whether this is the next segment, and the one in front of it ends with a footer.
    fn ends_before(&self, ordinal: u64) -> bool {
        let ended = self.following.as_ref().is_some_and(|following| following.lock().ended());
        ended && self.shared.segment_count() + 1 == ordinal
    }

    /// Looks again at what another process has written; gives back what is durable now.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn follow(&self) -> Result<u64, Error> {
        if let Some(following) = &self.following {
            following.lock().follow()?;
        }
        Ok(self.durable_through())
    }

    /// The last sequence that may be read.
    pub fn durable_through(&self) -> u64 {
        self.shared.durable_through()
    }

    /// The last sequence in a valid write, as of the last look; more than
    /// [`durable_through`](Self::durable_through) while a writer in another process waits for a confirmation, and after it
    /// was stopped, until the journal is recovered.
    pub fn written_through(&self) -> u64 {
        let written = self.following.as_ref().map_or(0, |following| following.lock().written());
        written.max(self.durable_through())
    }

    /// The id of the ledger whose journal it is; `None` while it has no segment.
    pub fn ledger_id(&self) -> Option<[u8; 16]> {
        self.shared.segment(1).map(|(header, _)| header.ledger_id)
    }

    /// How many segments have begun; their ordinals are 1 to this.
    pub fn segment_count(&self) -> u64 {
        self.shared.segment_count()
    }

    /// The first sequence of a segment, and its last one once the segment is complete.
    pub fn segment_range(&self, ordinal: u64) -> Option<(u64, Option<u64>)> {
        let (header, sealed) = self.shared.segment(ordinal)?;
        Some((header.first_sequence, sealed.map(|(last, _)| last)))
    }

    /// The commits from the one that holds `from` on.
    pub fn frames(&self, from: u64) -> Frames<S> {
        Frames::new(self.shared.clone(), from)
    }

    /// Where frames start in a complete segment, for its sidecar: walks the segment when that is not known.
    ///
    /// # Errors
    /// [`Error::Corrupt`], [`Error::Io`]; [`Error::Config`] when no such segment has begun.
    pub fn places_of(&self, ordinal: u64) -> Result<Places, Error> {
        if let Some(places) = self.shared.places(ordinal) {
            return Ok(places);
        }
        let (header, _) =
            self.shared.segment(ordinal).ok_or_else(|| Error::Config(format!("there is no segment {ordinal}")))?;
        self.walk(header)
    }

    /// Takes a complete segment's places from its sidecar. They are hints: wrong ones cost time, never an answer.
    pub fn set_places(&self, ordinal: u64, places: Places) {
        self.shared.set_places(ordinal, places);
    }

    /// The commit that holds `sequence`, read into `into`.
    ///
    /// # Errors
    /// [`Error::Config`] when `sequence` is not in the journal (yet), [`Error::Corrupt`], [`Error::Io`].
    pub fn frame_of<'a>(&self, sequence: u64, into: &'a mut Vec<u8>) -> Result<Frame<'a>, Error> {
        let durable = self.shared.durable_through();
        let absent = || Error::Config(format!("sequence {sequence} is not in the journal, which ends at {durable}"));
        if sequence == 0 || sequence > durable {
            return Err(absent());
        }
        let mut spot = self.shared.spot(sequence).ok_or_else(absent)?;
        if spot.placed
            && let Ok((start, length, offset)) = self.seek(&spot, sequence, into)
        {
            return frame::view(&into[start..start + length], spot.header.ordinal, offset).ok_or_else(absent);
        }
        // Without places, or led astray by them: the walk over the segment says what is there.
        let segment_is_complete = spot.sealed.is_some();
        if segment_is_complete {
            self.walk(spot.header)?;
            spot = self.shared.spot(sequence).ok_or_else(absent)?;
        }
        let (start, length, offset) = self.seek(&spot, sequence, into)?;
        frame::view(&into[start..start + length], spot.header.ordinal, offset).ok_or_else(absent)
    }

    /// Finds the frame from its place on; gives back where in `into` it stands, its length, and its byte in the segment.
    fn seek(&self, spot: &Spot, sequence: u64, into: &mut Vec<u8>) -> Result<(usize, usize, u64), Error> {
        let header = spot.header;
        let path = path_of(header.ordinal);
        let base = spot.found.map_or(u64::from(header.block_bytes), |found| u64::from(found.offset));
        let known = spot.found.and_then(|found| found.before).map(|before| u64::from(before) - base);
        let file = self.shared.file(header.ordinal)?;
        let seed = self.shared.ledger_seed();
        let (mut at, mut filled, mut ended) = (0, 0, false);
        let mut wanted = known.map_or(POINT_READ_BYTES, |bytes| bytes as usize);
        loop {
            if filled < wanted && !ended {
                into.resize(wanted, 0);
                let storage = &self.shared.storage;
                let read = storage.read_at(&file, base + filled as u64, &mut into[filled..wanted]);
                let read = read.map_err(Error::io("read", &*path))?;
                ended = read == 0;
                filled += read;
            }
            let offset = base + at as u64;
            let corrupt = |check: &str| {
                let check = format!("{check}; {}", sequences(sequence, sequence));
                Err(Error::Corrupt { path: path.clone(), offset, check })
            };
            at += match piece_at(&into[at..filled], offset, &header, seed) {
                Piece::Commit(length, first, last) if (first..=last).contains(&sequence) => {
                    return Ok((at, length, offset));
                }
                Piece::Commit(_, first, _) if first > sequence => return corrupt("a frame is missing"),
                Piece::Commit(length, ..) | Piece::Mark(length) => length,
                Piece::Write(_) => WRITE_HEADER_BYTES,
                Piece::Short(_) if filled < wanted && !ended => 0,
                Piece::Short(more) if !ended => {
                    wanted = at + more;
                    0
                }
                Piece::Short(_) => return corrupt("the file ends where a frame is due"),
                Piece::Footer(_) => return corrupt("a frame is missing"),
                Piece::Bad(check) => return corrupt(check),
            };
        }
    }

    /// Walks a complete segment and keeps its places.
    fn walk(&self, header: SegmentHeader) -> Result<Places, Error> {
        let path = path_of(header.ordinal);
        let file = self.shared.file(header.ordinal)?;
        let mut places = Places::new(header.first_sequence);
        let mut scan = Scan::new(Window::new(self.shared.storage.clone(), file, path.clone()), header);
        let stop = scan.finish(&mut places)?;
        if let Stop::Sealed(_) = stop {
            self.shared.set_places(header.ordinal, places.clone());
            return Ok(places);
        }
        let (check, offset) = stop.fault(scan.chain.offset);
        let sealed = self.shared.segment(header.ordinal).and_then(|(_, sealed)| sealed);
        let range = sequences(scan.chain.next_sequence, sealed.map_or(self.durable_through(), |(last, _)| last));
        Err(Error::Corrupt { path, offset, check: format!("{check}; {range}") })
    }
}

impl<S: Storage> JournalReader<S> {
    /// What ties other files to a complete segment: the hash that the next segment's header names. None while the segment
    /// is not complete.
    ///
    /// # Errors
    /// [`Error::Io`] when the footer cannot be read.
    pub fn footer_hash(&self, ordinal: u64) -> Result<Option<[u8; 32]>, Error> {
        if let Some((next, _)) = self.shared.segment(ordinal + 1) {
            return Ok(Some(next.previous_hash));
        }
        let Some((header, Some((_, offset)))) = self.shared.segment(ordinal) else { return Ok(None) };
        let file = self.shared.file(ordinal)?;
        let mut block = vec![0; header.block_bytes as usize];
        let path = super::segment::path_of(ordinal);
        self.shared.storage.read_at(&file, u64::from(offset), &mut block).map_err(Error::io("read", path))?;
        Ok(Some(super::segment::footer_hash(&block)))
    }
}
