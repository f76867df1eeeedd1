//! Funds and totals: what an account may lose, and the links that an event gets.

use super::names::Named;
use crate::model::{Link, Movement, Overdraft, Side};
use crate::rejection::Rejection;
use crate::state::AccountState;

/// The most that may be posted and pending together on one side of an account, so that every net fits into an `i64`.
pub(super) const TOTAL_MINOR_MAX: u64 = i64::MAX as u64;

/// Refuses what would take more out of an account than it may spend.
#[inline]
pub(super) fn check_funds(account: &AccountState, taken_minor: u128) -> Result<(), Rejection> {
    let available_minor = account.available_minor();
    let allowed = match account.overdraft() {
        Overdraft::Never => 0,
        Overdraft::UpTo(minor) => i128::from(minor),
        Overdraft::Unlimited => return Ok(()),
    };
    let taken = i128::try_from(taken_minor).unwrap_or(i128::MAX);
    if taken <= available_minor + allowed {
        return Ok(());
    }
    let needed_minor = u64::try_from(taken_minor).unwrap_or(u64::MAX);
    Err(Rejection::InsufficientFunds { account: account.id.to_string(), available_minor, needed_minor })
}

/// Refuses what would raise a side's total beyond its bound.
#[inline]
pub(super) fn check_total(account: &AccountState, side: Side, added_minor: u128) -> Result<(), Rejection> {
    let total = u128::from(account.balance.posted(side)) + u128::from(account.balance.pending(side));
    if total + added_minor <= u128::from(TOTAL_MINOR_MAX) {
        return Ok(());
    }
    Err(Rejection::TotalOverflow { account: account.id.to_string() })
}

/// The link of an event that touches the account and changes what is posted by so much on each side.
#[inline]
pub(super) fn link(named: &Named<'_>, debited_minor: u64, credited_minor: u64) -> Link {
    let account = named.account;
    let change = i128::from(debited_minor) - i128::from(credited_minor);
    let net = match account.normal_side() {
        Side::Debit => account.posted_net_minor() + change,
        Side::Credit => account.posted_net_minor() - change,
    };
    Link {
        account: named.number,
        previous: account.last_sequence,
        event_number: account.events + 1,
        // Both totals are at most i64::MAX, so their difference fits.
        net_after_minor: net as i64,
    }
}

/// Both accounts can bear that so much goes from debit to credit, posted or reserved alike: either way the available amount
/// falls on the account whose normal side is the other one.
#[inline]
fn check_movement(debit: &Named<'_>, credit: &Named<'_>, amount_minor: u64) -> Result<(), Rejection> {
    let amount = u128::from(amount_minor);
    if debit.account.normal_side() == Side::Credit {
        check_funds(debit.account, amount)?;
    }
    if credit.account.normal_side() == Side::Debit {
        check_funds(credit.account, amount)?;
    }
    check_total(debit.account, Side::Debit, amount)?;
    check_total(credit.account, Side::Credit, amount)
}

/// A movement that posts.
#[inline]
pub(super) fn post(debit: &Named<'_>, credit: &Named<'_>, amount_minor: u64) -> Result<Movement, Rejection> {
    check_movement(debit, credit, amount_minor)?;
    Ok(posted(debit, credit, amount_minor))
}

/// A movement that posts what was reserved: funds and totals were checked when it was reserved.
#[inline]
pub(super) fn posted(debit: &Named<'_>, credit: &Named<'_>, amount_minor: u64) -> Movement {
    Movement { debit: link(debit, amount_minor, 0), credit: link(credit, 0, amount_minor), amount_minor }
}

/// A movement that reserves.
#[inline]
pub(super) fn reserve(debit: &Named<'_>, credit: &Named<'_>, amount_minor: u64) -> Result<Movement, Rejection> {
    check_movement(debit, credit, amount_minor)?;
    Ok(unposted(debit, credit, amount_minor))
}

/// A movement that changes nothing posted: what reserves or gives back.
#[inline]
pub(super) fn unposted(debit: &Named<'_>, credit: &Named<'_>, amount_minor: u64) -> Movement {
    Movement { debit: link(debit, 0, 0), credit: link(credit, 0, 0), amount_minor }
}
