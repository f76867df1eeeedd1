//! What is done to a transaction afterwards: refunds of a spend, and reversals.
//!
//! A spend is what `Spend` or the settlement of a hold posted. Refunds never exceed it together. A reversal happens once, only
//! to what was not refunded, and never to a reversal; the reversal of a refund gives the spend back what the refund took.

use super::Case;
use super::controls::{self, Refusal};
use super::funds::post;
use super::money::Entry;
use super::names::Named;
use crate::command::RefundSpend;
use crate::event::{Body, Event, SpendRefunded, TransactionReversed};
use crate::model::{Movement, OperationKind, Posting, Sequence};
use crate::rejection::Rejection;

pub(super) fn refund(case: &Case<'_>, action: &RefundSpend) -> Result<Body, Refusal> {
    let state = case.state;
    let original = case.original.ok_or(Rejection::TransactionUnknown)?;
    let spend = spend_of(original)?;
    let wallet = Named::known(state, spend.debit.account)?;
    let payable = Named::known(state, spend.credit.account)?;
    wallet.check_open()?;
    payable.check_open()?;
    if let Some(currency) = action.currency.and_then(|code| state.currency_by_code(code)) {
        wallet.check_currency(state, currency)?;
    }
    let amendment = state.amendment(original.sequence);
    if let Some(Sequence(sequence)) = amendment.reversed {
        return Err(Rejection::AlreadyReversed { sequence }.into());
    }
    let left_minor = spend.amount_minor.saturating_sub(amendment.refunded_minor);
    let amount_minor = action.amount_minor.unwrap_or(left_minor);
    let body = |movement| Body::SpendRefunded(SpendRefunded { movement, spend: original.sequence });
    controls::pass(case, OperationKind::RefundSpend, [&payable, &wallet], amount_minor, body)?;
    if amount_minor > left_minor || left_minor == 0 {
        return Err(Rejection::RefundExceedsSpend { left_minor }.into());
    }
    Ok(body(post(&payable, &wallet, amount_minor)?))
}

/// What a spend moved.
fn spend_of(original: &Event) -> Result<&Movement, Rejection> {
    let reason = match &original.body {
        Body::Spent(event) => return Ok(&event.movement),
        Body::HoldSettled(event) => return Ok(&event.movement),
        Body::HoldPlaced(_) => "a hold has paid nothing yet: name the command that settled it",
        Body::SpendRefunded(_) => "it is itself a refund",
        _ => "it is not a spend",
    };
    Err(Rejection::NotPossible { operation: "refunded", reason })
}

pub(super) fn reverse(case: &Case<'_>) -> Result<Body, Refusal> {
    let state = case.state;
    let original = case.original.ok_or(Rejection::TransactionUnknown)?;
    check_reversible(original)?;
    let postings = original.body.postings();
    let mirrored = postings
        .iter()
        .map(|Posting { account, side, amount_minor }| {
            Ok((Named::known(state, *account)?, side.opposite(), *amount_minor))
        })
        .collect::<Result<Vec<_>, Rejection>>()?;
    mirrored.iter().try_for_each(|(named, ..)| named.check_open())?;
    let amendment = state.amendment(original.sequence);
    if let Some(Sequence(sequence)) = amendment.reversed {
        return Err(Rejection::AlreadyReversed { sequence }.into());
    }
    if amendment.refunded_minor > 0 {
        return Err(Rejection::AlreadyRefunded { refunded_minor: amendment.refunded_minor }.into());
    }
    let refund_of = match &original.body {
        Body::SpendRefunded(event) => Some(event.spend),
        _ => None,
    };
    let body = |(links, legs)| {
        Body::TransactionReversed(TransactionReversed { reversed: original.sequence, refund_of, links, legs })
    };
    let entry = Entry::of(mirrored.into_iter());
    controls::pass_halts(case, OperationKind::ReverseTransaction, || body(entry.unposted()))?;
    Ok(body(entry.post()?))
}

fn check_reversible(original: &Event) -> Result<(), Rejection> {
    let reason = match &original.body {
        Body::ToppedUp(_)
        | Body::Spent(_)
        | Body::SpendRefunded(_)
        | Body::Transferred(_)
        | Body::JournalEntryPosted(_)
        | Body::HoldSettled(_) => return Ok(()),
        Body::TransactionReversed(_) => "it is itself a reversal",
        Body::HoldPlaced(_) => "nothing was posted: void the hold instead",
        _ => "it posted nothing",
    };
    Err(Rejection::NotPossible { operation: "reversed", reason })
}
