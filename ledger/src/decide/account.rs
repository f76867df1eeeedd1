//! Opening and closing accounts.
//!
//! A closed account takes no posting and no hold and keeps its id and code for ever. The payable of a store, or an account
//! under which others stand, may be closed like any other once it is empty: the store can then not be spent in, and no
//! account can be opened under it, while those that stand under it go on.

use super::Case;
use super::controls::{self, Refusal};
use super::names::Named;
use crate::command::{CloseAccount, OpenAccount};
use crate::event::{AccountClosed, AccountOpened, Body};
use crate::model::{AccountNumber, AccountRef, CurrencyNumber, Link, OperationKind, Sequence};
use crate::rejection::Rejection;

pub(super) fn open(case: &Case<'_>, action: &OpenAccount, currency: CurrencyNumber) -> Result<Body, Refusal> {
    let state = case.state;
    let under_ref = action.under.clone().map(AccountRef::Code);
    let under = under_ref.as_ref().map(|under| Named::find(state, under, None)).transpose()?;
    if state.account_by_id(action.account).is_some() {
        return Err(Rejection::AccountExists.into());
    }
    if let Some(code) = action.code.as_ref().filter(|code| state.account_by_code(code).is_some()) {
        return Err(Rejection::CodeExists { code: code.to_string() }.into());
    }
    let number = next_number(state.account_count())?;
    if let Some(under) = &under {
        under.check_open()?;
        under.check_kind(action.kind)?;
        under.check_currency(state, currency)?;
    }
    let opened = AccountOpened {
        link: Link { account: number, previous: Sequence(0), event_number: 1, net_after_minor: 0 },
        account: action.account,
        kind: action.kind,
        currency,
        code: action.code.clone(),
        under: under.map(|under| under.number),
        overdraft: action.overdraft,
    };
    controls::pass_halts(case, OperationKind::OpenAccount, || Body::AccountOpened(opened.clone()))?;
    Ok(Body::AccountOpened(opened))
}

/// The number of the next account; the highest is never given, so that a file may use it for "none".
fn next_number(accounts: usize) -> Result<AccountNumber, Rejection> {
    match u32::try_from(accounts) {
        Ok(number) if number < u32::MAX => Ok(AccountNumber(number)),
        _ => Err(Rejection::AccountsExhausted),
    }
}

pub(super) fn close(case: &Case<'_>, action: &CloseAccount) -> Result<Body, Refusal> {
    let named = Named::find(case.state, &action.account, case.guess.at(0))?;
    named.check_open()?;
    let closed = || Body::AccountClosed(AccountClosed { link: super::funds::link(&named, 0, 0) });
    controls::pass_halts(case, OperationKind::CloseAccount, closed)?;
    if !named.account.is_empty() {
        return Err(Rejection::AccountNotEmpty { account: named.name() }.into());
    }
    if let Some((freeze, _)) = case.state.freezes_of(named.number).find(|(_, freeze)| freeze.stands(case.now)) {
        return Err(Rejection::AccountFrozen { account: named.name(), freeze }.into());
    }
    Ok(closed())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_account_number_is_never_given() {
        assert_eq!(next_number(0), Ok(AccountNumber(0)));
        assert_eq!(next_number(u32::MAX as usize - 1), Ok(AccountNumber(u32::MAX - 1)));
        assert_eq!(next_number(u32::MAX as usize), Err(Rejection::AccountsExhausted));
    }
}
