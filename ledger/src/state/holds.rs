//! Open holds, by the command that placed them and by the time at which they end.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::table::{Seed, Table};
use crate::model::{AccountNumber, CommandId, Date, Sequence, Timestamp};

/// Reserved money: pending on the debit account's debit side and on the credit account's credit side.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hold {
    /// The account that will be debited.
    pub debit: AccountNumber,
    /// The account that will be credited.
    pub credit: AccountNumber,
    /// Minor units still reserved, at least 1.
    pub remaining_minor: u64,
    /// When it ends by itself.
    pub expires_at: Option<Timestamp>,
    /// The event that placed it.
    pub placed: Sequence,
    /// The date from which it counts.
    pub effective: Date,
}

/// The order in which holds end: by time, then by age. The id tells which hold it is.
type Due = (Timestamp, Sequence, CommandId);

/// Microseconds in one bucket of the order of ending: an hour.
const BUCKET: i64 = 3_600_000_000;

/// The open holds of a ledger.
#[derive(Debug, Clone)]
pub(super) struct Holds {
    open: Table<(CommandId, Hold)>,
    /// In buckets, so that a change after a copy duplicates one bucket and not the whole order.
    due: Arc<BTreeMap<i64, Arc<BTreeSet<Due>>>>,
}

impl Holds {
    pub(super) fn new() -> Self {
        Self { open: Table::new(64), due: Arc::default() }
    }

    pub(super) fn get(&self, seed: &Seed, id: CommandId) -> Option<&Hold> {
        self.open.find(seed.of_id(id.0), |(other, _)| *other == id).map(|(_, hold)| hold)
    }

    /// Sets what is known of the hold, or takes it away, and returns what was known before.
    pub(super) fn set(&mut self, seed: &Seed, id: CommandId, hold: Option<Hold>) -> Option<Hold> {
        let hash = seed.of_id(id.0);
        let same = |(other, _): &(CommandId, Hold)| *other == id;
        let Some(hold) = hold else {
            let (_, before) = self.open.remove(hash, same)?;
            self.forget_due(id, &before);
            return Some(before);
        };
        let Some((_, known)) = self.open.find_mut(hash, same) else {
            self.open.insert(hash, (id, hold), |(id, _)| seed.of_id(id.0));
            self.note_due(id, &hold);
            return None;
        };
        let before = std::mem::replace(known, hold);
        if (before.expires_at, before.placed) != (hold.expires_at, hold.placed) {
            self.forget_due(id, &before);
            self.note_due(id, &hold);
        }
        Some(before)
    }

    fn note_due(&mut self, id: CommandId, hold: &Hold) {
        let Some(at) = hold.expires_at else { return };
        let bucket = Arc::make_mut(&mut self.due).entry(at.0.div_euclid(BUCKET)).or_default();
        Arc::make_mut(bucket).insert((at, hold.placed, id));
    }

    fn forget_due(&mut self, id: CommandId, hold: &Hold) {
        let Some(at) = hold.expires_at else { return };
        let due = Arc::make_mut(&mut self.due);
        if let Some(bucket) = due.get_mut(&at.0.div_euclid(BUCKET)) {
            let bucket = Arc::make_mut(bucket);
            bucket.remove(&(at, hold.placed, id));
            if bucket.is_empty() {
                due.remove(&at.0.div_euclid(BUCKET));
            }
        }
    }

    /// The ids of holds that end by themselves, the next to end first, older before younger, with the time.
    pub(super) fn in_order_of_ending(&self) -> impl Iterator<Item = (Timestamp, CommandId)> {
        self.due.values().flat_map(|bucket| bucket.iter()).map(|(at, _, id)| (*at, *id))
    }

    pub(super) const fn len(&self) -> usize {
        self.open.len()
    }

    /// All open holds in the order of placing.
    pub(super) fn sorted(&self) -> Vec<(CommandId, Hold)> {
        let mut all: Vec<_> = self.open.iter().copied().collect();
        all.sort_unstable_by_key(|(_, hold)| hold.placed);
        all
    }
}
