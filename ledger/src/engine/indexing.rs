//! The index's own thread: follows the published events, and makes a new index when the old one is gone.

use std::path::Path;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use super::background::Common;
use super::config::Config;
use crate::error::Error;
use crate::event::Event;
use crate::index::{Index, IndexOptions};
use crate::model::Sequence;
use crate::reader::{Events, Shared};
use crate::storage::Storage;

/// Events taken in at once.
const EVENTS_A_FOLD: usize = 1024;
/// How long the thread sleeps when it has seen everything.
const REST: Duration = Duration::from_millis(20);
/// How many new indexes are tried before the thread gives up until the ledger is opened again.
const TRIES_MAX: u32 = 3;

/// Runs until the ledger is closed.
pub(crate) fn run<S: Storage>(shared: &Shared<S>, config: &Config, dir: &Path, common: &Common) {
    for _ in 0..TRIES_MAX {
        match serve(shared, config, dir, common) {
            Ok(()) => return,
            Err(error) => common.failed("index", &error),
        }
        *shared.index.write() = None;
        if common.is_stopping() {
            return;
        }
    }
}

fn serve<S: Storage>(shared: &Shared<S>, config: &Config, dir: &Path, common: &Common) -> Result<(), Error> {
    let durable = shared.published.through();
    let opening = Index::open(&shared.storage, dir, config.ledger, durable, IndexOptions::default())?;
    let index = Arc::new(opening.index);
    *shared.index.write() = Some(Arc::clone(&index));
    let mut batch: Vec<Event> = Vec::with_capacity(EVENTS_A_FOLD);
    while !common.is_stopping() {
        let from = Sequence(index.through().0 + 1);
        let to = shared.published.through();
        if to < from {
            thread::sleep(REST);
            continue;
        }
        let mut events = Events::new(&shared.journal, from, to);
        while let Some(event) = events.next_event()? {
            batch.push(event);
            if batch.len() == EVENTS_A_FOLD {
                index.fold(&batch)?;
                batch.clear();
                if common.is_stopping() {
                    break;
                }
            }
        }
        index.fold(&batch)?;
        batch.clear();
    }
    *shared.index.write() = None;
    // A question may still hold it; then it ends without its mark and is made anew next time.
    Arc::try_unwrap(index).map_or(Ok(()), Index::close)
}
