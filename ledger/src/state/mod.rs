//! What `decide` reads, and [`State::apply`], the only fold of events.
//!
//! In: events in sequence order. Out: accounts, holds, totals, registered names. Pure: no clock, no I/O, no randomness, and no
//! order of a hash table is ever visible. `apply` is total: it has nothing to refuse with. A [`State`] is made of pieces
//! that copies share until one of them changes them, so a copy (a view) is cheap and never changes when the original
//! goes on. Absent on purpose: command ids (the shell's idempotency tables) and history (the journal).

mod account;
mod apply;
mod control;
mod days;
mod declines;
mod freezes;
mod holds;
mod image;
mod operation;
mod pages;
mod read;
mod table;
mod touch;
mod undo;

use std::sync::Arc;

pub use account::AccountState;
pub use days::{Rollup, Totals};
pub use declines::{DECLINES_AN_HOUR_MAX, hour_end, hour_of};
pub use freezes::{Freeze, FrozenAmount, UsableException};
pub use holds::Hold;
pub use image::{Head, ImageError, Part, Restore};
pub use touch::Guess;

use self::days::{Days, RollupSlot};
use self::declines::Declines;
use self::freezes::Freezes;
use self::holds::Holds;
use self::pages::Pages;
use self::table::{Seed, Table};
use self::undo::{Change, Undo};
use crate::event::Genesis;
use crate::model::{AccountNumber, Actor, Currency, Sequence, SignalTimes, Store, Timestamp};

/// Everything that the rules need to know, folded from the events up to [`last_sequence`](State::last_sequence).
#[derive(Debug, Clone)]
pub struct State {
    seed: Seed,
    genesis: Option<Genesis>,
    last_sequence: Sequence,
    last_recorded_at: Timestamp,
    accepted_clock: Option<AcceptedClock>,
    accounts: Pages<AccountState>,
    account_ids: Table<u32>,
    rollups: Pages<RollupSlot>,
    rollup_places: Table<u32>,
    currencies: Arc<Vec<Currency>>,
    currency_codes: Table<u32>,
    totals: Vec<Totals>,
    actors: Pages<Option<Actor>>,
    principals: Table<u32>,
    stores: Pages<Option<Store>>,
    store_codes: Table<u32>,
    holds: Holds,
    freezes: Freezes,
    declines: Declines,
    signals: Table<(AccountNumber, SignalTimes)>,
    amendments: Table<(Sequence, Amendment)>,
    days: Days,
    undo: Undo,
}

/// What later events did to a transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Amendment {
    /// Minor units of it refunded and not given back since.
    pub refunded_minor: u64,
    /// The event that reversed it.
    pub reversed: Option<Sequence>,
}

/// The last acceptance of the wall clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AcceptedClock {
    /// What the clock was said to read, within a minute.
    pub reading: Timestamp,
    /// When the acceptance was recorded: later than that where the clock had been set back.
    pub recorded_at: Timestamp,
}

impl State {
    /// The state before the first event.
    pub fn new() -> Self {
        Self {
            seed: Seed::new(0),
            genesis: None,
            last_sequence: Sequence(0),
            last_recorded_at: Timestamp(i64::MIN),
            accepted_clock: None,
            accounts: Pages::new(),
            account_ids: Table::new(256),
            rollups: Pages::new(),
            rollup_places: Table::new(16),
            currencies: Arc::default(),
            currency_codes: Table::new(16),
            totals: Vec::new(),
            actors: Pages::new(),
            principals: Table::new(16),
            stores: Pages::new(),
            store_codes: Table::new(16),
            holds: Holds::new(),
            freezes: Freezes::new(),
            declines: Declines::new(),
            signals: Table::new(256),
            amendments: Table::new(64),
            days: Days::new(),
            undo: Undo::default(),
        }
    }

    fn put_amendment(&mut self, sequence: Sequence, amendment: Option<Amendment>) {
        let hash = self.seed.of_number(sequence.0);
        let same = |(other, _): &(Sequence, Amendment)| *other == sequence;
        let Some(amendment) = amendment else {
            self.amendments.remove(hash, same);
            return;
        };
        if let Some((_, known)) = self.amendments.find_mut(hash, same) {
            *known = amendment;
            return;
        }
        let seed = &self.seed;
        self.amendments.insert(hash, (sequence, amendment), |(sequence, _)| seed.of_number(sequence.0));
    }
}

impl Default for State {
    fn default() -> Self {
        Self::new()
    }
}

fn hash_account(seed: &Seed, accounts: &Pages<AccountState>, number: u32) -> u64 {
    accounts.get(number).map_or(0, |account| seed.of_id(account.id.0))
}

/// By code where there is one, else by kind and currency.
fn hash_rollup(seed: &Seed, slot: &RollupSlot) -> u64 {
    match (&slot.code, slot.rollup) {
        (Some(code), _) => seed.of_text(code.as_str()),
        (None, Rollup::Uncoded(kind, currency)) => seed.of_number(u64::from(currency.0) << 8 | kind as u64),
        (None, Rollup::Coded(number)) => seed.of_number(u64::from(number.0) << 32),
    }
}
