//! Answers: one line for each command that was sent.

use super::write::Object;
use crate::model::{AccountId, CommandId, Sequence, Timestamp};

/// What became of a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Status {
    /// It stands in the journal as an event.
    Accepted,
    /// It was accepted before, under the same id with the same content; the first receipt is given again.
    Replayed,
    /// A control refused it, and the refusal stands in the journal.
    Declined,
    /// The rules refused it; nothing was written.
    Rejected,
    /// It is not a command.
    Malformed,
}

impl Status {
    /// The name used in JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Replayed => "replayed",
            Self::Declined => "declined",
            Self::Rejected => "rejected",
            Self::Malformed => "malformed",
        }
    }
}

/// One answer. Everything but the status is optional and then absent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Answer<'a> {
    /// The line of the input, from 1.
    pub line: Option<u64>,
    /// The command's id.
    pub id: Option<CommandId>,
    /// The id of the group that the command is a member of.
    pub group: Option<CommandId>,
    /// What became of it.
    pub status: Status,
    /// Where this very command stands.
    pub sequence: Option<Sequence>,
    /// The stable code of the refusal.
    pub code: Option<&'a str>,
    /// The refusal in words.
    pub message: Option<&'a str>,
    /// When it was recorded; given when receipts are asked for.
    pub recorded_at: Option<Timestamp>,
    /// Posted nets after it, by account; given when receipts are asked for.
    pub balances: &'a [(AccountId, i64)],
}

impl Answer<'_> {
    /// An answer that says only what became of the command.
    pub const fn new(status: Status) -> Self {
        Self {
            line: None,
            id: None,
            group: None,
            status,
            sequence: None,
            code: None,
            message: None,
            recorded_at: None,
            balances: &[],
        }
    }
}

/// Appends an answer as one line of JSON, without the line's end.
///
/// ```
/// use ledger::json::{Answer, Status, write_answer};
///
/// let mut out = Vec::new();
/// let answer = Answer { line: Some(3), code: Some("amount_zero"), ..Answer::new(Status::Rejected) };
/// write_answer(&answer, &mut out);
/// assert_eq!(out, br#"{"line":3,"status":"rejected","code":"amount_zero"}"#);
/// ```
pub fn write_answer(answer: &Answer<'_>, out: &mut Vec<u8>) {
    let mut object = Object::begin(out);
    if let Some(line) = answer.line {
        object.number("line", line);
    }
    if let Some(id) = answer.id {
        object.id("id", id.0);
    }
    if let Some(group) = answer.group {
        object.id("group", group.0);
    }
    object.word("status", answer.status.name());
    if let Some(sequence) = answer.sequence {
        object.number("sequence", sequence.0);
    }
    if let Some(code) = answer.code {
        object.word("code", code);
    }
    if let Some(message) = answer.message {
        object.text("message", message);
    }
    if let Some(recorded_at) = answer.recorded_at {
        object.time("recorded_at", recorded_at);
    }
    if !answer.balances.is_empty() {
        super::submission::write_array(answer.balances, object.key("balances"), |(account, net), out| {
            let mut balance = Object::begin(out);
            balance.id("account", account.0);
            balance.amount("net_after", *net);
            balance.end();
        });
    }
    object.end();
}
