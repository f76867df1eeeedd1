//! The index of references, folded behind the journal at a pace that leaves callers their room.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use super::background::Common;
use super::config::Config;
use crate::error::Error;
use crate::event::Event;
use crate::index::{Index, IndexOptions};
use crate::model::Sequence;
use crate::reader::{Events, Shared};
use crate::storage::Storage;

/// How often a failed index is made anew before it is given up until the next opening.
const ATTEMPTS_MAX: usize = 3;
/// How many events at most are taken in when the ledger is being closed.
const LAST_EVENTS_MAX: u64 = 10_000;
/// How long the thread rests when the index has caught up.
const REST: Duration = Duration::from_millis(20);

/// The index thread: opens or makes the index, keeps it behind the journal, closes it in order.
pub(crate) fn run<S: Storage>(shared: &Arc<Shared<S>>, config: &Config, dir: &Path, common: &Common) {
    for _ in 0..ATTEMPTS_MAX {
        match follow(shared, config, dir, common) {
            Ok(()) => return,
            Err(error) => common.failed("index", &error),
        }
        if common.is_stopping() {
            return;
        }
    }
}

fn follow<S: Storage>(shared: &Shared<S>, config: &Config, dir: &Path, common: &Common) -> Result<(), Error> {
    let through = shared.published.through();
    let opening = Index::open(&shared.storage, dir, config.ledger, through, IndexOptions::default())?;
    let index = Arc::new(opening.index);
    *shared.index.write() = Some(Arc::clone(&index));
    shared.published.keep_keys(true);
    let folded = fold(shared, &index, common);
    shared.published.keep_keys(false);
    *shared.index.write() = None;
    // A question may hold the index a moment longer; without the mark it is verified or made again next time.
    if let Some(index) = Arc::into_inner(index) {
        index.close()?;
    }
    folded
}

/// What was published just now is taken from the publisher; what is older is read from the journal.
fn fold<S: Storage>(shared: &Shared<S>, index: &Index<S>, common: &Common) -> Result<(), Error> {
    let going_on = || !common.is_stopping();
    while going_on() {
        if !step(shared, index, &going_on)? {
            std::thread::sleep(REST);
        }
    }
    // A little more is taken in before the end, or many short openings would leave more and more behind.
    let behind = shared.published.through().0 - index.through().0;
    while behind <= LAST_EVENTS_MAX && step(shared, index, &|| true)? {}
    Ok(())
}

/// Takes in what is there, and says whether there was something.
fn step<S: Storage>(shared: &Shared<S>, index: &Index<S>, going_on: &impl Fn() -> bool) -> Result<bool, Error> {
    match shared.published.take_keys(index.through()) {
        Ok(keys) if keys.through() > index.through() => index.take(keys).map(|()| true),
        Ok(_) => Ok(false),
        Err(kept_behind) => read(shared, index, kept_behind, going_on).map(|()| true),
    }
}

/// Takes in the events up to `last` from the journal.
fn read<S: Storage>(
    shared: &Shared<S>,
    index: &Index<S>,
    last: Sequence,
    going_on: &impl Fn() -> bool,
) -> Result<(), Error> {
    let mut events = Events::new(&shared.journal, Sequence(index.through().0 + 1), last);
    let mut chunk: Vec<Event> = Vec::new();
    while going_on() {
        events.next_chunk(&mut chunk)?;
        if chunk.is_empty() {
            break;
        }
        index.fold(&chunk)?;
    }
    Ok(())
}
