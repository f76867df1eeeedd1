//! The index: references and account codes, looked up by text. The only place that knows sled.
//!
//! In: events in sequence order, written in the background. Out: sequences by reference, account numbers by code, and up to
//! which event that answer holds; the caller looks at the events behind it himself. Nothing lives only here: every
//! question has an answer without the index, and readers in other processes never open it.
//!
//! sled 0.34.7 is kept at arm's length (see `docs/decisions/0005-sled.md`). One thread of its own holds it; who asks waits a
//! bounded time; a failure, a panic or a hang means that the index is [gone](Index::is_gone) and a new one is made. What
//! it says of its own durability is not believed: only a mark written beside it after an orderly end makes its content
//! usable at the next opening. Without the mark it is deleted and built anew, in a folder of its own.

mod mark;
mod store;
mod worker;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use crate::error::Error;
use crate::event::{Body, Event};
use crate::model::{AccountNumber, Code, LedgerId, Sequence};
use crate::storage::Storage;

pub use mark::sworn;
use worker::Worker;

/// The folder that holds the index.
pub const DIR: &str = "index";

/// How long others wait for the index.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IndexOptions {
    /// For it to open.
    pub open_timeout: Duration,
    /// For an answer, or for a run of events to be taken in.
    pub answer_timeout: Duration,
}

impl Default for IndexOptions {
    fn default() -> Self {
        Self { open_timeout: Duration::from_secs(10), answer_timeout: Duration::from_secs(30) }
    }
}

/// An answer, and how far it reaches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found<T> {
    /// What was found.
    pub found: Vec<T>,
    /// The answer takes in every event up to this one and none behind it.
    pub through: Sequence,
}

/// The open index of a ledger. Questions may come from any thread; events from one at a time.
#[derive(Debug)]
pub struct Index<S: Storage> {
    storage: Arc<S>,
    ledger: LedgerId,
    generation: u64,
    worker: Worker,
}

/// What opening found.
#[derive(Debug)]
pub struct Opening<S: Storage> {
    /// The index; events behind its [`through`](Index::through) are still to be [folded](Index::fold).
    pub index: Index<S>,
    /// Why it is being made anew from the first event, when it is.
    pub rebuilt: Option<String>,
}

impl<S: Storage> Index<S> {
    /// Opens the index of `ledger` in the real folder `dir`, or starts a new one; the mark is read through `storage`.
    ///
    /// # Errors
    /// [`Error::Rollback`] when its mark swears to more than `durable_through`; [`Error::Version`] when it is of a newer
    /// format; [`Error::Io`] when not even a new one can be made.
    pub fn open(
        storage: &Arc<S>,
        dir: &Path,
        ledger: LedgerId,
        durable_through: Sequence,
        options: IndexOptions,
    ) -> Result<Opening<S>, Error> {
        let marked = mark::read(storage, ledger)?;
        if let Ok(mark) = &marked
            && mark.through > durable_through
        {
            let (sworn, Sequence(found)) = (mark.through.0, durable_through);
            let path = mark::PATH;
            return Err(Error::Rollback(format!("{path} has seen event {sworn}, the journal ends with {found}")));
        }
        // From here on the content may change, so that an interruption must not find the mark.
        mark::remove(storage.as_ref())?;
        let folder = dir.join(DIR);
        let reason = match marked {
            Ok(mark) => match Worker::open(&store::path(&folder, mark.generation), ledger, mark.through, options) {
                Ok(worker) => {
                    store::remove_others(&folder, Some(mark.generation));
                    let generation = mark.generation;
                    let index = Self { storage: Arc::clone(storage), ledger, generation, worker };
                    return Ok(Opening { index, rebuilt: None });
                }
                Err(reason) => reason,
            },
            Err(reason) => reason,
        };
        let generation = store::next_generation(&folder)?;
        store::remove_others(&folder, None);
        let path = store::create(&folder, generation)?;
        let worker = Worker::open(&path, ledger, Sequence(0), options).map_err(gone)?;
        let index = Self { storage: Arc::clone(storage), ledger, generation, worker };
        Ok(Opening { index, rebuilt: Some(reason) })
    }

    /// Every event up to this one was taken in, none behind it.
    pub fn through(&self) -> Sequence {
        self.worker.through()
    }

