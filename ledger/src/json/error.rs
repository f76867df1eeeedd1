//! What is wrong with a line of JSON: where, in which field, and why.

use std::fmt;

use crate::model::CommandId;

/// Why text is not a command. Nothing of it was done.
///
/// Displayed as `amount: is a number: write … (byte 57)`: field, reason, place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JsonError {
    /// The first byte that could not be accepted, counted from 1; absent when the text is JSON but a field is missing or
    /// does not belong to the command.
    pub byte: Option<usize>,
    /// The path of the field concerned, such as `context.country`, `legs[1].amount` or `commands[7].id`.
    pub field: Option<String>,
    /// What is wrong with it and what to write instead.
    pub reason: String,
    /// The command's id, when it was read before the error; for a group's member, the group's.
    pub id: Option<CommandId>,
}

impl fmt::Display for JsonError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(field) = &self.field {
            write!(f, "{field}: ")?;
        }
        f.write_str(&self.reason)?;
        match self.byte {
            Some(byte) => write!(f, " (byte {byte})"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for JsonError {}

/// Text from outside as it may stand in a message: at most 40 characters, quoted, control characters escaped.
pub(super) fn quoted(text: &str) -> String {
    let mut short: String = text.chars().take(40).flat_map(char::escape_debug).collect();
    if text.chars().nth(40).is_some() {
        short.push('…');
    }
    format!("`{short}`")
}
