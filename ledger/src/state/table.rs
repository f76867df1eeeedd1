//! Hash tables in shards, of which copies share the shards that neither has changed since.
//!
//! A copy costs one reference; the first change of a shard after a copy duplicates that shard. Growing rehashes one shard
//! at a time, so that no single insertion waits for all of them. The order inside is never visible: whoever lists a table
//! sorts. Hashes are seeded by the ledger, because callers choose the keys.

use std::hash::{BuildHasher, Hasher};
use std::sync::Arc;

use foldhash::quality::FixedState;
use hashbrown::HashTable;

/// What the hashes of one ledger start from.
#[derive(Debug, Clone)]
pub(super) struct Seed(FixedState);

impl Seed {
    pub(super) const fn new(seed: u64) -> Self {
        Self(FixedState::with_seed(seed))
    }

    #[inline]
    pub(super) fn of_id(&self, id: u128) -> u64 {
        let mut hasher = self.0.build_hasher();
        hasher.write_u128(id);
        hasher.finish()
    }

    #[inline]
    pub(super) fn of_text(&self, text: &str) -> u64 {
        let mut hasher = self.0.build_hasher();
        hasher.write(text.as_bytes());
        hasher.finish()
    }

    #[inline]
    pub(super) fn of_number(&self, number: u64) -> u64 {
        let mut hasher = self.0.build_hasher();
        hasher.write_u64(number);
        hasher.finish()
    }
}

/// A set of `T`, each found by its hash and a comparison.
#[derive(Debug, Clone)]
pub(super) struct Table<T> {
    shards: Arc<[Arc<HashTable<T>>]>,
    length: usize,
}

impl<T: Clone> Table<T> {
    /// An empty table of so many shards, a power of two.
    pub(super) fn new(shards: usize) -> Self {
        debug_assert!(shards.is_power_of_two() && shards <= 1 << 8);
        let empty = Arc::new(HashTable::new());
        Self { shards: (0..shards).map(|_| Arc::clone(&empty)).collect(), length: 0 }
    }

    pub(super) const fn len(&self) -> usize {
        self.length
    }

    /// The shard's place: by bits that the shard itself uses neither for places nor for tags.
    #[inline]
    fn shard(&self, hash: u64) -> usize {
        (hash >> 48) as usize & (self.shards.len() - 1)
    }

    #[inline]
    fn shard_mut(&mut self, hash: u64) -> &mut HashTable<T> {
        let shard = self.shard(hash);
        Arc::make_mut(&mut Arc::make_mut(&mut self.shards)[shard])
    }

    #[inline]
    pub(super) fn find(&self, hash: u64, same: impl FnMut(&T) -> bool) -> Option<&T> {
        self.shards[self.shard(hash)].find(hash, same)
    }

    #[inline]
    pub(super) fn find_mut(&mut self, hash: u64, same: impl FnMut(&T) -> bool) -> Option<&mut T> {
        self.shard_mut(hash).find_mut(hash, same)
    }

    /// Adds what must not be there yet.
    #[inline]
    pub(super) fn insert(&mut self, hash: u64, value: T, hash_of: impl Fn(&T) -> u64) {
        self.shard_mut(hash).insert_unique(hash, value, hash_of);
        self.length += 1;
    }

    /// Adds many that must not be there yet, shard by shard: so that each shard stays near while it is filled.
    pub(super) fn insert_all(&mut self, mut hashed: Vec<(u64, T)>, hash_of: impl Fn(&T) -> u64) {
        hashed.sort_by_key(|(hash, _)| self.shard(*hash) as u8);
        self.length += hashed.len();
        for (hash, value) in hashed {
            self.shard_mut(hash).insert_unique(hash, value, &hash_of);
        }
    }

    /// Makes room for so many, spread evenly.
    pub(super) fn reserve(&mut self, count: usize, hash_of: impl Fn(&T) -> u64) {
        let each = count / self.shards.len() + count / self.shards.len() / 8;
        for shard in Arc::make_mut(&mut self.shards) {
            Arc::make_mut(shard).reserve(each, &hash_of);
        }
    }

    pub(super) fn remove(&mut self, hash: u64, same: impl FnMut(&T) -> bool) -> Option<T> {
        let (value, _) = self.shard_mut(hash).find_entry(hash, same).ok()?.remove();
        self.length -= 1;
        Some(value)
    }

    /// All of them, in no order that may be shown.
    pub(super) fn iter(&self) -> impl Iterator<Item = &T> {
        self.shards.iter().flat_map(|shard| shard.iter())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_keeps_what_it_had_when_the_original_goes_on() {
        let seed = Seed::new(7);
        let hash = |value: &u32| seed.of_number(u64::from(*value));
        let mut table = Table::new(16);
        for value in 0..10_000u32 {
            table.insert(hash(&value), value, hash);
        }
        let copy = table.clone();
        for value in (0..10_000).step_by(3) {
            assert_eq!(table.remove(hash(&value), |other| *other == value), Some(value));
        }
        assert_eq!(table.remove(hash(&3), |other| *other == 3), None);
        assert_eq!((copy.len(), copy.iter().count()), (10_000, 10_000));
        assert_eq!((table.len(), table.iter().count()), (6_666, 6_666));
        assert_eq!(copy.find(hash(&3), |other| *other == 3), Some(&3));
        assert_eq!(table.find(hash(&3), |other| *other == 3), None);
        assert_eq!(table.find(hash(&4), |other| *other == 4), Some(&4));
    }
}
