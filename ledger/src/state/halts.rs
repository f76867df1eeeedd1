//! The halts in force, compiled once and shared by all copies of a state.
//!
//! One that ended by itself is dropped when the next one is imposed or lifted; until then it stands here and stops nothing.

use std::sync::Arc;

use super::{Change, State};
use crate::event::{HaltImposed, HaltLifted};
use crate::model::{CommandId, OperationKind, Sequence, Timestamp};
use crate::selector::{LanguageError, Matcher, Operation, Written};

/// How many halts may stand.
pub const HALTS_MAX: usize = 64;
/// How many parts of one halt may be let through again.
pub const HALT_EXCEPTIONS_MAX: usize = 16;

/// A halt: what it stops, for everyone, and for how long.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Halt {
    /// The command that imposed it.
    pub id: CommandId,
    /// The event that imposed it; it holds for every command after.
    pub imposed: Sequence,
    /// When that was recorded.
    pub imposed_at: Timestamp,
    /// What is stopped.
    pub selector: Written,
    /// Why.
    pub reason: Box<str>,
    /// The incident to which it belongs.
    pub incident: Option<CommandId>,
    /// When it begins; at once when absent.
    pub starts_at: Option<Timestamp>,
    /// When it ends by itself; never when absent.
    pub ends_at: Option<Timestamp>,
    /// What was let through again since, in the order of lifting.
    pub exceptions: Vec<Written>,
}

impl Halt {
    /// Whether it ended by itself before `now`, or does then.
    pub fn is_over(&self, now: Timestamp) -> bool {
        self.ends_at.is_some_and(|at| at <= now)
    }

    /// Whether it stops what it matches at `now`.
    pub fn is_in_force(&self, now: Timestamp) -> bool {
        self.starts_at.is_none_or(|at| at <= now) && !self.is_over(now)
    }
}

/// A halt with its selectors' names looked up.
#[derive(Debug, Clone)]
struct Standing {
    halt: Halt,
    matcher: Matcher,
    exceptions: Vec<Matcher>,
}

impl Standing {
    fn stops(&self, operation: &Operation<'_>) -> bool {
        self.matcher.matches(operation)
            && self.halt.is_in_force(operation.at)
            && !self.exceptions.iter().any(|except| except.matches(operation))
    }
}

/// All of them, the oldest first.
#[derive(Debug, Clone, Default)]
pub(super) struct Halts {
    standing: Arc<Vec<Standing>>,
    /// The kinds of operation that some of them could match, as bits by their numbers.
    kinds: u32,
}

impl Halts {
    fn change(&mut self, change: impl FnOnce(&mut Vec<Standing>)) {
        let standing = Arc::make_mut(&mut self.standing);
        change(standing);
        self.kinds = standing.iter().fold(0, |kinds, known| kinds | known.matcher.kinds());
    }
}

impl State {
    /// Whether some halt could concern an operation of that kind: where none can, this is all that is asked.
    #[inline]
    pub const fn may_be_halted(&self, kind: OperationKind) -> bool {
        self.halts.kinds & 1 << kind as u8 != 0
    }

    /// The oldest halt that stops the operation.
    pub fn halted_by(&self, operation: &Operation<'_>) -> Option<CommandId> {
        self.halts.standing.iter().find(|known| known.stops(operation)).map(|known| known.halt.id)
    }

    /// The halts that were imposed and not lifted, the oldest first, those included that ended by themselves since the last one
    /// was imposed or lifted.
    pub fn halts(&self) -> impl Iterator<Item = &Halt> {
        self.halts.standing.iter().map(|known| &known.halt)
    }

    /// The halt of that id, among [`halts`](Self::halts).
    pub fn halt(&self, id: CommandId) -> Option<&Halt> {
        self.halts().find(|halt| halt.id == id)
    }

    /// A halt that cannot be compiled stops nothing: `decide` makes none.
    pub(super) fn impose_halt(&mut self, id: CommandId, sequence: Sequence, event: &HaltImposed) {
        let halt = Halt {
            id,
            imposed: sequence,
            imposed_at: self.last_recorded_at,
            selector: event.selector.clone(),
            reason: event.reason.clone(),
            incident: event.incident,
            starts_at: event.starts_at,
            ends_at: event.ends_at,
            exceptions: Vec::new(),
        };
        if let Ok(standing) = self.compiled(halt) {
            self.change_halts(|halts| halts.push(standing));
        }
    }

    pub(super) fn lift_halt(&mut self, event: &HaltLifted) {
        let except = event.except.as_ref().map(|except| (except, except.compile(self)));
        self.change_halts(|halts| {
            let Some(place) = halts.iter().position(|known| known.halt.id == event.halt) else { return };
            match except {
                None => drop(halts.remove(place)),
                Some((text, Ok(matcher))) => {
                    halts[place].halt.exceptions.push(text.clone());
                    halts[place].exceptions.push(matcher);
                }
                Some((_, Err(_))) => {}
            }
        });
    }

    fn change_halts(&mut self, change: impl FnOnce(&mut Vec<Standing>)) {
        let (now, before) = (self.last_recorded_at, &self.halts);
        self.undo.note(|| Change::Halts(before.clone()));
        self.halts.change(|halts| {
            halts.retain(|known| !known.halt.is_over(now));
            change(halts);
        });
    }

    fn compiled(&self, halt: Halt) -> Result<Standing, LanguageError> {
        let matcher = halt.selector.compile(self)?;
        let exceptions = halt.exceptions.iter().map(|except| except.compile(self)).collect::<Result<_, _>>()?;
        Ok(Standing { halt, matcher, exceptions })
    }

    /// Puts back the halts of an image, once every name is known.
    pub(super) fn restore_halts(&mut self, halts: Vec<Halt>) -> Result<(), LanguageError> {
        let standing = halts.into_iter().map(|halt| self.compiled(halt)).collect::<Result<Vec<_>, _>>()?;
        self.halts.change(|known| *known = standing);
        Ok(())
    }
}
