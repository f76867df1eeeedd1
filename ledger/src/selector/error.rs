//! What is wrong with a text, and where.

use std::fmt;

/// The most characters of a line that an error shows.
const EXCERPT_CHARS_MAX: usize = 120;
/// The most characters of what was found that an error shows.
const FOUND_CHARS_MAX: usize = 40;

/// A text that is not a selector or a rule, or that names what the ledger does not know.
///
/// Written, it shows the line and marks the place:
///
/// ```text
/// line 1, column 9: found `tobaco`, expected the code of a store
///   store = tobaco
///           ^
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LanguageError {
    offset: usize,
    line: usize,
    column: usize,
    found: String,
    expected: String,
    /// The line, or the part of it around the place, and the place's column in that.
    excerpt: String,
    mark: usize,
}

impl LanguageError {
    /// At byte `offset` of `text`, where `found` stands.
    pub(super) fn at(text: &str, offset: usize, found: &str, expected: impl Into<String>) -> Self {
        let (before, after) = text.split_at_checked(offset).unwrap_or((text, ""));
        let start = before.rfind('\n').map_or(0, |end| end + 1);
        let column = before[start..].chars().count();
        let line = before[start..].chars().chain(after.chars().take_while(|char| *char != '\n'));
        let skipped = column.saturating_sub(EXCERPT_CHARS_MAX / 2);
        let excerpt: String = line.skip(skipped).take(EXCERPT_CHARS_MAX).map(shown).collect();
        let cut = found.chars().count() > FOUND_CHARS_MAX;
        let mut shortened: String = found.chars().take(FOUND_CHARS_MAX).map(shown).collect();
        if cut {
            shortened.push('…');
        }
        Self {
            offset: before.len(),
            line: before.matches('\n').count() + 1,
            column: column + 1,
            found: shortened,
            expected: expected.into(),
            excerpt,
            mark: column - skipped,
        }
    }

    /// The place in bytes from the text's beginning, from 0.
    pub const fn offset(&self) -> usize {
        self.offset
    }

    /// The place's line, from 1.
    pub const fn line(&self) -> usize {
        self.line
    }

    /// The place's column in characters, from 1.
    pub const fn column(&self) -> usize {
        self.column
    }

    /// What stands there, at most 40 characters of it; empty at the text's end.
    pub fn found(&self) -> &str {
        &self.found
    }

    /// What should stand there, in words.
    pub fn expected(&self) -> &str {
        &self.expected
    }
}

/// Control characters would move the mark.
fn shown(char: char) -> char {
    if char.is_control() { ' ' } else { char }
}

impl fmt::Display for LanguageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, column {}: found ", self.line, self.column)?;
        if self.found.is_empty() {
            f.write_str("the end")?;
        } else {
            write!(f, "`{}`", self.found)?;
        }
        writeln!(f, ", expected {}\n  {}", self.expected, self.excerpt)?;
        write!(f, "  {:width$}^", "", width = self.mark)
    }
}

impl std::error::Error for LanguageError {}
