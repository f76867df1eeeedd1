//! What a condition and a rule mean, said once more and slowly.

use std::cmp::Ordering;
use std::collections::BTreeSet;

use super::generate::Table;
use crate::model::AccountNumber;
use crate::selector::clause::{Clause, Value};
use crate::selector::condition::Condition;
use crate::selector::field::{Field, Relation};
use crate::selector::measure::{Aggregate, Bound, Measure};
use crate::selector::rule::Span;
use crate::selector::{Finding, Lookup, LossEvent, Operation, cohort};

pub fn holds(condition: &Condition<Clause>, operation: &Operation<'_>) -> bool {
    match condition {
        Condition::And(parts) => !parts.iter().any(|part| !holds(part, operation)),
        Condition::Or(parts) => parts.iter().any(|part| holds(part, operation)),
        Condition::Not(inner) => !holds(inner, operation),
        Condition::Leaf(clause) => answers(clause, operation),
    }
}

fn answers(clause: &Clause, operation: &Operation<'_>) -> bool {
    match clause {
        Clause::Everything => true,
        Clause::Compared(field, relation, value) => {
            compare(operation, *field, &value.value).is_some_and(|ordering| suits(*relation, ordering))
        }
        Clause::Listed { field, not, values } => {
            let same = |value: &Value| compare(operation, *field, value);
            let all: Option<Vec<Ordering>> = values.iter().map(|value| same(&value.value)).collect();
            all.is_some_and(|all| all.contains(&Ordering::Equal) != *not)
        }
        Clause::Present(field, present) => is_present(operation, *field) == *present,
        Clause::Signalled(signal, seconds) => {
            let last = operation.signals.and_then(|signals| signals.last(signal));
            match (last, seconds) {
                (None, _) => false,
                (Some(_), None) => true,
                (Some(last), Some(seconds)) => {
                    last <= operation.at && operation.at <= last.plus_seconds(*seconds as i64)
                }
            }
        }
    }
}

const fn suits(relation: Relation, ordering: Ordering) -> bool {
    match relation {
        Relation::Is => ordering.is_eq(),
        Relation::IsNot => ordering.is_ne(),
        Relation::Below => ordering.is_lt(),
        Relation::AtMost => ordering.is_le(),
        Relation::Above => ordering.is_gt(),
        Relation::AtLeast => ordering.is_ge(),
    }
}

/// How the operation's value compares with one; nothing where it is absent, or of another currency.
fn compare(operation: &Operation<'_>, field: Field, value: &Value) -> Option<Ordering> {
    Some(match value {
        Value::Operation(kind) => operation.kind.cmp(kind),
        Value::Channel(channel) => (operation.channel? as u8).cmp(&(*channel as u8)),
        Value::Country(country) => operation.country?.0.cmp(&country.0),
        Value::Store(code) => operation.store?.cmp(&Table.store(code)?),
        Value::Category(category) => operation.category?.0.cmp(&category.0),
        Value::Pseudonym(id) => if field == Field::Card { operation.card } else { operation.device }?.cmp(id),
        Value::Account(account) => account_of(operation, field)?.cmp(&Table.account(account)?),
        Value::Cohort(number) => cohort(operation.account?.1).cmp(number),
        Value::Amount(amount) => {
            (operation.currency == Table.currency(amount.currency.value)).then_some(())?;
            operation.amount_minor?.cmp(&amount.minor)
        }
        Value::Currency(code) => operation.currency?.cmp(&Table.currency(*code)?),
        Value::Time(at) => operation.at.cmp(at),
    })
}

fn account_of(operation: &Operation<'_>, field: Field) -> Option<AccountNumber> {
    match field {
        Field::Funding => operation.funding,
        Field::Debit => operation.debit,
        Field::Credit => operation.credit,
        _ => operation.account.map(|(number, _)| number),
    }
}

