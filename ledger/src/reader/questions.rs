//! Balance, statement, history, reference, trial balance.

use super::{Events, History, Reader, View};
use crate::error::Error;
use crate::event::{Effect, Event};
use crate::model::{AccountNumber, AccountRef, Date, Sequence};
use crate::query::{
    AccountBalance, AsOf, Cursor, Detail, Gathering, Known, Statement, StatementLine, StatementQuery, TrialBalance,
};
use crate::storage::Storage;

impl<S: Storage> Reader<S> {
    /// An account's balance; none when there was no such account at the moment of knowledge.
    ///
    /// As of now it costs a look under a lock; as of a date, a walk back to that date through the account's history; as known at
    /// an earlier moment, a replay to it.
    ///
    /// # Errors
    /// What the journal reports.
    pub fn balance(&self, account: &AccountRef, as_of: &AsOf) -> Result<Option<AccountBalance>, Error> {
        if *as_of == AsOf::default() {
            let state = self.shared.published.state.read();
            return Ok(state.resolve(account).and_then(|number| AccountBalance::of(&state, number)));
        }
        let view = self.view_at(as_of.known)?;
        let Some(number) = view.resolve(account) else { return Ok(None) };
        let Some(mut balance) = AccountBalance::of(&view, number) else { return Ok(None) };
        if let Some(date) = as_of.effective {
            let later = self.later_than(&view, number, date)?;
            balance.balance = later.taken_from(&balance.balance).ok_or_else(|| {
                Error::Contradiction(format!("the history of account {} exceeds its totals", balance.id))
            })?;
        }
        Ok(Some(balance))
    }

    /// What takes effect on an account after `date`: everything recorded on or before it counts by then. Days that are
    /// closed are taken from their closings, the rest from the account's history.
    fn later_than(&self, view: &View, number: AccountNumber, date: Date) -> Result<Effect, Error> {
        let closings = self.shared.closings.read().clone();
        let mut closed = if closings.through() <= view.last_sequence() { closings.through() } else { Sequence(0) };
        let mut later = Effect::default();
        for step in self.walk(view, number) {
            let (event, _) = step?;
            if event.recorded_at.date(view.utc_offset()) <= date {
                return Ok(later);
            }
            if event.sequence <= closed {
                match closings.delta(number, date) {
                    Ok(delta) => {
                        later.add(&delta);
                        return Ok(later);
                    }
                    // A closing only saves time: what it cannot say, the history does.
                    Err(Error::Corrupt { .. } | Error::Io { .. }) => closed = Sequence(0),
                    Err(error) => return Err(error),
                }
            }
            if event.header.effective > date {
                later.add(&Effect::of(&event, number));
            }
        }
        Ok(later)
    }

    fn walk(&self, view: &View, number: AccountNumber) -> History<S> {
        let last = view.account(number).map_or(Sequence(0), |account| account.last_sequence);
        History::new(self.shared.journal.clone(), number, last)
    }

    /// A page of an account's postings with running balance, in order of effective date, then sequence; none when there is
    /// no such account. Pages after the first see what the first saw.
    ///
    /// # Errors
    /// [`Error::Config`] when it is to end before it begins; what the journal reports.
    pub fn statement(&self, account: &AccountRef, query: &StatementQuery) -> Result<Option<Statement>, Error> {
        if let (Some(from), Some(to)) = (query.from, query.to)
            && to < from
        {
            return Err(Error::Config(format!("a statement from {from} to {to} ends before it begins")));
        }
        let known = query.after.map(|cursor| Known::Sequence(cursor.known)).or(query.known);
        let view = self.view_at(known)?;
        let Some(number) = view.resolve(account) else { return Ok(None) };
        let Some(account) = AccountBalance::of(&view, number) else { return Ok(None) };
        let mut gathering = Gathering::new(*query);
        for step in self.walk(&view, number) {
            let (event, _) = step?;
            if query.from.is_some_and(|from| event.recorded_at.date(view.utc_offset()) < from) {
                break;
            }
            gathering.add(&event, Effect::of(&event, number));
        }
        let page = gathering.page(&account);
        let mut running = page.opening_net_minor;
        let mut lines = Vec::with_capacity(page.lines.len());
        let mut last = None;
        for (place, effect) in page.lines {
            running += effect.net_minor(account.kind.normal_side());
            let event = super::read_event(&self.shared.journal, place.sequence, &mut Vec::new())?;
            let (debit_minor, credit_minor) = event.body.posted_to(number);
            lines.push(StatementLine { event, debit_minor, credit_minor, running_net_minor: running });
            last = Some(place);
        }
        let next = last.filter(|_| page.more).map(|place| Cursor {
            effective: place.effective,
            sequence: place.sequence,
            known: view.last_sequence(),
        });
        Ok(Some(Statement {
            account,
            opening_net_minor: page.opening_net_minor,
            lines,
            closing_net_minor: running,
            next,
        }))
    }

