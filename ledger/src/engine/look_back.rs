//! What the writer looks back at: events by sequence or command id, ahead of the disk or on it.
//!
//! Reads only. An event that is not durable yet is found in the publications that wait.

use std::cell::Cell;
use std::collections::VecDeque;

use super::publish::Publication;
use crate::error::Error;
use crate::event::Event;
use crate::journal::JournalReader;
use crate::model::{CommandId, Sequence};
use crate::sidecar::CommandIds;
use crate::storage::Storage;

/// The events that the writer can look back at.
pub(super) struct History<'a, S: Storage> {
    pub(super) open: &'a Publication,
    pub(super) waiting: &'a VecDeque<Publication>,
    pub(super) published: Sequence,
    pub(super) reader: &'a JournalReader<S>,
    pub(super) damaged: &'a Cell<Option<u64>>,
}

impl<S: Storage> History<'_, S> {
    /// The sequence of an id; a sidecar that could not answer is noted.
    pub(super) fn sequence(&self, ids: &CommandIds<S>, id: CommandId) -> Result<Option<Sequence>, Error> {
        let found = super::known::find(ids, self.reader, id)?;
        if found.damaged.is_some() {
            self.damaged.set(found.damaged);
        }
        Ok(found.sequence)
    }

    /// The event of an accepted command.
    pub(super) fn find(&self, ids: &CommandIds<S>, id: CommandId, frame: &mut Vec<u8>) -> Result<Option<Event>, Error> {
        match self.sequence(ids, id)? {
            Some(sequence) => self.event(sequence, frame).map(Some),
            None => Ok(None),
        }
    }

    /// An event, from memory while it is ahead of the disk.
    pub(super) fn event(&self, sequence: Sequence, frame: &mut Vec<u8>) -> Result<Event, Error> {
        if sequence > self.published {
            let in_memory = self.waiting.iter().chain([self.open]).find_map(|publication| {
                let first = publication.events.first()?.sequence;
                publication.events.get(sequence.0.checked_sub(first.0)? as usize)
            });
            if let Some(event) = in_memory {
                return Ok(event.clone());
            }
        }
        super::read_event(self.reader, sequence, frame)
    }
}
