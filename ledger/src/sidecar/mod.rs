//! Sidecars: what makes a sealed segment searchable, and the table that tells a command id seen before from a new one.
//!
//! In: the events of one sealed segment. Out: which sequence a command id has, which sequences touch an account, and
//! where their frames lie. A sidecar is a pure function of its segment, so that one made again is equal byte for byte.
//! I/O through [`Storage`](crate::storage::Storage); no clock, no randomness on the disk.
//!
//! A lookup of a command id asks three places in turn: [`RecentIds`] (exact, in memory, the events of no sidecar yet),
//! the filter (in memory, one cache line for each eight sidecars), and only where the filter says so a sidecar (one or two
//! reads). Invariants: no id that was added is ever missed; what a sidecar cannot answer is an error, not "no".
//!
//! Absent on purpose: what an id's event says, and whether a sequence is durable or published; both are the caller's.

mod build;
mod filter;
mod hash;
mod ids;
mod read;
mod recent;
mod sealed;

pub use build::{SegmentFacts, SidecarBuilder};
pub use filter::Lane;
pub use hash::IdHasher;
pub use ids::CommandIds;
pub use read::{Place, Sidecar, path};
pub use recent::RecentIds;
pub use sealed::SealedIds;

use crate::rebuildable::Kind;

/// The folder that holds the sidecars, which is the journal's.
pub const DIR: &str = "journal";
/// What a sidecar's name ends in.
pub const SUFFIX: &str = ".idx";

/// The format of sidecars.
pub const KIND: Kind = Kind {
    magic: *b"LDGRSIDE",
    version: 1,
    page_bytes: 4096,
    sections: &[IDS, FENCES, LANE, FRAMES, ACCOUNTS, TOUCHES],
};

/// Command ids with their sequences, in the order of their hashes.
pub(crate) const IDS: u16 = 1;
/// Where in [`IDS`] each slice of the hashes begins.
pub(crate) const FENCES: u16 = 2;
/// The filter's bits.
pub(crate) const LANE: u16 = 3;
/// Where every sixteenth frame lies.
pub(crate) const FRAMES: u16 = 4;
/// The accounts touched, with the place of the first of their [`TOUCHES`].
pub(crate) const ACCOUNTS: u16 = 5;
/// The events that touch each account, oldest first, account by account.
pub(crate) const TOUCHES: u16 = 6;

pub(crate) const ID_BYTES: usize = 20;
pub(crate) const FENCE_BYTES: usize = 4;
pub(crate) const LANE_BYTES: usize = 8;
pub(crate) const FRAME_BYTES: usize = 8;
pub(crate) const ACCOUNT_BYTES: usize = 8;
pub(crate) const TOUCH_BYTES: usize = 8;

/// Every how many frames one is noted in the section of frames.
pub const FRAMES_STEP: u64 = 16;

#[cfg(test)]
mod tests;
