//! The only fold: what each event does to a [`State`], live and in replay.
//!
//! Total: it trusts that `decide` made the event. What cannot be (an account that was never opened) changes nothing, and sums
//! stop at their bounds; both are found by whoever checks a journal, not here.

use super::days::RollupSlot;
use super::{AcceptedClock, AccountState, Change, Hold, Rollup, Seed, State, Totals, hash_account, hash_rollup};
use crate::event::{Body, Event, Genesis};
use crate::model::{
    AccountNumber, Actor, Code, CommandId, Currency, Date, Leg, Link, Movement, OperationKind, Sequence, Side, Store,
};

impl State {
    /// Folds one event in; afterwards [`last_sequence`](Self::last_sequence) is the event's.
    pub fn apply(&mut self, event: &Event) {
        debug_assert_eq!(event.sequence.0, self.last_sequence.0 + 1, "events are applied in order, without a gap");
        let (sequence, date) = (event.sequence, event.header.effective);
        self.last_sequence = sequence;
        self.last_recorded_at = event.recorded_at;
        match &event.body {
            Body::ToppedUp(event) => {
                self.use_exceptions(sequence, OperationKind::TopUp, &event.movement);
                self.post_movement(sequence, date, &event.movement);
            }
            Body::Spent(event) => {
                self.use_exceptions(sequence, OperationKind::Spend, &event.movement);
                self.post_movement(sequence, date, &event.movement);
            }
            Body::Transferred(event) => {
                self.use_exceptions(sequence, OperationKind::Transfer, &event.movement);
                self.post_movement(sequence, date, &event.movement);
            }
            Body::SpendRefunded(event) => {
                self.use_exceptions(sequence, OperationKind::RefundSpend, &event.movement);
                self.post_movement(sequence, date, &event.movement);
                let mut amendment = self.amendment(event.spend);
                amendment.refunded_minor = amendment.refunded_minor.saturating_add(event.movement.amount_minor);
                self.amend(event.spend, amendment);
            }
            Body::TransactionReversed(event) => {
                self.post_legs(sequence, date, &event.links, &event.legs);
                let mut amendment = self.amendment(event.reversed);
                amendment.reversed = Some(sequence);
                self.amend(event.reversed, amendment);
                if let Some(spend) = event.refund_of {
                    let refunded = event.legs.first().map_or(0, |leg| leg.amount_minor);
                    let mut amendment = self.amendment(spend);
                    amendment.refunded_minor = amendment.refunded_minor.saturating_sub(refunded);
                    self.amend(spend, amendment);
                }
            }
            Body::JournalEntryPosted(event) => self.post_legs(sequence, date, &event.links, &event.legs),
            Body::HoldPlaced(placed) => {
                self.use_exceptions(sequence, OperationKind::PlaceHold, &placed.movement);
                self.reserve(sequence, &placed.movement);
                let hold = Hold {
                    debit: placed.movement.debit.account,
                    credit: placed.movement.credit.account,
                    remaining_minor: placed.movement.amount_minor,
                    expires_at: placed.expires_at,
                    placed: sequence,
                    effective: date,
                };
                self.set_hold(event.header.command, Some(hold));
            }
            Body::HoldSettled(event) => {
                self.use_exceptions(sequence, OperationKind::SettleHold, &event.movement);
                self.post_movement(sequence, date, &event.movement);
                self.give_back(&event.movement, event.movement.amount_minor.saturating_add(event.released_minor));
                let rest = self.hold(event.hold).copied().filter(|_| event.remaining_minor > 0);
                self.set_hold(event.hold, rest.map(|hold| Hold { remaining_minor: event.remaining_minor, ..hold }));
            }
            Body::HoldVoided(event) => self.end_hold(sequence, event.hold, &event.movement),
            Body::HoldExpired(event) => self.end_hold(sequence, event.hold, &event.movement),
            Body::AccountOpened(event) => {
                let mut account =
                    AccountState::new(event.account, event.kind, event.currency, event.overdraft, sequence);
                account.events = event.link.event_number;
                self.add_account(account, event.code.clone(), event.under);
            }
            Body::AccountClosed(event) => {
                if let Some(account) = self.touch_account(sequence, &event.link) {
                    account.set_closed(true);
                }
            }
            Body::Genesis(genesis) => self.set_genesis(genesis),
            Body::CurrencyDefined(event) => self.add_currency(event.currency),
            Body::ActorRegistered(event) => self.add_actor(event.actor.clone()),
            Body::StoreOpened(event) => self.add_store(event.store.clone()),
            Body::ClockAccepted(accepted) => {
                let recorded_at = event.recorded_at;
                self.accepted_clock = Some(AcceptedClock { reading: accepted.reading, recorded_at });
            }
            Body::SignalRecorded(event) => self.record_signal(sequence, event),
            Body::AccountFrozen(frozen) => self.freeze_account(event.header.command, sequence, frozen),
            Body::AccountThawed(event) => self.thaw_account(sequence, event),
            Body::AmountFrozen(frozen) => self.freeze_amount(event.header.command, sequence, frozen),
            Body::AmountReleased(event) => self.release_amount(sequence, event),
            Body::Declined(declined) => self.decline(sequence, declined, &event.body.links()),
            Body::DeclinesCounted(event) => {
                if let Some(link) = &event.link {
                    self.touch_account(sequence, link);
                }
            }
        }
    }

