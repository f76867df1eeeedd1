//! From a condition to the flat form.

use super::clause::{Amount, Clause, Placed, Value};
use super::condition::Condition;
use super::error::LanguageError;
use super::field::{Field, Relation};
use super::matcher::{MATCH, Matcher, NO_MATCH, Question, Step};
use super::operation::{country_value, time_value};
use crate::model::{AccountNumber, AccountRef, Code, CurrencyCode, CurrencyNumber, OperationKind, StoreNumber};

/// What gives the names in a text their numbers.
pub trait Lookup {
    /// The account of that id or code.
    fn account(&self, account: &AccountRef) -> Option<AccountNumber>;
    /// The store of that code.
    fn store(&self, code: &Code) -> Option<StoreNumber>;
    /// The currency of that code.
    fn currency(&self, code: CurrencyCode) -> Option<CurrencyNumber>;
}

/// Looks names up and lays steps down, the last questions first, so that each step knows where its answers lead.
pub(super) struct Emitter<'a, L> {
    text: &'a str,
    names: &'a L,
    steps: Vec<Step>,
}

impl<'a, L: Lookup> Emitter<'a, L> {
    pub(super) fn matcher(
        text: &'a str,
        names: &'a L,
        condition: &Condition<Clause>,
    ) -> Result<Matcher, LanguageError> {
        let mut emitter = Self { text, names, steps: Vec::new() };
        let entry = emitter.condition(condition, MATCH, NO_MATCH)?;
        Ok(Matcher { kinds: kinds(condition).yes, entry, steps: emitter.steps.into() })
    }

    /// Lays a condition down and says where it begins.
    fn condition(&mut self, condition: &Condition<Clause>, yes: u16, no: u16) -> Result<u16, LanguageError> {
        match condition {
            Condition::And(parts) => parts.iter().rev().try_fold(yes, |next, part| self.condition(part, next, no)),
            Condition::Or(parts) => parts.iter().rev().try_fold(no, |next, part| self.condition(part, yes, next)),
            Condition::Not(inner) => self.condition(inner, no, yes),
            Condition::Leaf(clause) => self.clause(clause, yes, no),
        }
    }

    fn step(&mut self, question: Question, yes: u16, no: u16) -> u16 {
        // A text of 4 KiB has far fewer questions than there are places.
        let place = self.steps.len() as u16;
        self.steps.push(Step { question, yes, no });
        place
    }

    fn clause(&mut self, clause: &Clause, yes: u16, no: u16) -> Result<u16, LanguageError> {
        if let Some(kinds) = set_of(clause) {
            return Ok(self.step(Question::Kinds(kinds), yes, no));
        }
        let question = match clause {
            Clause::Everything => return Ok(yes),
            Clause::Compared(_, relation, Placed { value: Value::Amount(amount), .. }) => {
                return self.amount(*relation, amount, yes, no);
            }
            Clause::Compared(field, relation, value) => between(*field, *relation, self.number(value)?),
            Clause::Listed { field, not, values } => {
                let mut numbers = values.iter().map(|value| self.number(value)).collect::<Result<Vec<_>, _>>()?;
                numbers.sort_unstable();
                numbers.dedup();
                Question::Listed { field: *field, not: *not, values: numbers.into() }
            }
            Clause::Present(field, true) => Question::Present(*field),
            Clause::Present(field, false) => return Ok(self.step(Question::Present(*field), no, yes)),
            Clause::Signalled(signal, seconds) => Question::Signalled {
                signal: signal.clone(),
                microseconds: seconds.map(|seconds| seconds as i64 * 1_000_000),
            },
        };
        Ok(self.step(question, yes, no))
    }

    /// An amount is compared in its own currency: in any other it counts as absent.
    fn amount(&mut self, relation: Relation, amount: &Amount, yes: u16, no: u16) -> Result<u16, LanguageError> {
        let currency = u128::from(currency(self.text, self.names, &amount.currency)?.0);
        let size = self.step(between(Field::Amount, relation, u128::from(amount.minor)), yes, no);
        Ok(self.step(Question::Between { field: Field::Currency, low: currency, high: currency }, size, no))
    }

