//! The one thread that holds sled.
//!
//! Everything goes to it as a request, and whoever asks waits a bounded time: sled has been seen to panic and to hang. A
//! thread that hangs is left behind with its folder, which nobody else uses.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use crossbeam_channel::{Receiver, Sender, bounded};

use crate::model::{LedgerId, Sequence};

use super::IndexOptions;
use super::store::{Entry, POSITION, position};

/// Keys written at once: sled slows down and swells with larger batches.
const BATCH_KEYS_MAX: usize = 100;
/// sled's page cache in bytes.
const CACHE_BYTES: u64 = 32 << 20;
/// Requests waiting for the thread.
const REQUESTS_MAX: usize = 64;

type Answer<T> = Sender<Result<T, String>>;

enum Request {
    Fold {
        entries: Vec<Entry>,
        through: Sequence,
        answer: Answer<()>,
    },
    Scan {
        prefix: Vec<u8>,
        entries_max: usize,
        answer: Answer<(Vec<Entry>, Sequence)>,
    },
    Close {
        answer: Answer<Sequence>,
    },
    /// Does what sled has been seen to do.
    #[cfg(test)]
    Misbehave {
        step: fn(),
    },
}

/// The way to the thread.
#[derive(Debug)]
pub(super) struct Worker {
    requests: Sender<Request>,
    shared: Arc<Shared>,
    answer_timeout: Duration,
}

#[derive(Debug)]
struct Shared {
    through: AtomicU64,
    gone: AtomicBool,
}

impl Worker {
    /// Opens sled at `path`, which must stand at `through`; 0 stands for a new one.
    pub fn open(path: &Path, ledger: LedgerId, through: Sequence, options: IndexOptions) -> Result<Self, String> {
        let (requests, received) = bounded(REQUESTS_MAX);
        let (opened, opening) = bounded(1);
        let shared = Arc::new(Shared { through: AtomicU64::new(through.0), gone: AtomicBool::new(false) });
        let task = Task { path: path.to_owned(), ledger, shared: Arc::clone(&shared) };
        let thread = thread::Builder::new().name("ledger-index-sled".to_owned());
        thread.spawn(move || task.run(&opened, &received)).map_err(|error| error.to_string())?;
        match opening.recv_timeout(options.open_timeout) {
            Ok(result) => result?,
            Err(_) => return Err("it did not open in time".to_owned()),
        }
        Ok(Self { requests, shared, answer_timeout: options.answer_timeout })
    }

    pub fn through(&self) -> Sequence {
        Sequence(self.shared.through.load(Ordering::Acquire))
    }

    pub fn is_gone(&self) -> bool {
        self.shared.gone.load(Ordering::Acquire)
    }

    pub fn fold(&self, entries: Vec<Entry>, through: Sequence) -> Result<(), String> {
        if entries.is_empty() && !self.is_gone() {
            // Most events have no key; no request is needed to step over them.
            self.shared.through.fetch_max(through.0, Ordering::AcqRel);
            return Ok(());
        }
        self.ask(|answer| Request::Fold { entries, through, answer })
    }

    pub fn scan(&self, prefix: Vec<u8>, entries_max: usize) -> Result<(Vec<Entry>, Sequence), String> {
        self.ask(|answer| Request::Scan { prefix, entries_max, answer })
    }

    /// Writes the position, last, and lets go of sled.
    pub fn close(self) -> Result<Sequence, String> {
        self.ask(|answer| Request::Close { answer })
    }

    #[cfg(test)]
    pub fn misbehave(&self, step: fn()) {
        self.requests.send(Request::Misbehave { step }).unwrap();
    }

    fn ask<T>(&self, request: impl FnOnce(Answer<T>) -> Request) -> Result<T, String> {
        if self.is_gone() {
            return Err("it failed before".to_owned());
        }
        let (answer, answered) = bounded(1);
        let sent = self.requests.send_timeout(request(answer), self.answer_timeout);
        let result = match sent {
            Err(_) => Err("it takes no requests".to_owned()),
            Ok(()) => {
                answered.recv_timeout(self.answer_timeout).unwrap_or_else(|_| Err("it did not answer".to_owned()))
            }
        };
        if result.is_err() {
            self.shared.gone.store(true, Ordering::Release);
        }
        result
    }
}

