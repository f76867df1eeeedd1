//! The rules of the books: what a command becomes, given the state and the time.
//!
//! In: a [`Command`], the [`State`] after every event before it, and the moment. Out: the event that it makes, or the
//! [`Rejection`]. Pure: no clock, no I/O, no randomness; nothing is changed. Order of precedence: form
//! ([`check_form`]), known id (the shell's, between the two), existence, funds ([`decide`]).

mod form;
mod group;
mod tick;

pub use form::{FormContext, check_form, check_group_form};
pub use group::{GroupRefusal, GroupRun, decide_group};
pub use tick::{HOLDS_EXPIRED_MAX, genesis, next_due, tick};

use crate::command::{Action, Command};
use crate::event::Event;
use crate::model::{CommandId, Timestamp};
use crate::rejection::Rejection;
use crate::state::{Guess, State};

/// What the shell found outside the state.
#[derive(Debug, Clone, Copy, Default)]
pub struct Facts<'a> {
    /// The event of the command that this one refers to, by [`referred`]; absent when no such command was accepted.
    pub original: Option<&'a Event>,
}

/// What became of a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// It is this event.
    Accepted(Event),
    /// A control refused it; this event is the proof.
    Declined(Event),
    /// The rules refused it; nothing is journalled.
    Rejected(Rejection),
}

/// The command whose event the shell must find for [`Facts`], if the decision needs one.
pub fn referred(command: &Command, state: &State) -> Option<CommandId> {
    match &command.action {
        Action::RefundSpend(action) => Some(action.spend),
        Action::ReverseTransaction(action) => Some(action.transaction),
        Action::SettleHold(action) => Some(action.hold).filter(|hold| state.hold(*hold).is_none()),
        Action::VoidHold(action) => Some(action.hold).filter(|hold| state.hold(*hold).is_none()),
        _ => None,
    }
}

/// What a command becomes. Its form must have been checked and its id must be new.
///
/// `content_hash` goes into the event as it is; `now` is the moment of recording, never before the last recorded one.
pub fn decide(
    state: &State,
    command: &Command,
    content_hash: u64,
    facts: &Facts<'_>,
    now: Timestamp,
    guess: &Guess,
) -> Decision {
    let _ = (state, command, content_hash, facts, now, guess);
    todo!()
}