    /// The number by which a value is known in an operation.
    fn number(&self, value: &Placed<Value>) -> Result<u128, LanguageError> {
        let unknown = |expected: &str| unknown(self.text, value.place, expected);
        Ok(match &value.value {
            Value::Operation(kind) => *kind as u128,
            Value::Channel(channel) => *channel as u128,
            Value::Country(country) => country_value(*country),
            Value::Category(category) => u128::from(category.0),
            Value::Pseudonym(id) => id.0,
            Value::Cohort(cohort) => u128::from(*cohort),
            Value::Amount(amount) => u128::from(amount.minor),
            Value::Time(at) => time_value(*at),
            Value::Store(code) => match self.names.store(code) {
                Some(number) => u128::from(number.0),
                None => return Err(unknown("the code of a store of this ledger")),
            },
            Value::Account(account) => match self.names.account(account) {
                Some(number) => u128::from(number.0),
                None => return Err(unknown("the id or the code of an account of this ledger")),
            },
            Value::Currency(code) => {
                let placed = Placed { value: *code, place: value.place };
                u128::from(currency(self.text, self.names, &placed)?.0)
            }
        })
    }
}

/// The number of a currency.
pub(super) fn currency(
    text: &str,
    names: &impl Lookup,
    code: &Placed<CurrencyCode>,
) -> Result<CurrencyNumber, LanguageError> {
    let unknown = || unknown(text, code.place, "the code of a currency of this ledger");
    names.currency(code.value).ok_or_else(unknown)
}

/// The word at `place` names nothing.
fn unknown(text: &str, place: usize, expected: &str) -> LanguageError {
    let rest = text.get(place..).unwrap_or_default();
    let ends = |char: char| !(char.is_ascii_alphanumeric() || "_:.+-".contains(char));
    LanguageError::at(text, place, rest.split(ends).next().unwrap_or_default(), expected)
}

fn between(field: Field, relation: Relation, value: u128) -> Question {
    let (low, high) = match relation {
        Relation::Is => (value, value),
        Relation::IsNot => return Question::Other { field, than: value },
        Relation::AtMost => (0, value),
        Relation::AtLeast => (value, u128::MAX),
        // Below nothing, above everything: a range that holds no value.
        Relation::Below => value.checked_sub(1).map_or((1, 0), |high| (0, high)),
        Relation::Above => value.checked_add(1).map_or((1, 0), |low| (low, u128::MAX)),
    };
    Question::Between { field, low, high }
}

/// The kinds of operation of which some could match, and of which some could fail to.
struct Kinds {
    yes: u32,
    no: u32,
}

const ALL_KINDS: u32 = {
    let (mut bits, mut place) = (0, 0);
    while place < OperationKind::ALL.len() {
        bits |= 1 << OperationKind::ALL[place] as u8;
        place += 1;
    }
    bits
};

fn kinds(condition: &Condition<Clause>) -> Kinds {
    match condition {
        Condition::And(parts) => parts
            .iter()
            .map(kinds)
            .fold(Kinds { yes: ALL_KINDS, no: 0 }, |sum, part| Kinds { yes: sum.yes & part.yes, no: sum.no | part.no }),
        Condition::Or(parts) => parts
            .iter()
            .map(kinds)
            .fold(Kinds { yes: 0, no: ALL_KINDS }, |sum, part| Kinds { yes: sum.yes | part.yes, no: sum.no & part.no }),
        Condition::Not(inner) => {
            let Kinds { yes, no } = kinds(inner);
            Kinds { yes: no, no: yes }
        }
        Condition::Leaf(Clause::Everything) => Kinds { yes: ALL_KINDS, no: 0 },
        Condition::Leaf(clause) => match set_of(clause) {
            Some(set) => Kinds { yes: set, no: ALL_KINDS & !set },
            None => Kinds { yes: ALL_KINDS, no: ALL_KINDS },
        },
    }
}

/// The kinds that a clause about the operation's kind names; none for a clause about anything else.
fn set_of(clause: &Clause) -> Option<u32> {
    let bit = |value: &Placed<Value>| match value.value {
        Value::Operation(kind) => Some(1 << kind as u8),
        _ => None,
    };
    let (named, not) = match clause {
        Clause::Compared(Field::Operation, relation, value) => (bit(value)?, *relation == Relation::IsNot),
        Clause::Listed { field: Field::Operation, not, values } => {
            (values.iter().filter_map(bit).fold(0, |sum, bit| sum | bit), *not)
        }
        _ => return None,
    };
    Some(if not { ALL_KINDS & !named } else { named })
}
