//! The writer's thread: takes what waits, feeds the core, hands on what became durable.

use std::sync::Arc;
use std::thread;
use std::time::Duration;

use crossbeam_channel::Sender;

use super::background::Task;
use super::clock::{Guard, Moment, Reading, WallClock, accepts_clock};
use super::core::{Core, Progress};
use super::publish::Publication;
use super::queue::{Batch, Queue};
use crate::error::Error;
use crate::model::Clock;
use crate::storage::Storage;

/// Above this many bytes not yet handed to the disk the writer takes no further commands.
const QUEUED_BYTES_MAX: usize = 8 * 1024 * 1024;
/// How many events and answers are released together at most, a single batch apart.
const PUBLICATION_MAX: usize = 4096;
/// How long the journal must be quiet before a watermark is written.
const IDLE: Duration = Duration::from_millis(20);

/// Everything the writer's thread owns.
pub(crate) struct Writer<S: Storage> {
    pub(crate) core: Core<S>,
    pub(crate) queue: Arc<Queue>,
    pub(crate) publications: Sender<Publication>,
    pub(crate) background: Sender<Task>,
    pub(crate) clock: WallClock,
    pub(crate) guard: Guard,
}

impl<S: Storage> Writer<S> {
    /// Runs until the queue is closed and everything is durable; a failure is kept as the reason of every later refusal.
    ///
    /// # Errors
    /// The failure that ended writing.
    pub(crate) fn run(mut self) -> Result<(), Error> {
        let result = self.serve();
        match result {
            Ok(()) => self.core.close(),
            Err(error) => {
                let source = std::error::Error::source(&error).map(|source| format!(": {source}")).unwrap_or_default();
                self.queue.close(&format!("{error}{source}"));
                while let Some(batch) = self.queue.pop() {
                    batch.reply.answer(Err(Error::Poisoned { reason: error.to_string() }));
                }
                Err(error)
            }
        }
    }

    fn serve(&mut self) -> Result<(), Error> {
        let mut marked = true;
        loop {
            let worked = self.take()?;
            let moved = self.hand_on()?;
            if worked || moved {
                marked = false;
                continue;
            }
            if self.queue.waiting() > 0 && self.core.queued_bytes() < QUEUED_BYTES_MAX {
                continue;
            }
            let quiet = self.core.is_quiet();
            if quiet && self.queue.is_closed() && self.queue.waiting() == 0 {
                return Ok(());
            }
            if quiet && marked {
                thread::park_timeout(self.until_due());
                self.tick()?;
            } else if quiet {
                thread::park_timeout(IDLE);
                if self.queue.waiting() == 0 && !self.queue.is_closed() {
                    self.core.watermark()?;
                    marked = true;
                    self.settle()?;
                }
            } else {
                thread::park_timeout(IDLE);
            }
        }
    }

    /// Waits for what was started without taking commands, so that a watermark never joins one.
    fn settle(&mut self) -> Result<(), Error> {
        while !self.core.is_quiet() {
            self.hand_on()?;
            if !self.core.is_quiet() {
                thread::park_timeout(IDLE);
            }
            if self.queue.waiting() > 0 {
                break;
            }
        }
        Ok(())
    }

    /// Takes what waits and decides it.
    fn take(&mut self) -> Result<bool, Error> {
        let mut worked = false;
        while self.core.queued_bytes() < QUEUED_BYTES_MAX && self.core.open_len() < PUBLICATION_MAX {
            let Some(batch) = self.queue.pop() else { break };
            worked = true;
            let reading = self.clock.read();
            match self.moment(&batch, reading) {
                Ok(moment) => {
                    let trusted = self.core.process(batch, moment)?;
                    if trusted && !moment.trusted {
                        self.guard.accept(reading);
                    }
                }
                Err(refusal) => batch.reply.answer(Err(refusal)),
            }
        }
        self.core.seal();
        Ok(worked)
    }

    /// When a batch is decided. A clock that is not trusted decides nothing but a batch that begins with its acceptance.
    fn moment(&mut self, batch: &Batch, reading: Reading) -> Result<Moment, Error> {
        let (last, wall) = (self.core.state().last_recorded_at(), reading.wall);
        if self.core.state().clock() == Clock::Commands {
            return Ok(Moment { now: last, wall: last, trusted: true });
        }
        match self.guard.check(reading) {
            Ok(now) => Ok(Moment { now: now.max(last), wall, trusted: true }),
            Err(_) if batch.submissions.first().is_some_and(accepts_clock) => {
                Ok(Moment { now: wall.max(last), wall, trusted: false })
            }
            Err(refusal) => Err(refusal),
        }
    }

    /// Emits what is due by itself; only the system's clock goes on without commands.
    fn tick(&mut self) -> Result<(), Error> {
        if self.core.state().clock() == Clock::Commands || self.core.next_due().is_none() {
            return Ok(());
        }
        // A clock that is not trusted expires nothing; the next command is told.
        let Ok(now) = self.guard.check(self.clock.read()) else { return Ok(()) };
        self.core.tick_now(now.max(self.core.state().last_recorded_at()))?;
        self.core.seal();
        Ok(())
    }

    fn until_due(&self) -> Duration {
        const LONGEST: Duration = Duration::from_hours(1);
        if self.core.state().clock() == Clock::Commands {
            return LONGEST;
        }
        let Some(due) = self.core.next_due() else { return LONGEST };
        let wait_us = due.0.saturating_sub(self.clock.read().wall.0).max(1_000);
        Duration::from_micros(wait_us as u64).min(LONGEST)
    }

    fn hand_on(&mut self) -> Result<bool, Error> {
        let Progress { publications, sealed } = self.core.pump()?;
        let moved = !publications.is_empty() || !sealed.is_empty();
        for publication in publications {
            if self.publications.send(publication).is_err() {
                return Err(Error::Poisoned { reason: "the publisher stopped".to_owned() });
            }
        }
        for segment in sealed {
            // The background's work is rebuilt at the next opening when it has stopped.
            if self.background.send(Task::Sealed(segment)).is_err() {
                break;
            }
        }
        Ok(moved)
    }
}
