//! How halts lie in a checkpoint. `docs/files.md` has the same tables.

use super::records::{Malformed, NO_TIME, Put, u64_at};
use crate::model::{CommandId, Notes, Sequence, Timestamp};
use crate::rebuildable::array;
use crate::selector::{TEXT_BYTES_MAX, Version, Written};
use crate::state::Halt;

const REASON_AT: usize = 72;
const SELECTOR_AT: usize = REASON_AT + Notes::DESCRIPTION_BYTES_MAX;
pub(super) const HALT_BYTES: usize = SELECTOR_AT + TEXT_BYTES_MAX;

pub(super) fn put_halt(halt: &Halt) -> [u8; HALT_BYTES] {
    let time = |at: Option<Timestamp>| at.map_or(NO_TIME, |at| at.0).to_le_bytes();
    Put::new()
        .put(&halt.id.to_bytes())
        .put(&halt.incident.unwrap_or(CommandId(0)).to_bytes())
        .put(&halt.imposed.0.to_le_bytes())
        .put(&halt.imposed_at.0.to_le_bytes())
        .put(&time(halt.starts_at))
        .put(&time(halt.ends_at))
        .put(&length(&halt.selector.text))
        .put(&[halt.selector.version as u8, halt.reason.len() as u8, 0, 0, 0, 0])
        .put(&padded::<{ Notes::DESCRIPTION_BYTES_MAX }>(&halt.reason))
        .put(&padded::<TEXT_BYTES_MAX>(&halt.selector.text))
        .bytes
}

pub(super) fn halt(record: &[u8]) -> Result<Halt, Malformed> {
    let time = |at: usize| {
        let us = i64::from_le_bytes(array(record, at));
        (us != NO_TIME).then_some(Timestamp(us))
    };
    let incident = CommandId::from_bytes(array(record, 16));
    Ok(Halt {
        id: CommandId::from_bytes(array(record, 0)),
        imposed: Sequence(u64_at(record, 32)),
        imposed_at: Timestamp(i64::from_le_bytes(array(record, 40))),
        selector: written(record, 64, 66, SELECTOR_AT)?,
        reason: text(record, REASON_AT, usize::from(record[67]))?.into(),
        incident: (!incident.is_nil()).then_some(incident),
        starts_at: time(48),
        ends_at: time(56),
        exceptions: Vec::new(),
    })
}

const EXCEPT_AT: usize = 24;
pub(super) const EXCEPTION_BYTES: usize = EXCEPT_AT + TEXT_BYTES_MAX;

pub(super) fn put_exception(halt: CommandId, except: &Written) -> [u8; EXCEPTION_BYTES] {
    Put::new()
        .put(&halt.to_bytes())
        .put(&length(&except.text))
        .put(&[except.version as u8, 0, 0, 0, 0, 0])
        .put(&padded::<TEXT_BYTES_MAX>(&except.text))
        .bytes
}

pub(super) fn exception(record: &[u8]) -> Result<(CommandId, Written), Malformed> {
    Ok((CommandId::from_bytes(array(record, 0)), written(record, 16, 18, EXCEPT_AT)?))
}

const fn length(text: &str) -> [u8; 2] {
    (text.len() as u16).to_le_bytes()
}

/// Longer texts are not written: no command has one.
pub(super) fn padded<const BYTES: usize>(text: &str) -> [u8; BYTES] {
    let mut bytes = [0; BYTES];
    let length = text.len().min(BYTES);
    bytes[..length].copy_from_slice(&text.as_bytes()[..length]);
    bytes
}

fn written(record: &[u8], length_at: usize, version_at: usize, at: usize) -> Result<Written, Malformed> {
    let version = Version::from_u8(record[version_at]).ok_or(Malformed("the language of a selector"))?;
    let length = u16::from_le_bytes(array(record, length_at));
    Ok(Written { version, text: text(record, at, usize::from(length))?.into() })
}

fn text(record: &[u8], at: usize, length: usize) -> Result<&str, Malformed> {
    let bytes = record.get(at..at + length);
    bytes.and_then(|bytes| std::str::from_utf8(bytes).ok()).ok_or(Malformed("the text of a halt"))
}