fn is_present(operation: &Operation<'_>, field: Field) -> bool {
    match field {
        Field::Operation | Field::At => true,
        Field::Funding | Field::Account | Field::Debit | Field::Credit => account_of(operation, field).is_some(),
        Field::Channel => operation.channel.is_some(),
        Field::Country => operation.country.is_some(),
        Field::Store => operation.store.is_some(),
        Field::Category => operation.category.is_some(),
        Field::Card => operation.card.is_some(),
        Field::Device => operation.device.is_some(),
        Field::Cohort => operation.account.is_some(),
        Field::Amount => operation.amount_minor.is_some(),
        Field::Currency => operation.currency.is_some(),
    }
}

/// What a rule finds in a whole history.
pub fn findings(rule: &(Condition<Measure>, Span, Condition<Clause>), history: &[Operation<'_>]) -> Vec<Finding> {
    let (accounts, span, loss) = rule;
    let inside = |operation: &&Operation<'_>| {
        span.from.is_none_or(|from| operation.at >= from) && span.to.is_none_or(|to| operation.at < to)
    };
    let numbers: BTreeSet<AccountNumber> = history.iter().filter_map(Operation::account_number).collect();
    let mut found = Vec::new();
    for account in numbers {
        let own: Vec<&Operation<'_>> =
            history.iter().filter(inside).filter(|operation| operation.account_number() == Some(account)).collect();
        let is_loss = |operation: &&&Operation<'_>| !operation.declined && holds(loss, operation);
        if !own.iter().any(|operation| is_loss(&operation) || names(accounts, operation)) {
            continue;
        }
        if !is_found(accounts, &own) {
            continue;
        }
        let event = |operation: &&Operation<'_>| {
            Some(LossEvent { sequence: operation.sequence, amount_minor: operation.amount_minor? })
        };
        let mut loss: Vec<LossEvent> = own.iter().filter(is_loss).filter_map(event).collect();
        loss.sort();
        found.push(Finding { account, loss });
    }
    found
}

/// Whether one of the rule's aggregates is about the operation.
fn names(condition: &Condition<Measure>, operation: &Operation<'_>) -> bool {
    match condition {
        Condition::And(parts) | Condition::Or(parts) => parts.iter().any(|part| names(part, operation)),
        Condition::Not(inner) => names(inner, operation),
        Condition::Leaf(measure) => measure.declined == operation.declined && holds(&measure.of, operation),
    }
}

fn is_found(condition: &Condition<Measure>, own: &[&Operation<'_>]) -> bool {
    match condition {
        Condition::And(parts) => parts.iter().all(|part| is_found(part, own)),
        Condition::Or(parts) => parts.iter().any(|part| is_found(part, own)),
        Condition::Not(inner) => !is_found(inner, own),
        Condition::Leaf(measure) => {
            let counted: Vec<_> = own
                .iter()
                .filter(|operation| operation.declined == measure.declined && holds(&measure.of, operation))
                .collect();
            let amounts = |code| {
                let own = move |operation: &&&&Operation<'_>| operation.currency == Table.currency(code);
                counted.iter().filter(own).filter_map(|operation| operation.amount_minor).collect::<Vec<u64>>()
            };
            let (result, bound) = match (measure.aggregate, &measure.bound) {
                (Aggregate::Sum, Bound::Amount(amount)) => {
                    (Some(amounts(amount.currency.value).iter().sum()), amount.minor)
                }
                (Aggregate::Max, Bound::Amount(amount)) => {
                    (amounts(amount.currency.value).into_iter().max(), amount.minor)
                }
                (Aggregate::Distinct(field), Bound::Number(number)) => {
                    let values: BTreeSet<u128> =
                        counted.iter().filter_map(|operation| operation.value(field)).collect();
                    (Some(values.len() as u64), *number)
                }
                (_, Bound::Number(number)) => (Some(counted.len() as u64), *number),
                (_, Bound::Amount(_)) => unreachable!("only sums and maxima are amounts"),
            };
            result.is_some_and(|result| suits(measure.relation, result.cmp(&bound)))
        }
    }
}
