//! Signals, and freezing accounts and amounts, and lifting that.
//!
//! A freeze binds from its recording on, so it has no date of its own. Freezes of one account stand side by side, each lifted
//! by its own name. A frozen amount is part of what is available, so nothing that was spent or reserved can be frozen.

use super::Case;
use super::controls::Refusal;
use super::funds::link;
use super::names::{self, Named};
use crate::command::{FreezeAccount, FreezeAmount, RecordSignal, ReleaseAmount, ThawAccount};
use crate::event::{AccountFrozen, AccountThawed, AmountFrozen, AmountReleased, Body, SignalRecorded};
use crate::model::{CommandId, CurrencyNumber, Exception};
use crate::rejection::Rejection;

/// The most freezes that may stand on one account.
pub const FREEZES_AN_ACCOUNT_MAX: usize = 16;

pub(super) fn signal(case: &Case<'_>, action: &RecordSignal) -> Result<Body, Refusal> {
    let named = Named::find(case.state, &action.account, case.guess.at(0))?;
    named.check_open()?;
    Ok(Body::SignalRecorded(SignalRecorded { link: link(&named, 0, 0), signal: action.signal.clone() }))
}

pub(super) fn account(case: &Case<'_>, action: &FreezeAccount) -> Result<Body, Refusal> {
    let state = case.state;
    let currencies = action
        .exceptions
        .iter()
        .map(|exception| names::currency(state, exception.currency))
        .collect::<Result<Vec<_>, _>>()?;
    let named = Named::find(state, &action.account, case.guess.at(0))?;
    named.check_open()?;
    currencies.into_iter().try_for_each(|currency| named.check_currency(state, currency))?;
    let standing = state.freezes_of(named.number).filter(|(_, freeze)| freeze.stands(case.now)).count();
    if standing >= FREEZES_AN_ACCOUNT_MAX {
        return Err(Rejection::FreezesExhausted { account: named.name() }.into());
    }
    let exceptions = action
        .exceptions
        .iter()
        .map(|exception| Exception { operation: exception.operation, amount_max_minor: exception.amount_minor });
    Ok(Body::AccountFrozen(AccountFrozen {
        link: link(&named, 0, 0),
        directions: action.directions,
        reason: action.reason,
        expires_at: action.expires_at,
        exceptions: exceptions.collect(),
    }))
}

pub(super) fn thaw(case: &Case<'_>, action: &ThawAccount) -> Result<Body, Refusal> {
    let state = case.state;
    let Some(freeze) = state.freeze(action.freeze).filter(|freeze| freeze.stands(case.now)) else {
        return Err(not_there(case, action.freeze).into());
    };
    let named = Named::known(state, freeze.account)?;
    Ok(Body::AccountThawed(AccountThawed { link: link(&named, 0, 0), freeze: action.freeze }))
}

pub(super) fn amount(case: &Case<'_>, action: &FreezeAmount, currency: CurrencyNumber) -> Result<Body, Refusal> {
    let named = Named::find(case.state, &action.account, None)?;
    named.check_open()?;
    named.check_currency(case.state, currency)?;
    let available_minor = named.account.available_minor();
    if i128::from(action.amount_minor) > available_minor {
        let account = named.account.id.to_string();
        let needed_minor = action.amount_minor;
        return Err(Rejection::InsufficientFunds { account, available_minor, needed_minor }.into());
    }
    let link = link(&named, 0, 0);
    Ok(Body::AmountFrozen(AmountFrozen { link, amount_minor: action.amount_minor, reason: action.reason }))
}

pub(super) fn release(case: &Case<'_>, action: &ReleaseAmount) -> Result<Body, Refusal> {
    let state = case.state;
    let Some(frozen) = state.frozen_amount(action.freeze) else {
        return Err(not_there(case, action.freeze).into());
    };
    let named = Named::known(state, frozen.account)?;
    if let Some(currency) = action.currency.and_then(|code| state.currency_by_code(code)) {
        named.check_currency(state, currency)?;
    }
    let left_minor = frozen.remaining_minor;
    let amount_minor = action.amount_minor.unwrap_or(left_minor);
    if amount_minor > left_minor {
        return Err(Rejection::ReleaseExceedsFreeze { left_minor }.into());
    }
    Ok(Body::AmountReleased(AmountReleased {
        link: link(&named, 0, 0),
        freeze: action.freeze,
        amount_minor,
        remaining_minor: left_minor - amount_minor,
    }))
}

/// Why there is no such freeze to lift.
fn not_there(case: &Case<'_>, freeze: CommandId) -> Rejection {
    let froze_account = matches!(case.command.action, crate::command::Action::ThawAccount(_));
    let over = match case.original.map(|event| &event.body) {
        Some(Body::AccountFrozen(_)) => froze_account,
        Some(Body::AmountFrozen(_)) => !froze_account,
        _ => froze_account && case.state.freeze(freeze).is_some(),
    };
    if over { Rejection::FreezeOver } else { Rejection::FreezeUnknown }
}
