//! Undoing: while a linked group is decided, each setter of `apply` notes what it overwrites, so that the members before a
//! refused one can be taken back without copying the state.

use super::State;
use super::account::AccountState;
use super::days::Totals;
use super::declines::Declines;
use super::freezes::{Freeze, FrozenAmount};
use super::holds::Hold;
use super::{AcceptedClock, Amendment, hash_rollup};
use crate::model::{AccountNumber, CommandId, CurrencyNumber, Date, Sequence, SignalTimes, Timestamp};

/// One thing overwritten or added.
#[derive(Debug, Clone)]
pub(super) enum Change {
    Account(AccountNumber, AccountState),
    AccountAdded,
    RollupAdded,
    CurrencyAdded,
    ActorAdded,
    StoreAdded,
    Totals(CurrencyNumber, Totals),
    Day(Date, u32, Option<Totals>),
    Hold(CommandId, Option<Hold>),
    Amendment(Sequence, Option<Amendment>),
    Freeze(CommandId, Option<Freeze>),
    FrozenAmount(CommandId, Option<FrozenAmount>),
    Declines(Box<Declines>),
    Signals(AccountNumber, Option<SignalTimes>),
}

/// Where the notes began, and the notes.
#[derive(Debug, Clone, Default)]
pub(super) struct Undo {
    began: Option<(Sequence, Timestamp, Option<AcceptedClock>)>,
    changes: Vec<Change>,
}

impl Undo {
    #[inline]
    pub(super) fn note(&mut self, change: impl FnOnce() -> Change) {
        if self.began.is_some() {
            self.changes.push(change());
        }
    }
}

impl State {
    /// From here on changes are noted, until [`roll_back`](Self::roll_back) or [`keep`](Self::keep). A second beginning keeps
    /// what was noted before.
    pub fn begin_undo(&mut self) {
        if self.undo.began.is_none() {
            self.undo.began = Some((self.last_sequence, self.last_recorded_at, self.accepted_clock));
        }
    }

    /// Everything applied since [`begin_undo`](Self::begin_undo) stays.
    pub fn keep(&mut self) {
        self.undo.began = None;
        self.undo.changes.clear();
    }

    /// Everything applied since [`begin_undo`](Self::begin_undo) is as if it had not been; costs as much as applying it did.
    pub fn roll_back(&mut self) {
        let Some((sequence, recorded_at, accepted_clock)) = self.undo.began.take() else { return };
        let mut changes = std::mem::take(&mut self.undo.changes);
        while let Some(change) = changes.pop() {
            self.take_back(&change);
        }
        self.last_sequence = sequence;
        self.last_recorded_at = recorded_at;
        self.accepted_clock = accepted_clock;
        self.undo.changes = changes;
    }

    fn take_back(&mut self, change: &Change) {
        match *change {
            Change::Account(number, before) => {
                if let Some(account) = self.accounts.get_mut(number.0) {
                    *account = before;
                }
            }
            Change::AccountAdded => {
                let number = self.accounts.len().wrapping_sub(1) as u32;
                if let Some(account) = self.accounts.pop() {
                    self.account_ids.remove(self.seed.of_id(account.id.0), |other| *other == number);
                }
            }
            Change::RollupAdded => {
                let place = self.rollups.len().wrapping_sub(1) as u32;
                if let Some(slot) = self.rollups.pop() {
                    self.rollup_places.remove(hash_rollup(&self.seed, &slot), |other| *other == place);
                }
            }
            Change::CurrencyAdded => {
                self.totals.pop();
                let number = self.totals.len() as u32;
                if let Some(currency) = std::sync::Arc::make_mut(&mut self.currencies).pop() {
                    let hash = self.seed.of_text(currency.code.as_str());
                    self.currency_codes.remove(hash, |other| *other == number);
                }
            }
            Change::ActorAdded => {
                let place = self.actors.len().wrapping_sub(1) as u32;
                if let Some(Some(actor)) = self.actors.pop() {
                    self.principals.remove(self.seed.of_text(&actor.principal), |other| *other == place);
                }
            }
            Change::StoreAdded => {
                let place = self.stores.len().wrapping_sub(1) as u32;
                if let Some(Some(store)) = self.stores.pop() {
                    self.store_codes.remove(self.seed.of_text(store.code.as_str()), |other| *other == place);
                }
            }
            Change::Totals(currency, before) => {
                if let Some(totals) = self.totals.get_mut(usize::from(currency.0)) {
                    *totals = before;
                }
            }
            Change::Day(date, slot, before) => self.days.set(date, slot, before),
            Change::Hold(id, before) => drop(self.holds.set(&self.seed, id, before)),
            Change::Amendment(sequence, before) => self.put_amendment(sequence, before),
            Change::Freeze(id, before) => drop(self.freezes.set(&self.seed, id, before)),
            Change::FrozenAmount(id, before) => drop(self.freezes.set_amount(&self.seed, id, before)),
            Change::Signals(account, ref before) => self.set_signals(account, before.clone()),
            Change::Declines(ref before) => self.declines.clone_from(before),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chart::wallet_chart;
    use crate::decide::{Decision, Facts, decide, genesis};
    use crate::event::Genesis;
    use crate::model::{Clock, LedgerId, UtcOffset};

    #[test]
    fn what_was_rolled_back_is_gone_from_every_table() {
        let now = Timestamp(1_561_939_200_000_000);
        let mut state = State::new();
        let first = Genesis {
            ledger: LedgerId(1),
            format_version: 1,
            utc_offset: UtcOffset(0),
            clock: Clock::Commands,
            salt_key_hash: [0; 32],
        };
        state.apply(&genesis(first, now));
        state.begin_undo();
        for command in wallet_chart(Some(now)) {
            match decide(&state, &command, 1, &Facts::default(), now) {
                Decision::Accepted(event) => state.apply(&event),
                other => panic!("{command:?}: {other:?}"),
            }
        }
        assert_eq!(state.account_ids.len(), state.accounts.len());
        assert_eq!(state.rollup_places.len(), state.rollups.len());
        state.roll_back();
        assert_eq!((state.accounts.len(), state.account_ids.len()), (0, 0));
        assert_eq!((state.rollups.len(), state.rollup_places.len()), (0, 0));
        assert_eq!((state.currencies.len(), state.currency_codes.len(), state.totals.len()), (0, 0, 0));
        assert_eq!(state.last_sequence, Sequence(1));
    }
}
