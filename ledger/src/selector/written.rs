//! A selector as an event keeps it.

use super::{LanguageError, Lookup, Matcher, Selector, Version};

/// A selector's text as it was written, and the version of the language in which.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// The language's version.
    pub version: Version,
    /// The text.
    pub text: Box<str>,
}

impl Written {
    /// A text of the latest version.
    pub fn latest(text: &str) -> Self {
        Self { version: Version::LATEST, text: text.into() }
    }

    /// The same with its names looked up.
    ///
    /// # Errors
    /// The place that cannot be read, or that names what is not known.
    pub fn compile(&self, names: &impl Lookup) -> Result<Matcher, LanguageError> {
        Selector::parse(&self.text, self.version)?.compile(names)
    }
}
