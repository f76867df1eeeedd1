//! Holds: placed, settled whole or in parts, voided. A hold whose time is over counts as closed even before its expiry is an event.
//! Nothing is done with a hold on a date before its own, or it would have given back, as of then, what was not reserved yet.

use super::Case;
use super::controls::{self, Refusal};
use super::funds::{posted, reserve, unposted};
use super::money::payable;
use super::names::{Named, check_pair};
use crate::command::{PlaceHold, SettleHold, VoidHold};
use crate::event::{Body, HoldPlaced, HoldSettled, HoldVoided};
use crate::model::{CommandId, CurrencyNumber, OperationKind, StoreNumber};
use crate::rejection::Rejection;
use crate::state::Hold;

pub(super) fn place(
    case: &Case<'_>,
    action: &PlaceHold,
    currency: CurrencyNumber,
    store: Option<StoreNumber>,
) -> Result<Body, Refusal> {
    let debit = Named::find(case.state, &action.debit, case.guess.at(0))?;
    let credit = match &action.credit {
        Some(credit) => Named::find(case.state, credit, case.guess.at(1))?,
        None => payable(case.state, store)?,
    };
    check_pair(case.state, [&debit, &credit], [None, None], currency)?;
    controls::pass(case, OperationKind::PlaceHold, [&debit, &credit], action.amount_minor, |movement| {
        Body::HoldPlaced(HoldPlaced { movement, expires_at: action.expires_at })
    })?;
    let movement = reserve(&debit, &credit, action.amount_minor)?;
    Ok(Body::HoldPlaced(HoldPlaced { movement, expires_at: action.expires_at }))
}

pub(super) fn settle(case: &Case<'_>, action: &SettleHold) -> Result<Body, Refusal> {
    let state = case.state;
    let hold = open_hold(case, action.hold)?;
    let debit = Named::known(state, hold.debit)?;
    let credit = Named::known(state, hold.credit)?;
    if let Some(currency) = action.currency.and_then(|code| state.currency_by_code(code)) {
        debit.check_currency(state, currency)?;
    }
    let amount_minor = action.amount_minor.unwrap_or(hold.remaining_minor);
    let rest = hold.remaining_minor.saturating_sub(amount_minor);
    let (released_minor, remaining_minor) = if action.more_to_come { (0, rest) } else { (rest, 0) };
    let body =
        |movement| Body::HoldSettled(HoldSettled { hold: action.hold, movement, released_minor, remaining_minor });
    controls::pass(case, OperationKind::SettleHold, [&debit, &credit], amount_minor, body)?;
    if amount_minor > hold.remaining_minor {
        return Err(Rejection::SettlementExceedsHold { left_minor: hold.remaining_minor }.into());
    }
    Ok(body(posted(&debit, &credit, amount_minor)))
}

pub(super) fn void(case: &Case<'_>, action: &VoidHold) -> Result<Body, Refusal> {
    let hold = open_hold(case, action.hold)?;
    let debit = Named::known(case.state, hold.debit)?;
    let credit = Named::known(case.state, hold.credit)?;
    let movement = unposted(&debit, &credit, hold.remaining_minor);
    let body = || Body::HoldVoided(HoldVoided { hold: action.hold, movement });
    controls::pass_halts(case, OperationKind::VoidHold, body)?;
    Ok(body())
}

/// The hold, if it can still be settled or voided.
fn open_hold(case: &Case<'_>, id: CommandId) -> Result<Hold, Rejection> {
    match case.state.hold(id) {
        Some(hold) if hold.expires_at.is_some_and(|at| at <= case.now) => Err(Rejection::HoldClosed),
        Some(hold) if case.command.effective.is_some_and(|date| date < hold.effective) => {
            Err(Rejection::EffectiveBeforeHold { from: hold.effective })
        }
        Some(hold) => Ok(*hold),
        None => match case.original.map(|event| &event.body) {
            Some(Body::HoldPlaced(_)) => Err(Rejection::HoldClosed),
            _ => Err(Rejection::HoldUnknown),
        },
    }
}
