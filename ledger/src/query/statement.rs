//! One account's lines with a running balance.

use super::{AccountBalance, Known};
use crate::event::{Effect, Event};
use crate::model::{Date, Sequence};

/// What a statement is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StatementQuery {
    /// The first effective date; from the account's opening when absent.
    pub from: Option<Date>,
    /// The last effective date; no end when absent.
    pub to: Option<Date>,
    /// The moment of knowledge; now when absent.
    pub known: Option<Known>,
    /// Go on after this line.
    pub after: Option<Cursor>,
    /// The most lines of a page, at least 1.
    pub lines_max: usize,
}

impl Default for StatementQuery {
    fn default() -> Self {
        Self { from: None, to: None, known: None, after: None, lines_max: 100 }
    }
}

/// Where a page ended. It stays good while the ledger grows, because it also keeps the moment of knowledge.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Cursor {
    /// Effective date of the last line.
    pub effective: Date,
    /// Sequence of the last line.
    pub sequence: Sequence,
    /// The last event that the first page could see.
    pub known: Sequence,
}

/// One event that posted to the account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatementLine {
    /// The event.
    pub event: Event,
    /// Minor units debited to the account.
    pub debit_minor: u64,
    /// Minor units credited to the account.
    pub credit_minor: u64,
    /// Posted net on the normal side after this line, in minor units.
    pub running_net_minor: i128,
}

/// A page of an account's postings in order of effective date, then sequence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// The account as known, after everything.
    pub account: AccountBalance,
    /// Posted net before the first line of this page, in minor units.
    pub opening_net_minor: i128,
    /// The lines.
    pub lines: Vec<StatementLine>,
    /// Posted net after the last line of this page, in minor units.
    pub closing_net_minor: i128,
    /// Where the next page begins; none when this is the last.
    pub next: Option<Cursor>,
}

/// A posting by its place in a statement; the event itself is read for the lines of the page only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    pub(crate) effective: Date,
    pub(crate) sequence: Sequence,
}

/// What a walk back through an account's history gathers for a statement.
#[derive(Debug)]
pub(crate) struct Gathering {
    query: StatementQuery,
    /// Every posting of the period that may stand on the page or before it.
    postings: Vec<(Place, Effect)>,
    /// What counts after the period.
    later: Effect,
}

impl Gathering {
    pub(crate) fn new(query: StatementQuery) -> Self {
        Self { query, postings: Vec::new(), later: Effect::default() }
    }

    /// Notes one event of the account.
    pub(crate) fn add(&mut self, event: &Event, effect: Effect) {
        if effect.posted_debit_minor == 0 && effect.posted_credit_minor == 0 {
            return;
        }
        let effective = event.header.effective;
        if self.query.to.is_some_and(|to| effective > to) {
            self.later.add(&effect);
        } else if self.query.from.is_none_or(|from| effective >= from) {
            self.postings.push((Place { effective, sequence: event.sequence }, effect));
        }
    }

    /// The places of the page's lines with what each posts, the net before the first, and whether more follow.
    pub(crate) fn page(mut self, account: &AccountBalance) -> Page {
        let normal = account.kind.normal_side();
        self.postings.sort_unstable_by_key(|(place, _)| *place);
        let total: i128 = self.postings.iter().map(|(_, effect)| effect.net_minor(normal)).sum();
        let mut opening = account.posted_net_minor() - self.later.net_minor(normal) - total;
        let start = match self.query.after {
            None => 0,
            Some(cursor) => self.postings.partition_point(|(place, _)| {
                *place <= Place { effective: cursor.effective, sequence: cursor.sequence }
            }),
        };
        opening += self.postings[..start].iter().map(|(_, effect)| effect.net_minor(normal)).sum::<i128>();
        let end = self.postings.len().min(start.saturating_add(self.query.lines_max.max(1)));
        let more = end < self.postings.len();
        Page { opening_net_minor: opening, lines: self.postings[start..end].to_vec(), more }
    }
}

/// A page before its events are read.
#[derive(Debug)]
pub(crate) struct Page {
    pub(crate) opening_net_minor: i128,
    pub(crate) lines: Vec<(Place, Effect)>,
    pub(crate) more: bool,
}
