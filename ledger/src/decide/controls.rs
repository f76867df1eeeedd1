//! Controls: what may stop an operation that is otherwise well-formed and about accounts that exist.
//!
//! Asked after existence and before funds, so that what a control stops is on the record even where the money was not there.
//! Where nothing is set this is one look at a flag of accounts that were read anyway.
//!
//! A freeze stops what moves or reserves money at the customer's or a store's wish: top-ups, spends, refunds, transfers, holds
//! and their settlement. It does not stop what gives back a reservation (voiding and expiry), nor the operator's own
//! corrections: journal entries, which carry a voucher, and reversals. Those are how a freeze's consequences are put right.

use super::Case;
use super::funds::unposted;
use super::names::Named;
use crate::event::{Body, Declined};
use crate::model::{AccountNumber, Control, ControlKind, Direction, Movement, OperationKind, Side, Timestamp};
use crate::rejection::Rejection;
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

/// The first control that refuses the operation: freezes of the account debited, then of the account credited, the oldest
/// first.
fn check(state: &State, operation: &Operation) -> Option<Refused> {
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
    if !debit.account.is_frozen() && !credit.account.is_frozen() {
        return Ok(());
    }
    let operation = Operation { kind, debit: debit.number, credit: credit.number, amount_minor, at: case.now };
    let Some(refused) = check(case.state, &operation) else { return Ok(()) };
    let movement = unposted(debit, credit, amount_minor);
    Err(refuse(case, refused, body(movement)))
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
