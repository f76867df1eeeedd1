//! What readers see, and the thread that lets them see it.
//!
//! Publications arrive in order once they are durable. The same `apply` folds them into the published state, a few events
//! under each hold of the lock so that readers never wait long, the events of a group under one; then the answers go out.

use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crossbeam_channel::{Receiver, Sender};
use parking_lot::{Mutex, RwLock};

use super::background::Task;
use super::queue::Reply;
use crate::event::Event;
use crate::index::Keys;
use crate::model::Sequence;
use crate::outcome::Outcome;
use crate::state::State;

/// How many events are applied under one hold of the lock, groups apart.
const EVENTS_PER_HOLD: usize = 64;
/// How many keys wait for the index at most; one that is slower than that reads them from the journal.
const KEYS_MAX: usize = 20_000;

/// What becomes visible and is answered together.
#[derive(Debug, Default)]
pub(crate) struct Publication {
    /// The events, in sequence order.
    pub(crate) events: Vec<Event>,
    /// Which ranges of `events` are one commit of several events; every other event is a commit of its own.
    pub(crate) groups: Vec<Range<usize>>,
    /// The last sequence that any of its decisions could see.
    pub(crate) through: Sequence,
    /// Who waits for what.
    pub(crate) answers: Vec<(Reply, Vec<Outcome>)>,
}

/// The state that readers see, and how far it goes.
#[derive(Debug)]
pub(crate) struct Published {
    pub(crate) state: RwLock<State>,
    through: AtomicU64,
    /// The index's keys of what was published last, while there is an index to take them.
    keys: Mutex<Option<Keys>>,
}

impl Published {
    pub(crate) fn new(state: State) -> Self {
        let through = AtomicU64::new(state.last_sequence().0);
        Self { state: RwLock::new(state), through, keys: Mutex::new(None) }
    }

    /// The last sequence that readers see.
    pub(crate) fn through(&self) -> Sequence {
        Sequence(self.through.load(Ordering::Acquire))
    }

    /// Makes a publication's events visible.
    pub(crate) fn apply(&self, publication: &Publication) {
        let events = &publication.events;
        let mut groups = publication.groups.iter().peekable();
        let mut start = 0;
        while start < events.len() {
            let mut end = (start + EVENTS_PER_HOLD).min(events.len());
            while let Some(group) = groups.next_if(|group| group.start < end) {
                end = end.max(group.end);
            }
            let mut state = self.state.write();
            state.apply_all(&events[start..end]);
            drop(state);
            start = end;
        }
        if let Some(last) = events.last() {
            let mut keys = self.keys.lock();
            if let Some(keys) = keys.as_mut() {
                for event in events {
                    keys.add(event);
                }
                if keys.len() > KEYS_MAX {
                    *keys = Keys::behind(last.sequence);
                }
            }
            self.through.store(last.sequence.0, Ordering::Release);
        }
    }

    /// Keeps the keys of everything that is published from now on, until they are taken, or no more of them.
    pub(crate) fn keep_keys(&self, keep: bool) {
        let mut keys = self.keys.lock();
        *keys = keep.then(|| Keys::behind(self.through()));
    }

    /// The keys of the events behind `sequence`, if they are still here; else the sequence behind which they are.
    pub(crate) fn take_keys(&self, sequence: Sequence) -> Result<Keys, Sequence> {
        match self.keys.lock().as_mut() {
            Some(keys) if keys.start() == sequence => Ok(std::mem::replace(keys, Keys::behind(keys.through()))),
            Some(keys) => Err(keys.start()),
            None => Err(self.through()),
        }
    }
}

/// Makes a durable publication visible, then lets its answers go.
pub(crate) fn release(published: &Published, publication: Publication) {
    published.apply(&publication);
    for (reply, outcomes) in publication.answers {
        reply.answer(Ok(outcomes));
    }
}

/// The publisher's loop: ends when the writer has gone.
pub(crate) fn run(
    published: &Arc<Published>,
    publications: &Receiver<Publication>,
    background: &Sender<Task>,
    checkpoint_events: u64,
) {
    let mut last_checkpoint = published.through();
    let (mut day, offset) = {
        let state = published.state.read();
        (state.last_recorded_at().date(state.utc_offset()), state.utc_offset())
    };
    for publication in publications {
        let recorded = publication.events.last().map(|event| event.recorded_at.date(offset));
        release(published, publication);
        if let Some(today) = recorded.filter(|today| *today > day) {
            day = today;
            // Days that nobody closes now are closed after the next opening.
            if background.send(Task::Days).is_err() {
                continue;
            }
        }
        let through = published.through();
        if checkpoint_events > 0 && through.0 - last_checkpoint.0 >= checkpoint_events {
            last_checkpoint = through;
            // A background that has gone is stopping; the checkpoint at close stands for this one.
            if background.send(Task::Checkpoint).is_err() {
                last_checkpoint = through;
            }
        }
    }
}
