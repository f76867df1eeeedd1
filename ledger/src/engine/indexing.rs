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

/// How many events are handed to the index at once.
const EVENTS_A_FOLD: usize = 1_000;
/// How long the thread rests when the index has caught up.
const REST: Duration = Duration::from_millis(20);

/// The index thread: opens or makes the index, keeps it behind the journal, closes it in order.
pub(crate) fn run<S: Storage>(shared: &Arc<Shared<S>>, config: &Config, dir: &Path, common: &Common) {
    if let Err(error) = follow(shared, config, dir, common) {
        common.failed("index", &error);
    }
}

fn follow<S: Storage>(shared: &Shared<S>, config: &Config, dir: &Path, common: &Common) -> Result<(), Error> {
    let through = shared.published.through();
    let opening = Index::open(&shared.storage, dir, config.ledger, through, IndexOptions::default())?;
    let index = Arc::new(opening.index);
    *shared.index.write() = Some(Arc::clone(&index));
    let folded = fold(shared, &index, common);
    *shared.index.write() = None;
    // A question may hold the index a moment longer; without the mark it is verified or made again next time.
    if let Some(index) = Arc::into_inner(index) {
        index.close()?;
    }
    folded
}

fn fold<S: Storage>(shared: &Shared<S>, index: &Index<S>, common: &Common) -> Result<(), Error> {
    let mut batch: Vec<Event> = Vec::with_capacity(EVENTS_A_FOLD);
    while !common.is_stopping() {
        let from = Sequence(index.through().0 + 1);
        let through = shared.published.through();
        if from > through {
            std::thread::sleep(REST);
            continue;
        }
        let mut events = Events::new(&shared.journal, from, through);
        while let Some(event) = events.next_event()? {
            batch.push(event);
            if batch.len() == EVENTS_A_FOLD {
                index.fold(&batch)?;
                batch.clear();
                if common.is_stopping() {
                    return Ok(());
                }
            }
        }
        index.fold(&batch)?;
        batch.clear();
    }
    Ok(())
}
