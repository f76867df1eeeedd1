//! Holding checkpoints, sidecars and closings against the journal, byte for byte.
//!
//! In: every event, in order, and the state after it. Out: what differs. Each file is made once more from the events, as
//! its writer would make it, and compared with the one that is there. What a file's own checks refuse is no contradiction:
//! it is set aside and made again. Reads only.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::checkpoint::{self, Anchor};
use crate::closing::{Closing, ClosingBuilder};
use crate::engine::config::Config;
use crate::engine::sealing;
use crate::error::Error;
use crate::event::Event;
use crate::journal::{Frame, JournalReader};
use crate::model::{CurrencyNumber, Sequence};
use crate::rebuildable::{Handles, Opened};
use crate::sidecar::{Sidecar, SidecarBuilder};
use crate::state::State;
use crate::storage::Storage;

/// The files being held against the journal.
pub(crate) struct Comparison<S: Storage> {
    handles: Arc<Handles<S>>,
    config: Config,
    /// Absent when the journal is too damaged to be opened, which is a finding of its own.
    journal: Option<JournalReader<S>>,
    checkpoints: BTreeSet<Sequence>,
    segment: u64,
    sidecar: Option<(SidecarBuilder, Sequence)>,
    day: Option<ClosingBuilder>,
    compared: u64,
    set_aside: Vec<String>,
}

impl<S: Storage> Comparison<S> {
    /// Those that are there now.
    pub(crate) fn of(storage: &Arc<S>, config: &Config) -> Result<Self, Error> {
        Ok(Self {
            handles: Arc::new(Handles::new(Arc::clone(storage), Handles::<S>::FILES_DEFAULT)),
            config: config.clone(),
            journal: sound(JournalReader::open(Arc::clone(storage)))?,
            checkpoints: checkpoint::sequences(&**storage)?.into_iter().collect(),
            segment: 0,
            sidecar: None,
            day: None,
            compared: 0,
            set_aside: Vec::new(),
        })
    }

    /// Takes in an event and the state after it; gives back what differs.
    pub(crate) fn event(&mut self, frame: &Frame<'_>, event: &Event, state: &State) -> Result<Vec<String>, Error> {
        let mut found = Vec::new();
        if self.checkpoints.remove(&event.sequence) {
            let anchor = Anchor::of(frame);
            self.note(&mut found, |one| match checkpoint::check(one.storage(), one.config.ledger, event.sequence)? {
                Opened::Usable(()) => checkpoint::compare(&**one.storage(), state, anchor).map(|()| Opened::Usable(())),
                other => Ok(other),
            })?;
        }
        self.sidecar(frame, event, &mut found)?;
        self.closing(event, state, &mut found)?;
        Ok(found)
    }

    /// How many were compared, and which were set aside.
    pub(crate) fn end(self) -> (u64, Vec<String>) {
        (self.compared, self.set_aside)
    }

    fn storage(&self) -> &Arc<S> {
        self.handles.storage()
    }

    fn sidecar(&mut self, frame: &Frame<'_>, event: &Event, found: &mut Vec<String>) -> Result<(), Error> {
        let Some(journal) = &self.journal else { return Ok(()) };
        if frame.segment() != self.segment {
            self.segment = frame.segment();
            let facts = sound(sealing::facts(journal, &self.config, self.segment))?.flatten();
            let whole = facts.filter(|facts| facts.first == event.sequence);
            self.sidecar = whole.map(|facts| (SidecarBuilder::new(facts), facts.last));
        }
        let Some((builder, last)) = &mut self.sidecar else { return Ok(()) };
        let links = event.body.links();
        let accounts = links.iter().map(|link| link.account);
        builder.event(event.sequence, event.answered(), accounts, frame.offset())?;
        if event.sequence == *last
            && let Some((builder, _)) = self.sidecar.take()
        {
            let facts = *builder.facts();
            self.note(found, |one| match Sidecar::open(&one.handles, &facts)? {
                Opened::Usable(sidecar) => {
                    sidecar.verify()?;
                    builder.compare(&**one.storage()).map(|()| Opened::Usable(()))
                }
                Opened::Unusable(why) => Ok(Opened::Unusable(why)),
                Opened::Missing => Ok(Opened::Missing),
            })?;
        }
        Ok(())
    }

    fn closing(&mut self, event: &Event, state: &State, found: &mut Vec<String>) -> Result<(), Error> {
        if let Some(day) = &mut self.day
            && day.event(event)?
        {
            return Ok(());
        }
        let (ledger, offset) = (self.config.ledger, self.config.utc_offset);
        if let Some(over) = self.day.take()
            && let Some(journal) = &self.journal
            && over.last().0 <= journal.durable_through()
            && let Some(anchor) = sound(checkpoint::anchor_at(journal, over.last()))?
        {
            let currency_of = |number| state.account(number).map_or(CurrencyNumber(0), |account| account.currency);
            self.note(found, |one| match Closing::open(&one.handles, ledger, over.day())? {
                Opened::Usable(closing) => {
                    closing.verify()?;
                    over.compare(&**one.storage(), anchor.0, currency_of).map(|()| Opened::Usable(()))
                }
                Opened::Unusable(why) => Ok(Opened::Unusable(why)),
                Opened::Missing => Ok(Opened::Missing),
            })?;
        }
        let mut day = ClosingBuilder::new(ledger, offset, event);
        day.event(event)?;
        self.day = Some(day);
        Ok(())
    }

    /// Keeps what a comparison gave: nothing wrong, something that differs, or a file that cannot be used.
    fn note(
        &mut self,
        found: &mut Vec<String>,
        compare: impl FnOnce(&Self) -> Result<Opened<()>, Error>,
    ) -> Result<(), Error> {
        match compare(self) {
            Ok(Opened::Usable(())) => self.compared += 1,
            Ok(Opened::Missing) => {}
            Ok(Opened::Unusable(why)) => self.set_aside.push(why.to_string()),
            Err(Error::Contradiction(differs)) => found.push(differs),
            Err(damaged @ Error::Corrupt { .. }) => self.set_aside.push(damaged.to_string()),
            // A running writer keeps the newest ones only.
            Err(Error::Io { source, .. }) if source.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
        Ok(())
    }
}

/// What was read of the journal; nothing where that is damaged, which is a finding of its own, or where a writer that is just
/// opening makes a file anew.
fn sound<T>(read: Result<T, Error>) -> Result<Option<T>, Error> {
    match read {
        Ok(read) => Ok(Some(read)),
        Err(Error::Corrupt { .. }) => Ok(None),
        Err(Error::Io { source, .. }) if source.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}
