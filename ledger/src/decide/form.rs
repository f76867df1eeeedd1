//! Form: what is wrong with a command whatever the books hold.

use crate::command::{Command, Group};
use crate::model::{Clock, Timestamp, UtcOffset};
use crate::rejection::Rejection;
use crate::state::State;

/// What form depends on.
#[derive(Debug, Clone, Copy)]
pub struct FormContext {
    /// Where the ledger's time comes from.
    pub clock: Clock,
    /// The offset to which its dates belong.
    pub utc_offset: UtcOffset,
    /// When the last event was recorded.
    pub last_recorded_at: Timestamp,
    /// The moment of recording: the command's own where the clock is `commands` and it has one.
    pub now: Timestamp,
}

impl FormContext {
    /// For the next command of `state`, at `now`.
    pub fn of(state: &State, now: Timestamp) -> Self {
        Self { clock: state.clock(), utc_offset: state.utc_offset(), last_recorded_at: state.last_recorded_at(), now }
    }
}

/// Checks the form of a command.
///
/// # Errors
/// The first rule of form that it breaks.
pub fn check_form(command: &Command, context: &FormContext) -> Result<(), Rejection> {
    let _ = (command, context);
    todo!()
}

/// Checks what a group must be as a whole: its size, one moment, ids that differ. Its members are checked one by one.
///
/// # Errors
/// The first rule that it breaks.
pub fn check_group_form(group: &Group) -> Result<(), Rejection> {
    let _ = group;
    todo!()
}
