//! Questions to a ledger, whether a writer runs in this process, in another, or not at all.
//!
//! In: accounts, ids, dates, moments. Out: answers as of the last durable event. Readers never write and never see what is
//! not durable. Short questions hold the published state's lock for microseconds; long ones work on a [`View`].

mod events;
mod history;
mod past;
mod questions;

pub use events::Events;
pub use history::History;

use std::ops::Deref;
use std::sync::Arc;

use parking_lot::{Mutex, RwLock};

use crate::closing::Closings;
use crate::engine::publish::Published;
use crate::engine::{known, read_event};
use crate::error::Error;
use crate::event::Event;
use crate::index::Index;
use crate::journal::JournalReader;
use crate::model::{CommandId, Sequence};
use crate::rebuildable::Handles;
use crate::sidecar::CommandIds;
use crate::state::State;
use crate::storage::{FileStorage, Storage};

/// Answers questions. Clones share everything and may go to other threads.
pub struct Reader<S: Storage = FileStorage> {
    shared: Arc<Shared<S>>,
}

pub(crate) struct Shared<S: Storage> {
    pub(crate) storage: Arc<S>,
    /// Open sidecars and closings, of which there may be more than descriptors.
    pub(crate) handles: Arc<Handles<S>>,
    pub(crate) published: Arc<Published>,
    pub(crate) journal: JournalReader<S>,
    pub(crate) ids: Arc<RwLock<CommandIds<S>>>,
    /// The days that are closed.
    pub(crate) closings: RwLock<Closings<S>>,
    /// The index of references, while it is open.
    pub(crate) index: RwLock<Option<Arc<Index<S>>>>,
    /// The last past state that was built, because questions about one moment come in rows.
    pub(crate) past: Mutex<Option<View>>,
    /// Held while a reader without a writer in its process looks for new events.
    pub(crate) following: Mutex<()>,
    /// Whether events arrive from a writer in this process.
    pub(crate) live: bool,
}

/// The whole ledger at one sequence; it does not change while the ledger goes on.
#[derive(Debug, Clone)]
pub struct View {
    state: Arc<State>,
}

impl<S: Storage> Clone for Reader<S> {
    fn clone(&self) -> Self {
        Self { shared: Arc::clone(&self.shared) }
    }
}

impl<S: Storage> std::fmt::Debug for Reader<S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Reader").field("through", &self.through()).finish_non_exhaustive()
    }
}

impl Deref for View {
    type Target = State;

    fn deref(&self) -> &State {
        &self.state
    }
}

impl View {
    pub(crate) fn new(state: State) -> Self {
        Self { state: Arc::new(state) }
    }
}

impl<S: Storage> Reader<S> {
    pub(crate) fn new(shared: Arc<Shared<S>>) -> Self {
        Self { shared }
    }

    /// The last event that answers see.
    pub fn through(&self) -> Sequence {
        self.shared.published.through()
    }

    /// The last sequence in a valid write on the disk, confirmed or not, as of the opening or the last
    /// [`follow`](Self::follow). More than [`through`](Self::through) for a moment beside a running writer, and after a writer was
    /// stopped until the ledger is opened for writing, which recovers: what was acknowledged last may lie in between.
    pub fn written_through(&self) -> Sequence {
        Sequence(self.shared.journal.written_through()).max(self.through())
    }

    /// A consistent view of everything, as of the last durable event. Cheap to take; while it is held, the writer's side
    /// copies the pieces that it changes.
    pub fn view(&self) -> View {
        View::new(self.shared.published.state.read().clone())
    }

    /// The event at a sequence; none beyond the last durable one.
    ///
    /// # Errors
    /// What the journal reports.
    pub fn event(&self, sequence: Sequence) -> Result<Option<Event>, Error> {
        if sequence.0 == 0 || sequence > self.through() {
            return Ok(None);
        }
        read_event(&self.shared.journal, sequence, &mut Vec::new()).map(Some)
    }

    /// The event of an accepted or declined command.
    ///
    /// # Errors
    /// What the journal or a sidecar reports.
    pub fn transaction(&self, id: CommandId) -> Result<Option<Event>, Error> {
        let shared = &self.shared;
        let (looked_up, sealed_through) = {
            let ids = shared.ids.read();
            (ids.lookup(id), ids.sealed().through())
        };
        let sequence = known::ask(looked_up, sealed_through, &shared.journal, id)?.sequence;
        sequence.map_or(Ok(None), |sequence| self.event(sequence))
    }

    /// Looks for events that a writer in another process has made durable since, and gives the last one seen.
    ///
    /// # Errors
    /// What the journal reports.
    pub fn follow(&self) -> Result<Sequence, Error> {
        if self.shared.live {
            return Ok(self.through());
        }
        let _one_at_a_time = self.shared.following.lock();
        self.shared.journal.follow()?;
        let from = Sequence(self.through().0 + 1);
        let mut events = Events::new(&self.shared.journal, from, Sequence(u64::MAX));
        let mut publication = crate::engine::publish::Publication::default();
        loop {
            let event = events.next_event()?;
            if let Some(event) = event {
                if let Some(id) = event.answered() {
                    self.shared.ids.write().insert(id, event.sequence);
                }
                publication.events.push(event);
                if !events.at_frame_end() || publication.events.len() < 4096 {
                    continue;
                }
            }
            if publication.events.is_empty() {
                return Ok(self.through());
            }
            let all = 0..publication.events.len();
            publication.groups = vec![all];
            self.shared.published.apply(&publication);
            publication.events.clear();
        }
    }
}
