//! A rule with its names looked up: folds operations one by one into what it must know of each account, and says at the end
//! which accounts it finds.

use std::collections::BTreeMap;

use super::Operation;
use super::compile::{Emitter, Lookup, currency};
use super::condition::Condition;
use super::error::LanguageError;
use super::field::{Field, Relation};
use super::matcher::Matcher;
use super::measure::{Aggregate, Bound, Measure};
use super::rule::{Rule, Span};
use crate::model::{AccountNumber, CurrencyNumber, Sequence};

/// A rule that can look at operations.
#[derive(Debug, Clone)]
pub struct CompiledRule {
    span: Span,
    /// The selectors of the rule, each once, at most one more than aggregates may be, with whether it looks at what was declined.
    selectors: Vec<(bool, Matcher)>,
    /// Bits of the kinds of operation of which some could match one of them.
    kinds: u32,
    tallies: Vec<Tally>,
    /// The condition over the tallies by their places.
    accounts: Condition<usize>,
    /// Which selector says what is loss.
    loss: usize,
}

/// One aggregate.
#[derive(Debug, Clone)]
struct Tally {
    aggregate: Aggregate,
    selector: usize,
    currency: Option<CurrencyNumber>,
    relation: Relation,
    bound: u64,
}

/// What a rule knows so far of the accounts it met: those with an operation that one of its selectors matches.
///
/// Memory: 4 bytes for each account of the ledger, and of each that the rule met 4 and 8 for each aggregate; 24 for each operation that
/// is loss; for `distinct` 16 for each value up to one more than the number it is compared with.
#[derive(Debug, Clone, Default)]
pub struct Accumulators {
    /// By account number: the account's place among those met, from 1; 0 for one that was not met.
    places: Vec<u32>,
    /// Those met, in the order of meeting.
    accounts: Vec<AccountNumber>,
    /// One for each account and aggregate, the account's together.
    cells: Vec<u64>,
    /// The values that `distinct` has met, by the place of its cell; sorted.
    values: BTreeMap<usize, Vec<u128>>,
    losses: Vec<(AccountNumber, LossEvent)>,
}

/// An account that a rule found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The account.
    pub account: AccountNumber,
    /// What it lost, by sequence; none when nothing of what it did is loss.
    pub loss: Vec<LossEvent>,
}

/// One operation that is loss.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct LossEvent {
    /// Its event.
    pub sequence: Sequence,
    /// Minor units of the account's currency.
    pub amount_minor: u64,
}

impl CompiledRule {
    pub(super) fn new(rule: &Rule, names: &impl Lookup) -> Result<Self, LanguageError> {
        let mut selectors: Vec<(bool, Matcher)> = Vec::new();
        let mut selector = |declined, condition: &_| {
            let pair = (declined, Emitter::matcher(rule.text(), names, condition)?);
            Ok(selectors.iter().position(|known| *known == pair).unwrap_or_else(|| {
                selectors.push(pair);
                selectors.len() - 1
            }))
        };
        let mut tallies = Vec::new();
        let accounts = rule.accounts.try_map(&mut |measure: &Measure| {
            let (bound, currency) = match &measure.bound {
                Bound::Number(number) => (*number, None),
                Bound::Amount(amount) => (amount.minor, Some(currency(rule.text(), names, &amount.currency)?)),
            };
            let selector = selector(measure.declined, &measure.of)?;
            let Measure { aggregate, relation, .. } = *measure;
            tallies.push(Tally { aggregate, selector, currency, relation, bound });
            Ok::<usize, LanguageError>(tallies.len() - 1)
        })?;
        let loss = selector(false, &rule.loss)?;
        let kinds = selectors.iter().fold(0, |sum, (_, matcher)| sum | matcher.kinds());
        Ok(Self { span: rule.span, selectors, kinds, tallies, accounts, loss })
    }

    /// Folds one operation. The order of operations makes no difference to the verdict; each may be folded once only.
    #[inline]
    pub fn observe(&self, known: &mut Accumulators, operation: &Operation<'_>) {
        let Some(account) = operation.account_number() else { return };
        if self.kinds & 1 << operation.kind as u8 == 0 || !self.span.holds(operation.at) {
            return;
        }
        let mut matched = 0u64;
        for (place, (declined, matcher)) in self.selectors.iter().enumerate() {
            if *declined == operation.declined && matcher.matches(operation) {
                matched |= 1 << place;
            }
        }
        if matched != 0 {
            self.fold(known, account, matched, operation);
        }
    }

