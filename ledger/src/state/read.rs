//! What can be read of a [`State`].

use super::table::Table;
use super::{AcceptedClock, AccountState, Amendment, Hold, Rollup, RollupSlot, State, Totals};
use crate::event::Genesis;
use crate::model::{
    AccountId, AccountNumber, AccountRef, Actor, ActorNumber, Clock, Code, CommandId, Currency, CurrencyCode,
    CurrencyNumber, Date, LedgerId, Sequence, Store, StoreNumber, Timestamp, UtcOffset,
};

impl State {
    /// The sequence of the last event applied; 0 before the first.
    pub const fn last_sequence(&self) -> Sequence {
        self.last_sequence
    }

    /// When the last event was recorded; the earliest of all moments before the first.
    pub const fn last_recorded_at(&self) -> Timestamp {
        self.last_recorded_at
    }

    /// What the clock accepted last was said to read, while it stands: until something is recorded at a later time than its
    /// acceptance. A clock that was set back stands until it has caught up with the last recorded time.
    pub fn standing_clock(&self) -> Option<Timestamp> {
        let stands = |accepted: &AcceptedClock| accepted.recorded_at == self.last_recorded_at;
        self.accepted_clock.filter(stands).map(|accepted| accepted.reading)
    }

    /// The first event, once it was applied.
    pub const fn genesis(&self) -> Option<&Genesis> {
        self.genesis.as_ref()
    }

    /// This ledger among all; nil before genesis.
    pub fn ledger(&self) -> LedgerId {
        self.genesis.as_ref().map_or(LedgerId(0), |genesis| genesis.ledger)
    }

    /// Where its time comes from.
    pub fn clock(&self) -> Clock {
        self.genesis.as_ref().map_or(Clock::System, |genesis| genesis.clock)
    }

    /// The offset to which its dates belong.
    pub fn utc_offset(&self) -> UtcOffset {
        self.genesis.as_ref().map_or(UtcOffset(0), |genesis| genesis.utc_offset)
    }

    /// How many accounts were ever opened.
    pub const fn account_count(&self) -> usize {
        self.accounts.len()
    }

    /// The account of that number.
    #[inline]
    pub fn account(&self, number: AccountNumber) -> Option<&AccountState> {
        self.accounts.get(number.0)
    }

    /// All accounts in the order of their numbers.
    pub fn accounts(&self) -> impl Iterator<Item = (AccountNumber, &AccountState)> {
        self.accounts.iter().enumerate().map(|(number, account)| (AccountNumber(number as u32), account))
    }

    /// The number of the account that an id or a code names.
    #[inline]
    pub fn resolve(&self, account: &AccountRef) -> Option<AccountNumber> {
        match account {
            AccountRef::Id(id) => self.account_by_id(*id),
            AccountRef::Code(code) => self.account_by_code(code),
        }
    }

    /// The number of the account of that id.
    #[inline]
    pub fn account_by_id(&self, id: AccountId) -> Option<AccountNumber> {
        let same = |number: &u32| self.accounts.get(*number).is_some_and(|account| account.id == id);
        self.account_ids.find(self.seed.of_id(id.0), same).map(|number| AccountNumber(*number))
    }

    /// The number of the account of that code.
    pub fn account_by_code(&self, code: &Code) -> Option<AccountNumber> {
        let slot = self.rollup_slot_by_code(code).and_then(|place| self.rollups.get(place))?;
        match slot.rollup {
            Rollup::Coded(number) => Some(number),
            Rollup::Uncoded(..) => None,
        }
    }

    pub(super) fn rollup_slot_by_code(&self, code: &Code) -> Option<u32> {
        let same = |place: &u32| self.rollups.get(*place).is_some_and(|slot| slot.code.as_ref() == Some(code));
        self.rollup_places.find(self.seed.of_text(code.as_str()), same).copied()
    }

    /// The account's own code, when it has one.
    pub fn code_of(&self, number: AccountNumber) -> Option<&Code> {
        let account = self.accounts.get(number.0).filter(|account| account.is_coded())?;
        self.rollups.get(account.rollup)?.code.as_ref()
    }

    /// The coded account under which an account without a code of its own was opened, when it was.
    pub fn under(&self, number: AccountNumber) -> Option<AccountNumber> {
        match self.rollup_of(number)? {
            Rollup::Coded(above) if above != number => Some(above),
            _ => None,
        }
    }

    /// What the account is summed up under.
    pub fn rollup_of(&self, number: AccountNumber) -> Option<Rollup> {
        let account = self.accounts.get(number.0)?;
        self.rollups.get(account.rollup).map(|slot| slot.rollup)
    }

    /// All that accounts are summed up under, in the order in which they came up, with the code where there is one.
    pub fn rollups(&self) -> impl Iterator<Item = (Rollup, Option<&Code>)> {
        self.rollups.iter().map(|RollupSlot { rollup, code }| (*rollup, code.as_ref()))
    }

