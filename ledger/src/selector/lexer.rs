//! Text into words and signs, and the reader that walks over them.

use super::error::LanguageError;
use super::{DEPTH_MAX, TEXT_BYTES_MAX};

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Letters, digits and `_ : . + -`: names, codes, ids, numbers and times alike; what it means depends on where it stands.
    Word,
    /// A bracket, a comma, a semicolon or a comparison.
    Sign,
    /// Anything else: one character.
    Other,
    End,
}

/// Reads a text token by token; the current one is looked at and then taken.
pub(super) struct Reader<'t> {
    text: &'t str,
    kind: Kind,
    /// The current token's bytes.
    start: usize,
    end: usize,
    depth: usize,
}

impl<'t> Reader<'t> {
    /// Stands before the first token.
    pub(super) fn new(text: &'t str) -> Result<Self, LanguageError> {
        if text.len() > TEXT_BYTES_MAX {
            let place = (0..=TEXT_BYTES_MAX).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
            let expected = format!("at most {TEXT_BYTES_MAX} bytes");
            return Err(LanguageError::at(text, place, &text[place..], expected));
        }
        let mut reader = Self { text, kind: Kind::End, start: 0, end: 0, depth: 0 };
        reader.advance();
        Ok(reader)
    }

    fn advance(&mut self) {
        let rest = self.text[self.end..].trim_ascii_start();
        self.start = self.text.len() - rest.len();
        let words = rest.bytes().take_while(|byte| byte.is_ascii_alphanumeric() || b"_:.+-".contains(byte)).count();
        let (kind, length) = match rest.as_bytes() {
            [] => (Kind::End, 0),
            _ if words > 0 => (Kind::Word, words),
            [b'!' | b'<' | b'>', b'=', ..] => (Kind::Sign, 2),
            [b'(' | b')' | b',' | b';' | b'=' | b'<' | b'>', ..] => (Kind::Sign, 1),
            _ => (Kind::Other, rest.chars().next().map_or(0, char::len_utf8)),
        };
        self.kind = kind;
        self.end = self.start + length;
    }

    fn current(&self) -> &'t str {
        &self.text[self.start..self.end]
    }

    /// Where the current token stands, in bytes from the beginning.
    pub(super) const fn place(&self) -> usize {
        self.start
    }

    /// The current word, if it is one.
    pub(super) fn peek(&self) -> Option<&'t str> {
        (self.kind == Kind::Word).then(|| self.current())
    }

    /// Takes the current token if it is a word.
    pub(super) fn word(&mut self) -> Option<&'t str> {
        let word = self.peek()?;
        self.advance();
        Some(word)
    }

    /// Takes the current token if it is that word or sign.
    pub(super) fn take(&mut self, text: &str) -> bool {
        let is = matches!(self.kind, Kind::Word | Kind::Sign) && self.current() == text;
        if is {
            self.advance();
        }
        is
    }

    /// Takes that word or sign.
    pub(super) fn expect(&mut self, text: &str) -> Result<(), LanguageError> {
        if self.take(text) { Ok(()) } else { Err(self.error(format!("`{text}`"))) }
    }

    /// Takes the current word as what `read` makes of it.
    pub(super) fn read<T>(
        &mut self,
        expected: &str,
        read: impl FnOnce(&'t str) -> Option<T>,
    ) -> Result<T, LanguageError> {
        let Some(value) = self.peek().and_then(read) else { return Err(self.error(expected)) };
        self.advance();
        Ok(value)
    }

    /// Nothing follows.
    pub(super) fn end(&self, expected: &str) -> Result<(), LanguageError> {
        if self.kind == Kind::End { Ok(()) } else { Err(self.error(expected)) }
    }

    /// What is wrong with the current token.
    pub(super) fn error(&self, expected: impl Into<String>) -> LanguageError {
        LanguageError::at(self.text, self.start, self.current(), expected)
    }

    /// Runs `inside` one step deeper.
    pub(super) fn deeper<T>(
        &mut self,
        inside: impl FnOnce(&mut Self) -> Result<T, LanguageError>,
    ) -> Result<T, LanguageError> {
        if self.depth == DEPTH_MAX {
            return Err(self.error(format!("at most {DEPTH_MAX} conditions inside one another")));
        }
        self.depth += 1;
        let result = inside(self);
        self.depth -= 1;
        result
    }
}

/// Reads a whole number; `_` may stand between digits.
pub(super) fn number(word: &str) -> Option<u64> {
    let digits = |byte: u8| byte.is_ascii_digit() || byte == b'_';
    let well_set = word.bytes().all(digits) && !word.starts_with('_') && !word.ends_with('_') && !word.contains("__");
    if !well_set || word.is_empty() {
        return None;
    }
    word.bytes()
        .filter(u8::is_ascii_digit)
        .try_fold(0u64, |sum, digit| sum.checked_mul(10)?.checked_add(u64::from(digit - b'0')))
}
