//! A ledger without a disk: the pure core and the least of a shell around it, so that rules can be tried alone.

use std::collections::BTreeMap;

use ledger::codec;
use ledger::command::{Command, Group};
use ledger::decide::{self, Decision, Facts, GroupRun, MemberRefusal, Tally};
use ledger::event::{Body, Event, Genesis};
use ledger::model::{AccountRef, Clock, CommandId, Control, LedgerId, Sequence, Timestamp, UtcOffset};
use ledger::rejection::Rejection;
use ledger::state::{AccountState, Part, State};

/// The largest event and the largest frame, as the shell bounds them.
const EVENT_BYTES_MAX: usize = 64 << 10;
const FRAME_BYTES_MAX: usize = 8 << 20;

/// Books in memory.
#[derive(Clone)]
pub struct Books {
    pub state: State,
    pub events: Vec<Event>,
    ids: BTreeMap<CommandId, Sequence>,
    tally: Tally,
}

/// An answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    Accepted(Sequence),
    Replayed(Sequence),
    Declined(Sequence, Control),
    Rejected(Rejection),
}

impl Books {
    /// Books that begin at `now`.
    pub fn new(clock: Clock, now: Timestamp) -> Self {
        let genesis = Genesis {
            ledger: LedgerId(0x1b2c_3d4e),
            format_version: 1,
            utc_offset: UtcOffset(9 * 3600),
            clock,
            salt_key_hash: [7; 32],
        };
        let mut books = Self { state: State::new(), events: Vec::new(), ids: BTreeMap::new(), tally: Tally::default() };
        let event = decide::genesis(genesis, now);
        books.state.apply(&event);
        books.events.push(event);
        books
    }

    /// Lets the holds expire whose time is over, and writes what was counted of an hour that is over.
    pub fn tick(&mut self, now: Timestamp) {
        while let Some(commit) = decide::tick(&self.state, now).or_else(|| self.tally.tick(&self.state, now)) {
            for event in commit.events {
                self.state.apply(&event);
                self.events.push(event);
            }
        }
    }

    /// Decides a command when the wall clock reads `wall`.
    pub fn submit(&mut self, command: &Command, wall: Timestamp) -> Answer {
        self.one(command, wall).unwrap_or_else(Answer::Rejected)
    }

    fn one(&mut self, command: &Command, wall: Timestamp) -> Result<Answer, Rejection> {
        let now = decide::time_of(self.state.clock(), command.at, wall)?;
        decide::check_form(command, now.date(self.state.utc_offset()))?;
        let hash = codec::content_hash(command, &mut Vec::new());
        if let Some(sequence) = self.ids.get(&command.id) {
            return self.known(*sequence, hash);
        }
        let before = self.due(now).then(|| self.clone());
        if now >= self.state.last_recorded_at() {
            self.tick(now);
        }
        let decided = self.decided(command, hash, now);
        if let (Err(rejection), Some(before)) = (&decided, before) {
            *self = before;
            self.tally.note(rejection, &self.state, now);
        }
        decided
    }

    /// Whether something is due before what happens now. What is refused does not make it happen.
    fn due(&self, now: Timestamp) -> bool {
        decide::next_due(&self.state).into_iter().chain(self.tally.due()).any(|due| due <= now)
    }

    fn decided(&mut self, command: &Command, hash: u64, now: Timestamp) -> Result<Answer, Rejection> {
        let original = decide::referred(&self.state, command).and_then(|id| self.event_of(id));
        match decide::decide(&self.state, command, hash, &Facts { original }, now) {
            Decision::Accepted(event) | Decision::Declined(event) => self.record(event),
            Decision::Rejected(rejection) => {
                self.tally.note(&rejection, &self.state, now);
                Err(rejection)
            }
        }
    }

    fn record(&mut self, event: Event) -> Result<Answer, Rejection> {
        payload_bytes(&event)?;
        self.state.apply(&event);
        self.ids.insert(event.header.command, event.sequence);
        let answer = answer(&event, Answer::Accepted);
        self.events.push(event);
        Ok(answer)
    }

