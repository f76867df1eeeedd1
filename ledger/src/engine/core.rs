//! The deterministic heart of the writer: decide, apply, append, and what waits for the disk.
//!
//! In: batches of commands and readings of the clock. Out: publications, each released only when everything that its
//! decisions could see is durable. No threads and no clock of its own, so a simulation can drive it step by step.

mod groups;

use std::cell::Cell;
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use arrayvec::ArrayVec;
use parking_lot::RwLock;

use super::clock::{Moment, accepts_clock, reads};
use super::look_back::History;
use super::planted::{self, Bug};
use super::publish::Publication;
use super::queue::Batch;
use super::scratch::{Scratch, append};
use crate::codec;
use crate::command::{Action, Command, Submission};
use crate::decide::{self, Decision, Facts, GroupRefusal, MemberRefusal, Tally};
use crate::error::Error;
use crate::event::{Body, Event};
use crate::journal::{JournalReader, JournalWriter, SealedSegment};
use crate::model::{Clock, CommandId, Sequence, Timestamp};
use crate::outcome::{Outcome, Receipt};
use crate::rejection::Rejection;
use crate::sidecar::CommandIds;
use crate::state::{Guess, State};
use crate::storage::Storage;

/// The largest payload of one event in bytes.
pub const EVENT_BYTES_MAX: usize = 64 * 1024;
/// The largest frame of one commit in bytes, its headers included.
pub const FRAME_BYTES_MAX: usize = 8 * 1024 * 1024;
/// What a frame and an entry cost beyond payloads, rounded up, when a group's size is summed.
const ENTRY_OVERHEAD_BYTES: usize = 64;
/// How many bytes must wait before writes are started in the middle of a batch.
const PUMP_BYTES: usize = 512 * 1024;
/// How many commands are resolved together, so that their cache misses overlap.
const TOUCH_COMMANDS: usize = 64;

/// The writer's side of a ledger.
pub(crate) struct Core<S: Storage> {
    state: State,
    ids: Arc<RwLock<CommandIds<S>>>,
    journal: JournalWriter<S>,
    reader: JournalReader<S>,
    open: Publication,
    waiting: VecDeque<Publication>,
    published: Sequence,
    durable: Sequence,
    sealed: Vec<SealedSegment>,
    /// What controls refused beyond what is recorded.
    tally: Tally,
    /// The segment of a sidecar that could not be read.
    damaged: Cell<Option<u64>>,
    scratch: Scratch,
}

/// What a pump brought forth.
#[derive(Default)]
pub(crate) struct Progress {
    /// What may be published and answered, in order.
    pub(crate) publications: Vec<Publication>,
    /// Segments whose sidecars are to be made: those that were sealed, and those whose sidecar is damaged.
    pub(crate) sealed: Vec<SealedSegment>,
}

impl<S: Storage> Core<S> {
    pub(crate) fn new(
        state: State,
        ids: Arc<RwLock<CommandIds<S>>>,
        journal: JournalWriter<S>,
        reader: JournalReader<S>,
    ) -> Self {
        let published = state.last_sequence();
        Self {
            state,
            ids,
            journal,
            reader,
            open: Publication::default(),
            waiting: VecDeque::new(),
            published,
            durable: published,
            sealed: Vec::new(),
            tally: Tally::default(),
            damaged: Cell::new(None),
            scratch: Scratch::default(),
        }
    }

    /// The state that the next decision will see.
    pub(crate) fn state(&self) -> &State {
        &self.state
    }