    /// Whether it failed; every later call fails too, and only a new one helps.
    pub fn is_gone(&self) -> bool {
        self.worker.is_gone()
    }

    /// Takes in the next events, all of them durable, in sequence order; some 14 µs for each key.
    ///
    /// # Errors
    /// [`Error::Contradiction`] when they do not join [`through`](Self::through); [`Error::Io`] when the index is gone.
    pub fn fold<'e>(&self, events: impl IntoIterator<Item = &'e Event>) -> Result<(), Error> {
        let mut keys = Keys::behind(self.through());
        for event in events {
            if event.sequence.0 != keys.through.0 + 1 {
                let (found, due) = (event.sequence.0, keys.through.0 + 1);
                return Err(Error::Contradiction(format!("the index was given event {found} where {due} is due")));
            }
            keys.add(event);
        }
        self.take(keys)
    }

    /// Takes in the keys of the events behind [`through`](Self::through), as [`fold`](Self::fold) does the events.
    ///
    /// # Errors
    /// As [`fold`](Self::fold).
    pub fn take(&self, keys: Keys) -> Result<(), Error> {
        if keys.behind != self.through() {
            let (found, due) = (keys.behind.0, self.through().0);
            return Err(Error::Contradiction(format!("the index was given keys behind {found} where it is at {due}")));
        }
        self.worker.fold(keys.entries, keys.through).map_err(gone)
    }

    /// The events that carry `reference`, oldest first.
    ///
    /// # Errors
    /// [`Error::Io`] when the index is gone: the caller reads the journal instead.
    pub fn by_reference(&self, reference: &str) -> Result<Found<Sequence>, Error> {
        let (keys, through) = self.worker.scan(store::reference_prefix(reference), usize::MAX).map_err(gone)?;
        let found = keys.iter().filter_map(store::sequence_of).filter(|found| *found <= through).collect();
        Ok(Found { found, through })
    }

    /// The accounts whose code is `stem` or begins with `stem` and a colon, in the order of their codes; all accounts with
    /// a code when `stem` is empty. At most `accounts_max` of them.
    ///
    /// # Errors
    /// [`Error::Io`] when the index is gone: the caller asks the state instead.
    pub fn by_code(&self, stem: &str, accounts_max: usize) -> Result<Found<(Code, AccountNumber)>, Error> {
        let (keys, through) = self.worker.scan(store::code_prefix(stem), usize::MAX).map_err(gone)?;
        let all = keys.iter().filter_map(store::code_of);
        let under = |code: &Code| {
            let rest = code.as_str().strip_prefix(stem);
            stem.is_empty() || rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(':'))
        };
        let found = all.filter(|(code, _)| under(code)).take(accounts_max).collect();
        Ok(Found { found, through })
    }

    /// Ends in order, so that the next opening goes on from here.
    ///
    /// # Errors
    /// [`Error::Io`] when it could not: the next opening makes it anew.
    pub fn close(self) -> Result<(), Error> {
        let through = self.worker.close().map_err(gone)?;
        mark::write(self.storage.as_ref(), self.ledger, self.generation, through)
    }
}

/// What the index keeps of events that follow each other.
#[derive(Debug, Default)]
pub struct Keys {
    behind: Sequence,
    through: Sequence,
    entries: Vec<store::Entry>,
}

impl Keys {
    /// None yet, of the events behind `sequence`.
    pub const fn behind(sequence: Sequence) -> Self {
        Self { behind: sequence, through: sequence, entries: Vec::new() }
    }

    /// Adds those of the next event.
    pub fn add(&mut self, event: &Event) {
        self.through = event.sequence;
        if let Some(reference) = event.header.context.as_ref().and_then(|context| context.reference.as_ref()) {
            self.entries.push(store::reference_key(reference, event.sequence));
        }
        if let Body::AccountOpened(opened) = &event.body
            && let Some(code) = &opened.code
        {
            self.entries.push(store::code_key(code, opened.link.account));
        }
    }

    /// The event in front of the first one.
    pub const fn start(&self) -> Sequence {
        self.behind
    }

    /// The last event.
    pub const fn through(&self) -> Sequence {
        self.through
    }

    /// How many keys there are.
    pub const fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether the events had none.
    pub const fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }
}

fn gone(reason: String) -> Error {
    Error::io("use", DIR)(std::io::Error::other(reason))
}

#[cfg(test)]
mod tests;
