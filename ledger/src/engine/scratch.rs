//! Events on their way into the journal: encoded side by side, then appended as one frame.

use std::ops::Range;

use super::planted::{self, Bug};
use crate::codec::{self, Layout};
use crate::error::Error;
use crate::event::Event;
use crate::journal::{Entry, FrameInput, JournalWriter};
use crate::storage::Storage;

/// Buffers that are kept between commands.
#[derive(Default)]
pub(super) struct Scratch {
    pub(super) payload: Vec<u8>,
    pub(super) spans: Vec<(Layout, Range<usize>)>,
    pub(super) content: Vec<u8>,
    pub(super) frame: Vec<u8>,
}

impl Scratch {
    pub(super) fn clear(&mut self) {
        self.payload.clear();
        self.spans.clear();
    }

    /// Adds the event's payload to the frame being built and gives its length.
    pub(super) fn encode(&mut self, event: &Event) -> Result<usize, Error> {
        let start = self.payload.len();
        let layout = codec::encode(event, &mut self.payload)
            .map_err(|error| Error::Contradiction(format!("sequence {}: {error}", event.sequence.0)))?;
        let span = start..self.payload.len();
        let bytes = span.len();
        self.spans.push((layout, span));
        Ok(bytes)
    }
}

/// Appends the encoded events as one frame.
pub(super) fn append<S: Storage>(
    journal: &mut JournalWriter<S>,
    scratch: &Scratch,
    events: &[Event],
) -> Result<(), Error> {
    let entry = |(layout, span): &(Layout, Range<usize>)| Entry {
        kind: layout.kind,
        schema: layout.schema,
        payload: &scratch.payload[span.clone()],
    };
    let Some(first) = events.first() else { return Ok(()) };
    let (first_sequence, recorded_at_us) = (first.sequence.0, first.recorded_at.0);
    if let [span] = scratch.spans.as_slice() {
        return journal.append(FrameInput { first_sequence, recorded_at_us, entries: &[entry(span)] });
    }
    if planted::is(Bug::GroupInPieces) {
        return (first_sequence..).zip(&scratch.spans).try_for_each(|(first_sequence, span)| {
            journal.append(FrameInput { first_sequence, recorded_at_us, entries: &[entry(span)] })
        });
    }
    let entries: Vec<Entry<'_>> = scratch.spans.iter().map(entry).collect();
    journal.append(FrameInput { first_sequence, recorded_at_us, entries: &entries })
}