    fn fold(&self, known: &mut Accumulators, account: AccountNumber, matched: u64, operation: &Operation<'_>) {
        let first = known.place(account, self.tallies.len());
        let is_by = |selector: usize| matched & 1 << selector != 0;
        for (place, tally) in self.tallies.iter().enumerate().filter(|(_, tally)| is_by(tally.selector)) {
            let Some(cell) = known.cells.get_mut(first + place) else { continue };
            let amount = || {
                let counts = tally.currency.is_some() && tally.currency == operation.currency;
                if counts { operation.amount_minor.unwrap_or(0) } else { 0 }
            };
            match tally.aggregate {
                Aggregate::Count | Aggregate::Exists => *cell = cell.saturating_add(1),
                Aggregate::Sum => *cell = cell.saturating_add(amount()),
                Aggregate::Max => *cell = amount().max(*cell),
                Aggregate::Distinct(field) if *cell <= tally.bound => {
                    let values = known.values.entry(first + place).or_default();
                    *cell = add_value(values, field, operation);
                }
                Aggregate::Distinct(_) => {}
            }
        }
        if let Some(amount_minor) = operation.amount_minor.filter(|_| is_by(self.loss)) {
            known.losses.push((account, LossEvent { sequence: operation.sequence, amount_minor }));
        }
    }

    /// The accounts that the rule finds, by number.
    pub fn verdict(&self, known: &Accumulators) -> Vec<Finding> {
        let holds = |cells: &[u64]| {
            self.accounts.holds(&|place: &usize| match (self.tallies.get(*place), cells.get(*place)) {
                (Some(tally), Some(cell)) => tally.holds(*cell),
                _ => false,
            })
        };
        // A rule has one aggregate or more.
        let cells = known.cells.chunks_exact(self.tallies.len().max(1));
        let found = known.accounts.iter().zip(cells).filter(|(_, cells)| holds(cells));
        let mut found: Vec<Finding> =
            found.map(|(account, _)| Finding { account: *account, loss: Vec::new() }).collect();
        found.sort_unstable_by_key(|finding| finding.account);
        for (account, loss) in &known.losses {
            if let Ok(place) = found.binary_search_by_key(account, |finding| finding.account) {
                found[place].loss.push(*loss);
            }
        }
        for finding in &mut found {
            finding.loss.sort_unstable();
        }
        found
    }
}

impl Tally {
    fn holds(&self, cell: u64) -> bool {
        // No amount is 0, so a largest amount of 0 means that there is none, and what is absent compares with nothing.
        let absent = self.aggregate == Aggregate::Max && cell == 0;
        !absent && self.relation.holds(&cell, &self.bound)
    }
}

/// Adds the operation's value to the sorted ones and says how many there are.
fn add_value(values: &mut Vec<u128>, field: Field, operation: &Operation<'_>) -> u64 {
    if let Some(value) = operation.value(field)
        && let Err(place) = values.binary_search(&value)
    {
        values.insert(place, value);
    }
    values.len() as u64
}

impl Accumulators {
    /// How many accounts are known to the rule.
    pub fn account_count(&self) -> usize {
        self.accounts.len()
    }

    /// Where the account's cells begin, of which each account has so many.
    fn place(&mut self, account: AccountNumber, cells: usize) -> usize {
        let number = account.0 as usize;
        if self.places.len() <= number {
            self.places.resize(number + 1, 0);
        }
        if self.places[number] == 0 {
            self.accounts.push(account);
            self.places[number] = self.accounts.len() as u32;
            self.cells.resize(self.accounts.len() * cells, 0);
        }
        (self.places[number] as usize - 1) * cells
    }
}

impl Finding {
    /// The losses together, in minor units.
    pub fn loss_minor(&self) -> u128 {
        self.loss.iter().map(|loss| u128::from(loss.amount_minor)).sum()
    }
}
