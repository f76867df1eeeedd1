//! Work that nobody waits for: checkpoints, sidecars of sealed segments, closings, the index, space for the journal.
//!
//! Everything made here can be made again, so a failure is kept for whoever asks and endangers nothing.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use crossbeam_channel::Receiver;
use parking_lot::Mutex;

use super::config::Config;
use super::{days, indexing};
use crate::checkpoint;
use crate::error::Error;
use crate::journal::{FillStep, Filler, SealedSegment};
use crate::ledger::spawn;
use crate::reader::Shared;
use crate::storage::Storage;

/// What the background is asked to do.
#[derive(Debug)]
pub(crate) enum Task {
    /// Write a checkpoint of what is published.
    Checkpoint,
    /// Close the days that are over.
    Days,
    /// Make a sealed segment searchable.
    Sealed(SealedSegment),
    /// End, after a last checkpoint if there is to be one.
    Stop {
        /// Whether to write it.
        checkpoint: bool,
    },
}

/// The threads that do it.
#[derive(Debug)]
pub(crate) struct Background<S: Storage> {
    worker: JoinHandle<Result<(), Error>>,
    filler: JoinHandle<()>,
    index: Option<JoinHandle<()>>,
    common: Arc<Common>,
    storage: std::marker::PhantomData<S>,
}

/// What the threads share.
#[derive(Debug, Default)]
pub(crate) struct Common {
    stopping: AtomicBool,
    failures: Mutex<Vec<String>>,
}

/// How long a thread with nothing to do sleeps.
const REST: Duration = Duration::from_millis(5);
/// How many failures are kept.
const FAILURES_MAX: usize = 100;

impl Common {
    pub(crate) fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::Acquire)
    }

    pub(crate) fn failed(&self, what: &str, error: &dyn std::error::Error) {
        let mut failures = self.failures.lock();
        if failures.len() < FAILURES_MAX {
            let source = error.source().map(|source| format!(": {source}")).unwrap_or_default();
            failures.push(format!("{what}: {error}{source}"));
        }
    }
}

impl<S: Storage> Background<S> {
    pub(crate) fn start(
        shared: Arc<Shared<S>>,
        config: Config,
        tasks: Receiver<Task>,
        filler: Filler<S>,
        index_dir: Option<&Path>,
    ) -> Result<Self, Error> {
        let common = Arc::new(Common::default());
        let index = match index_dir {
            None => None,
            Some(dir) => {
                let (common, shared, config, dir) =
                    (Arc::clone(&common), Arc::clone(&shared), config.clone(), dir.to_owned());
                Some(spawn("ledger-index", move || indexing::run(&shared, &config, &dir, &common))?)
            }
        };
        let filler = {
            let common = Arc::clone(&common);
            spawn("ledger-filler", move || fill(filler, &common))?
        };
        let worker = {
            let common = Arc::clone(&common);
            spawn("ledger-background", move || work(&shared, &config, &tasks, &common))?
        };
        Ok(Self { worker, filler, index, common, storage: std::marker::PhantomData })
    }

    pub(crate) fn failures(&self) -> Vec<String> {
        self.common.failures.lock().clone()
    }

    /// Waits for the end, once a stop was asked for.
    ///
    /// # Errors
    /// The last checkpoint's failure, or a panic.
    pub(crate) fn end(self) -> Result<(), Error> {
        self.common.stopping.store(true, Ordering::Release);
        let panicked = |name: &str| Error::Poisoned { reason: format!("the {name} thread panicked") };
        let worked = self.worker.join().map_err(|_| panicked("background")).and_then(|result| result);
        let filled = self.filler.join().map_err(|_| panicked("filler"));
        let indexed = self.index.map_or(Ok(()), |index| index.join().map_err(|_| panicked("index")));
        worked.and(filled).and(indexed)
    }
}

fn work<S: Storage>(
    shared: &Arc<Shared<S>>,
    config: &Config,
    tasks: &Receiver<Task>,
    common: &Common,
) -> Result<(), Error> {
    for task in tasks {
        match task {
            Task::Checkpoint => {
                if let Err(error) = write_checkpoint(shared) {
                    common.failed("checkpoint", &error);
                }
            }
            Task::Days => {
                if let Err(error) = days::catch_up(shared, config) {
                    common.failed("closing", &error);
                }
            }
            Task::Sealed(segment) => {
                if let Err(error) = super::sealing::seal(shared, config, segment.ordinal) {
                    common.failed("sidecar", &error);
                }
            }
            Task::Stop { checkpoint } => {
                return if checkpoint { write_checkpoint(shared) } else { Ok(()) };
            }
        }
    }
    Ok(())
}

/// Writes the checkpoint of what is published.
pub(crate) fn write_checkpoint<S: Storage>(shared: &Shared<S>) -> Result<(), Error> {
    let view = shared.published.state.read().clone();
    let anchor = checkpoint::anchor_at(&shared.journal, view.last_sequence())?;
    checkpoint::write(&*shared.storage, &view, anchor)
}

fn fill<S: Storage>(mut filler: Filler<S>, common: &Common) {
    while !common.is_stopping() {
        match filler.step() {
            Ok(FillStep::Worked) => {}
            Ok(FillStep::Yielded | FillStep::Done) => std::thread::sleep(REST),
            Err(error) => {
                common.failed("space for the journal", &error);
                return;
            }
        }
    }
}
