//! Space made ready before the writer needs it: the next segment's file, and zeros in front of the writer.
//!
//! The writer and the [`Filler`] share one small state under a lock that is never held during I/O. Invariant: the
//! filler writes only where it holds a claim, a claim lies ahead of everything submitted, and the writer submits
//! nothing into a claim. Correctness never depends on whether the filler runs. A file of which a sync failed is not tried
//! again: the second sync would say that all is well.

use super::FOLDER;
use super::segment::path_of;
use crate::error::Error;
use crate::storage::{OpenFor, Storage};
use parking_lot::{Condvar, Mutex, MutexGuard};
use std::io;
use std::sync::Arc;
use std::time::Duration;

/// How far ahead of the writer the filler zeroes, in bytes.
const FILL_AHEAD_BYTES: u64 = 64 << 20;
/// How much it zeroes in one step, in bytes.
const FILL_STEP_BYTES: u64 = 1 << 20;

/// What writer and filler know of each other.
#[derive(Debug)]
pub(super) struct Ahead<S: Storage> {
    storage: Arc<S>,
    segment_bytes: u64,
    margin_bytes: u64,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug)]
struct State {
    /// The segment being written; 0 before the first.
    ordinal: u64,
    /// The writer has submitted up to here.
    submitted: u64,
    /// Its file's length.
    end: u64,
    /// Zeroed up to here; never less than `submitted` when it matters.
    filled: u64,
    next: Next,
    claim: Option<Claim>,
    busy: bool,
    failed: Option<String>,
}

/// The file behind the one being written.
#[derive(Debug)]
enum Next {
    Absent,
    /// It stands there, but not durably, and nobody can make it so any more.
    Failed(Error),
    Making,
    Made {
        filled: u64,
    },
    /// The writer is about to begin it.
    Taken {
        filled: u64,
    },
}

#[derive(Debug, Clone, Copy)]
struct Claim {
    ordinal: u64,
    from: u64,
    to: u64,
}

impl<S: Storage> Ahead<S> {
    /// For segments of `segment_bytes`, keeping `margin_bytes` away from the writer.
    pub(super) fn new(storage: Arc<S>, segment_bytes: u64, margin_bytes: u64) -> Self {
        let state = State {
            ordinal: 0,
            submitted: 0,
            end: 0,
            filled: 0,
            next: Next::Absent,
            claim: None,
            busy: false,
            failed: None,
        };
        Self { storage, segment_bytes, margin_bytes, state: Mutex::new(state), changed: Condvar::new() }
    }

    /// The writer stands at `submitted` of a segment whose file is `end` bytes long.
    pub(super) fn enter(&self, ordinal: u64, submitted: u64, end: u64) {
        let mut state = self.state.lock();
        let filled = match state.next {
            Next::Taken { filled } => filled,
            _ => submitted,
        };
        (state.ordinal, state.submitted, state.end, state.filled) = (ordinal, submitted, end, filled);
        state.next = Next::Absent;
    }

    /// Whether the writer may submit up to `to`: not while the filler is at work there.
    pub(super) fn advance(&self, to: u64) -> bool {
        let mut state = self.state.lock();
        if state.claim.is_some_and(|claim| claim.ordinal == state.ordinal && claim.from < to) {
            return false;
        }
        state.submitted = to;
        true
    }

    /// Waits at most `at_most` for a claim to end.
    pub(super) fn wait(&self, at_most: Duration) {
        let mut state = self.state.lock();
        if state.claim.is_some() {
            self.changed.wait_for(&mut state, at_most);
        }
    }

    /// Tells the filler whether callers are waiting, and the writer whether the filler failed.
    pub(super) fn note(&self, busy: bool) -> Option<String> {
        let mut state = self.state.lock();
        state.busy = busy;
        state.failed.clone()
    }

    /// Makes the next segment's file, or waits until it is made; its name is durable afterwards.
    fn ready(&self) -> Result<(), Error> {
        let mut state = self.state.lock();
        loop {
            match &state.next {
                Next::Made { .. } | Next::Taken { .. } => return Ok(()),
                Next::Failed(error) => return Err(again(error)),
                Next::Making => self.changed.wait(&mut state),
                Next::Absent => {
                    state.next = Next::Making;
                    let ordinal = state.ordinal + 1;
                    let make = || make(&*self.storage, ordinal, self.segment_bytes);
                    let outcome = MutexGuard::unlocked(&mut state, make);
                    let (next, outcome) = match outcome {
                        Ok(()) => (Next::Made { filled: 0 }, Ok(())),
                        Err(Unmade::Absent(error)) => (Next::Absent, Err(error)),
                        Err(Unmade::Doubtful(error)) => (Next::Failed(again(&error)), Err(error)),
                    };
                    state.next = next;
                    self.changed.notify_all();
                    outcome?;
                }
            }
        }
    }

    /// Takes the next segment's file for the writer, made if it was not; the filler leaves it alone from here on.
    pub(super) fn take_next(&self) -> Result<(), Error> {
        self.ready()?;
        let mut state = self.state.lock();
        while state.claim.is_some_and(|claim| claim.ordinal > state.ordinal) {
            self.changed.wait(&mut state);
        }
        if let Next::Made { filled } = state.next {
            state.next = Next::Taken { filled };
        }
        Ok(())
    }
}

