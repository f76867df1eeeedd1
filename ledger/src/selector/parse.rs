//! Selectors as text.

use std::fmt;

use super::Version;
use super::clause::Clause;
use super::compile::{Emitter, Lookup};
use super::condition::Condition;
use super::error::LanguageError;
use super::lexer::Reader;
use super::matcher::Matcher;

/// A predicate over one operation, read from text; its names are not looked up. Written, it is in canonical form, which reads
/// as an equal selector; two selectors are equal when their canonical forms are.
#[derive(Debug, Clone)]
pub struct Selector {
    text: Box<str>,
    pub(super) condition: Condition<Clause>,
}

impl Selector {
    /// Reads a text of that version.
    ///
    /// ```
    /// use ledger::selector::{Selector, Version};
    ///
    /// let selector = Selector::parse("operation=top_up and country!=JP", Version::V1)?;
    /// assert_eq!(selector.to_string(), "operation = top_up and country != JP");
    /// # Ok::<(), ledger::selector::LanguageError>(())
    /// ```
    ///
    /// # Errors
    /// The first place that is no selector, and what would be.
    pub fn parse(text: &str, version: Version) -> Result<Self, LanguageError> {
        let Version::V1 = version;
        let mut reader = Reader::new(text)?;
        let condition = Condition::read(&mut reader, Clause::read)?;
        reader.end("`and`, `or` or the end")?;
        Ok(Self { text: text.into(), condition })
    }

    /// The text as it was written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The form that looks at operations. Numbers and names never change their meaning, so it stays good for the ledger whose
    /// names it was made with.
    ///
    /// # Errors
    /// A name that `names` does not know, and where it stands.
    pub fn compile(&self, names: &impl Lookup) -> Result<Matcher, LanguageError> {
        Emitter::matcher(&self.text, names, &self.condition)
    }
}

impl PartialEq for Selector {
    fn eq(&self, other: &Self) -> bool {
        self.condition == other.condition
    }
}

impl Eq for Selector {}

impl fmt::Display for Selector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.condition.fmt(f)
    }
}
