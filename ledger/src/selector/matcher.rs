//! A selector with its names looked up, flat.
//!
//! Each step asks one question and says where to go on; every way leads to an earlier step or to an end, so it ends, and it
//! needs neither a stack nor an allocation. Before the first step stands the set of the kinds of operation that could match at
//! all: one comparison turns the others away.

use super::{Field, Operation};
use crate::model::Signal;

/// Matches operations: nanoseconds each, nothing allocated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Matcher {
    /// Bits of the kinds of which some operation could match.
    pub(super) kinds: u32,
    pub(super) entry: u16,
    pub(super) steps: Box<[Step]>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Step {
    pub(super) question: Question,
    /// Where to go on when the answer is yes.
    pub(super) yes: u16,
    pub(super) no: u16,
}

/// The end of a way: it matches.
pub(super) const MATCH: u16 = u16::MAX;
/// The end of a way: it does not match.
pub(super) const NO_MATCH: u16 = u16::MAX - 1;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Question {
    /// The operation's kind is one of the set.
    Kinds(u32),
    /// The field is present and from `low` to `high`.
    Between { field: Field, low: u128, high: u128 },
    /// The field is present and not that.
    Other { field: Field, than: u128 },
    /// The field is present and among the sorted values, or not among them.
    Listed { field: Field, not: bool, values: Box<[u128]> },
    /// The field is present.
    Present(Field),
    /// The account's last signal of that kind is at most so many microseconds before the operation.
    Signalled { signal: Signal, microseconds: Option<i64> },
}

impl Question {
    #[inline]
    fn holds(&self, operation: &Operation<'_>) -> bool {
        match self {
            Self::Kinds(kinds) => kinds & 1 << operation.kind as u8 != 0,
            Self::Between { field, low, high } => {
                operation.value(*field).is_some_and(|value| *low <= value && value <= *high)
            }
            Self::Other { field, than } => operation.value(*field).is_some_and(|value| value != *than),
            Self::Listed { field, not, values } => {
                operation.value(*field).is_some_and(|value| values.binary_search(&value).is_ok() != *not)
            }
            Self::Present(field) => operation.value(*field).is_some(),
            Self::Signalled { signal, microseconds } => {
                let age = |at: i64| operation.at.0.checked_sub(at);
                operation.signals.and_then(|signals| signals.last(signal)).is_some_and(|last| match microseconds {
                    None => true,
                    Some(most) => age(last.0).is_some_and(|age| (0..=*most).contains(&age)),
                })
            }
        }
    }
}

impl Matcher {
    /// Whether the operation matches.
    #[inline]
    pub fn matches(&self, operation: &Operation<'_>) -> bool {
        if self.kinds & 1 << operation.kind as u8 == 0 {
            return false;
        }
        let mut next = self.entry;
        while let Some(step) = self.steps.get(usize::from(next)) {
            next = if step.question.holds(operation) { step.yes } else { step.no };
        }
        next == MATCH
    }

    /// The kinds of operation of which some could match, as bits by their numbers: what a caller with many matchers needs to pass
    /// over the ones that cannot concern it.
    pub const fn kinds(&self) -> u32 {
        self.kinds
    }
}
