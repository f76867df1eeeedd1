//! The ledger as a program holds it: make, open, submit, ask, close. The only file that knows the order of the steps.

use std::path::Path;
use std::sync::Arc;
use std::thread::JoinHandle;

use crossbeam_channel::{Sender, bounded, unbounded};
use parking_lot::Mutex;

use crate::command::{Command, Submission};
use crate::engine::background::{Background, Task};
use crate::engine::clock::{Guard, WallClock};
use crate::engine::config::Config;
use crate::engine::core::Core;
use crate::engine::publish;
use crate::engine::queue::{Pending, Queue};
use crate::engine::recover::{self, Opened};
use crate::engine::writer::Writer;
use crate::engine::{init, recover::OpenReport};
use crate::error::Error;
use crate::journal::Bounds;
use crate::model::{Clock, LedgerId, Timestamp, UtcOffset};
use crate::outcome::Outcome;
use crate::reader::Reader;
use crate::storage::{FileStorage, IoMode, Storage};

/// How many publications may wait for the publisher before the writer waits for it.
const PUBLICATIONS_MAX: usize = 64;

/// The accounts that a new ledger begins with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Chart {
    /// None, and no currency either.
    None,
    /// The operator's chart of a wallet in yen; see [`chart`](crate::chart).
    #[default]
    Wallet,
}

/// How a ledger is made.
#[derive(Debug, Clone)]
pub struct InitOptions {
    /// Its id; chosen at random when absent.
    pub ledger: Option<LedgerId>,
    /// Where its time comes from.
    pub clock: Clock,
    /// The offset to which its dates belong; +09:00 by default.
    pub utc_offset: UtcOffset,
    /// The soft bound of a journal segment in bytes: 4 KiB to 2 GiB, 256 MiB by default.
    pub segment_bytes: u64,
    /// The accounts it begins with.
    pub chart: Chart,
    /// The time of its first events, where the clock is `commands`: from 1970-01-01, which it is when absent, to 9998-12-31.
    pub at: Option<Timestamp>,
    /// How writes reach the device.
    pub io: IoMode,
}

/// How a ledger is opened for writing.
#[derive(Debug, Clone)]
pub struct OpenOptions {
    /// How writes reach the device.
    pub io: IoMode,
    /// The most durable writes in flight at once, from 1; 4 by default. A segment keeps the bound it was begun with.
    pub writes_in_flight: u16,
    /// The most commands that may wait in the queue; 262,144 by default.
    pub queue_commands_max: usize,
    /// A checkpoint is written every so many events and at close; 0 writes none but at close. 4,000,000 by default.
    pub checkpoint_events: u64,
    /// Whether references are indexed in the background.
    pub index: bool,
}

impl Default for InitOptions {
    fn default() -> Self {
        Self {
            ledger: None,
            clock: Clock::System,
            utc_offset: UtcOffset(9 * 3600),
            segment_bytes: 256 * 1024 * 1024,
            chart: Chart::default(),
            at: None,
            io: IoMode::default(),
        }
    }
}

impl Default for OpenOptions {
    fn default() -> Self {
        Self {
            io: IoMode::default(),
            writes_in_flight: 4,
            queue_commands_max: 262_144,
            checkpoint_events: 4_000_000,
            index: true,
        }
    }
}

impl OpenOptions {
    /// What bounds the bytes in flight.
    pub(crate) fn bounds(&self) -> Bounds {
        Bounds { writes_in_flight: self.writes_in_flight.max(1), ..Bounds::default() }
    }
}

/// A ledger opened for writing. One process holds it; any number may read beside it.
///
/// Dropping it without [`close`](Self::close) stops it where it is, as a crash would: nothing acknowledged is lost, and
/// the next opening recovers.
#[derive(Debug)]
pub struct Ledger<S: Storage = FileStorage> {
    queue: Arc<Queue>,
    reader: Reader<S>,
    report: OpenReport,
    config: Config,
    threads: Option<Threads<S>>,
}

#[derive(Debug)]
struct Threads<S: Storage> {
    writer: JoinHandle<Result<(), Error>>,
    publisher: JoinHandle<()>,
    background: Background<S>,
    tasks: Sender<Task>,
    lock: Mutex<Option<S::Lock>>,
}