    /// Decides a group: its events' sequences, or the member that was refused.
    pub fn submit_group(&mut self, group: &Group, wall: Timestamp) -> Result<Vec<Answer>, (usize, Answer)> {
        let first = rejected(0);
        decide::check_group_form(group).map_err(first)?;
        let now = decide::time_of(self.state.clock(), group.members[0].at, wall).map_err(first)?;
        let today = now.date(self.state.utc_offset());
        let mut hashes = Vec::new();
        let mut known = Vec::new();
        for (member, command) in group.members.iter().enumerate() {
            decide::check_form(command, today).map_err(rejected(member))?;
            hashes.push(codec::content_hash(command, &mut Vec::new()));
            known.extend(self.ids.get(&command.id).map(|sequence| (member, *sequence)));
        }
        if known.len() == group.members.len() {
            let answer = |(member, sequence)| self.known(sequence, hashes[member]).map_err(rejected(member));
            return known.into_iter().map(answer).collect();
        }
        if let Some((member, sequence)) = known.first() {
            if let Ok(declined @ Answer::Declined(..)) = self.known(*sequence, hashes[*member]) {
                return Err((*member, declined));
            }
            let rejection = Rejection::GroupPartlyKnown { member: *member, sequence: sequence.0 };
            return Err(rejected(*member)(rejection));
        }
        let before = self.due(now).then(|| self.clone());
        self.tick(now);
        let decided = self.members(group, &hashes, now);
        if let (Err((_, Answer::Rejected(rejection))), Some(before)) = (&decided, before) {
            *self = before;
            self.tally.note(rejection, &self.state, now);
        }
        decided
    }

    fn members(&mut self, group: &Group, hashes: &[u64], now: Timestamp) -> Result<Vec<Answer>, (usize, Answer)> {
        let mut frame_bytes = 0;
        let mut run = GroupRun::begin(&mut self.state);
        for (member, command) in group.members.iter().enumerate() {
            let original = run
                .referred(command)
                .and_then(|id| self.ids.get(&id))
                .and_then(|sequence| self.events.get(sequence.0 as usize - 1));
            let event = match run.member(command, hashes[member], original, now) {
                Ok(event) => event,
                Err(MemberRefusal::Rejected(rejection)) => {
                    drop(run);
                    self.tally.note(&rejection, &self.state, now);
                    return Err(rejected(member)(rejection));
                }
                Err(MemberRefusal::Declined(control)) => {
                    drop(run);
                    let answer = self.decline_member(command, hashes[member], control, now);
                    return Err((member, answer.unwrap_or_else(Answer::Rejected)));
                }
            };
            frame_bytes += payload_bytes(event).map_err(rejected(member))? + 8;
            if frame_bytes > FRAME_BYTES_MAX {
                return Err(rejected(member)(Rejection::TooLarge));
            }
        }
        let events = run.keep();
        let answers = events.iter().map(|event| Answer::Accepted(event.sequence)).collect();
        self.ids.extend(events.iter().map(|event| (event.header.command, event.sequence)));
        self.events.extend(events);
        Ok(answers)
    }

    fn decline_member(
        &mut self,
        command: &Command,
        hash: u64,
        control: Control,
        now: Timestamp,
    ) -> Result<Answer, Rejection> {
        let original = decide::referred(&self.state, command).and_then(|id| self.event_of(id));
        match decide::decide(&self.state, command, hash, &Facts { original }, now) {
            Decision::Declined(event) => self.record(event),
            _ => Err(Rejection::DeclinedWithinGroup { control }),
        }
    }

    fn known(&self, sequence: Sequence, hash: u64) -> Result<Answer, Rejection> {
        let event = &self.events[sequence.0 as usize - 1];
        if event.header.command_hash == hash {
            Ok(answer(event, Answer::Replayed))
        } else {
            Err(Rejection::IdReused { sequence: sequence.0 })
        }
    }

    fn event_of(&self, id: CommandId) -> Option<&Event> {
        self.ids.get(&id).and_then(|sequence| self.events.get(sequence.0 as usize - 1))
    }

    /// The account that an id or a code names.
    pub fn account(&self, account: &AccountRef) -> Option<&AccountState> {
        self.state.resolve(account).and_then(|number| self.state.account(number))
    }

    /// The state as the same events make it from nothing.
    pub fn replayed(&self) -> State {
        let mut state = State::new();
        for event in &self.events {
            state.apply(event);
        }
        state
    }
}

fn answer(event: &Event, done: fn(Sequence) -> Answer) -> Answer {
    match &event.body {
        Body::Declined(declined) => Answer::Declined(event.sequence, declined.control),
        _ => done(event.sequence),
    }
}

fn payload_bytes(event: &Event) -> Result<usize, Rejection> {
    let mut payload = Vec::new();
    codec::encode(event, &mut payload).unwrap();
    if payload.len() > EVENT_BYTES_MAX { Err(Rejection::TooLarge) } else { Ok(payload.len()) }
}

/// The parts of a state, to be compared.
pub fn image(state: &State) -> Vec<Part> {
    state.image().collect()
}

/// What becomes of a group whose `member` is rejected.
fn rejected(member: usize) -> impl Fn(Rejection) -> (usize, Answer) + Copy {
    move |rejection| (member, Answer::Rejected(rejection))
}