    /// What was posted per effective date and rollup: by date, then in the order of [`rollups`](Self::rollups).
    pub fn day_totals(&self) -> impl Iterator<Item = (Date, Rollup, Totals)> {
        self.days
            .iter()
            .filter_map(|(date, slot, totals)| self.rollups.get(slot).map(|slot| (date, slot.rollup, totals)))
    }

    /// All currencies in the order of their numbers.
    pub fn currencies(&self) -> impl ExactSizeIterator<Item = (CurrencyNumber, &Currency)> {
        self.currencies.iter().enumerate().map(|(number, currency)| (CurrencyNumber(number as u16), currency))
    }

    /// The currency of that number.
    pub fn currency(&self, number: CurrencyNumber) -> Option<&Currency> {
        self.currencies.get(usize::from(number.0))
    }

    /// The number of the currency of that code.
    #[inline]
    pub fn currency_by_code(&self, code: CurrencyCode) -> Option<CurrencyNumber> {
        if self.currencies.first().is_some_and(|currency| currency.code == code) {
            return Some(CurrencyNumber(0));
        }
        let same = |number: &u32| self.currencies.get(*number as usize).is_some_and(|currency| currency.code == code);
        self.currency_codes.find(self.seed.of_text(code.as_str()), same).map(|number| CurrencyNumber(*number as u16))
    }

    /// Everything ever posted in a currency: debits and credits are equal after each event.
    pub fn totals(&self, currency: CurrencyNumber) -> Option<Totals> {
        self.totals.get(usize::from(currency.0)).copied()
    }

    /// All registered actors in the order of their numbers.
    pub fn actors(&self) -> impl Iterator<Item = (ActorNumber, &Actor)> {
        (1..).map(ActorNumber).zip(self.actors.iter().flatten())
    }

    /// How many actors are registered.
    pub const fn actor_count(&self) -> usize {
        self.actors.len()
    }

    /// The registered actor of that number; none for 0, the ledger itself.
    pub fn actor(&self, number: ActorNumber) -> Option<&Actor> {
        self.actors.get(number.0.checked_sub(1)?)?.as_ref()
    }

    /// The number of the actor of that principal.
    pub fn actor_by_principal(&self, principal: &str) -> Option<ActorNumber> {
        let named = |actor: &Actor| actor.principal == principal;
        let place = find_text(&self.principals, self.seed.of_text(principal), |place| {
            self.actors.get(place).and_then(Option::as_ref).is_some_and(named)
        })?;
        Some(ActorNumber(place + 1))
    }

    /// All stores in the order of their numbers.
    pub fn stores(&self) -> impl Iterator<Item = (StoreNumber, &Store)> {
        (1..).map(StoreNumber).zip(self.stores.iter().flatten())
    }

    /// How many stores were opened.
    pub const fn store_count(&self) -> usize {
        self.stores.len()
    }

    /// The store of that number.
    pub fn store(&self, number: StoreNumber) -> Option<&Store> {
        self.stores.get(number.0.checked_sub(1)?)?.as_ref()
    }

    /// The number of the store of that code.
    pub fn store_by_code(&self, code: &Code) -> Option<StoreNumber> {
        let named = |store: &Store| store.code == *code;
        let place = find_text(&self.store_codes, self.seed.of_text(code.as_str()), |place| {
            self.stores.get(place).and_then(Option::as_ref).is_some_and(named)
        })?;
        Some(StoreNumber(place + 1))
    }

    /// The open hold of that id. A hold whose time is over is open until its expiry is an event.
    pub fn hold(&self, id: CommandId) -> Option<&Hold> {
        self.holds.get(&self.seed, id)
    }

    /// How many holds are open.
    pub const fn hold_count(&self) -> usize {
        self.holds.len()
    }

    /// All open holds in the order of placing; costs a sort of all of them.
    pub fn holds(&self) -> Vec<(CommandId, Hold)> {
        self.holds.sorted()
    }

    /// The open holds that end by themselves, the next to end first, with the time.
    pub fn holds_in_order_of_ending(&self) -> impl Iterator<Item = (Timestamp, CommandId)> {
        self.holds.in_order_of_ending()
    }

    /// What later events did to the transaction made by the event at `sequence`; nothing when none touched it.
    pub fn amendment(&self, sequence: Sequence) -> Amendment {
        let hash = self.seed.of_number(sequence.0);
        self.amendments.find(hash, |(other, _)| *other == sequence).map_or_else(Amendment::default, |(_, known)| *known)
    }

    /// All amended transactions by sequence; costs a sort of all of them.
    pub fn amendments(&self) -> Vec<(Sequence, Amendment)> {
        let mut all: Vec<_> = self.amendments.iter().copied().collect();
        all.sort_unstable_by_key(|(sequence, _)| *sequence);
        all
    }
}

fn find_text(table: &Table<u32>, hash: u64, named: impl Fn(u32) -> bool) -> Option<u32> {
    table.find(hash, |place| named(*place)).copied()
}
