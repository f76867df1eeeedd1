//! The deterministic heart of the writer: decide, apply, append, and what waits for the disk.
//!
//! In: batches of commands and readings of the clock. Out: publications, each released only when everything that its
//! decisions could see is durable. No threads and no clock of its own, so a simulation can drive it step by step.

use std::collections::{HashSet, VecDeque};
use std::ops::Range;
use std::sync::Arc;

use parking_lot::RwLock;
use smallvec::SmallVec;

use super::queue::{Batch, Reply};
use crate::codec::{self, Layout};
use crate::command::{Command, GROUP_MEMBERS_MAX, Group, Submission};
use crate::decide::{self, Decision, Facts};
use crate::error::Error;
use crate::event::Event;
use crate::journal::{Entry, FrameInput, JournalReader, JournalWriter, SealedSegment};
use crate::model::{Clock, CommandId, Sequence, Timestamp};
use crate::outcome::{Outcome, Receipt};
use crate::rejection::Rejection;
use crate::sidecar::CommandIds;
use crate::state::State;
use crate::storage::Storage;

/// The largest payload of one event in bytes.
pub const EVENT_BYTES_MAX: usize = 64 * 1024;
/// The largest frame of one commit in bytes, its headers included.
pub const FRAME_BYTES_MAX: usize = 8 * 1024 * 1024;
/// What a frame and an entry cost beyond payloads, rounded up, when a group's size is summed.
const ENTRY_OVERHEAD_BYTES: usize = 64;
/// How many commands are resolved together, so that their cache misses overlap.
const TOUCH_COMMANDS: usize = 64;

/// What becomes visible and is answered together.
#[derive(Debug, Default)]
pub(crate) struct Publication {
    /// The events, in sequence order.
    pub(crate) events: Vec<Event>,
    /// Which ranges of `events` are one commit of several events; every other event is a commit of its own.
    pub(crate) groups: Vec<Range<usize>>,
    /// The last sequence that any of its decisions could see.
    pub(crate) through: Sequence,
    /// Who waits for what.
    pub(crate) answers: Vec<(Reply, Vec<Outcome>)>,
}

/// The writer's side of a ledger.
pub(crate) struct Core<S: Storage> {
    state: State,
    ids: Arc<RwLock<CommandIds<S>>>,
    journal: JournalWriter<S>,
    reader: JournalReader<S>,
    open: Publication,
    waiting: VecDeque<Publication>,
    published: Sequence,
    scratch: Scratch,
}

/// Buffers that are kept between commands.
#[derive(Default)]
struct Scratch {
    payload: Vec<u8>,
    spans: Vec<(Layout, Range<usize>)>,
    content: Vec<u8>,
    frame: Vec<u8>,
}

