//! How often each control refused each account within the hour, so that nobody can fill the disk with refusals.
//!
//! Only the hour of the last refusal is kept, so memory is bounded by what was recorded in one hour.

use std::sync::Arc;

use super::table::{Seed, Table};
use crate::model::{AccountNumber, CommandId, Timestamp, UtcOffset};

/// How many refusals of an account by one control are recorded one by one in each hour.
pub const DECLINES_AN_HOUR_MAX: u8 = 60;

const HOUR_US: i64 = 3_600_000_000;

/// A control and an account; no account where the operation was about none that is open.
pub(super) type Key = (CommandId, Option<AccountNumber>);

/// The refusals of one hour.
#[derive(Debug, Clone)]
pub(super) struct Declines {
    hour: Timestamp,
    counts: Arc<Table<(Key, u8)>>,
}

impl Declines {
    pub(super) fn new() -> Self {
        Self { hour: Timestamp(i64::MIN), counts: Arc::new(Table::new(16)) }
    }

    pub(super) fn count(&self, seed: &Seed, hour: Timestamp, key: Key) -> u8 {
        if hour != self.hour {
            return 0;
        }
        self.counts.find(hash(seed, &key), |(other, _)| *other == key).map_or(0, |(_, count)| *count)
    }

    /// Sets a count; a later hour forgets the one before.
    pub(super) fn set(&mut self, seed: &Seed, hour: Timestamp, key: Key, count: u8) {
        if hour != self.hour {
            *self = Self { hour, ..Self::new() };
        }
        let counts = Arc::make_mut(&mut self.counts);
        let hash_of = |(key, _): &(Key, u8)| hash(seed, key);
        if let Some((_, known)) = counts.find_mut(hash(seed, &key), |(other, _)| *other == key) {
            *known = count;
        } else {
            counts.insert(hash(seed, &key), (key, count), hash_of);
        }
    }

    /// All counts by control, then by account, with the hour.
    pub(super) fn sorted(&self) -> Vec<(Timestamp, Key, u8)> {
        let mut all: Vec<_> = self.counts.iter().map(|(key, count)| (self.hour, *key, *count)).collect();
        all.sort_unstable_by_key(|(_, (control, account), _)| {
            (*control, account.map_or(u32::MAX, |account| account.0))
        });
        all
    }
}

fn hash(seed: &Seed, (control, account): &Key) -> u64 {
    seed.of_id(control.0) ^ seed.of_number(account.map_or(u64::MAX, |account| u64::from(account.0)))
}

/// When the hour of a moment began, by the clock of the ledger's offset.
pub const fn hour_of(moment: Timestamp, offset: UtcOffset) -> Timestamp {
    let shift = offset.0 as i64 * 1_000_000;
    Timestamp((moment.0 + shift).div_euclid(HOUR_US) * HOUR_US - shift)
}

/// When the hour that began so is over.
pub const fn hour_end(hour: Timestamp) -> Timestamp {
    Timestamp(hour.0 + HOUR_US)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_hour_begins_by_the_clock_of_the_ledger() {
        let half = UtcOffset(5 * 3_600 + 1_800);
        assert_eq!(hour_of(Timestamp(0), half), Timestamp(-HOUR_US / 2));
        assert_eq!(hour_of(Timestamp(HOUR_US / 2), half), Timestamp(HOUR_US / 2));
        assert_eq!(hour_of(Timestamp(-1), UtcOffset(32_400)), Timestamp(-HOUR_US));
        assert_eq!(hour_end(hour_of(Timestamp(5), UtcOffset(0))), Timestamp(HOUR_US));
    }
}
