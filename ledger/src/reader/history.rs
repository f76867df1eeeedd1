//! One account's events, newest first: the chain of links, walked backwards.

use crate::engine::read_event;
use crate::error::Error;
use crate::event::Event;
use crate::journal::JournalReader;
use crate::model::{AccountNumber, Link, Sequence};
use crate::storage::{FileStorage, Storage};

/// Walks an account's history backwards: every event that touched it, each once, none left out.
///
/// A link whose event number does not follow is an omission and ends the walk with [`Error::Contradiction`].
pub struct History<S: Storage = FileStorage> {
    journal: JournalReader<S>,
    account: AccountNumber,
    next: Sequence,
    expected: Option<u64>,
    bytes: Vec<u8>,
}

impl<S: Storage> std::fmt::Debug for History<S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("History").field("account", &self.account).field("next", &self.next).finish_non_exhaustive()
    }
}

impl<S: Storage> History<S> {
    /// From the event at `last`, which must touch the account, or at the newest before it.
    pub(crate) fn new(journal: JournalReader<S>, account: AccountNumber, last: Sequence) -> Self {
        Self { journal, account, next: last, expected: None, bytes: Vec::new() }
    }

    fn step(&mut self) -> Result<Option<(Event, Link)>, Error> {
        if self.next.0 == 0 {
            return Ok(None);
        }
        let event = read_event(&self.journal, self.next, &mut self.bytes)?;
        let links = event.body.links();
        let Some(link) = links.iter().copied().find(|link| link.account == self.account) else {
            return Err(self.omission(&format!("sequence {} does not touch it", self.next.0)));
        };
        if self.expected.is_some_and(|expected| expected != link.event_number) || link.previous >= self.next {
            return Err(self.omission(&format!("its event number {} does not follow", link.event_number)));
        }
        self.expected = Some(link.event_number.saturating_sub(1));
        self.next = link.previous;
        if self.next.0 == 0 && link.event_number != 1 {
            return Err(self.omission("its first event is missing"));
        }
        Ok(Some((event, link)))
    }

    fn omission(&self, what: &str) -> Error {
        Error::Contradiction(format!("the history of account number {} has a gap: {what}", self.account.0))
    }
}

impl<S: Storage> Iterator for History<S> {
    type Item = Result<(Event, Link), Error>;

    fn next(&mut self) -> Option<Self::Item> {
        let step = self.step();
        if step.is_err() {
            self.next = Sequence(0);
        }
        step.transpose()
    }
}
