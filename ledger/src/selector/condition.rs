//! `and`, `or`, `not` and brackets, over leaves of any kind.

use std::fmt;

use super::error::LanguageError;
use super::lexer::Reader;

/// A condition over leaves. `not` binds closer than `and`, `and` closer than `or`. Made by [`all`](Self::all) and
/// [`any`](Self::any), so that no `and` stands directly in an `and`, nor an `or` in an `or`, and each has two parts or more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Condition<T> {
    And(Vec<Self>),
    Or(Vec<Self>),
    Not(Box<Self>),
    Leaf(T),
}

impl<T> Condition<T> {
    /// All of the parts, of which there is one or more.
    pub(super) fn all(parts: Vec<Self>) -> Self {
        let mut flat = Vec::with_capacity(parts.len());
        for part in parts {
            match part {
                Self::And(inner) => flat.extend(inner),
                other => flat.push(other),
            }
        }
        if flat.len() == 1 { flat.swap_remove(0) } else { Self::And(flat) }
    }

    /// Any of the parts, of which there is one or more.
    pub(super) fn any(parts: Vec<Self>) -> Self {
        let mut flat = Vec::with_capacity(parts.len());
        for part in parts {
            match part {
                Self::Or(inner) => flat.extend(inner),
                other => flat.push(other),
            }
        }
        if flat.len() == 1 { flat.swap_remove(0) } else { Self::Or(flat) }
    }

    /// Reads a condition as far as it goes.
    pub(super) fn read(
        reader: &mut Reader<'_>,
        leaf: fn(&mut Reader<'_>) -> Result<T, LanguageError>,
    ) -> Result<Self, LanguageError> {
        let mut parts = vec![Self::read_and(reader, leaf)?];
        while reader.take("or") {
            parts.push(Self::read_and(reader, leaf)?);
        }
        Ok(Self::any(parts))
    }

    fn read_and(
        reader: &mut Reader<'_>,
        leaf: fn(&mut Reader<'_>) -> Result<T, LanguageError>,
    ) -> Result<Self, LanguageError> {
        let mut parts = vec![Self::read_one(reader, leaf)?];
        while reader.take("and") {
            parts.push(Self::read_one(reader, leaf)?);
        }
        Ok(Self::all(parts))
    }

    fn read_one(
        reader: &mut Reader<'_>,
        leaf: fn(&mut Reader<'_>) -> Result<T, LanguageError>,
    ) -> Result<Self, LanguageError> {
        if reader.take("not") {
            let inner = reader.deeper(|reader| Self::read_one(reader, leaf))?;
            return Ok(Self::Not(Box::new(inner)));
        }
        if reader.take("(") {
            let inner = reader.deeper(|reader| Self::read(reader, leaf))?;
            reader.expect(")")?;
            return Ok(inner);
        }
        leaf(reader).map(Self::Leaf)
    }

    /// The same condition over other leaves; the first failure of `change` is the result.
    pub(super) fn try_map<U, E>(&self, change: &mut impl FnMut(&T) -> Result<U, E>) -> Result<Condition<U>, E> {
        Ok(match self {
            Self::And(parts) => {
                Condition::And(parts.iter().map(|part| part.try_map(change)).collect::<Result<_, _>>()?)
            }
            Self::Or(parts) => Condition::Or(parts.iter().map(|part| part.try_map(change)).collect::<Result<_, _>>()?),
            Self::Not(inner) => Condition::Not(Box::new(inner.try_map(change)?)),
            Self::Leaf(leaf) => Condition::Leaf(change(leaf)?),
        })
    }

    /// Whether it holds, where `holds` says so of each leaf.
    pub(super) fn holds(&self, holds: &impl Fn(&T) -> bool) -> bool {
        match self {
            Self::And(parts) => parts.iter().all(|part| part.holds(holds)),
            Self::Or(parts) => parts.iter().any(|part| part.holds(holds)),
            Self::Not(inner) => !inner.holds(holds),
            Self::Leaf(leaf) => holds(leaf),
        }
    }
}

impl<T: fmt::Display> Condition<T> {
    /// As a part of something that binds closer.
    fn bracketed(&self, f: &mut fmt::Formatter<'_>, brackets: bool) -> fmt::Result {
        if brackets { write!(f, "({self})") } else { fmt::Display::fmt(self, f) }
    }
}

impl<T: fmt::Display> fmt::Display for Condition<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (parts, word, in_and) = match self {
            Self::And(parts) => (parts, " and ", true),
            Self::Or(parts) => (parts, " or ", false),
            Self::Not(inner) => {
                f.write_str("not ")?;
                return inner.bracketed(f, matches!(**inner, Self::And(_) | Self::Or(_)));
            }
            Self::Leaf(leaf) => return leaf.fmt(f),
        };
        for (place, part) in parts.iter().enumerate() {
            if place > 0 {
                f.write_str(word)?;
            }
            part.bracketed(f, in_and && matches!(part, Self::Or(_)))?;
        }
        Ok(())
    }
}
