//! Commands, events and answers as JSON: the wire form shared by the server, the command line and the benches.
//!
//! Pure: text in, model out, and back. Reading is strict (unknown fields, duplicate keys, numbers where amounts are due and
//! `null` are refused, each with its place and reason); writing is deterministic, so that the events of one journal are the
//! same bytes on every machine. The forms are described in `docs/commands.md`, whose examples are read by a test. Absent on
//! purpose: a tree of JSON values, and floating-point numbers of any kind.

mod answer;
mod error;
mod event;
mod exceptions;
mod field;
mod nested;
mod parse;
mod raw;
mod submission;
mod value;
mod write;

#[cfg(test)]
mod tests;

pub use answer::{Answer, Status, write_answer};
pub use error::JsonError;
pub use event::{NameMissing, Names, write_event};
pub use field::{CommandFields, command_fields, command_types};
pub use parse::parse_submission;
pub use submission::write_submission;
pub use write::write_string;

/// The longest line that is read: 1 MiB.
pub const LINE_BYTES_MAX: usize = 1 << 20;
