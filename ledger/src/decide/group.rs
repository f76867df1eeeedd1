//! Linked groups: members decided one after the other on a state that goes back where one is refused.

use std::collections::BTreeMap;

use super::{Decision, Facts, decide, referred};
use crate::command::Command;
use crate::event::{Body, Event};
use crate::model::{CommandId, Control, Timestamp};
use crate::rejection::Rejection;
use crate::state::State;

/// A member that was refused, and why; nothing of the group remains.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupRefusal {
    /// The member, from 0.
    pub member: usize,
    /// Why.
    pub refusal: MemberRefusal,
}

/// Why a member was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MemberRefusal {
    /// By the rules.
    Rejected(Rejection),
    /// By a control. It is to be decided once more on the state before the group: what a control of that state refuses is
    /// journalled alone; what only stood within the group is [`Rejection::DeclinedWithinGroup`].
    Declined(Control),
}

impl From<Rejection> for MemberRefusal {
    fn from(rejection: Rejection) -> Self {
        Self::Rejected(rejection)
    }
}

/// A group being decided. Dropped before [`keep`](Self::keep), it leaves the state as it was.
#[derive(Debug)]
pub struct GroupRun<'s> {
    state: &'s mut State,
    events: Vec<Event>,
    places: BTreeMap<CommandId, usize>,
}

impl<'s> GroupRun<'s> {
    /// Begins at the state as it is.
    pub fn begin(state: &'s mut State) -> Self {
        state.begin_undo();
        Self { state, events: Vec::new(), places: BTreeMap::new() }
    }

    /// The command whose event the shell must find for the next member; nothing where the group itself holds it.
    pub fn referred(&self, command: &Command) -> Option<CommandId> {
        referred(self.state, command).filter(|id| !self.places.contains_key(id))
    }

    /// Decides and applies the next member, whose form was checked. `original` is the event that [`referred`](Self::referred)
    /// asked for.
    ///
    /// # Errors
    /// Why it was refused. The group is to be dropped then.
    pub fn member(
        &mut self,
        command: &Command,
        content_hash: u64,
        original: Option<&Event>,
        now: Timestamp,
    ) -> Result<&Event, MemberRefusal> {
        let own = referred(self.state, command).and_then(|id| self.places.get(&id)).map(|place| &self.events[*place]);
        let facts = Facts { original: own.or(original) };
        match decide(self.state, command, content_hash, &facts, now) {
            Decision::Accepted(event) => {
                self.state.apply(&event);
                self.places.insert(command.id, self.events.len());
                Ok(self.events.push_mut(event))
            }
            Decision::Rejected(rejection) => Err(MemberRefusal::Rejected(rejection)),
            Decision::Declined(event) => match event.body {
                Body::Declined(declined) => Err(MemberRefusal::Declined(declined.control)),
                _ => {
                    Err(MemberRefusal::Rejected(Rejection::GroupFailed { member: self.events.len(), code: "declined" }))
                }
            },
        }
    }

    /// The state with everything that was decided so far.
    pub const fn state(&self) -> &State {
        self.state
    }

    /// The events decided so far.
    pub fn events(&self) -> &[Event] {
        &self.events
    }

    /// Ends the group: what was applied stays, and these are the events of its one frame.
    pub fn keep(mut self) -> Vec<Event> {
        self.state.keep();
        std::mem::take(&mut self.events)
    }
}

impl Drop for GroupRun<'_> {
    /// Goes back to the beginning, unless the group was kept.
    fn drop(&mut self) {
        self.state.roll_back();
    }
}
