//! Rules as text.

use std::fmt;

use super::Version;
use super::clause::{Clause, read_time};
use super::compile::Lookup;
use super::condition::Condition;
use super::error::LanguageError;
use super::lexer::Reader;
use super::measure::Measure;
use super::verdict::CompiledRule;
use crate::model::Timestamp;

/// The most aggregates of a rule.
pub const AGGREGATES_MAX: usize = 32;

/// Accounts by what they did, and what of it is their loss; read from text, its names not looked up. Written, it is in canonical
/// form, which reads as an equal rule; two rules are equal when their canonical forms are.
#[derive(Debug, Clone)]
pub struct Rule {
    text: Box<str>,
    pub(super) accounts: Condition<Measure>,
    pub(super) span: Span,
    pub(super) loss: Condition<Clause>,
}

/// Operations recorded at `from` or later and before `to`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Span {
    pub(super) from: Option<Timestamp>,
    pub(super) to: Option<Timestamp>,
}

impl Rule {
    /// Reads a text of that version.
    ///
    /// # Errors
    /// The first place that is no rule, and what would be.
    pub fn parse(text: &str, version: Version) -> Result<Self, LanguageError> {
        let Version::V1 = version;
        let mut reader = Reader::new(text)?;
        reader.expect("accounts")?;
        reader.expect("where")?;
        let accounts = Condition::read(&mut reader, Measure::read)?;
        if count(&accounts) > AGGREGATES_MAX {
            let expected = format!("at most {AGGREGATES_MAX} aggregates in a rule");
            return Err(reader.error(expected));
        }
        if !reader.take(";") {
            return Err(reader.error("`and`, `or`, or `;` and then `loss = ` and a selector"));
        }
        let mut span = Span::default();
        if reader.take("span") {
            span = Span::read(&mut reader)?;
            reader.expect(";")?;
        }
        if !reader.take("loss") {
            let expected = if span == Span::default() { "`span` or `loss`" } else { "`loss`" };
            return Err(reader.error(expected));
        }
        reader.expect("=")?;
        let loss = Condition::read(&mut reader, Clause::read)?;
        reader.end("`and`, `or` or the end")?;
        Ok(Self { text: text.into(), accounts, span, loss })
    }

    /// The text as it was written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The form that looks at operations.
    ///
    /// # Errors
    /// A name that `names` does not know, and where it stands.
    pub fn compile(&self, names: &impl Lookup) -> Result<CompiledRule, LanguageError> {
        CompiledRule::new(self, names)
    }
}

fn count(condition: &Condition<Measure>) -> usize {
    match condition {
        Condition::And(parts) | Condition::Or(parts) => parts.iter().map(count).sum(),
        Condition::Not(inner) => count(inner),
        Condition::Leaf(_) => 1,
    }
}

impl Span {
    fn read(reader: &mut Reader<'_>) -> Result<Self, LanguageError> {
        let from = if reader.take("from") { Some(read_time(reader)?) } else { None };
        if from.is_none() || reader.peek() == Some("to") {
            if !reader.take("to") {
                return Err(reader.error("`from` or `to`"));
            }
            let place = reader.error("a time after the span's beginning");
            let to = read_time(reader)?;
            if from.is_some_and(|from| from >= to) {
                return Err(place);
            }
            return Ok(Self { from, to: Some(to) });
        }
        Ok(Self { from, to: None })
    }

    pub(super) fn holds(self, at: Timestamp) -> bool {
        self.from.is_none_or(|from| from <= at) && self.to.is_none_or(|to| at < to)
    }
}

impl PartialEq for Rule {
    fn eq(&self, other: &Self) -> bool {
        self.accounts == other.accounts && self.span == other.span && self.loss == other.loss
    }
}

impl Eq for Rule {}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "accounts where {}", self.accounts)?;
        if self.span != Span::default() {
            f.write_str("; span")?;
        }
        if let Some(from) = self.span.from {
            write!(f, " from {from}")?;
        }
        if let Some(to) = self.span.to {
            write!(f, " to {to}")?;
        }
        write!(f, "; loss = {}", self.loss)
    }
}
