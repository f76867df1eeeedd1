//! Events in order, read in large pieces.

use crate::engine::decode_entry;
use crate::error::Error;
use crate::event::Event;
use crate::journal::{Frames, JournalReader};
use crate::model::Sequence;
use crate::storage::{FileStorage, Storage};

/// How many events make a chunk; the commit that reaches it is taken whole.
const CHUNK_EVENTS: usize = 256;

/// Events from one sequence to another, both included, never beyond the last durable one when it was made.
///
/// Ends after the first error.
pub struct Events<S: Storage = FileStorage> {
    frames: Frames<S>,
    ready: std::vec::IntoIter<Event>,
    from: Sequence,
    to: Sequence,
    failed: bool,
}

impl<S: Storage> std::fmt::Debug for Events<S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Events").field("from", &self.from).field("to", &self.to).finish_non_exhaustive()
    }
}

impl<S: Storage> Events<S> {
    pub(crate) fn new(journal: &JournalReader<S>, from: Sequence, to: Sequence) -> Self {
        let from = Sequence(from.0.max(1));
        let to = Sequence(to.0.min(journal.durable_through()));
        Self { frames: journal.frames(from.0), ready: Vec::new().into_iter(), from, to, failed: false }
    }

    /// The next event; none at the end.
    pub(crate) fn next_event(&mut self) -> Result<Option<Event>, Error> {
        loop {
            if let Some(event) = self.ready.next() {
                if event.sequence > self.to {
                    return Ok(None);
                }
                return Ok(Some(event));
            }
            if self.from > self.to {
                return Ok(None);
            }
            let Some(frame) = self.frames.next()? else { return Ok(None) };
            let mut events = Vec::new();
            for (sequence, entry) in (frame.first_sequence()..).zip(frame.entries()) {
                if sequence >= self.from.0 {
                    events.push(decode_entry(&frame, &entry, Sequence(sequence))?);
                }
            }
            self.from = Sequence(self.from.0.max(frame.last_sequence() + 1));
            self.ready = events.into_iter();
        }
    }

    /// Fills `chunk` with the next events, the last ones of which end their commit: empty at the end. For whoever folds many.
    pub(crate) fn next_chunk(&mut self, chunk: &mut Vec<Event>) -> Result<(), Error> {
        chunk.clear();
        chunk.extend(self.ready.by_ref().take_while(|event| event.sequence <= self.to));
        while self.from <= self.to && chunk.len() < CHUNK_EVENTS {
            let Some(frame) = self.frames.next()? else { break };
            let last = frame.last_sequence().min(self.to.0);
            for (sequence, entry) in (frame.first_sequence()..=last).zip(frame.entries()) {
                if sequence >= self.from.0 {
                    chunk.push(decode_entry(&frame, &entry, Sequence(sequence))?);
                }
            }
            self.from = Sequence(self.from.0.max(frame.last_sequence() + 1));
        }
        Ok(())
    }

    /// Whether the last event given ended its commit.
    pub(crate) fn at_frame_end(&self) -> bool {
        self.ready.as_slice().is_empty()
    }
}

impl<S: Storage> Iterator for Events<S> {
    type Item = Result<Event, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.failed {
            return None;
        }
        let next = self.next_event();
        self.failed = next.is_err();
        next.transpose()
    }
}