/// What a pump brought forth.
#[derive(Default)]
pub(crate) struct Progress {
    /// What may be published and answered, in order.
    pub(crate) publications: Vec<Publication>,
    /// Segments that were sealed.
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
            scratch: Scratch::default(),
        }
    }

    /// The state that the next decision will see.
    pub(crate) fn state(&self) -> &State {
        &self.state
    }

    /// Decides a batch at `now`, which never lies before the last recorded time; its answers wait in a publication.
    ///
    /// # Errors
    /// What a read or an append reports; the writer must then stop.
    pub(crate) fn process(&mut self, batch: Batch, now: Timestamp) -> Result<(), Error> {
        let mut outcomes = Vec::with_capacity(batch.submissions.len());
        if self.state.clock() == Clock::System {
            self.tick(now)?;
        }
        let shared = Arc::clone(&self.ids);
        let mut submissions = batch.submissions.into_iter();
        loop {
            let ids = &mut *shared.write();
            let waiting = submissions.as_slice();
            let chunk = waiting.len().min(TOUCH_COMMANDS);
            self.touch(ids, &waiting[..chunk]);
            for submission in submissions.by_ref().take(chunk) {
                outcomes.push(match submission {
                    Submission::One(command) => self.one(ids, &command, now)?,
                    Submission::Group(group) => self.group(ids, &group, now)?,
                });
            }
            if submissions.as_slice().is_empty() {
                break;
            }
            self.journal.pump_full()?;
        }
        self.open.answers.push((batch.reply, outcomes));
        Ok(())
    }

    fn touch(&self, ids: &CommandIds<S>, submissions: &[Submission]) {
        for submission in submissions {
            if let Submission::One(command) = submission {
                self.state.touch(command);
                ids.touch(command.id);
            }
        }
    }

    /// Emits what is due at `now`.
    pub(crate) fn tick(&mut self, now: Timestamp) -> Result<(), Error> {
        while let Some(commit) = decide::tick(&self.state, now) {
            self.scratch.payload.clear();
            self.scratch.spans.clear();
            for event in &commit.events {
                self.encode(event)?;
            }
            self.append(&commit.events)?;
            let start = self.open.events.len();
            for event in &commit.events {
                self.state.apply(event);
            }
            self.open.events.extend(commit.events);
            self.remember_group(start);
        }
        Ok(())
    }

    /// When something is due by itself.
    pub(crate) fn next_due(&self) -> Option<Timestamp> {
        decide::next_due(&self.state)
    }

    fn one(&mut self, ids: &mut CommandIds<S>, command: &Command, now: Timestamp) -> Result<Outcome, Error> {
        let now = match self.time_of(command.at, now) {
            Ok(now) => now,
            Err(rejection) => return Ok(Outcome::Rejected(rejection)),
        };
        if let Err(rejection) = decide::check_form(command, now.date(self.state.utc_offset())) {
            return Ok(Outcome::Rejected(rejection));
        }
        let hash = codec::content_hash(command, &mut self.scratch.content);
        if let Some(sequence) = ids.lookup(command.id)? {
            return self.known(sequence, hash);
        }
        if let Err(rejection) = self.follows(now) {
            return Ok(Outcome::Rejected(rejection));
        }
        if self.state.clock() == Clock::Commands {
            self.tick(now)?;
        }
        let original = self.original(ids, command, &[])?;
        let (event, answer): (Event, fn(Receipt) -> Outcome) =
            match decide::decide(&self.state, command, hash, &Facts { original: original.as_ref() }, now) {
                Decision::Rejected(rejection) => return Ok(Outcome::Rejected(rejection)),
                Decision::Accepted(event) => (event, Outcome::Accepted),
                Decision::Declined(event) => (event, Outcome::Declined),
            };
        self.scratch.payload.clear();
        self.scratch.spans.clear();
        if self.encode(&event)? > EVENT_BYTES_MAX {
            return Ok(Outcome::Rejected(Rejection::TooLarge));
        }
        self.append(std::slice::from_ref(&event))?;
        self.state.apply(&event);
        ids.insert(event.header.command, event.sequence);
        let receipt = Receipt::of(&event);
        self.open.events.push(event);
        Ok(answer(receipt))
    }

    fn group(&mut self, ids: &mut CommandIds<S>, group: &Group, now: Timestamp) -> Result<Outcome, Error> {
        let members = group.members.len();
        if members == 0 || members > GROUP_MEMBERS_MAX {
            return Ok(Outcome::Rejected(Rejection::GroupOutOfBounds { members }));
        }
        match self.group_form(group, now) {
            Err((member, rejection)) => Ok(failed(members, member, rejection)),
            Ok(now) => self.group_after_form(ids, group, now),
        }
    }

    fn group_after_form(&mut self, ids: &mut CommandIds<S>, group: &Group, now: Timestamp) -> Result<Outcome, Error> {
        let members = group.members.len();
        if let Some(answer) = self.group_known(ids, group)? {
            return Ok(answer);
        }
        if let Err(rejection) = self.follows(now) {
            return Ok(failed(members, 0, rejection));
        }
        if self.state.clock() == Clock::Commands {
            self.tick(now)?;
        }
        self.scratch.payload.clear();
        self.scratch.spans.clear();
        let mut events: Vec<Event> = Vec::with_capacity(members);
        self.state.begin_undo();
        for (member, command) in group.members.iter().enumerate() {
            match self.member(ids, command, &events, now) {
                Ok(Ok(event)) => events.push(event),
                Ok(Err(rejection)) => {
                    self.state.roll_back();
                    return Ok(failed(members, member, rejection));
                }
                Err(error) => {
                    self.state.roll_back();
                    return Err(error);
                }
            }
        }
        self.state.keep();
        self.append(&events)?;
        let start = self.open.events.len();
        let receipts = events.iter().map(|event| Outcome::Accepted(Receipt::of(event))).collect();
        for event in events {
            ids.insert(event.header.command, event.sequence);
            self.open.events.push(event);
        }
        self.remember_group(start);
        Ok(Outcome::Group(receipts))
    }

    fn member(
        &mut self,
        ids: &CommandIds<S>,
        command: &Command,
        before: &[Event],
        now: Timestamp,
    ) -> Result<Result<Event, Rejection>, Error> {
        let hash = codec::content_hash(command, &mut self.scratch.content);
        let original = self.original(ids, command, before)?;
        let facts = Facts { original: original.as_ref() };
        let event = match decide::decide(&self.state, command, hash, &facts, now) {
            Decision::Rejected(rejection) => return Ok(Err(rejection)),
            Decision::Accepted(event) | Decision::Declined(event) => event,
        };
        let bytes = self.encode(&event)?;
        let frame = self.scratch.payload.len() + self.scratch.spans.len() * ENTRY_OVERHEAD_BYTES;
        if bytes > EVENT_BYTES_MAX || frame > FRAME_BYTES_MAX {
            return Ok(Err(Rejection::TooLarge));
        }
        self.state.apply(&event);
        Ok(Ok(event))
    }

    /// Checks what can be seen without the books; gives the one time at which the group happens.
    fn group_form(&self, group: &Group, now: Timestamp) -> Result<Timestamp, (usize, Rejection)> {
        let at = group.members[0].at;
        let now = self.time_of(at, now).map_err(|rejection| (0, rejection))?;
        let date = now.date(self.state.utc_offset());
        let mut seen: HashSet<CommandId> = HashSet::with_capacity(group.members.len());
        for (member, command) in group.members.iter().enumerate() {
            if command.at != at {
                return Err((member, Rejection::GroupTimesDiffer));
            }
            decide::check_form(command, date).map_err(|rejection| (member, rejection))?;
            if !seen.insert(command.id) {
                return Err((member, Rejection::GroupIdTwice { member }));
            }
        }
        Ok(now)
    }

    /// The answer to a group of which members are known already.
    fn group_known(&mut self, ids: &mut CommandIds<S>, group: &Group) -> Result<Option<Outcome>, Error> {
        let mut known: SmallVec<[(usize, Sequence); 8]> = SmallVec::new();
        for (member, command) in group.members.iter().enumerate() {
            if let Some(sequence) = ids.lookup(command.id)? {
                known.push((member, sequence));
            }
        }
        let Some(&(first, sequence)) = known.first() else { return Ok(None) };
        let members = group.members.len();
        if known.len() < members {
            let rejection = Rejection::GroupPartlyKnown { member: first, sequence: sequence.0 };
            return Ok(Some(failed(members, first, rejection)));
        }
        let mut outcomes = Vec::with_capacity(members);
        for (member, sequence) in known {
            let hash = codec::content_hash(&group.members[member], &mut self.scratch.content);
            match self.known(sequence, hash)? {
                Outcome::Rejected(rejection) => return Ok(Some(failed(members, member, rejection))),
                replayed => outcomes.push(replayed),
            }
        }
        Ok(Some(Outcome::Group(outcomes)))
    }

    /// The answer to a command whose id was used at `sequence`.
    fn known(&mut self, sequence: Sequence, hash: u64) -> Result<Outcome, Error> {
        let event = self.event(sequence)?;
        if event.header.command_hash != hash {
            return Ok(Outcome::Rejected(Rejection::IdReused { sequence: sequence.0 }));
        }
        Ok(Outcome::Replayed(Receipt::of(&event)))
    }

    /// The event of the command that this one refers to, found in its own group, ahead of the disk, or in the journal.
    fn original(&mut self, ids: &CommandIds<S>, command: &Command, group: &[Event]) -> Result<Option<Event>, Error> {
        let Some(id) = decide::referred(&self.state, command) else { return Ok(None) };
        if let Some(event) = group.iter().find(|event| event.header.command == id) {
            return Ok(Some(event.clone()));
        }
        match ids.lookup(id)? {
            Some(sequence) => self.event(sequence).map(Some),
            None => Ok(None),
        }
    }

    fn event(&mut self, sequence: Sequence) -> Result<Event, Error> {
        if sequence > self.published {
            let in_memory = self.waiting.iter().chain([&self.open]).find_map(|publication| {
                let first = publication.events.first()?.sequence;
                publication.events.get(sequence.0.checked_sub(first.0)? as usize)
            });
            if let Some(event) = in_memory {
                return Ok(event.clone());
            }
        }
        super::read_event(&self.reader, sequence, &mut self.scratch.frame)
    }

    /// The time at which a command happens.
    fn time_of(&self, at: Option<Timestamp>, now: Timestamp) -> Result<Timestamp, Rejection> {
        match (self.state.clock(), at) {
            (Clock::System, None) => Ok(now),
            (Clock::System, Some(_)) => Err(Rejection::AtForbidden),
            (Clock::Commands, None) => Err(Rejection::AtMissing),
            (Clock::Commands, Some(at)) => Ok(at),
        }
    }

    fn follows(&self, now: Timestamp) -> Result<(), Rejection> {
        if now < self.state.last_recorded_at() { Err(Rejection::AtBeforeLast) } else { Ok(()) }
    }

    /// Adds the event's payload to the frame being built and gives its length.
    fn encode(&mut self, event: &Event) -> Result<usize, Error> {
        let start = self.scratch.payload.len();
        let layout = codec::encode(event, &mut self.scratch.payload)
            .map_err(|error| Error::Contradiction(format!("sequence {}: {error}", event.sequence.0)))?;
        let span = start..self.scratch.payload.len();
        let bytes = span.len();
        self.scratch.spans.push((layout, span));
        Ok(bytes)
    }

    /// Appends the encoded events as one frame.
    fn append(&mut self, events: &[Event]) -> Result<(), Error> {
        let payload = &self.scratch.payload;
        let entry = |(layout, span): &(Layout, Range<usize>)| Entry {
            kind: layout.kind,
            schema: layout.schema,
            payload: &payload[span.clone()],
        };
        let first = &events[0];
        let frame = |entries| FrameInput {
            first_sequence: first.sequence.0,
            recorded_at_us: first.recorded_at.0,
            entries,
        };
        if let [span] = self.scratch.spans.as_slice() {
            return self.journal.append(frame(&[entry(span)]));
        }
        let entries: Vec<Entry<'_>> = self.scratch.spans.iter().map(entry).collect();
        self.journal.append(frame(&entries))
    }

    fn remember_group(&mut self, start: usize) {
        let range = start..self.open.events.len();
        if range.len() > 1 {
            self.open.groups.push(range);
        }
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

    /// Starts writes, takes completions, and gives what became releasable.
    ///
    /// # Errors
    /// A failed write or sync: nothing that still waits may be answered.
    pub(crate) fn pump(&mut self) -> Result<Progress, Error> {
        let progress = self.journal.pump()?;
        let mut publications = Vec::new();
        while self.waiting.front().is_some_and(|first| first.through.0 <= progress.durable_through) {
            publications.extend(self.waiting.pop_front());
        }
        if let Some(last) = publications.last() {
            self.published = last.through;
        }
        Ok(Progress { publications, sealed: progress.sealed })
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

/// The outcome of a group whose `member` was refused.
fn failed(members: usize, member: usize, rejection: Rejection) -> Outcome {
    let code = rejection.code();
    let mut refused = Some(rejection);
    let outcome = |index: usize| {
        let rejection = if index == member { refused.take() } else { None };
        Outcome::Rejected(rejection.unwrap_or(Rejection::GroupFailed { member, code }))
    };
    Outcome::Group((0..members).map(outcome).collect())
}
