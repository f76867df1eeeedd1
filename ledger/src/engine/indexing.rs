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
    while !common.is_stopping() {
        match shared.published.take_keys(index.through()) {
            Ok(keys) if keys.through() > index.through() => index.take(keys)?,
            Ok(_) => std::thread::sleep(REST),
            Err(kept_behind) => read(shared, index, kept_behind, common)?,
        }
    }
    Ok(())
}

/// Takes in the events up to `last` from the journal.
fn read<S: Storage>(shared: &Shared<S>, index: &Index<S>, last: Sequence, common: &Common) -> Result<(), Error> {
    let mut events = Events::new(&shared.journal, Sequence(index.through().0 + 1), last);
    let mut chunk: Vec<Event> = Vec::new();
    while !common.is_stopping() {
        events.next_chunk(&mut chunk)?;
        if chunk.is_empty() {
            break;
        }
        index.fold(&chunk)?;
    }
    Ok(())
}
