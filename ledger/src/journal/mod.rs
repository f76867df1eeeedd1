//! The journal: the durable, append-only book of original entry, and the only truth on the disk.
//!
//! In: commits as entries (type, schema, payload). Out: the same, in sequence, as long as the disk lasts.
//! `docs/format.md` is the normative description of every byte. The journal knows frames of entries and not what
//! they mean: no `State`, no command, no clock. All I/O goes through [`Storage`](crate::storage::Storage).
//!
//! | file | what it holds |
//! | --- | --- |
//! | `frame` `write` `segment` `fields` | bytes: a commit, the frames of one I/O, a file's header and footer |
//! | `chain` `scan` `window` | what a write must say to follow the one in front; the walk that checks it |
//! | `survey` `judge` `recovery` `rewrite` | opening: what is there, torn or damaged, and the repair of a tail |
//! | `writer` `pipe` `rotate` `ahead` | the appending state machine: taking over, in flight, the change of segments, space made ahead |
//! | `shared` `places` `reader` `frames` `follow` | reading: beside the writer, and in another process |
//! | `verify` | every byte checked, every finding collected; what is left of a damaged journal |

mod ahead;
mod chain;
mod fields;
mod follow;
mod frame;
mod frames;
mod judge;
mod pipe;
mod places;
pub(crate) mod planted;
mod reader;
mod recovery;
mod rewrite;
mod rotate;
mod scan;
mod segment;
mod shared;
mod survey;
#[cfg(test)]
mod tests;
mod verify;
mod window;
mod write;
mod writer;

pub use ahead::{FillStep, Filler};
pub use frame::{
    ENTRY_HEADER_BYTES, Entries, Entry, FRAME_BYTES_MAX, FRAME_ENTRIES_MAX, FRAME_HEADER_BYTES, Frame, FrameInput,
};
pub use frames::Frames;
pub use places::Places;
pub use reader::JournalReader;
pub use recovery::{CutReport, Recovered, check_end, open_for_append};
pub use segment::{FORMAT_VERSION, SEGMENT_BYTES_MAX};
pub use verify::{Finding, UnfinishedTail, VerifyReport, salvage, verify};
pub use writer::{JournalWriter, Progress, SealedSegment};

use crate::error::Error;

/// The folder that holds the segments, relative to the ledger.
pub const FOLDER: &str = "journal";

/// What bounds the bytes in flight: it stands in each segment's header, and recovery holds a torn tail against it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// The longest write in bytes, unless one frame alone is longer; a multiple of the device's block.
    pub write_bytes_max: u32,
    /// The most writes in flight.
    pub writes_in_flight: u16,
}

impl Default for Bounds {
    fn default() -> Self {
        Self { write_bytes_max: 1 << 20, writes_in_flight: 4 }
    }
}

/// How a journal is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct JournalOptions {
    /// The usual length of a segment in bytes: at least 4 KiB, less than 4 GiB. A soft bound: a segment takes at least one write.
    pub segment_bytes: u64,
    /// The bounds for segments that are begun from now on.
    pub bounds: Bounds,
    /// Whose journal it is.
    pub ledger_id: [u8; 16],
}

impl JournalOptions {
    /// The defaults for a ledger: segments of 256 MiB, four writes of at most 1 MiB in flight.
    pub fn new(ledger_id: [u8; 16]) -> Self {
        Self { segment_bytes: 256 << 20, bounds: Bounds::default(), ledger_id }
    }

    /// Themselves, fitted to the device's block.
    fn checked(mut self, block: usize) -> Result<Self, Error> {
        let refuse = |what: &str| Err(Error::Config(what.to_owned()));
        if !(4096..=SEGMENT_BYTES_MAX - (32 << 20)).contains(&self.segment_bytes) {
            return refuse("a segment has at least 4 KiB and less than 4 GiB");
        }
        if !(1..=1024).contains(&self.bounds.writes_in_flight) {
            return refuse("1 to 1024 writes may be in flight");
        }
        if !(1024..=64 << 20).contains(&self.bounds.write_bytes_max) {
            return refuse("a write holds at least 1 KiB and at most 64 MiB");
        }
        let whole = (self.bounds.write_bytes_max as usize).next_multiple_of(block);
        self.bounds.write_bytes_max = whole as u32;
        Ok(self)
    }
}

/// What other files swear to: a journal that ends before it has lost something.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Witnesses {
    /// The highest sequence that one of them says was durable; 0 when there is none.
    pub durable_through: u64,
    /// Which file says so, for the error.
    pub source: String,
}

impl Witnesses {
    /// Nothing but the journal itself.
    pub fn none() -> Self {
        Self::default()
    }

    /// Adds one: `source` says that `durable_through` was durable.
    pub fn add(&mut self, durable_through: u64, source: &str) {
        if durable_through > self.durable_through {
            *self = Self { durable_through, source: source.to_owned() };
        }
    }
}