    /// An account's events, newest first, as known at a moment; none when there is no such account.
    ///
    /// # Errors
    /// What the journal reports.
    pub fn history(&self, account: &AccountRef, known: Option<Known>) -> Result<Option<History<S>>, Error> {
        let view = self.view_at(known)?;
        Ok(view.resolve(account).map(|number| self.walk(&view, number)))
    }

    /// Events between two sequences, both included, in order.
    pub fn events(&self, from: Sequence, to: Sequence) -> Events<S> {
        Events::new(&self.shared.journal, from, to.min(self.through()))
    }

    /// A trial balance.
    ///
    /// # Errors
    /// What the journal reports.
    pub fn trial_balance(&self, as_of: &AsOf, detail: Detail) -> Result<TrialBalance, Error> {
        let view = self.view_at(as_of.known)?;
        match detail {
            Detail::ByCode => Ok(TrialBalance::by_code(&view, *as_of)),
            Detail::EveryAccount => self.every_account(&view, *as_of),
        }
    }

    fn every_account(&self, view: &View, as_of: AsOf) -> Result<TrialBalance, Error> {
        let mut totals: Vec<(u64, u64)> = view
            .accounts()
            .map(|(_, account)| (account.balance.posted_debit_minor, account.balance.posted_credit_minor))
            .collect();
        if let Some(date) = as_of.effective {
            let end = crate::model::Timestamp(date.next().start(view.utc_offset()).0 - 1);
            let from = Sequence(self.sequence_at(Known::At(end))?.0 + 1);
            for event in self.events(from, view.last_sequence()) {
                let event = event?;
                if event.header.effective <= date {
                    continue;
                }
                for posting in event.body.postings() {
                    let Some(total) = totals.get_mut(posting.account.0 as usize) else { continue };
                    let side = match posting.side {
                        crate::model::Side::Debit => &mut total.0,
                        crate::model::Side::Credit => &mut total.1,
                    };
                    *side = side.checked_sub(posting.amount_minor).ok_or_else(|| {
                        Error::Contradiction(format!(
                            "the history of account number {} exceeds its totals",
                            posting.account.0
                        ))
                    })?;
                }
            }
        }
        let totals_of = |number: AccountNumber| totals.get(number.0 as usize).copied().unwrap_or_default();
        Ok(TrialBalance::every_account(view, as_of, totals_of))
    }

    /// Events whose reference is `reference`, oldest first.
    ///
    /// # Errors
    /// What the journal reports.
    pub fn by_reference(&self, reference: &str) -> Result<Vec<Event>, Error> {
        let mut found = Vec::new();
        let mut from = Sequence(1);
        let index = self.shared.index.read().clone();
        // An index that fails is made again in the background; the journal answers meanwhile.
        if let Some(known) = index.and_then(|index| index.by_reference(reference).ok()) {
            from = Sequence(known.through.0 + 1);
            for sequence in known.found {
                found.extend(self.event(sequence)?);
            }
        }
        for event in self.events(from, self.through()) {
            let event = event?;
            let context = event.header.context.as_ref();
            if context.and_then(|context| context.reference.as_deref()) == Some(reference) {
                found.push(event);
            }
        }
        Ok(found)
    }
}
