//! The language of controls and assessments: selectors over one operation, rules over accounts.
//!
//! In: text of at most [`TEXT_BYTES_MAX`] bytes. Out: a [`Selector`] or [`Rule`] with a canonical written form, and from it, once
//! its names are looked up, a [`Matcher`] or a [`CompiledRule`], which look at one [`Operation`] at a time. Pure. Events keep a
//! text as it was written beside its [`Version`]; a version, once released, reads the same for ever. The grammar and the meaning
//! of every field are in `docs/selectors.md`. A text that cannot be read gives a [`LanguageError`], which points at the place.
//! Absent on purpose: how an operation is seen in a command or an event (the state's business, which alone knows both).

mod clause;
mod compile;
mod condition;
mod error;
mod field;
mod lexer;
mod matcher;
mod measure;
mod operation;
mod parse;
mod rule;
mod verdict;
mod written;

#[cfg(test)]
mod tests;

pub use compile::Lookup;
pub use error::LanguageError;
pub use field::Field;
pub use matcher::Matcher;
pub use operation::{COHORTS, Operation, cohort};
pub use parse::Selector;
pub use rule::{AGGREGATES_MAX, Rule};
pub use verdict::{Accumulators, CompiledRule, Finding, LossEvent};
pub use written::Written;

/// The longest text in bytes.
pub const TEXT_BYTES_MAX: usize = 4 << 10;
/// How deep conditions may stand inside one another.
pub const DEPTH_MAX: usize = 64;

/// A version of the language. Texts are stored beside the version in which they were written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Version {
    /// The first.
    V1 = 1,
}

impl Version {
    /// The version in which new texts are written.
    pub const LATEST: Self = Self::V1;

    /// The version that `number` stands for on disk; none for one that a later release brought.
    pub const fn from_u8(number: u8) -> Option<Self> {
        match number {
            1 => Some(Self::V1),
            _ => None,
        }
    }
}
