//! What the ledger does of itself: its first event, and the expiry of holds.

use crate::event::{Commit, Event, Genesis};
use crate::model::Timestamp;
use crate::state::State;

/// The most holds that expire in one commit.
pub const HOLDS_EXPIRED_MAX: usize = 1_000;

/// The first event of a ledger.
pub fn genesis(genesis: Genesis, now: Timestamp) -> Event {
    let _ = (genesis, now);
    todo!()
}

/// The holds whose time is over at `now`, as one commit: the first to end first, at most [`HOLDS_EXPIRED_MAX`] of them.
/// Nothing when none is due.
pub fn tick(state: &State, now: Timestamp) -> Option<Commit> {
    let _ = (state, now);
    todo!()
}

/// When the next hold ends by itself.
pub fn next_due(state: &State) -> Option<Timestamp> {
    state.holds_in_order_of_ending().next().map(|(at, _)| at)
}
