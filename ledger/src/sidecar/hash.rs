//! The hash by which command ids are ordered and filtered on the disk.

use crate::model::{CommandId, LedgerId};

/// Hashes command ids for one ledger: XXH3-128 of the id's 16 bytes, most significant first, seeded with the ledger id.
///
/// Ids come from callers and may share their leading bytes (a time, a counter), so places are chosen by hash. The seed
/// keeps two ledgers from sharing an unlucky set of ids; it is no secret, and a caller who crafts ids only makes the
/// lookups of those ids slower.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IdHasher {
    seed: u64,
}

/// A hashed id: one half orders, the other one chooses the filter's rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct IdHash {
    /// Orders the ids of a sidecar; its high bits choose the filter's block.
    pub order: u64,
    /// Chooses the rows within a block.
    pub rows: u64,
}

impl IdHasher {
    /// The hasher of `ledger`.
    pub const fn new(ledger: LedgerId) -> Self {
        Self { seed: (ledger.0 >> 64) as u64 ^ ledger.0 as u64 }
    }

    pub(crate) fn hash(self, id: CommandId) -> IdHash {
        let hash = xxhash_rust::xxh3::xxh3_128_with_seed(&id.to_bytes(), self.seed);
        IdHash { order: hash as u64, rows: (hash >> 64) as u64 }
    }
}
