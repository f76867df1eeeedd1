//! The shell around the pure core: who waits for what, which thread does it, and in which order.
//!
//! Commands go one way: queue → [`core`] (decide, apply, append) → journal → publisher (the same apply into what readers
//! see, then the answers). Only this module knows threads.

pub(crate) mod background;
pub(crate) mod clock;
pub(crate) mod config;
pub(crate) mod core;
pub(crate) mod days;
pub(crate) mod indexing;
pub(crate) mod init;
pub(crate) mod known;
pub(crate) mod look_back;
pub(crate) mod planted;
pub(crate) mod publish;
pub(crate) mod queue;
pub(crate) mod recover;
mod scratch;
pub(crate) mod seal;
pub(crate) mod sealing;
pub(crate) mod writer;

use crate::codec::{self, CodecError, Layout};
use crate::error::Error;
use crate::event::Event;
use crate::journal::{Entry, Frame, JournalReader};
use crate::model::{Sequence, Timestamp};
use crate::storage::Storage;

/// Reads and decodes one event. `bytes` is overwritten; keep it between calls to spare the allocation.
///
/// # Errors
/// What the journal reports, [`Error::Version`] for an event of a newer version, [`Error::Corrupt`] for a payload that is no
/// archive of its type.
pub(crate) fn read_event<S: Storage>(
    journal: &JournalReader<S>,
    sequence: Sequence,
    bytes: &mut Vec<u8>,
) -> Result<Event, Error> {
    let frame = journal.frame_of(sequence.0, bytes)?;
    match frame.entry_of(sequence.0) {
        Some(entry) => decode_entry(&frame, &entry, sequence),
        None => Err(Error::Corrupt {
            path: format!("journal segment {}", frame.segment()),
            offset: frame.offset(),
            check: format!("the frame does not hold sequence {}", sequence.0),
        }),
    }
}

/// Decodes one entry of a frame.
///
/// # Errors
/// As [`read_event`].
pub(crate) fn decode_entry(frame: &Frame<'_>, entry: &Entry<'_>, sequence: Sequence) -> Result<Event, Error> {
    let layout = Layout { kind: entry.kind, schema: entry.schema };
    codec::decode(layout, entry.payload, sequence, Timestamp(frame.recorded_at_us())).map_err(|error| match error {
        CodecError::Unknown(layout) => Error::Version {
            path: format!("event {}", sequence.0),
            needed: format!("a version that knows event type {} schema {}", layout.kind, layout.schema),
            supported: format!("format {}", config::FORMAT_VERSION),
        },
        other => Error::Corrupt {
            path: format!("journal segment {}", frame.segment()),
            offset: frame.offset(),
            check: format!("sequence {}: {other}", sequence.0),
        },
    })
}

#[cfg(test)]
mod tests;