impl Ledger<FileStorage> {
    /// Makes a ledger in `dir`, which must be missing or empty: its configuration, the salt key in `seal/`, the genesis event
    /// and the chart.
    ///
    /// # Errors
    /// [`Error::Config`] when the folder is not empty or an option is out of bounds, [`Error::Io`] otherwise. What was
    /// begun is no ledger until everything is durable.
    pub fn init(dir: &Path, options: &InitOptions) -> Result<(), Error> {
        init::check_empty(dir)?;
        let clock = WallClock::new();
        init::check(options, &clock)?;
        let storage = Arc::new(FileStorage::create(dir, options.io, 1)?);
        init::init(&storage, options, &clock)
    }

    /// Opens the ledger in `dir` for writing: takes the lock, recovers, replays what the newest checkpoint lacks.
    ///
    /// # Errors
    /// [`Error::Locked`] when another process writes it, [`Error::Corrupt`] and [`Error::Rollback`] when what is there is
    /// not what was written, [`Error::Version`] when it is newer, [`Error::Config`], [`Error::Io`].
    pub fn open(dir: &Path, options: &OpenOptions) -> Result<Self, Error> {
        let storage = FileStorage::open(dir, options.io, usize::from(options.writes_in_flight.max(1)))?;
        Self::open_on(&Arc::new(storage), options, Some(dir))
    }

    /// Opens the ledger in `dir` for questions only, beside whoever writes it: no lock, nothing is written.
    ///
    /// # Errors
    /// As [`open`](Self::open), but for the lock.
    pub fn open_read_only(dir: &Path, io: IoMode) -> Result<Reader, Error> {
        recover::open_read_only(&Arc::new(FileStorage::open(dir, io, 1)?))
    }
}

impl<S: Storage> Ledger<S> {
    /// Opens the ledger on a storage; `index_dir` is where the sled index may lie.
    pub(crate) fn open_on(storage: &Arc<S>, options: &OpenOptions, index_dir: Option<&Path>) -> Result<Self, Error> {
        let clock = WallClock::new();
        let Opened { config, lock, journal, shared, report } = recover::open(storage, options.bounds())?;
        let state = shared.published.state.read().clone();
        let guard = Guard::of(&state, clock.read());

        let queue = Arc::new(Queue::new(options.queue_commands_max));
        let (publications, arriving) = bounded(PUBLICATIONS_MAX);
        let (tasks, tasks_in) = unbounded();
        // Days that were over when the last writer stopped; the receiver is here, so this cannot fail.
        tasks.send(Task::Days).map_err(|_| Error::Poisoned { reason: "the background stopped".to_owned() })?;
        let filler = journal.filler();
        let index_dir = index_dir.filter(|_| options.index);
        let background = Background::start(Arc::clone(&shared), config.clone(), tasks_in, filler, index_dir)?;
        let publishing = {
            let (shared, tasks, every) = (Arc::clone(&shared), tasks.clone(), options.checkpoint_events);
            spawn("ledger-publisher", move || publish::run(&shared.published, &arriving, &tasks, every))?
        };
        let core = Core::new(state, Arc::clone(&shared.ids), journal, shared.journal.clone());
        let writer = Writer { core, queue: Arc::clone(&queue), publications, background: tasks.clone(), clock, guard };
        let writer = spawn("ledger-writer", move || writer.run())?;
        queue.serve_by(writer.thread().clone());
        let waker = writer.thread().clone();
        storage.on_completion(Box::new(move || waker.unpark()));
        let threads = Threads { writer, publisher: publishing, background, tasks, lock: Mutex::new(Some(lock)) };
        Ok(Self { queue, reader: Reader::new(shared), report, config, threads: Some(threads) })
    }

    /// What opening found.
    pub fn opened(&self) -> &OpenReport {
        &self.report
    }

    /// What was fixed when the ledger was made.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// Submits one command and waits until its answer is durable.
    ///
    /// # Errors
    /// [`Error::Poisoned`] when a write failed, now or before; [`Error::Clock`] when the wall clock stepped.
    pub fn submit(&self, command: Command) -> Result<Outcome, Error> {
        let outcomes = self.submit_batch(vec![Submission::One(command)])?;
        outcomes.into_iter().next().ok_or_else(|| Error::Contradiction("a command without an answer".to_owned()))
    }

