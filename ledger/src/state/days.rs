//! What was posted per effective date and rollup: from these a trial balance by code is read as of any date.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::model::{AccountKind, AccountNumber, Code, CurrencyNumber, Date, Side};

/// What accounts are summed up under.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Rollup {
    /// The coded account itself and every account opened under it.
    Coded(AccountNumber),
    /// The accounts of that kind and currency that have no code and stand under none.
    Uncoded(AccountKind, CurrencyNumber),
}

/// Gross totals in minor units.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Totals {
    /// Everything debited.
    pub debit_minor: u128,
    /// Everything credited.
    pub credit_minor: u128,
}

impl Totals {
    #[inline]
    pub(super) const fn add(&mut self, side: Side, amount_minor: u64) {
        match side {
            Side::Debit => self.debit_minor = self.debit_minor.saturating_add(amount_minor as u128),
            Side::Credit => self.credit_minor = self.credit_minor.saturating_add(amount_minor as u128),
        }
    }
}

/// A rollup's slot.
#[derive(Debug, Clone)]
pub(super) struct RollupSlot {
    pub(super) rollup: Rollup,
    pub(super) code: Option<Code>,
}

impl Default for RollupSlot {
    fn default() -> Self {
        Self { rollup: Rollup::Coded(AccountNumber(0)), code: None }
    }
}

/// One day's totals in the order of the rollups' slots.
#[derive(Debug, Clone, Default)]
struct Day(Vec<(u32, Totals)>);

/// The totals of all days. The latest stands apart, because nearly every posting falls on it.
#[derive(Debug, Clone)]
pub(super) struct Days {
    latest: Date,
    today: Arc<Day>,
    earlier: Arc<BTreeMap<Date, Arc<Day>>>,
}

impl Days {
    pub(super) fn new() -> Self {
        Self { latest: Date(i32::MIN), today: Arc::default(), earlier: Arc::default() }
    }

    fn day_mut(&mut self, date: Date) -> &mut Day {
        if date > self.latest {
            let before = std::mem::take(&mut self.today);
            if !before.0.is_empty() {
                Arc::make_mut(&mut self.earlier).insert(self.latest, before);
            }
            self.latest = date;
        }
        if date == self.latest {
            return Arc::make_mut(&mut self.today);
        }
        Arc::make_mut(Arc::make_mut(&mut self.earlier).entry(date).or_default())
    }

    /// Adds to a total and returns what it was, where it was anything.
    #[inline]
    pub(super) fn add(&mut self, date: Date, slot: u32, side: Side, amount_minor: u64) -> Option<Totals> {
        let day = self.day_mut(date);
        match day.0.binary_search_by_key(&slot, |(slot, _)| *slot) {
            Ok(place) => {
                let totals = &mut day.0[place].1;
                let before = *totals;
                totals.add(side, amount_minor);
                Some(before)
            }
            Err(place) => {
                let mut totals = Totals::default();
                totals.add(side, amount_minor);
                day.0.insert(place, (slot, totals));
                None
            }
        }
    }

    /// Puts a total back to what it was, or to nothing.
    pub(super) fn set(&mut self, date: Date, slot: u32, totals: Option<Totals>) {
        let day = self.day_mut(date);
        match (day.0.binary_search_by_key(&slot, |(slot, _)| *slot), totals) {
            (Ok(place), Some(totals)) => day.0[place].1 = totals,
            (Ok(place), None) => drop(day.0.remove(place)),
            (Err(place), Some(totals)) => day.0.insert(place, (slot, totals)),
            (Err(_), None) => {}
        }
    }

    /// Every total by date, then by slot.
    pub(super) fn iter(&self) -> impl Iterator<Item = (Date, u32, Totals)> {
        self.earlier
            .iter()
            .map(|(date, day)| (*date, day))
            .chain(std::iter::once((self.latest, &self.today)))
            .flat_map(|(date, day)| day.0.iter().map(move |(slot, totals)| (date, *slot, *totals)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn totals_are_listed_by_date_whatever_the_order_of_posting() {
        let mut days = Days::new();
        for (date, slot, side) in
            [(5, 1, Side::Debit), (7, 0, Side::Credit), (6, 3, Side::Debit), (5, 0, Side::Debit), (7, 0, Side::Debit)]
        {
            days.add(Date(date), slot, side, 10);
        }
        let listed: Vec<_> = days.iter().map(|(date, slot, totals)| (date.0, slot, totals.debit_minor)).collect();
        assert_eq!(listed, [(5, 0, 10), (5, 1, 10), (6, 3, 10), (7, 0, 10)]);
        days.set(Date(6), 3, None);
        days.set(Date(5), 1, Some(Totals { debit_minor: 4, credit_minor: 0 }));
        let listed: Vec<_> = days.iter().map(|(date, slot, totals)| (date.0, slot, totals.debit_minor)).collect();
        assert_eq!(listed, [(5, 0, 10), (5, 1, 4), (7, 0, 10)]);
    }
}
