//! A naive ledger: the list of what happened, from which everything is computed again for each question.
//!
//! It shares no code with the product; commands are the same, and so are the names of kinds and sides. It is what the
//! simulation holds the product against, so it is written to be read and not to be fast.

mod compare;
mod controls;
mod form;
mod holds;
mod judge;
mod parties;
mod time;

pub(super) use compare::Chains;
pub(super) use judge::Answer;

use std::collections::BTreeMap;

use crate::command::Command;
use crate::model::{
    AccountKind, AccountRef, Clock, Code, CurrencyCode, Directions, OperationKind, Overdraft, Side, Signal,
};

/// One leg: account, whether it is debited, amount.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Leg {
    pub(super) account: usize,
    pub(super) debit: bool,
    pub(super) amount: i128,
}

/// An account as its opening made it.
#[derive(Debug, Clone)]
pub(super) struct Opened {
    pub(super) id: u128,
    pub(super) kind: AccountKind,
    pub(super) currency: CurrencyCode,
    pub(super) code: Option<Code>,
    pub(super) under: Option<usize>,
    pub(super) overdraft: Overdraft,
}

/// Why something was posted. Others are named by their sequences.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Why {
    TopUp,
    Spend,
    Transfer,
    Entry,
    Refund { of: usize },
    Reversal { of: usize, refund_of: Option<usize> },
}

/// What happened.
#[derive(Debug, Clone)]
pub(super) enum Deed {
    Began,
    Currency(CurrencyCode, u8),
    Actor(Box<str>),
    Store { code: Code, payable: usize },
    Clock,
    Opened(Opened),
    Closed,
    Posted { why: Why, legs: Vec<Leg> },
    Held { debit: usize, credit: usize, amount: i128, until: Option<i64> },
    Paid { hold: usize, amount: i128, released: i128, left: i128 },
    Voided { hold: usize, amount: i128 },
    Expired { hold: usize, amount: i128 },
    Signal(Signal),
    Frozen(Frozen),
    Thawed { freeze: usize },
    FrozenAmount { amount: i128 },
    Released { freeze: usize, amount: i128, left: i128 },
    Declined { freeze: usize, account: usize, would: Box<Deed> },
    Counted { freeze: usize, account: usize, hour: i64, count: u64 },
}

/// A freeze of an account.
#[derive(Debug, Clone)]
pub(super) struct Frozen {
    pub(super) account: usize,
    pub(super) directions: Directions,
    pub(super) until: Option<i64>,
    pub(super) exceptions: Vec<(OperationKind, i128)>,
}

/// One event.
#[derive(Debug, Clone)]
pub(super) struct Fact {
    /// What was asked, the time left out; nothing for what the ledger did of itself.
    pub(super) said: Option<Command>,
    pub(super) at: i64,
    pub(super) date: i32,
    pub(super) deed: Deed,
    /// The accounts touched, and what was posted net on their normal side afterwards.
    pub(super) touched: Vec<(usize, i128)>,
    /// Whether it is the last event of its commit.
    pub(super) ends_commit: bool,
}

/// Gross totals of an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Sums {
    pub(super) debited: i128,
    pub(super) credited: i128,
    pub(super) debit_pending: i128,
    pub(super) credit_pending: i128,
    pub(super) frozen: i128,
}

/// The list of what happened; the event at sequence `n` stands at place `n - 1`.
#[derive(Debug, Clone)]
pub(super) struct Books {
    pub(super) clock: Clock,
    pub(super) offset_seconds: i64,
    pub(super) facts: Vec<Fact>,
    /// Refusals that are not in the list, by freeze and account, with the hour they fell into; lost when the writer is.
    pub(super) uncounted: time::Uncounted,
}

impl Opened {
    pub(super) const fn grows_by_debits(&self) -> bool {
        matches!(self.kind, AccountKind::Asset | AccountKind::Expense)
    }
}