    /// The account for a change, its former self noted.
    #[inline]
    fn account_mut(&mut self, number: AccountNumber) -> Option<&mut AccountState> {
        let account = self.accounts.get_mut(number.0)?;
        self.undo.note(|| Change::Account(number, *account));
        Some(account)
    }

    /// The account of a link for a change, its chain moved on to this event.
    #[inline]
    pub(super) fn touch_account(&mut self, sequence: Sequence, link: &Link) -> Option<&mut AccountState> {
        let account = self.account_mut(link.account)?;
        account.last_sequence = sequence;
        account.events = link.event_number;
        Some(account)
    }

    fn post_movement(&mut self, sequence: Sequence, date: Date, movement: &Movement) {
        self.post_one(sequence, date, &movement.debit, Side::Debit, movement.amount_minor);
        self.post_one(sequence, date, &movement.credit, Side::Credit, movement.amount_minor);
    }

    fn post_legs(&mut self, sequence: Sequence, date: Date, links: &[Link], legs: &[Leg]) {
        for leg in legs {
            if let Some(link) = links.get(usize::from(leg.link)) {
                self.post_one(sequence, date, link, leg.side, leg.amount_minor);
            }
        }
    }

    #[inline]
    fn post_one(&mut self, sequence: Sequence, date: Date, link: &Link, side: Side, amount_minor: u64) {
        let Some(account) = self.touch_account(sequence, link) else { return };
        let total = match side {
            Side::Debit => &mut account.balance.posted_debit_minor,
            Side::Credit => &mut account.balance.posted_credit_minor,
        };
        *total = total.saturating_add(amount_minor);
        let (currency, rollup) = (account.currency, account.rollup);
        if let Some(totals) = self.totals.get_mut(usize::from(currency.0)) {
            self.undo.note(|| Change::Totals(currency, *totals));
            totals.add(side, amount_minor);
        }
        let before = self.days.add(date, rollup, side, amount_minor);
        self.undo.note(|| Change::Day(date, rollup, before));
    }

    fn reserve(&mut self, sequence: Sequence, movement: &Movement) {
        if let Some(account) = self.touch_account(sequence, &movement.debit) {
            let pending = &mut account.balance.pending_debit_minor;
            *pending = pending.saturating_add(movement.amount_minor);
        }
        if let Some(account) = self.touch_account(sequence, &movement.credit) {
            let pending = &mut account.balance.pending_credit_minor;
            *pending = pending.saturating_add(movement.amount_minor);
        }
    }

    fn give_back(&mut self, movement: &Movement, amount_minor: u64) {
        if let Some(account) = self.account_mut(movement.debit.account) {
            let pending = &mut account.balance.pending_debit_minor;
            *pending = pending.saturating_sub(amount_minor);
        }
        if let Some(account) = self.account_mut(movement.credit.account) {
            let pending = &mut account.balance.pending_credit_minor;
            *pending = pending.saturating_sub(amount_minor);
        }
    }

    fn end_hold(&mut self, sequence: Sequence, hold: CommandId, movement: &Movement) {
        self.touch_account(sequence, &movement.debit);
        self.touch_account(sequence, &movement.credit);
        self.give_back(movement, movement.amount_minor);
        self.set_hold(hold, None);
    }

    fn set_hold(&mut self, id: CommandId, hold: Option<Hold>) {
        let before = self.holds.set(&self.seed, id, hold);
        self.undo.note(|| Change::Hold(id, before));
    }

    fn amend(&mut self, sequence: Sequence, amendment: super::Amendment) {
        let hash = self.seed.of_number(sequence.0);
        let before = self.amendments.find(hash, |(other, _)| *other == sequence).map(|(_, known)| *known);
        self.put_amendment(sequence, Some(amendment));
        self.undo.note(|| Change::Amendment(sequence, before));
    }

