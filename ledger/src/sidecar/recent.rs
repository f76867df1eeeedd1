//! The command ids that no sidecar holds yet: exact, in memory.

use std::hash::BuildHasher;

use foldhash::quality::RandomState;
use hashbrown::HashTable;

use crate::model::{CommandId, Sequence};

/// A power of two. Each part grows by itself, so that no single insertion waits for the whole table to be moved.
const PARTS: usize = 1024;
/// Insertions between the cleaning of two parts after a segment got its sidecar.
const INSERTIONS_A_CLEANING: u64 = 8;

/// An id and its sequence in 24 bytes, without padding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Entry([u64; 3]);

/// Command ids and their sequences. 25 bytes a slot, of which between 7/16 and 7/8 are used.
///
/// The hash is seeded anew in each process, because callers choose the ids; no order of the table is ever seen.
#[derive(Debug)]
pub struct RecentIds {
    parts: Vec<HashTable<Entry>>,
    random: RandomState,
    len: usize,
    sealed_through: Sequence,
    /// The next part to be cleaned of ids that a sidecar holds; `PARTS` when all are clean.
    next_cleaning: usize,
    insertions: u64,
}

impl Entry {
    const fn new(id: CommandId, sequence: Sequence) -> Self {
        Self([(id.0 >> 64) as u64, id.0 as u64, sequence.0])
    }

    const fn id(self) -> CommandId {
        CommandId((self.0[0] as u128) << 64 | self.0[1] as u128)
    }

    const fn sequence(self) -> Sequence {
        Sequence(self.0[2])
    }
}

impl Default for RecentIds {
    fn default() -> Self {
        Self::new()
    }
}

impl RecentIds {
    /// An empty table.
    pub fn new() -> Self {
        Self {
            parts: (0..PARTS).map(|_| HashTable::new()).collect(),
            random: RandomState::default(),
            len: 0,
            sealed_through: Sequence(0),
            next_cleaning: PARTS,
            insertions: 0,
        }
    }

    fn hash(random: &RandomState, id: CommandId) -> u64 {
        random.hash_one(id.0)
    }

    /// The part of a hash: bits that neither the slot (the low ones) nor the slot's tag (the high ones) is made of.
    const fn part(hash: u64) -> usize {
        (hash >> 40) as usize & (PARTS - 1)
    }

    /// The id's sequence, when it is here. One cache miss when it is not.
    pub fn get(&self, id: CommandId) -> Option<Sequence> {
        let hash = Self::hash(&self.random, id);
        self.parts[Self::part(hash)].find(hash, |entry| entry.id() == id).map(|entry| entry.sequence())
    }

    /// Adds an id that is not here yet.
    pub fn insert(&mut self, id: CommandId, sequence: Sequence) {
        debug_assert!(self.get(id).is_none(), "{id} has a sequence already");
        let Self { parts, random, sealed_through, .. } = self;
        let hash = Self::hash(random, id);
        let part = &mut parts[Self::part(hash)];
        if part.len() == part.capacity() {
            // Rather than move them all into a larger table, let go of those that a sidecar holds.
            self.len -= clean(part, *sealed_through);
        }
        part.insert_unique(hash, Entry::new(id, sequence), |entry| Self::hash(random, entry.id()));
        self.len += 1;
        self.insertions += 1;
        if self.next_cleaning < PARTS && self.insertions.is_multiple_of(INSERTIONS_A_CLEANING) {
            let part = &mut self.parts[self.next_cleaning];
            self.len -= clean(part, self.sealed_through);
            self.next_cleaning += 1;
        }
    }

    /// Takes an id out again, for a group of which a later member was refused.
    pub fn remove(&mut self, id: CommandId) -> Option<Sequence> {
        let hash = Self::hash(&self.random, id);
        let found = self.parts[Self::part(hash)].find_entry(hash, |entry| entry.id() == id).ok()?;
        self.len -= 1;
        Some(found.remove().0.sequence())
    }

    /// Lets go, little by little with the next insertions, of all ids up to `sequence`: a sidecar holds them.
    pub fn forget_through(&mut self, sequence: Sequence) {
        self.sealed_through = self.sealed_through.max(sequence);
        self.next_cleaning = 0;
    }

    /// How many ids are here, those included that a sidecar holds already.
    pub const fn len(&self) -> usize {
        self.len
    }

    /// Whether none is here.
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Bytes of memory taken.
    pub fn bytes(&self) -> usize {
        self.parts.iter().map(HashTable::allocation_size).sum()
    }
}

/// Takes out what is not behind `sealed_through` and says how many that were.
fn clean(part: &mut HashTable<Entry>, sealed_through: Sequence) -> usize {
    let before = part.len();
    part.retain(|entry| entry.sequence() > sealed_through);
    before - part.len()
}
