//! Every command id ever used, in memory and on the disk.

use crate::error::Error;
use crate::model::{CommandId, LedgerId, Sequence};
use crate::storage::Storage;

use super::{RecentIds, SealedIds};

/// The answer to "was this id seen before, and where", exact: the recent ids in memory, all others in sidecars.
#[derive(Debug)]
pub struct CommandIds<S: Storage> {
    recent: RecentIds,
    sealed: SealedIds<S>,
}

impl<S: Storage> CommandIds<S> {
    /// No ids of `ledger`.
    pub fn new(ledger: LedgerId) -> Self {
        Self { recent: RecentIds::new(), sealed: SealedIds::new(ledger) }
    }

    /// The ids of `sealed`; those of later events are still to be [inserted](Self::insert).
    pub fn with_sealed(sealed: SealedIds<S>) -> Self {
        Self { recent: RecentIds::new(), sealed }
    }

    /// The sequence of the event that `id` led to.
    ///
    /// A new id costs two cache misses and one more for each eight sidecars, which [`touch`](Self::touch) overlaps.
    ///
    /// # Errors
    /// [`Error::Corrupt`] or [`Error::Io`] when a sidecar that may hold the id cannot be read: it must be made again
    /// before this id is accepted.
    pub fn lookup(&self, id: CommandId) -> Result<Option<Sequence>, Error> {
        match self.recent.get(id) {
            Some(sequence) => Ok(Some(sequence)),
            None => self.sealed.get(id),
        }
    }

    /// Adds an id that [`lookup`](Self::lookup) does not find.
    pub fn insert(&mut self, id: CommandId, sequence: Sequence) {
        self.recent.insert(id, sequence);
    }

    /// Takes back an insertion, for a group of which a later member was refused.
    pub fn remove(&mut self, id: CommandId) {
        self.recent.remove(id);
    }

    /// Fetches what the lookups of `ids` need into the processor's caches, overlapping their misses. Best 16 to 64 ids
    /// at a time, right before they are looked up.
    pub fn touch(&self, ids: &[CommandId]) {
        for &id in ids {
            // Nothing here is waited for, so the processor runs ahead into the next turn while the lines come.
            std::hint::black_box(self.sealed.touch(id));
            std::hint::black_box(self.recent.get(id));
        }
    }

    /// From now on the ids of all events up to `sequence` are looked up in `sealed`, and memory lets go of them; of those
    /// alone, though, before which no segment is without a sidecar in `sealed`.
    ///
    /// Cheap: memory is given back little by little by the next insertions.
    pub fn seal(&mut self, sealed: SealedIds<S>, sequence: Sequence) {
        self.recent.forget_through(sequence.min(sealed.through()));
        self.sealed = sealed;
    }

    /// The ids that lie in sidecars.
    pub const fn sealed(&self) -> &SealedIds<S> {
        &self.sealed
    }

    /// The ids that no sidecar holds yet.
    pub const fn recent(&self) -> &RecentIds {
        &self.recent
    }
}