    /// Submits commands and groups in order and waits until all answers are durable: one outcome for each submission.
    ///
    /// They are decided one after the other and need not stand together; only a group does. Waits for room in the queue.
    /// While the wall clock is not trusted, only what begins with its acceptance is decided, and nothing of it before that.
    ///
    /// # Errors
    /// As [`submit`](Self::submit); the outcome of all of them is then unknown, and submitting them again tells.
    pub fn submit_batch(&self, submissions: Vec<Submission>) -> Result<Vec<Outcome>, Error> {
        self.queue.push_waiting(submissions, false)?.wait()
    }

    /// Hands in commands and groups without waiting. Wait for the answers, or `.await` them.
    ///
    /// # Errors
    /// [`Error::QueueFull`] when there is no room: nothing was taken over, so it can be tried again. [`Error::Poisoned`].
    pub fn enqueue(&self, submissions: Vec<Submission>) -> Result<Pending, Error> {
        self.queue.push(submissions)
    }

    /// Like [`enqueue`](Self::enqueue), but waits for room in the queue.
    ///
    /// # Errors
    /// [`Error::Poisoned`].
    pub fn enqueue_waiting(&self, submissions: Vec<Submission>) -> Result<Pending, Error> {
        self.queue.push_waiting(submissions, false)
    }

    /// Like [`enqueue_waiting`](Self::enqueue_waiting), but nothing is done after the first submission that is declined or
    /// rejected (or a group of which a member was): the answers end with it, and are then fewer than the submissions.
    ///
    /// # Errors
    /// [`Error::Poisoned`].
    pub fn enqueue_until_refused(&self, submissions: Vec<Submission>) -> Result<Pending, Error> {
        self.queue.push_waiting(submissions, true)
    }

    /// How many commands wait in the queue.
    pub fn waiting(&self) -> usize {
        self.queue.waiting()
    }

    /// Answers questions; clones may go to other threads and outlive the ledger.
    pub fn reader(&self) -> Reader<S> {
        self.reader.clone()
    }

    /// What went wrong in the background (checkpoints, sidecars, closings, the index), none of which endangers the books.
    pub fn background_failures(&self) -> Vec<String> {
        self.threads.as_ref().map(|threads| threads.background.failures()).unwrap_or_default()
    }

    /// Takes no more commands, waits until everything is durable and published, closes the journal cleanly and writes a
    /// checkpoint.
    ///
    /// # Errors
    /// The failure that ended writing, or that of the last checkpoint; everything acknowledged is durable all the same.
    pub fn close(mut self) -> Result<(), Error> {
        match self.threads.take() {
            Some(threads) => self.stop(threads, true),
            None => Ok(()),
        }
    }

    fn stop(&self, threads: Threads<S>, with_checkpoint: bool) -> Result<(), Error> {
        self.queue.close("the ledger was closed");
        let written = join(threads.writer, "the writer").and_then(|result| result);
        // The writer's end of the channel is gone, so the publisher ends after its last publication.
        let published = join(threads.publisher, "the publisher");
        let checkpoint = with_checkpoint && written.is_ok() && published.is_ok();
        // Whoever serves the tasks may have failed already; its end then says so.
        let asked = threads.tasks.send(Task::Stop { checkpoint }).is_ok();
        let background = threads.background.end();
        drop(threads.lock.into_inner());
        written.and(published).and(background)?;
        if asked { Ok(()) } else { Err(Error::Poisoned { reason: "the background thread stopped early".to_owned() }) }
    }
}

impl<S: Storage> Drop for Ledger<S> {
    fn drop(&mut self) {
        if let Some(threads) = self.threads.take() {
            // A drop cannot report; what was acknowledged is durable, and the next opening recovers the rest.
            drop(self.stop(threads, false));
        }
    }
}

fn join<T>(thread: JoinHandle<T>, name: &str) -> Result<T, Error> {
    thread.join().map_err(|_| Error::Poisoned { reason: format!("{name} panicked") })
}

pub(crate) fn spawn<T: Send + 'static>(
    name: &str,
    run: impl FnOnce() -> T + Send + 'static,
) -> Result<JoinHandle<T>, Error> {
    std::thread::Builder::new().name(name.to_owned()).spawn(run).map_err(Error::io("start thread", name))
}
