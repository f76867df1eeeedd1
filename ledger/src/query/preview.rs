//! What a selector would have stopped: history looked at with the matcher that a halt uses.

use std::collections::{BTreeMap, BTreeSet};

use crate::event::{Body, Event};
use crate::model::{AccountNumber, CurrencyNumber, OperationKind, SignalTimes, Timestamp};
use crate::selector::{Matcher, Operation};
use crate::state::State;

/// What a selector matches in a span of history. Give it every event from the first one on, in order.
///
/// First-order: it counts what happened and would have been stopped, and knows nothing of what would then not have followed. A
/// spend of money that a stopped top-up brought is not counted unless it matches itself.
#[derive(Debug, Clone)]
pub struct Preview {
    matcher: Matcher,
    from: Option<Timestamp>,
    to: Option<Timestamp>,
    signals: BTreeMap<AccountNumber, SignalTimes>,
    looked_at: u64,
    kinds: BTreeMap<OperationKind, u64>,
    accounts: BTreeSet<AccountNumber>,
    sums: BTreeMap<CurrencyNumber, u128>,
}

impl Preview {
    /// Of operations recorded at `from` or later and before `to`, where given.
    pub const fn new(matcher: Matcher, from: Option<Timestamp>, to: Option<Timestamp>) -> Self {
        Self {
            matcher,
            from,
            to,
            signals: BTreeMap::new(),
            looked_at: 0,
            kinds: BTreeMap::new(),
            accounts: BTreeSet::new(),
            sums: BTreeMap::new(),
        }
    }

    /// Looks at the next event; `state` knows every name in it. Operations see the signals recorded before them.
    pub fn observe(&mut self, event: &Event, state: &State) {
        if let Body::SignalRecorded(recorded) = &event.body {
            let times = self.signals.entry(recorded.link.account).or_default();
            times.record(recorded.signal.clone(), event.recorded_at);
            return;
        }
        let outside =
            self.from.is_some_and(|from| event.recorded_at < from) || self.to.is_some_and(|to| event.recorded_at >= to);
        let Some(operation) = Operation::of_event(event, state).filter(|known| !outside && !known.declined) else {
            return;
        };
        self.looked_at += 1;
        let account = operation.account_number();
        let signals = account.and_then(|account| self.signals.get(&account));
        if !self.matcher.matches(&operation.with_signals(signals)) {
            return;
        }
        *self.kinds.entry(operation.kind).or_default() += 1;
        self.accounts.extend(account);
        if let (Some(minor), Some(currency)) = (operation.amount_minor, operation.currency) {
            *self.sums.entry(currency).or_default() += u128::from(minor);
        }
    }

    /// How many operations of the span were looked at.
    pub const fn looked_at(&self) -> u64 {
        self.looked_at
    }

    /// How many would have been stopped.
    pub fn operations(&self) -> u64 {
        self.kinds.values().sum()
    }

    /// How many of each kind would have been stopped.
    pub fn kinds(&self) -> impl Iterator<Item = (OperationKind, u64)> {
        self.kinds.iter().map(|(kind, count)| (*kind, *count))
    }

    /// How many accounts they are about.
    pub fn accounts(&self) -> usize {
        self.accounts.len()
    }

    /// Their amounts together, in minor units of each currency.
    pub fn sums(&self) -> impl Iterator<Item = (CurrencyNumber, u128)> {
        self.sums.iter().map(|(currency, minor)| (*currency, *minor))
    }
}
