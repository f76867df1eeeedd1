//! What is wrong with a command whatever the books hold.

use super::is_debit;
use super::judge::Refusal;
use crate::command::{Action, Command, EntryLeg, Group};

/// The first rule of form that a command breaks which happens on the date `today`.
pub(super) fn check(command: &Command, today: i32) -> Result<(), Refusal> {
    let named = match &command.action {
        Action::RefundSpend(refund) => refund.spend.0,
        Action::ReverseTransaction(reverse) => reverse.transaction.0,
        Action::SettleHold(settle) => settle.hold.0,
        Action::VoidHold(void) => void.hold.0,
        Action::ThawAccount(thaw) => thaw.freeze.0,
        Action::ReleaseAmount(release) => release.freeze.0,
        _ => 1,
    };
    unless(command.id.0 == 0 || named == 0, "id_reserved")?;
    if command.context.category.is_some_and(|category| category.0 > 9_999) {
        return Refusal::err("category_invalid");
    }
    action(&command.action, command.context.store.is_some())?;
    let has_no_date = matches!(
        command.action,
        Action::RecordSignal(_)
            | Action::FreezeAccount(_)
            | Action::ThawAccount(_)
            | Action::FreezeAmount(_)
            | Action::ReleaseAmount(_)
    );
    unless(has_no_date && command.effective.is_some(), "effective_forbidden")?;
    match command.effective {
        Some(date) if date.0 > today => Refusal::err("effective_out_of_range"),
        _ => Ok(()),
    }
}

fn action(action: &Action, has_store: bool) -> Result<(), Refusal> {
    match action {
        Action::DefineCurrency(define) if define.exponent > 8 => Refusal::err("exponent_invalid"),
        Action::OpenAccount(open) if open.code.is_some() && open.under.is_some() => Refusal::err("under_with_code"),
        Action::TopUp(top_up) => {
            amount(top_up.amount_minor)?;
            unless(top_up.account == top_up.funding, "accounts_must_differ")
        }
        Action::Spend(spend) => {
            amount(spend.amount_minor)?;
            unless(!has_store, "store_missing")
        }
        Action::Transfer(transfer) => {
            amount(transfer.amount_minor)?;
            unless(transfer.debit == transfer.credit, "accounts_must_differ")
        }
        Action::PlaceHold(hold) => {
            amount(hold.amount_minor)?;
            unless(hold.credit.as_ref() == Some(&hold.debit), "accounts_must_differ")?;
            unless(!has_store && hold.credit.is_none(), "store_missing")
        }
        Action::RefundSpend(refund) => part(refund.amount_minor, refund.currency.is_some()),
        Action::SettleHold(settle) => part(settle.amount_minor, settle.currency.is_some()),
        Action::PostJournalEntry(entry) => legs(&entry.legs),
        Action::FreezeAccount(freeze) => {
            freeze.exceptions.iter().try_for_each(|exception| amount(exception.amount_minor))?;
            unless(freeze.exceptions.len() > 4, "exceptions_invalid")
        }
        Action::FreezeAmount(freeze) => amount(freeze.amount_minor),
        Action::ReleaseAmount(release) => part(release.amount_minor, release.currency.is_some()),
        _ => Ok(()),
    }
}

fn unless(wrong: bool, code: &'static str) -> Result<(), Refusal> {
    if wrong { Refusal::err(code) } else { Ok(()) }
}

fn amount(minor: u64) -> Result<(), Refusal> {
    unless(minor == 0, "amount_zero")
}

fn part(minor: Option<u64>, has_currency: bool) -> Result<(), Refusal> {
    unless(minor == Some(0), "amount_zero")?;
    unless(minor.is_some() != has_currency, "amount_without_currency")
}

fn legs(legs: &[EntryLeg]) -> Result<(), Refusal> {
    legs.iter().try_for_each(|leg| amount(leg.amount_minor))?;
    if legs.len() < 2 {
        return Refusal::with("legs_out_of_bounds", &[legs.len() as i128]);
    }
    for currency in legs.iter().map(|leg| leg.currency) {
        let sum = |debit| -> i128 {
            let of_side = legs.iter().filter(|leg| leg.currency == currency && is_debit(leg.side) == debit);
            of_side.map(|leg| i128::from(leg.amount_minor)).sum()
        };
        if sum(true) != sum(false) {
            return Refusal::with("unbalanced", &[sum(true), sum(false)]);
        }
    }
    Ok(())
}

/// What is wrong with a group as a whole.
pub(super) fn group(group: &Group) -> Result<(), Refusal> {
    let members = &group.members;
    unless(group.id.0 == 0, "id_reserved")?;
    if members.is_empty() {
        return Refusal::with("group_out_of_bounds", &[0]);
    }
    unless(members.iter().any(|member| member.at != members[0].at), "group_times_differ")?;
    for (place, member) in members.iter().enumerate() {
        if members[..place].iter().any(|other| other.id == member.id) {
            return Refusal::with("group_id_twice", &[place as i128]);
        }
    }
    Ok(())
}
