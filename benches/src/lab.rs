//! Where rows are measured: folders, funded ledgers, and the loop that hands in batches.

use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use ledger::command::Submission;
use ledger::model::{Clock, Timestamp};
use ledger::storage::IoMode;
use ledger::{Error, InitOptions, Ledger, OpenOptions, Outcome};

use crate::disk::{self, Limit, Pattern, Prober};
use crate::figures::Latency;
use crate::workload::{Times, Workload};

/// Commands of one batch while a ledger is being filled.
const FILL_BATCH: usize = 8_000;
/// Batches in flight while a ledger is being filled.
const FILL_IN_FLIGHT: usize = 8;

/// How large, how often, and where.
#[derive(Debug, Clone)]
pub struct Lab {
    /// The folder beneath which everything is made.
    pub dir: PathBuf,
    /// Wallets.
    pub accounts: u32,
    /// Transfers of one round of the fastest rows; slower rows take a share.
    pub transfers: usize,
    /// Rounds of each row.
    pub rounds: usize,
    /// How writes reach the device.
    pub io: IoMode,
    /// The soft bound of a segment in bytes.
    pub segment_bytes: u64,
}

/// One run of batches.
#[derive(Debug, Clone, Copy)]
pub struct Run {
    /// Commands a second.
    pub per_second: f64,
    /// From handing in a batch to its last answer.
    pub latency: Latency,
}

impl Lab {
    /// Makes an empty ledger.
    ///
    /// # Errors
    /// What the ledger reports.
    pub fn init(&self, name: &str, times: Option<Times>) -> Result<PathBuf, Error> {
        let dir = self.dir.join(name);
        let options = InitOptions {
            clock: if times.is_some() { Clock::Commands } else { Clock::System },
            at: times.map(|times| times.from),
            segment_bytes: self.segment_bytes,
            io: self.io,
            ..InitOptions::default()
        };
        Ledger::init(&dir, &options)?;
        Ok(dir)
    }

    /// Opens a ledger with the usual options, but for how often a checkpoint is written (0: only at close).
    ///
    /// # Errors
    /// What the ledger reports.
    pub fn open(&self, dir: &Path, checkpoint_events: u64) -> Result<Ledger, Error> {
        let options = OpenOptions { io: self.io, checkpoint_events, ..OpenOptions::default() };
        Ledger::open(dir, &options)
    }

    /// A new ledger with so many wallets, opened and funded by [`Workload`] 0.
    ///
    /// # Errors
    /// What the ledger reports.
    pub fn funded(&self, name: &str, accounts: u32, times: Option<Times>) -> Result<(PathBuf, Ledger), Error> {
        let dir = self.init(name, times)?;
        let ledger = self.open(&dir, OpenOptions::default().checkpoint_events)?;
        let mut workload = Workload::new(accounts, 0, times);
        fill(&ledger, 2 * u64::from(accounts), |place| {
            let wallet = (place % u64::from(accounts)) as u32;
            if place < u64::from(accounts) { workload.open(wallet) } else { workload.fund(wallet) }
        })?;
        Ok((dir, ledger))
    }

    /// A file for measuring the disk again and again.
    ///
    /// # Errors
    /// What the operating system reports.
    pub fn prober(&self, pattern: Pattern) -> Result<Prober, Error> {
        Prober::new(&self.dir, self.io, pattern).map_err(Error::io("measure the disk", self.dir.display().to_string()))
    }

    /// What the disk does with a pattern of writes, now.
    ///
    /// # Errors
    /// What the operating system reports.
    pub fn disk(&self, pattern: Pattern) -> Result<Limit, Error> {
        disk::limit(&self.dir, self.io, pattern).map_err(Error::io("measure the disk", self.dir.display().to_string()))
    }
}

/// The first moment of workloads on a ledger whose clock is its commands.
pub const OPENING: Timestamp = Timestamp(1_561_906_800_000_000);

/// Hands in `count` commands as they are made, several batches in flight.
///
/// # Errors
/// What the ledger reports.
pub fn fill(ledger: &Ledger, count: u64, mut make: impl FnMut(u64) -> ledger::command::Command) -> Result<(), Error> {
    let mut places = 0..count;
    let batches = std::iter::from_fn(|| {
        let batch: Vec<_> = places.by_ref().take(FILL_BATCH).map(|place| Submission::One(make(place))).collect();
        (!batch.is_empty()).then_some(batch)
    });
    play(ledger, batches, FILL_IN_FLIGHT).map(|_| ())
}

/// Hands in batches with at most `in_flight` unanswered, and times each until its last answer.
///
/// # Errors
/// What the ledger reports; [`Error::Contradiction`] when a command was not accepted.
pub fn play(
    ledger: &Ledger,
    batches: impl IntoIterator<Item = Vec<Submission>>,
    in_flight: usize,
) -> Result<Run, Error> {
    let mut waiting = VecDeque::with_capacity(in_flight);
    let mut latencies: Vec<Duration> = Vec::new();
    let mut commands = 0;
    let start = Instant::now();
    let mut answer = |(at, pending): (Instant, ledger::Pending)| -> Result<(), Error> {
        let outcomes = pending.wait()?;
        latencies.push(at.elapsed());
        commands += outcomes.len();
        match outcomes.iter().find(|outcome| !matches!(outcome, Outcome::Accepted(_))) {
            None => Ok(()),
            Some(other) => Err(Error::Contradiction(format!("the workload was not accepted: {other:?}"))),
        }
    };
    for batch in batches {
        if waiting.len() == in_flight
            && let Some(first) = waiting.pop_front()
        {
            answer(first)?;
        }
        waiting.push_back((Instant::now(), ledger.enqueue_waiting(batch)?));
    }
    for rest in waiting {
        answer(rest)?;
    }
    let per_second = commands as f64 / start.elapsed().as_secs_f64();
    Ok(Run { per_second, latency: Latency::of(&mut latencies) })
}
