//! Controls: what may stop an operation that is otherwise well-formed and about accounts that exist.
//!
//! Asked after existence and before funds, so that what a control stops is on the record even where the money was not there.
//! Where nothing is set this is one look at a flag of accounts that were read anyway.
//!
//! A freeze stops what moves or reserves money at the customer's or a store's wish: top-ups, spends, refunds, transfers, holds
//! and their settlement. It does not stop what gives back a reservation (voiding and expiry), nor the operator's own
//! corrections: journal entries, which carry a voucher, and reversals. Those are how a freeze's consequences are put right.
//!
//! A halt stops what its selector matches, whatever it is; halts are asked before freezes, the oldest first.

use super::Case;
use super::funds::unposted;
use super::names::Named;
use crate::event::{Body, Declined};
use crate::model::{AccountNumber, Control, ControlKind, Direction, Movement, OperationKind, Side, Timestamp};
use crate::rejection::Rejection;
use crate::selector;
use crate::state::{DECLINES_AN_HOUR_MAX, State};

/// Why a command did not become what it asked for.
#[derive(Debug)]
pub(super) enum Refusal {
    /// By the rules; nothing is journalled.
    Rejected(Rejection),
    /// By a control; this is journalled.
    Declined(Box<Declined>),
}

impl From<Rejection> for Refusal {
    fn from(rejection: Rejection) -> Self {
        Self::Rejected(rejection)
    }
}

/// One operation as controls see it: who pays, who is paid, how much.
#[derive(Debug, Clone, Copy)]
pub(super) struct Operation {
    pub(super) kind: OperationKind,
    pub(super) debit: AccountNumber,
    pub(super) credit: AccountNumber,
    pub(super) amount_minor: u64,
    pub(super) at: Timestamp,
}

/// A control that refuses an operation, and the account under which that is counted.
#[derive(Debug, Clone, Copy)]
pub(super) struct Refused {
    control: Control,
    account: Option<AccountNumber>,
}

/// The first freeze that refuses the operation: freezes of the account debited, then of the account credited, the oldest
/// first.
fn check_freezes(state: &State, operation: &Operation) -> Option<Refused> {
    let sides = [(operation.debit, Side::Debit), (operation.credit, Side::Credit)];
    sides.into_iter().find_map(|(number, side)| {
        let account = state.account(number).filter(|account| account.is_frozen())?;
        let direction = Direction::of(side, account.normal_side());
        let freeze = state.stopped_by(number, direction, operation.kind, operation.amount_minor, operation.at)?;
        Some(Refused { control: Control { kind: ControlKind::Freeze, id: freeze }, account: Some(number) })
    })
}

/// Lets an operation between two accounts pass, or says which control refuses it. `body` makes what would be recorded of it
/// from a movement that posts nothing.
#[inline]
pub(super) fn pass(
    case: &Case<'_>,
    kind: OperationKind,
    [debit, credit]: [&Named<'_>; 2],
    amount_minor: u64,
    body: impl FnOnce(Movement) -> Body,
) -> Result<(), Refusal> {
    let frozen = debit.account.is_frozen() || credit.account.is_frozen();
    if !frozen && !case.state.may_be_halted(kind) {
        return Ok(());
    }
    let operation = Operation { kind, debit: debit.number, credit: credit.number, amount_minor, at: case.now };
    let refused = check_halts(case, kind).or_else(|| check_freezes(case.state, &operation));
    let Some(refused) = refused else { return Ok(()) };
    let movement = unposted(debit, credit, amount_minor);
    Err(refuse(case, refused, body(movement)))
}

/// Lets an operation pass that no freeze stops, or says which halt refuses it. `body` makes what would be recorded of it.
#[inline]
pub(super) fn pass_halts(case: &Case<'_>, kind: OperationKind, body: impl FnOnce() -> Body) -> Result<(), Refusal> {
    check_halts(case, kind).map_or(Ok(()), |refused| Err(refuse(case, refused, body())))
}

/// The oldest halt that refuses the operation.
#[inline]
fn check_halts(case: &Case<'_>, kind: OperationKind) -> Option<Refused> {
    let state = case.state;
    if !state.may_be_halted(kind) {
        return None;
    }
    let operation = selector::Operation::of_command(state, case.command, case.original, case.now, case.guess)?;
    let account = operation.account_number().filter(|number| state.account(*number).is_some());
    let signals = account.and_then(|number| state.signals_of(number));
    let id = state.halted_by(&operation.with_signals(signals))?;
    Some(Refused { control: Control { kind: ControlKind::Halt, id }, account })
}

/// The refusal as an event, or as a rejection where too many are on the record already.
#[cold]
fn refuse(case: &Case<'_>, refused: Refused, operation: Body) -> Refusal {
    let Refused { control, account } = refused;
    if case.state.declines(control.id, account, case.now) >= DECLINES_AN_HOUR_MAX {
        return Refusal::Rejected(Rejection::DeclinedTooOften { control, account });
    }
    Refusal::Declined(Box::new(Declined { control, account, operation: Box::new(operation) }))
}
