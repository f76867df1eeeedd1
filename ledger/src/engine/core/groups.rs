//! Linked groups: all members in one frame, or none; of those that a control refuses, the refusal alone.

use smallvec::SmallVec;

use super::{Core, ENTRY_OVERHEAD_BYTES, EVENT_BYTES_MAX, FRAME_BYTES_MAX};
use crate::codec;
use crate::command::{Command, Group};
use crate::decide::{self, Decision, Facts, GroupRefusal, GroupRun, MemberRefusal};
use crate::engine::clock::Moment;
use crate::engine::look_back::History;
use crate::engine::scratch::append;
use crate::error::Error;
use crate::model::{Control, Sequence, Timestamp};
use crate::outcome::{Outcome, Receipt};
use crate::rejection::Rejection;
use crate::sidecar::CommandIds;
use crate::storage::Storage;

impl<S: Storage> Core<S> {
    pub(super) fn group(&mut self, ids: &mut CommandIds<S>, group: &Group, moment: Moment) -> Result<Outcome, Error> {
        if let Err(rejection) = decide::check_group_form(group) {
            return Ok(Outcome::Rejected(rejection));
        }
        let members = group.members.len();
        let mut now = moment.now;
        for (member, command) in group.members.iter().enumerate() {
            match self.check(command, moment.now) {
                Ok(at) => now = at,
                Err(rejection) => return Ok(failed(members, member, rejection)),
            }
        }
        if let Some(answer) = self.group_known(ids, group)? {
            return Ok(answer);
        }
        for (member, command) in group.members.iter().enumerate() {
            if let Err(rejection) = self.check_clock(command, moment.wall) {
                return Ok(failed(members, member, rejection));
            }
        }
        if self.is_due(now) {
            if let Some((member, rejection)) = self.refused(ids, &group.members, now)? {
                self.tally.note(&rejection, &self.state, now);
                return Ok(failed(members, member, rejection));
            }
            self.tick(ids, now)?;
        }
        let decided = self.members(ids, &group.members, now)?.map(GroupRun::keep);
        let events = match decided {
            Ok(events) => events,
            Err(GroupRefusal { member, refusal: MemberRefusal::Rejected(rejection) }) => {
                self.tally.note(&rejection, &self.state, now);
                return Ok(failed(members, member, rejection));
            }
            Err(GroupRefusal { member, refusal: MemberRefusal::Declined(control) }) => {
                return self.decline_member(ids, group, member, control, now);
            }
        };
        append(&mut self.journal, &self.scratch, &events)?;
        let receipts = events.iter().map(|event| Outcome::Accepted(Receipt::of(event))).collect();
        self.open_commit(ids, events);
        Ok(Outcome::Group(receipts))
    }

    /// Records alone what a control refused of a group, as it is decided on the state before the group.
    fn decline_member(
        &mut self,
        ids: &mut CommandIds<S>,
        group: &Group,
        member: usize,
        control: Control,
        now: Timestamp,
    ) -> Result<Outcome, Error> {
        let command = &group.members[member];
        let hash = codec::content_hash(command, &mut self.scratch.content);
        let original = match decide::referred(&self.state, command) {
            Some(id) => self.find(ids, id)?,
            None => None,
        };
        let outcome = match decide::decide(&self.state, command, hash, &Facts { original: original.as_ref() }, now) {
            Decision::Declined(event) => self.record(ids, event, Outcome::Declined)?,
            _ => Outcome::Rejected(Rejection::DeclinedWithinGroup { control }),
        };
        Ok(failed_as(group.members.len(), member, outcome))
    }

    /// The member that will be rejected once what is due at `now` is emitted, so that nothing of the group is written.
    fn refused(
        &mut self,
        ids: &CommandIds<S>,
        members: &[Command],
        now: Timestamp,
    ) -> Result<Option<(usize, Rejection)>, Error> {
        match self.rehearse(ids, members, now)? {
            Ok(()) => Ok(None),
            Err(GroupRefusal { member, refusal: MemberRefusal::Rejected(rejection) }) => Ok(Some((member, rejection))),
            Err(GroupRefusal { member, refusal: MemberRefusal::Declined(control) }) => {
                // What was declined is written if it is so without the members in front of it.
                let alone = self.rehearse(ids, &members[member..=member], now)?;
                let written = matches!(alone, Err(GroupRefusal { refusal: MemberRefusal::Declined(_), .. }));
                Ok((!written).then_some((member, Rejection::DeclinedWithinGroup { control })))
            }
        }
    }

