//! What the ledger does of itself: its first event, and the expiry of holds; see also [`tally`](super::tally).
//!
//! These events have ids that anybody can derive, and a content hash of 0: they answer no command, so the shell keeps them
//! out of the ids by which it knows a repeated command.

use std::collections::BTreeMap;

use smallvec::SmallVec;

use crate::event::{Body, Commit, Event, Genesis, Header, HoldExpired};
use crate::model::{AccountNumber, ActorNumber, CommandId, Date, Link, Movement, Sequence, Timestamp};
use crate::state::State;

/// The most holds that expire in one commit.
pub const HOLDS_EXPIRED_MAX: usize = 1_000;

/// The first event of a ledger.
pub fn genesis(genesis: Genesis, now: Timestamp) -> Event {
    let command = CommandId::derived("ledger/genesis/v1", &genesis.ledger.to_bytes());
    let header = own_header(command, now.date(genesis.utc_offset));
    Event { sequence: Sequence(1), recorded_at: now, header, body: Body::Genesis(genesis) }
}

/// When the next hold ends by itself.
pub fn next_due(state: &State) -> Option<Timestamp> {
    state.holds_in_order_of_ending().next().map(|(at, _)| at)
}

/// The holds whose time is over at `now`, as one commit: the first to end first, at most [`HOLDS_EXPIRED_MAX`] of them.
/// Nothing when none is due.
pub fn tick(state: &State, now: Timestamp) -> Option<Commit> {
    if next_due(state).is_none_or(|at| at > now) {
        return None;
    }
    let effective = now.date(state.utc_offset());
    let mut chains = Chains::new(state);
    let mut sequence = state.last_sequence();
    let due = state.holds_in_order_of_ending().take_while(|(at, _)| *at <= now).take(HOLDS_EXPIRED_MAX);
    let events: SmallVec<[Event; 1]> = due
        .filter_map(|(_, id)| {
            let hold = state.hold(id)?;
            sequence = Sequence(sequence.0 + 1);
            let movement = Movement {
                debit: chains.link(hold.debit, sequence),
                credit: chains.link(hold.credit, sequence),
                amount_minor: hold.remaining_minor,
            };
            let header = own_header(CommandId::derived("ledger/hold-expired/v1", &id.to_bytes()), effective);
            let body = Body::HoldExpired(HoldExpired { hold: id, movement });
            Some(Event { sequence, recorded_at: now, header, body })
        })
        .collect();
    (!events.is_empty()).then_some(Commit { events })
}

pub(super) const fn own_header(command: CommandId, effective: Date) -> Header {
    Header { command, command_hash: 0, effective, actor: ActorNumber(0), cause: None, context: None }
}

/// The accounts' chains as they go on within one commit that is not applied yet.
pub(super) struct Chains<'a> {
    state: &'a State,
    touched: BTreeMap<AccountNumber, (Sequence, u64)>,
}

impl<'a> Chains<'a> {
    pub(super) const fn new(state: &'a State) -> Self {
        Self { state, touched: BTreeMap::new() }
    }

    /// The link of an event that posts nothing.
    pub(super) fn link(&mut self, number: AccountNumber, sequence: Sequence) -> Link {
        let account = self.state.account(number).copied().unwrap_or_default();
        let (previous, events) = *self.touched.get(&number).unwrap_or(&(account.last_sequence, account.events));
        self.touched.insert(number, (sequence, events + 1));
        Link { account: number, previous, event_number: events + 1, net_after_minor: account.posted_net_minor() as i64 }
    }
}
