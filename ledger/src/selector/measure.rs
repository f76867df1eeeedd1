//! The leaves of a rule: what an account's operations come to, compared with a bound.

use std::fmt;

use super::clause::{Amount, Clause, read_field};
use super::condition::Condition;
use super::error::LanguageError;
use super::field::{Field, Relation};
use super::lexer::{Reader, number};

/// The largest number with which `distinct` is compared, so that what is kept of an account stays small.
pub(super) const DISTINCT_MAX: u64 = 1_000;

/// One aggregate over the operations that a selector matches, and its bound.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Measure {
    pub(super) aggregate: Aggregate,
    /// Whether it is about operations that a control refused, and not about those that happened.
    pub(super) declined: bool,
    pub(super) of: Condition<Clause>,
    pub(super) relation: Relation,
    pub(super) bound: Bound,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Aggregate {
    /// How many there are.
    Count,
    /// Their amounts together.
    Sum,
    /// The largest amount.
    Max,
    /// Whether there is one: its bound is one or more.
    Exists,
    /// How many values a field of theirs has.
    Distinct(Field),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Bound {
    Number(u64),
    Amount(Amount),
}

impl Measure {
    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Self, LanguageError> {
        let expected = "`count`, `sum`, `max`, `exists`, `distinct`, `not` or `(`";
        let name = reader.read(expected, |word| {
            ["count", "sum", "max", "exists", "distinct"].into_iter().find(|name| *name == word)
        })?;
        reader.expect("(")?;
        let aggregate = match name {
            "count" => Aggregate::Count,
            "sum" => Aggregate::Sum,
            "max" => Aggregate::Max,
            "exists" => Aggregate::Exists,
            _ => {
                let field = read_field(reader, |field| field.is_listed(), "a field to count values of: ")?;
                reader.expect(",")?;
                Aggregate::Distinct(field)
            }
        };
        let declined = reader.take("declined");
        let of = reader.deeper(|reader| Condition::read(reader, Clause::read))?;
        if !reader.take(")") {
            return Err(reader.error("`and`, `or` or `)`"));
        }
        let (relation, bound) = aggregate.read_bound(reader)?;
        Ok(Self { aggregate, declined, of, relation, bound })
    }
}

impl Aggregate {
    fn read_bound(self, reader: &mut Reader<'_>) -> Result<(Relation, Bound), LanguageError> {
        if self == Self::Exists {
            return Ok((Relation::AtLeast, Bound::Number(1)));
        }
        let Some(relation) = Relation::ALL.into_iter().find(|relation| reader.take(relation.sign())) else {
            return Err(reader.error("`=`, `!=`, `<`, `<=`, `>` or `>=`"));
        };
        let bound = match self {
            Self::Sum | Self::Max => Bound::Amount(Amount::read(reader)?),
            Self::Count | Self::Exists => Bound::Number(reader.read("a number", number)?),
            Self::Distinct(_) => {
                let expected = format!("a number of at most {DISTINCT_MAX}");
                let bounded = |word| number(word).filter(|number| *number <= DISTINCT_MAX);
                Bound::Number(reader.read(&expected, bounded)?)
            }
        };
        Ok((relation, bound))
    }
}

impl fmt::Display for Measure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let declined = if self.declined { "declined " } else { "" };
        match self.aggregate {
            Aggregate::Count => write!(f, "count({declined}{})", self.of),
            Aggregate::Sum => write!(f, "sum({declined}{})", self.of),
            Aggregate::Max => write!(f, "max({declined}{})", self.of),
            Aggregate::Exists => return write!(f, "exists({declined}{})", self.of),
            Aggregate::Distinct(field) => write!(f, "distinct({}, {declined}{})", field.name(), self.of),
        }?;
        match &self.bound {
            Bound::Number(number) => write!(f, " {} {number}", self.relation.sign()),
            Bound::Amount(amount) => write!(f, " {} {amount}", self.relation.sign()),
        }
    }
}