    /// Decides members as they will be once what is due at `now` is emitted, and leaves nothing of either behind: a command
    /// that brings its own time and is refused does not make time go on.
    pub(super) fn rehearse(
        &mut self,
        ids: &CommandIds<S>,
        members: &[Command],
        now: Timestamp,
    ) -> Result<Result<(), GroupRefusal>, Error> {
        self.state.begin_undo();
        while let Some(commit) = decide::tick(&self.state, now) {
            commit.events.iter().for_each(|event| self.state.apply(event));
        }
        Ok(self.members(ids, members, now)?.map(drop))
    }

    /// Decides, applies and encodes the members of a group, or none of them. Dropped, what it gives takes them back.
    fn members(
        &mut self,
        ids: &CommandIds<S>,
        members: &[Command],
        now: Timestamp,
    ) -> Result<Result<GroupRun<'_>, GroupRefusal>, Error> {
        let Self { state, open, waiting, published, reader, damaged, scratch, .. } = self;
        scratch.clear();
        let history = History { open, waiting, published: *published, reader, damaged };
        let mut run = GroupRun::begin(state);
        for (member, command) in members.iter().enumerate() {
            let original = match run.referred(command) {
                Some(id) => history.find(ids, id, &mut scratch.frame)?,
                None => None,
            };
            let hash = codec::content_hash(command, &mut scratch.content);
            let event = match run.member(command, hash, original.as_ref(), now) {
                Ok(event) => event,
                Err(refusal) => return Ok(Err(GroupRefusal { member, refusal })),
            };
            let bytes = scratch.encode(event)?;
            let frame = scratch.payload.len() + scratch.spans.len() * ENTRY_OVERHEAD_BYTES;
            if bytes > EVENT_BYTES_MAX || frame > FRAME_BYTES_MAX {
                return Ok(Err(GroupRefusal { member, refusal: Rejection::TooLarge.into() }));
            }
        }
        Ok(Ok(run))
    }

    /// The answer to a group of which members are known already.
    fn group_known(&mut self, ids: &mut CommandIds<S>, group: &Group) -> Result<Option<Outcome>, Error> {
        let mut known: SmallVec<[(usize, Sequence); 8]> = SmallVec::new();
        for (member, command) in group.members.iter().enumerate() {
            if let Some(sequence) = self.history().sequence(ids, command.id)? {
                known.push((member, sequence));
            }
        }
        let Some(&(first, sequence)) = known.first() else { return Ok(None) };
        let members = group.members.len();
        if known.len() < members {
            let hash = codec::content_hash(&group.members[first], &mut self.scratch.content);
            // What was declined of a group stands there alone, and is answered as it was.
            if let declined @ Outcome::Declined(_) = self.known(sequence, hash)? {
                return Ok(Some(failed_as(members, first, declined)));
            }
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
}

/// The outcome of a group whose `member` was rejected.
fn failed(members: usize, member: usize, rejection: Rejection) -> Outcome {
    failed_as(members, member, Outcome::Rejected(rejection))
}

/// The outcome of a group whose `member` came out so.
fn failed_as(members: usize, member: usize, outcome: Outcome) -> Outcome {
    let code = match &outcome {
        Outcome::Rejected(rejection) => rejection.code(),
        Outcome::Declined(receipt) => receipt.declined_by.map_or("declined", Control::code),
        _ => "declined",
    };
    let mut refused = Some(outcome);
    let outcome = |index: usize| {
        let refused = if index == member { refused.take() } else { None };
        refused.unwrap_or(Outcome::Rejected(Rejection::GroupFailed { member, code }))
    };
    Outcome::Group((0..members).map(outcome).collect())
}