/// Why there is no next file.
enum Unmade {
    /// Nothing is left of it: the next attempt may succeed.
    Absent(Error),
    /// Something is there, and how much of it is durable nobody knows.
    Doubtful(Error),
}

/// Makes an empty segment file of `bytes`, durable with its name.
fn make<S: Storage>(storage: &S, ordinal: u64, bytes: u64) -> Result<(), Unmade> {
    let path = path_of(ordinal);
    let file = storage.create(&path).map_err(Error::io("create", &*path)).map_err(Unmade::Absent)?;
    if let Err(error) = storage.preallocate(&file, bytes) {
        let error = Error::io("preallocate", &*path)(error);
        // Where the disk is full, nothing is left behind; recovery removes what stays in spite of that.
        return Err(match storage.remove(&path) {
            Ok(()) => Unmade::Absent(error),
            Err(_) => Unmade::Doubtful(error),
        });
    }
    let synced = storage.sync(&file).map_err(Error::io("sync", &*path)).and_then(|()| sync_folder(storage));
    synced.map_err(Unmade::Doubtful)
}

/// The same error once more.
fn again(error: &Error) -> Error {
    match error {
        Error::Io { operation, path, source } => {
            let source = match source.raw_os_error() {
                Some(code) => io::Error::from_raw_os_error(code),
                None => io::Error::new(source.kind(), source.to_string()),
            };
            Error::Io { operation, path: path.clone(), source }
        }
        other => Error::Poisoned { reason: other.to_string() },
    }
}

/// Makes the names in the journal's folder durable.
pub(super) fn sync_folder<S: Storage>(storage: &S) -> Result<(), Error> {
    storage.sync_dir(FOLDER).map_err(Error::io("sync", FOLDER))
}

/// What a [`Filler::step`] did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FillStep {
    /// It made a file or zeroed some space; there may be more to do.
    Worked,
    /// Callers are waiting: nothing was done, come back later.
    Yielded,
    /// Everything is ready.
    Done,
}

/// Makes the next segment's file and zeroes space ahead of the writer, for a background thread.
///
/// Writes into space that was zeroed before are two to four times faster than into space that was only reserved.
#[derive(Debug)]
pub struct Filler<S: Storage> {
    ahead: Arc<Ahead<S>>,
    zeros: Vec<u8>,
    file: Option<(u64, S::File)>,
}

impl<S: Storage> Filler<S> {
    pub(super) fn new(ahead: Arc<Ahead<S>>) -> Self {
        Self { ahead, zeros: Vec::new(), file: None }
    }

    /// Does one small piece of work: at most one file, or one mebibyte.
    ///
    /// # Errors
    /// [`Error::Io`]. A failed write or sync also stops the writer, since its space is no longer to be trusted;
    /// a file that could not be made is tried again when the writer needs it.
    pub fn step(&mut self) -> Result<FillStep, Error> {
        let mut state = self.ahead.state.lock();
        if state.ordinal == 0 || state.failed.is_some() {
            return Ok(FillStep::Done);
        }
        if let Next::Absent = state.next {
            drop(state);
            return self.ahead.ready().map(|()| FillStep::Worked);
        }
        if state.busy {
            return Ok(FillStep::Yielded);
        }
        let Some(claim) = self.pick(&state) else {
            return Ok(FillStep::Done);
        };
        state.claim = Some(claim);
        drop(state);
        let result = self.zero(claim);
        let mut state = self.ahead.state.lock();
        state.claim = None;
        match &result {
            Ok(()) if claim.ordinal == state.ordinal => state.filled = claim.to,
            Ok(()) => {
                if let Next::Made { filled } = &mut state.next {
                    *filled = claim.to;
                }
            }
            Err(error) => state.failed = Some(format!("zeroing ahead: {error}")),
        }
        self.ahead.changed.notify_all();
        result.map(|()| FillStep::Worked)
    }

    /// The next piece to zero: first ahead of the writer, then in the next file.
    fn pick(&self, state: &State) -> Option<Claim> {
        let budget_end = state.submitted + FILL_AHEAD_BYTES;
        let from = state.filled.max(state.submitted + self.ahead.margin_bytes);
        let to = (from + FILL_STEP_BYTES).min(state.end).min(budget_end);
        if from < to {
            return Some(Claim { ordinal: state.ordinal, from, to });
        }
        let Next::Made { filled } = state.next else {
            return None;
        };
        let left = budget_end.saturating_sub(state.end).min(self.ahead.segment_bytes);
        let to = (filled + FILL_STEP_BYTES).min(left);
        (filled < to).then_some(Claim { ordinal: state.ordinal + 1, from: filled, to })
    }

    fn zero(&mut self, claim: Claim) -> Result<(), Error> {
        let path = path_of(claim.ordinal);
        let storage = &self.ahead.storage;
        let file = match &self.file {
            Some((ordinal, file)) if *ordinal == claim.ordinal => file.clone(),
            _ => storage.open(&path, OpenFor::ReadWrite).map_err(Error::io("open", &*path))?,
        };
        self.file = Some((claim.ordinal, file.clone()));
        let length = (claim.to - claim.from) as usize;
        if self.zeros.len() < length {
            self.zeros.resize(length, 0);
        }
        storage.write_at(&file, claim.from, &self.zeros[..length]).map_err(Error::io("write", &*path))?;
        storage.sync(&file).map_err(Error::io("sync", &*path))
    }
}