    pub(super) fn set_genesis(&mut self, genesis: &Genesis) {
        if self.genesis.is_some() {
            return;
        }
        let (high, low) = ((genesis.ledger.0 >> 64) as u64, genesis.ledger.0 as u64);
        let salt = genesis.salt_key_hash.iter().take(8).fold(0, |sum, byte| sum << 8 | u64::from(*byte));
        // Nothing is in a table before the first event, so nothing was hashed under another seed.
        self.seed = Seed::new(high ^ low.rotate_left(32) ^ salt);
        self.genesis = Some(genesis.clone());
    }

    pub(super) fn add_currency(&mut self, currency: Currency) {
        let number = self.currencies.len() as u32;
        let currencies = std::sync::Arc::make_mut(&mut self.currencies);
        currencies.push(currency);
        self.totals.push(Totals::default());
        let seed = &self.seed;
        let hash_of =
            |number: &u32| currencies.get(*number as usize).map_or(0, |currency| seed.of_text(currency.code.as_str()));
        self.currency_codes.insert(hash_of(&number), number, hash_of);
        self.undo.note(|| Change::CurrencyAdded);
    }

    pub(super) fn add_actor(&mut self, actor: Actor) {
        let place = self.actors.push(Some(actor));
        let (seed, actors) = (&self.seed, &self.actors);
        let hash_of =
            |place: &u32| actors.get(*place).and_then(Option::as_ref).map_or(0, |actor| seed.of_text(&actor.principal));
        self.principals.insert(hash_of(&place), place, hash_of);
        self.undo.note(|| Change::ActorAdded);
    }

    pub(super) fn add_store(&mut self, store: Store) {
        let place = self.stores.push(Some(store));
        let (seed, stores) = (&self.seed, &self.stores);
        let hash_of = |place: &u32| {
            stores.get(*place).and_then(Option::as_ref).map_or(0, |store| seed.of_text(store.code.as_str()))
        };
        self.store_codes.insert(hash_of(&place), place, hash_of);
        self.undo.note(|| Change::StoreAdded);
    }

    pub(super) fn add_account(&mut self, account: AccountState, code: Option<Code>, under: Option<AccountNumber>) {
        let id = account.id;
        let number = self.place_account(account, code, under);
        let (seed, accounts) = (&self.seed, &self.accounts);
        self.account_ids.insert(seed.of_id(id.0), number.0, |number| hash_account(seed, accounts, *number));
        self.undo.note(|| Change::AccountAdded);
    }

    /// Adds an account that cannot be found by its id yet.
    pub(super) fn place_account(
        &mut self,
        mut account: AccountState,
        code: Option<Code>,
        under: Option<AccountNumber>,
    ) -> AccountNumber {
        let number = AccountNumber(self.accounts.len() as u32);
        account.rollup = match (code, under.and_then(|above| self.accounts.get(above.0))) {
            (Some(code), _) => {
                account.set_coded();
                self.add_rollup(Rollup::Coded(number), Some(code))
            }
            (None, Some(above)) => above.rollup,
            (None, None) => {
                let rollup = Rollup::Uncoded(account.kind, account.currency);
                self.rollup_place(rollup).unwrap_or_else(|| self.add_rollup(rollup, None))
            }
        };
        self.accounts.push(account);
        number
    }

    /// Makes all accounts that were only placed findable by their ids.
    pub(super) fn index_accounts(&mut self) {
        let (seed, accounts) = (&self.seed, &self.accounts);
        let hashed = (0..).zip(accounts.iter()).map(|(number, account)| (seed.of_id(account.id.0), number));
        self.account_ids.insert_all(hashed.collect(), |number| hash_account(seed, accounts, *number));
    }

    fn add_rollup(&mut self, rollup: Rollup, code: Option<Code>) -> u32 {
        let slot = RollupSlot { rollup, code };
        let hash = hash_rollup(&self.seed, &slot);
        let place = self.rollups.push(slot);
        let (seed, rollups) = (&self.seed, &self.rollups);
        self.rollup_places.insert(hash, place, |place| rollups.get(*place).map_or(0, |slot| hash_rollup(seed, slot)));
        self.undo.note(|| Change::RollupAdded);
        place
    }

    /// The slot of a rollup that is there already.
    pub(super) fn rollup_place(&self, rollup: Rollup) -> Option<u32> {
        match rollup {
            Rollup::Coded(number) => {
                self.accounts.get(number.0).filter(|account| account.is_coded()).map(|account| account.rollup)
            }
            Rollup::Uncoded(..) => {
                let hash = hash_rollup(&self.seed, &RollupSlot { rollup, code: None });
                let same = |place: &u32| self.rollups.get(*place).is_some_and(|slot| slot.rollup == rollup);
                self.rollup_places.find(hash, same).copied()
            }
        }
    }
}