    /// Decides a batch; its answers wait in a publication. Gives whether the clock is trusted afterwards: it is when it was
    /// before, or when the batch held its acceptance.
    ///
    /// # Errors
    /// What a read or an append reports; the writer must then stop.
    pub(crate) fn process(&mut self, batch: Batch, moment: Moment) -> Result<bool, Error> {
        let mut outcomes = Vec::with_capacity(batch.submissions.len());
        let shared = Arc::clone(&self.ids);
        let Moment { now, mut trusted, .. } = moment;
        if trusted && self.state.clock() == Clock::System {
            self.tick(&mut shared.write(), now)?;
        }
        'batch: for chunk in batch.submissions.chunks(TOUCH_COMMANDS) {
            let ids = &mut *shared.write();
            let guesses = self.touch(ids, chunk);
            for (submission, guess) in chunk.iter().zip(&guesses) {
                let outcome = match submission {
                    _ if !(trusted || accepts_clock(submission)) => Outcome::Rejected(Rejection::ClockNotAccepted),
                    Submission::One(command) => self.one(ids, command, guess, moment)?,
                    Submission::Group(group) => self.group(ids, group, moment)?,
                };
                if !trusted && matches!(outcome, Outcome::Accepted(_)) {
                    trusted = true;
                    self.tick(ids, now)?;
                }
                let refused = !outcome.is_done();
                outcomes.push(outcome);
                if refused && batch.until_refused {
                    break 'batch;
                }
            }
            if self.journal.queued_bytes() >= PUMP_BYTES {
                self.advance()?;
            }
        }
        self.open.answers.push((batch.reply, outcomes));
        Ok(trusted)
    }

    /// Looks at everything that a chunk of commands will need, so that the misses of the processor's caches overlap.
    fn touch(&self, ids: &CommandIds<S>, chunk: &[Submission]) -> ArrayVec<Guess, TOUCH_COMMANDS> {
        let mut known: ArrayVec<CommandId, TOUCH_COMMANDS> = ArrayVec::new();
        let mut guesses: ArrayVec<Guess, TOUCH_COMMANDS> = ArrayVec::new();
        for submission in chunk {
            match submission {
                Submission::One(command) => {
                    known.push(command.id);
                    guesses.push(self.state.guess(command));
                }
                Submission::Group(_) => guesses.push(Guess::default()),
            }
        }
        ids.touch(&known);
        let loaded = guesses.iter().fold(0, |sum, guess| sum ^ self.state.load(guess));
        std::hint::black_box(loaded);
        guesses
    }

    /// Emits what is due at `now`.
    pub(crate) fn tick_now(&mut self, now: Timestamp) -> Result<(), Error> {
        let shared = Arc::clone(&self.ids);
        self.tick(&mut shared.write(), now)
    }

    fn tick(&mut self, ids: &mut CommandIds<S>, now: Timestamp) -> Result<(), Error> {
        while let Some(commit) = decide::tick(&self.state, now).or_else(|| self.tally.tick(&self.state, now)) {
            self.scratch.clear();
            for event in &commit.events {
                self.scratch.encode(event)?;
            }
            append(&mut self.journal, &self.scratch, &commit.events)?;
            for event in &commit.events {
                self.state.apply(event);
            }
            self.open_commit(ids, commit.events);
        }
        Ok(())
    }

    /// When something is due by itself.
    pub(crate) fn next_due(&self) -> Option<Timestamp> {
        decide::next_due(&self.state).into_iter().chain(self.tally.due()).min()
    }

    fn one(
        &mut self,
        ids: &mut CommandIds<S>,
        command: &Command,
        guess: &Guess,
        moment: Moment,
    ) -> Result<Outcome, Error> {
        let now = match self.check(command, moment.now) {
            Ok(now) => now,
            Err(rejection) => return Ok(Outcome::Rejected(rejection)),
        };
        let hash = codec::content_hash(command, &mut self.scratch.content);
        if let Some(sequence) = self.history().sequence(ids, command.id)? {
            return self.known(sequence, hash);
        }
        if let Err(rejection) = self.check_clock(command, moment.wall) {
            return Ok(Outcome::Rejected(rejection));
        }
        if self.is_due(now) {
            let rehearsed = self.rehearse(ids, std::slice::from_ref(command), now)?;
            if let Err(GroupRefusal { refusal: MemberRefusal::Rejected(rejection), .. }) = rehearsed {
                self.tally.note(&rejection, &self.state, now);
                return Ok(Outcome::Rejected(rejection));
            }
            self.tick(ids, now)?;
        }
        let original = match decide::referred(&self.state, command) {
            Some(id) => self.find(ids, id)?,
            None => None,
        };
        let facts = Facts { original: original.as_ref() };
        match decide::decide_guessed(&self.state, command, hash, &facts, now, guess) {
            Decision::Rejected(rejection) => {
                self.tally.note(&rejection, &self.state, now);
                Ok(Outcome::Rejected(rejection))
            }
            Decision::Accepted(event) => self.record(ids, event, Outcome::Accepted),
            Decision::Declined(event) => self.record(ids, event, Outcome::Declined),
        }
    }

    /// Appends and applies the event of one command.
    fn record(
        &mut self,
        ids: &mut CommandIds<S>,
        event: Event,
        answer: fn(Receipt) -> Outcome,
    ) -> Result<Outcome, Error> {
        self.scratch.clear();
        if self.scratch.encode(&event)? > EVENT_BYTES_MAX {
            return Ok(Outcome::Rejected(Rejection::TooLarge));
        }
        append(&mut self.journal, &self.scratch, std::slice::from_ref(&event))?;
        self.state.apply(&event);
        ids.insert(event.header.command, event.sequence);
        let receipt = Receipt::of(&event);
        self.open.events.push(event);
        Ok(answer(receipt))
    }

    /// Checks the form of a command and gives the time at which it happens.
    fn check(&self, command: &Command, wall: Timestamp) -> Result<Timestamp, Rejection> {
        let now = decide::time_of(self.state.clock(), command.at, wall)?;
        decide::check_form(command, now.date(self.state.utc_offset()))?;
        Ok(now)
    }

    /// Checks that a clock to be accepted reads what the command says. Not for the rules to say, since only the shell has a
    /// clock; where a ledger has none, they say so.
    fn check_clock(&self, command: &Command, wall: Timestamp) -> Result<(), Rejection> {
        match &command.action {
            Action::AcceptClock(accept) if self.state.clock() == Clock::System && !reads(wall, accept.reading) => {
                Err(Rejection::ClockReadsOtherwise { clock: wall })
            }
            _ => Ok(()),
        }
    }

    /// Whether something is to be emitted before a command that brings its own time; the system's time ticks once for each
    /// batch.
    fn is_due(&self, now: Timestamp) -> bool {
        self.state.clock() == Clock::Commands
            && now >= self.state.last_recorded_at()
            && self.next_due().is_some_and(|due| due <= now)
    }

    /// Adds a commit that was applied and appended to the publication being filled.
    fn open_commit(&mut self, ids: &mut CommandIds<S>, events: impl IntoIterator<Item = Event>) {
        let start = self.open.events.len();
        for event in events {
            if let Some(id) = event.answered() {
                ids.insert(id, event.sequence);
            }
            self.open.events.push(event);
        }
        let range = start..self.open.events.len();
        if range.len() > 1 {
            self.open.groups.push(range);
        }
    }

    /// The answer to a command whose id was used at `sequence`.
    fn known(&mut self, sequence: Sequence, hash: u64) -> Result<Outcome, Error> {
        let mut frame = std::mem::take(&mut self.scratch.frame);
        let event = self.history().event(sequence, &mut frame);
        self.scratch.frame = frame;
        let event = event?;
        if event.header.command_hash != hash {
            return Ok(Outcome::Rejected(Rejection::IdReused { sequence: sequence.0 }));
        }
        Ok(match event.body {
            Body::Declined(_) => Outcome::Declined(Receipt::of(&event)),
            _ => Outcome::Replayed(Receipt::of(&event)),
        })
    }

    fn find(&mut self, ids: &CommandIds<S>, id: CommandId) -> Result<Option<Event>, Error> {
        let mut frame = std::mem::take(&mut self.scratch.frame);
        let found = self.history().find(ids, id, &mut frame);
        self.scratch.frame = frame;
        found
    }

    fn history(&self) -> History<'_, S> {
        let Self { open, waiting, published, reader, damaged, .. } = self;
        History { open, waiting, published: *published, reader, damaged }
    }

    /// How many events and answers the publication being filled holds.
    pub(crate) fn open_len(&self) -> usize {
        self.open.events.len() + self.open.answers.len()
    }

    /// Closes the publication being filled: what it holds is released together.
    pub(crate) fn seal(&mut self) {
        if self.open_len() > 0 {
            let mut publication = std::mem::take(&mut self.open);
            publication.through = self.state.last_sequence();
            self.waiting.push_back(publication);
        }
    }

    /// Starts writes and takes completions; what that brought is kept for the next [`pump`](Self::pump).
    fn advance(&mut self) -> Result<(), Error> {
        let progress = self.journal.pump()?;
        self.sealed.extend(progress.sealed);
        self.durable = Sequence(progress.durable_through);
        Ok(())
    }

    /// Starts writes, takes completions, and gives what became releasable.
    ///
    /// # Errors
    /// A failed write or sync: nothing that still waits may be answered.
    pub(crate) fn pump(&mut self) -> Result<Progress, Error> {
        self.advance()?;
        let mut publications = Vec::new();
        let ready = |first: &Publication| first.through <= self.durable || planted::is(Bug::AnsweredBeforeDurable);
        while self.waiting.front().is_some_and(ready) {
            publications.extend(self.waiting.pop_front());
        }
        if let Some(last) = publications.last() {
            self.published = last.through;
        }
        let mut sealed = std::mem::take(&mut self.sealed);
        sealed.extend(self.damaged.take().and_then(|ordinal| self.sealed_segment(ordinal)));
        Ok(Progress { publications, sealed })
    }

    /// A segment whose sidecar must be made again.
    fn sealed_segment(&self, ordinal: u64) -> Option<SealedSegment> {
        let (first_sequence, last_sequence) = self.reader.segment_range(ordinal)?;
        Some(SealedSegment { ordinal, first_sequence, last_sequence: last_sequence? })
    }

    /// Works until everything decided is durable, and gives it.
    ///
    /// # Errors
    /// As [`pump`](Self::pump).
    pub(crate) fn drain(&mut self) -> Result<Progress, Error> {
        self.seal();
        let mut all = Progress::default();
        loop {
            let progress = self.pump()?;
            all.publications.extend(progress.publications);
            all.sealed.extend(progress.sealed);
            if self.is_quiet() {
                return Ok(all);
            }
            self.journal.wait(Duration::from_millis(100));
        }
    }

    /// Bytes accepted and not yet handed to the disk.
    pub(crate) fn queued_bytes(&self) -> usize {
        self.journal.queued_bytes()
    }

    /// Whether nothing waits for the disk.
    pub(crate) fn is_quiet(&self) -> bool {
        self.waiting.is_empty() && self.open_len() == 0 && self.journal.is_quiet()
    }

    /// Says on the disk that everything so far is durable.
    pub(crate) fn watermark(&mut self) -> Result<(), Error> {
        self.journal.watermark()
    }

    /// Waits for the last writes and closes the journal cleanly.
    pub(crate) fn close(self) -> Result<(), Error> {
        self.journal.close()
    }
}
