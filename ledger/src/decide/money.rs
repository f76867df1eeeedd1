//! Money that moves for good: top-ups, spends, transfers, journal entries.
//!
//! A transfer debits and credits as it says, whatever the kinds: from wallet to wallet the payer is debited; from an asset to an
//! asset, such as from clearing to the bank, the receiver is.

use std::collections::BTreeMap;

use super::Case;
use super::controls::{self, Refusal};
use super::funds::{check_funds, check_total, link, post};
use super::names::{self, Named, check_pair};
use crate::command::{PostJournalEntry, Spend, TopUp, Transfer};
use crate::event::{Body, JournalEntryPosted, Spent, ToppedUp, Transferred};
use crate::model::{AccountKind, AccountNumber, CurrencyNumber, Leg, Link, OperationKind, Side, StoreNumber};
use crate::rejection::Rejection;
use crate::state::State;

#[inline]
pub(super) fn top_up(case: &Case<'_>, action: &TopUp, currency: CurrencyNumber) -> Result<Body, Refusal> {
    let wallet = Named::find(case.state, &action.account, case.guess.at(0))?;
    let funding = Named::find(case.state, &action.funding, case.guess.at(1))?;
    let kinds = [Some(AccountKind::Liability), Some(AccountKind::Asset)];
    check_pair(case.state, [&wallet, &funding], kinds, currency)?;
    controls::pass(case, OperationKind::TopUp, [&funding, &wallet], action.amount_minor, |movement| {
        Body::ToppedUp(ToppedUp { movement })
    })?;
    Ok(Body::ToppedUp(ToppedUp { movement: post(&funding, &wallet, action.amount_minor)? }))
}

#[inline]
pub(super) fn spend(
    case: &Case<'_>,
    action: &Spend,
    currency: CurrencyNumber,
    store: Option<StoreNumber>,
) -> Result<Body, Refusal> {
    let wallet = Named::find(case.state, &action.account, case.guess.at(0))?;
    let payable = payable(case.state, store)?;
    check_pair(case.state, [&wallet, &payable], [Some(AccountKind::Liability), None], currency)?;
    controls::pass(case, OperationKind::Spend, [&wallet, &payable], action.amount_minor, |movement| {
        Body::Spent(Spent { movement })
    })?;
    Ok(Body::Spent(Spent { movement: post(&wallet, &payable, action.amount_minor)? }))
}

/// The account that owes the store what is spent there.
#[inline]
pub(super) fn payable(state: &State, store: Option<StoreNumber>) -> Result<Named<'_>, Rejection> {
    let store = store.and_then(|number| state.store(number)).ok_or(Rejection::StoreMissing)?;
    Named::known(state, store.payable)
}

#[inline]
pub(super) fn transfer(case: &Case<'_>, action: &Transfer, currency: CurrencyNumber) -> Result<Body, Refusal> {
    let debit = Named::find(case.state, &action.debit, case.guess.at(0))?;
    let credit = Named::find(case.state, &action.credit, case.guess.at(1))?;
    check_pair(case.state, [&debit, &credit], [None, None], currency)?;
    controls::pass(case, OperationKind::Transfer, [&debit, &credit], action.amount_minor, |movement| {
        Body::Transferred(Transferred { movement })
    })?;
    Ok(Body::Transferred(Transferred { movement: post(&debit, &credit, action.amount_minor)? }))
}

pub(super) fn journal_entry(case: &Case<'_>, action: &PostJournalEntry) -> Result<Body, Refusal> {
    let state = case.state;
    let currencies =
        action.legs.iter().map(|leg| names::currency(state, leg.currency)).collect::<Result<Vec<_>, _>>()?;
    let accounts =
        action.legs.iter().map(|leg| Named::find(state, &leg.account, None)).collect::<Result<Vec<_>, _>>()?;
    accounts.iter().try_for_each(Named::check_open)?;
    accounts.iter().zip(&currencies).try_for_each(|(named, currency)| named.check_currency(state, *currency))?;
    let legs = accounts.iter().zip(&action.legs).map(|(named, leg)| (*named, leg.side, leg.amount_minor));
    let entry = Entry::of(legs);
    controls::pass_halts(case, OperationKind::PostJournalEntry, || {
        let (links, legs) = entry.unposted();
        Body::JournalEntryPosted(JournalEntryPosted { links, legs })
    })?;
    let (links, legs) = entry.post()?;
    Ok(Body::JournalEntryPosted(JournalEntryPosted { links, legs }))
}

/// Postings that balance: each account once in the order of first mention, with what all its legs do together, and the legs.
pub(super) struct Entry<'a> {
    accounts: Vec<(Named<'a>, u128, u128)>,
    legs: Vec<Leg>,
}

impl<'a> Entry<'a> {
    pub(super) fn of(postings: impl Iterator<Item = (Named<'a>, Side, u64)>) -> Self {
        let mut places: BTreeMap<AccountNumber, usize> = BTreeMap::new();
        let mut accounts: Vec<(Named<'a>, u128, u128)> = Vec::new();
        let mut legs = Vec::with_capacity(postings.size_hint().0);
        for (named, side, amount_minor) in postings {
            let place = *places.entry(named.number).or_insert_with(|| {
                accounts.push((named, 0, 0));
                accounts.len() - 1
            });
            match side {
                Side::Debit => accounts[place].1 += u128::from(amount_minor),
                Side::Credit => accounts[place].2 += u128::from(amount_minor),
            }
            legs.push(Leg { link: place as u16, side, amount_minor });
        }
        Self { accounts, legs }
    }

    /// Links and legs of what posts nothing.
    pub(super) fn unposted(&self) -> (Vec<Link>, Vec<Leg>) {
        (self.accounts.iter().map(|(named, ..)| link(named, 0, 0)).collect(), self.legs.clone())
    }

    /// Links and legs of what posts; each account is judged by what all its legs do together.
    pub(super) fn post(self) -> Result<(Vec<Link>, Vec<Leg>), Rejection> {
        for (named, debited, credited) in &self.accounts {
            let (added, taken) = match named.account.normal_side() {
                Side::Debit => (debited, credited),
                Side::Credit => (credited, debited),
            };
            if taken > added {
                check_funds(named.account, taken - added)?;
            }
        }
        for (named, debited, credited) in &self.accounts {
            check_total(named.account, Side::Debit, *debited)?;
            check_total(named.account, Side::Credit, *credited)?;
        }
        // Each sum was checked to be below 2^63.
        let links = self
            .accounts
            .iter()
            .map(|(named, debited, credited)| link(named, *debited as u64, *credited as u64))
            .collect();
        Ok((links, self.legs))
    }
}
