//! The rules of the books: what a command becomes, given the state and the time.
//!
//! In: a [`Command`], the [`State`] after every event before it, and the moment. Out: the event that it makes, or the
//! [`Rejection`]. Pure: no clock, no I/O, no randomness; nothing is changed. Order of precedence: form
//! ([`check_form`]), known id (the shell's, between the two), existence, controls, funds ([`decide`]).
//!
//! The rules that run through all families:
//! - An account's available amount may fall only to what its overdraft rule allows. What raises it is never refused for
//!   lack of funds.
//! - Posted and pending together stay below 2⁶³ on each side of each account, so a hold that was placed can be settled.
//! - A closed account takes no posting and no hold, refunds and reversals included.

mod account;
mod amend;
mod controls;
mod form;
mod freeze;
mod funds;
mod group;
mod hold;
mod money;
mod names;
mod party;
mod tally;
mod tick;

pub use form::{check_form, check_group_form, time_of};
pub use freeze::FREEZES_AN_ACCOUNT_MAX;
pub use group::{GroupRefusal, GroupRun, MemberRefusal};
pub use tally::Tally;
pub use tick::{HOLDS_EXPIRED_MAX, genesis, next_due, tick};

use self::controls::Refusal;
use crate::command::{Action, Command};
use crate::event::{Body, ClockAccepted, Event, Header};
use crate::model::{CommandId, CurrencyCode, CurrencyNumber, Sequence, StoreNumber, Timestamp};
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
pub fn referred(state: &State, command: &Command) -> Option<CommandId> {
    match &command.action {
        Action::RefundSpend(action) => Some(action.spend),
        Action::ReverseTransaction(action) => Some(action.transaction),
        Action::SettleHold(action) => Some(action.hold).filter(|hold| state.hold(*hold).is_none()),
        Action::VoidHold(action) => Some(action.hold).filter(|hold| state.hold(*hold).is_none()),
        Action::ThawAccount(action) => Some(action.freeze).filter(|freeze| state.freeze(*freeze).is_none()),
        Action::ReleaseAmount(action) => Some(action.freeze).filter(|freeze| state.frozen_amount(*freeze).is_none()),
        _ => None,
    }
}

/// What a command becomes. Its form must have been checked and its id must be new.
///
/// `content_hash` goes into the event as it is; `now` is the moment of recording, as [`time_of`] gives it.
#[inline]
pub fn decide(state: &State, command: &Command, content_hash: u64, facts: &Facts<'_>, now: Timestamp) -> Decision {
    decide_guessed(state, command, content_hash, facts, now, &Guess::default())
}

/// [`decide`] with a guess where the command's accounts stand, which changes nothing but time.
#[inline]
pub fn decide_guessed(
    state: &State,
    command: &Command,
    content_hash: u64,
    facts: &Facts<'_>,
    now: Timestamp,
    guess: &Guess,
) -> Decision {
    debug_assert_eq!(check_form(command, now.date(state.utc_offset())), Ok(()), "form is checked before");
    match accept(&Case { state, command, original: facts.original, now, guess }, content_hash) {
        Ok(event) if matches!(event.body, Body::Declined(_)) => Decision::Declined(event),
        Ok(event) => Decision::Accepted(event),
        Err(rejection) => Decision::Rejected(rejection),
    }
}

/// Everything that one decision looks at.
#[derive(Clone, Copy)]
struct Case<'a> {
    state: &'a State,
    command: &'a Command,
    original: Option<&'a Event>,
    now: Timestamp,
    guess: &'a Guess,
}

impl Case<'_> {
    /// The sequence that the event would have.
    const fn sequence(&self) -> Sequence {
        Sequence(self.state.last_sequence().0 + 1)
    }
}

#[inline]
fn accept(case: &Case<'_>, content_hash: u64) -> Result<Event, Rejection> {
    let Case { state, command, now, .. } = *case;
    form::check_moment(command, state.clock(), state.last_recorded_at(), now)?;
    let actor = names::actor(state, command)?;
    let currency = match named_currency(&command.action) {
        Some(code) => Some(names::currency(state, code)?),
        None => None,
    };
    let store = names::store(state, command)?;
    let body = match decide_action(case, currency, store) {
        Ok(body) => body,
        Err(Refusal::Rejected(rejection)) => return Err(rejection),
        Err(Refusal::Declined(declined)) => Body::Declined(*declined),
    };
    let header = Header {
        command: command.id,
        command_hash: content_hash,
        effective: command.effective.unwrap_or_else(|| now.date(state.utc_offset())),
        actor,
        cause: command.cause,
        context: names::context(&command.context, store),
    };
    Ok(Event { sequence: case.sequence(), recorded_at: now, header, body })
}

#[inline]
fn decide_action(
    case: &Case<'_>,
    currency: Option<CurrencyNumber>,
    store: Option<StoreNumber>,
) -> Result<Body, Refusal> {
    let currency = currency.unwrap_or_default();
    match &case.command.action {
        Action::TopUp(action) => money::top_up(case, action, currency),
        Action::Spend(action) => money::spend(case, action, currency, store),
        Action::Transfer(action) => money::transfer(case, action, currency),
        Action::PostJournalEntry(action) => Ok(money::journal_entry(case, action)?),
        Action::RefundSpend(action) => amend::refund(case, action),
        Action::ReverseTransaction(_) => Ok(amend::reverse(case)?),
        Action::PlaceHold(action) => hold::place(case, action, currency, store),
        Action::SettleHold(action) => hold::settle(case, action),
        Action::VoidHold(action) => Ok(hold::void(case, action)?),
        Action::OpenAccount(action) => Ok(account::open(case, action, currency)?),
        Action::CloseAccount(action) => Ok(account::close(case, action)?),
        Action::OpenStore(action) => Ok(party::open_store(case, action)?),
        Action::DefineCurrency(action) => Ok(party::define_currency(case, action)?),
        Action::RegisterActor(action) => Ok(party::register_actor(case, action)?),
        Action::RecordSignal(action) => freeze::signal(case, action),
        Action::FreezeAccount(action) => freeze::account(case, action),
        Action::ThawAccount(action) => freeze::thaw(case, action),
        Action::FreezeAmount(action) => freeze::amount(case, action, currency),
        Action::ReleaseAmount(action) => freeze::release(case, action),
        // Whether the clock reads that is the shell's to say, since only it has a clock.
        Action::AcceptClock(action) => Ok(Body::ClockAccepted(ClockAccepted { reading: action.reading })),
    }
}

/// The currency in which the command gives its amount; a journal entry gives one for each leg.
const fn named_currency(action: &Action) -> Option<CurrencyCode> {
    match action {
        Action::OpenAccount(action) => Some(action.currency),
        Action::TopUp(action) => Some(action.currency),
        Action::Spend(action) => Some(action.currency),
        Action::Transfer(action) => Some(action.currency),
        Action::PlaceHold(action) => Some(action.currency),
        Action::RefundSpend(action) => action.currency,
        Action::SettleHold(action) => action.currency,
        Action::FreezeAmount(action) => Some(action.currency),
        Action::ReleaseAmount(action) => action.currency,
        _ => None,
    }
}