impl Books {
    /// A ledger that began then.
    pub(super) fn new(clock: Clock, offset_seconds: i64, now: i64) -> Self {
        let mut books = Self { clock, offset_seconds, facts: Vec::new(), uncounted: BTreeMap::new() };
        books.add(None, now, None, (Deed::Began, Vec::new()));
        books
    }

    fn add(&mut self, said: Option<&Command>, at: i64, date: Option<i32>, (deed, touched): (Deed, Vec<(usize, i128)>)) {
        let said = said.map(|command| Command { at: None, ..command.clone() });
        let date = date.unwrap_or_else(|| self.date(at));
        self.facts.push(Fact { said, at, date, deed, touched, ends_commit: true });
    }

    /// The last sequence.
    pub(super) const fn last(&self) -> usize {
        self.facts.len()
    }

    pub(super) fn last_at(&self) -> i64 {
        self.facts.last().map_or(i64::MIN, |fact| fact.at)
    }

    fn date(&self, at: i64) -> i32 {
        (at + self.offset_seconds * 1_000_000).div_euclid(86_400_000_000) as i32
    }

    /// Forgets everything behind a sequence, which must be the end of a commit.
    pub(super) fn cut(&mut self, last: usize) {
        assert!(last <= self.last(), "the ledger has {last} events, only {} were ever decided", self.last());
        self.facts.truncate(last);
        self.uncounted.clear();
        assert!(self.facts.last().is_some_and(|fact| fact.ends_commit), "a commit was cut in two at {last}");
    }

    /// The event of a command's id: its sequence and what it is.
    pub(super) fn find(&self, id: u128) -> Option<(usize, &Fact)> {
        let place = self.facts.iter().position(|fact| fact.said.as_ref().is_some_and(|said| said.id.0 == id))?;
        Some((place + 1, &self.facts[place]))
    }

    fn deeds(&self) -> impl Iterator<Item = &Deed> {
        self.facts.iter().map(|fact| &fact.deed)
    }

    /// All accounts in the order of opening.
    pub(super) fn accounts(&self) -> impl Iterator<Item = &Opened> {
        self.deeds().filter_map(|deed| if let Deed::Opened(opened) = deed { Some(opened) } else { None })
    }

    pub(super) fn account(&self, number: usize) -> &Opened {
        self.accounts().nth(number).expect("an account that was opened")
    }

    pub(super) fn resolve(&self, given: &AccountRef) -> Option<usize> {
        self.accounts().position(|account| match given {
            AccountRef::Id(id) => account.id == id.0,
            AccountRef::Code(code) => account.code.as_ref() == Some(code),
        })
    }

    pub(super) fn is_closed(&self, number: usize) -> bool {
        self.facts.iter().any(|fact| matches!(fact.deed, Deed::Closed) && fact.touched[0].0 == number)
    }

    pub(super) fn currencies(&self) -> impl Iterator<Item = (CurrencyCode, u8)> {
        self.deeds()
            .filter_map(|deed| if let Deed::Currency(code, exponent) = deed { Some((*code, *exponent)) } else { None })
    }

    pub(super) fn actors(&self) -> impl Iterator<Item = &str> {
        self.deeds().filter_map(|deed| if let Deed::Actor(principal) = deed { Some(&**principal) } else { None })
    }

    pub(super) fn stores(&self) -> impl Iterator<Item = (&Code, usize)> {
        self.deeds()
            .filter_map(|deed| if let Deed::Store { code, payable } = deed { Some((code, *payable)) } else { None })
    }

    /// Debit and credit account of a hold.
    pub(super) fn hold_accounts(&self, hold: usize) -> (usize, usize) {
        match self.facts[hold - 1].deed {
            Deed::Held { debit, credit, .. } => (debit, credit),
            ref other => panic!("no hold but {other:?}"),
        }
    }

    /// What each fact posted: for the payment of a hold too.
    pub(super) fn legs(&self, deed: &Deed) -> Vec<Leg> {
        match deed {
            Deed::Posted { legs, .. } => legs.clone(),
            Deed::Paid { hold, amount, .. } => {
                let (debit, credit) = self.hold_accounts(*hold);
                pair(debit, credit, *amount)
            }
            _ => Vec::new(),
        }
    }