/// What the thread runs.
struct Task {
    path: PathBuf,
    ledger: LedgerId,
    shared: Arc<Shared>,
}

impl Task {
    fn run(self, opened: &Sender<Result<(), String>>, requests: &Receiver<Request>) {
        let db = match guarded(|| self.open()) {
            Ok(db) => db,
            Err(reason) => return drop(opened.send(Err(reason))),
        };
        if opened.send(Ok(())).is_err() {
            // Whoever waited has given up and made another one.
            return;
        }
        for request in requests {
            match request {
                Request::Fold { entries, through, answer } => {
                    let result = guarded(|| fold(&db, entries));
                    if result.is_ok() {
                        self.shared.through.fetch_max(through.0, Ordering::AcqRel);
                    }
                    drop(answer.send(result));
                }
                Request::Scan { prefix, entries_max, answer } => {
                    let through = self.through();
                    let result = guarded(|| scan(&db, &prefix, entries_max));
                    drop(answer.send(result.map(|entries| (entries, through))));
                }
                #[cfg(test)]
                Request::Misbehave { step } => {
                    drop(guarded(|| {
                        step();
                        Ok(())
                    }));
                }
                Request::Close { answer } => {
                    let through = self.through();
                    let result = guarded(|| self.close(db, through));
                    return drop(answer.send(result.map(|()| through)));
                }
            }
        }
    }

    fn through(&self) -> Sequence {
        Sequence(self.shared.through.load(Ordering::Acquire))
    }

    fn open(&self) -> Result<sled::Db, String> {
        let through = self.through();
        let plain = std::fs::symlink_metadata(&self.path).is_ok_and(|found| found.is_dir());
        if !plain {
            return Err("its folder is missing".to_owned());
        }
        let config = sled::Config::new().path(&self.path).cache_capacity(CACHE_BYTES).flush_every_ms(None);
        let db = config.open().map_err(|error| error.to_string())?;
        let found = db.get(POSITION).map_err(|error| error.to_string())?;
        let stands = match through.0 {
            0 => found.is_none(),
            _ => found.is_some_and(|found| found.as_ref() == position(self.ledger, through)),
        };
        if stands { Ok(db) } else { Err("it does not stand where its mark says".to_owned()) }
    }

    fn close(&self, db: sled::Db, through: Sequence) -> Result<(), String> {
        db.flush().map_err(|error| error.to_string())?;
        db.insert(POSITION, position(self.ledger, through)).map_err(|error| error.to_string())?;
        db.flush().map_err(|error| error.to_string())?;
        drop(db);
        Ok(())
    }
}

/// Runs `step` and turns a panic into a reason.
fn guarded<T>(step: impl FnOnce() -> Result<T, String>) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(step)).unwrap_or_else(|panic| Err(format!("it panicked: {}", words_of(&*panic))))
}

fn words_of(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("without a word")
}

fn fold(db: &sled::Db, entries: Vec<Entry>) -> Result<(), String> {
    let mut entries = entries.into_iter().peekable();
    while entries.peek().is_some() {
        let mut batch = sled::Batch::default();
        for (key, value) in entries.by_ref().take(BATCH_KEYS_MAX) {
            batch.insert(key, value);
        }
        db.apply_batch(batch).map_err(|error| error.to_string())?;
    }
    Ok(())
}

fn scan(db: &sled::Db, prefix: &[u8], entries_max: usize) -> Result<Vec<Entry>, String> {
    let found = db.scan_prefix(prefix).take(entries_max);
    found
        .map(|entry| entry.map(|(key, value)| (key.to_vec(), value.to_vec())).map_err(|error| error.to_string()))
        .collect()
}