    /// What every hold still holds, by the sequence that placed it.
    pub(super) fn holds_left(&self) -> Vec<(usize, i128)> {
        let mut left = vec![0; self.facts.len() + 1];
        for (sequence, deed) in (1..).zip(self.deeds()) {
            match deed {
                Deed::Held { amount, .. } => left[sequence] = *amount,
                Deed::Paid { hold, amount, released, .. } => left[*hold] -= amount + released,
                Deed::Voided { hold, amount } | Deed::Expired { hold, amount } => left[*hold] -= amount,
                _ => {}
            }
        }
        left.into_iter().enumerate().filter(|(_, left)| *left != 0).collect()
    }

    /// Everything posted and pending, by account.
    pub(super) fn all_sums(&self) -> Vec<Sums> {
        self.sums_of(self.last(), i32::MAX)
    }

    /// What counts on or before a date of everything up to a sequence, by account.
    pub(super) fn sums_of(&self, last: usize, date: i32) -> Vec<Sums> {
        let mut all = vec![Sums::default(); self.accounts().count()];
        for Fact { deed, touched, .. } in self.facts[..last].iter().filter(|fact| fact.date <= date) {
            match deed {
                Deed::Posted { legs, .. } => legs.iter().for_each(|leg| all[leg.account].post(*leg)),
                Deed::Paid { .. } => self.legs(deed).iter().for_each(|leg| all[leg.account].post(*leg)),
                Deed::FrozenAmount { amount } => all[touched[0].0].frozen += amount,
                Deed::Released { amount, .. } => all[touched[0].0].frozen -= amount,
                _ => {}
            }
            let (hold, change) = match deed {
                Deed::Held { debit, credit, amount, .. } => ((*debit, *credit), *amount),
                Deed::Paid { hold, amount, released, .. } => (self.hold_accounts(*hold), -(amount + released)),
                Deed::Voided { hold, amount } | Deed::Expired { hold, amount } => (self.hold_accounts(*hold), -amount),
                _ => continue,
            };
            all[hold.0].debit_pending += change;
            all[hold.1].credit_pending += change;
        }
        all
    }

    /// Posted net on its normal side.
    pub(super) fn net(&self, number: usize, sums: &Sums) -> i128 {
        if self.account(number).grows_by_debits() { sums.debited - sums.credited } else { sums.credited - sums.debited }
    }

    /// What may be spent, the overdraft left out.
    pub(super) fn available(&self, number: usize, sums: &Sums) -> i128 {
        let pending = if self.account(number).grows_by_debits() { sums.credit_pending } else { sums.debit_pending };
        self.net(number, sums) - pending - sums.frozen
    }

    /// The event that reversed the one at `sequence`.
    pub(super) fn reversed(&self, sequence: usize) -> Option<usize> {
        let reverses =
            |deed: &Deed| matches!(deed, Deed::Posted { why: Why::Reversal { of, .. }, .. } if *of == sequence);
        self.deeds().position(reverses).map(|place| place + 1)
    }

    /// How much of the spend at `sequence` was refunded and not taken back.
    pub(super) fn refunded(&self, sequence: usize) -> i128 {
        let refund = |(place, deed): (usize, &Deed)| match deed {
            Deed::Posted { why: Why::Refund { of }, legs } if *of == sequence && self.reversed(place + 1).is_none() => {
                legs[0].amount
            }
            _ => 0,
        };
        self.deeds().enumerate().map(refund).sum()
    }
}

impl Sums {
    const fn post(&mut self, leg: Leg) {
        if leg.debit {
            self.debited += leg.amount;
        } else {
            self.credited += leg.amount;
        }
    }
}

/// The two legs of a movement.
pub(super) fn pair(debit: usize, credit: usize, amount: i128) -> Vec<Leg> {
    vec![Leg { account: debit, debit: true, amount }, Leg { account: credit, debit: false, amount }]
}

const fn is_debit(side: Side) -> bool {
    matches!(side, Side::Debit)
}
