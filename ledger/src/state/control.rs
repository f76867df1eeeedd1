//! What controls leave in a [`State`]: freezes, exceptions used up, refusals counted.

use super::freezes::{Freeze, FrozenAmount, UsableException};
use super::{Change, State, hour_of};
use crate::event::{AccountFrozen, AccountThawed, AmountFrozen, AmountReleased, Declined, SignalRecorded};
use crate::model::{
    AccountNumber, CommandId, Direction, Link, Movement, OperationKind, Sequence, Side, Signal, SignalTimes, Timestamp,
};

impl State {
    /// The freeze of an account of that id. One that ended by itself is known until the account is frozen again or it is
    /// asked to thaw.
    pub fn freeze(&self, id: CommandId) -> Option<&Freeze> {
        self.freezes.get(&self.seed, id)
    }

    /// The freezes of an account, the oldest first, those included that ended by themselves.
    pub fn freezes_of(&self, account: AccountNumber) -> impl Iterator<Item = (CommandId, &Freeze)> {
        self.freezes.of(&self.seed, account)
    }

    /// All freezes of accounts in the order of freezing; costs a sort of all of them.
    pub fn freezes(&self) -> Vec<(CommandId, Freeze)> {
        self.freezes.sorted()
    }

    /// The frozen amount of that id.
    pub fn frozen_amount(&self, id: CommandId) -> Option<&FrozenAmount> {
        self.freezes.amount(&self.seed, id)
    }

    /// All frozen amounts in the order of freezing; costs a sort of all of them.
    pub fn frozen_amounts(&self) -> Vec<(CommandId, FrozenAmount)> {
        self.freezes.sorted_amounts()
    }

    /// The oldest freeze that stops an operation of that kind and amount on the account at that moment.
    pub fn stopped_by(
        &self,
        account: AccountNumber,
        direction: Direction,
        operation: OperationKind,
        amount_minor: u64,
        now: Timestamp,
    ) -> Option<CommandId> {
        self.freezes_of(account)
            .find(|(_, freeze)| freeze.stops(direction, now) && freeze.exception_for(operation, amount_minor).is_none())
            .map(|(id, _)| id)
    }

    /// How many refusals of the account by the control were recorded in the hour of `now`.
    pub fn declines(&self, control: CommandId, account: Option<AccountNumber>, now: Timestamp) -> u8 {
        self.declines.count(&self.seed, hour_of(now, self.utc_offset()), (control, account))
    }

    /// All counts of refusals in the hour of the last one, by control, then by account: the hour, the control, the account,
    /// how many.
    pub fn all_declines(&self) -> Vec<(Timestamp, CommandId, Option<AccountNumber>, u8)> {
        self.declines
            .sorted()
            .into_iter()
            .map(|(hour, (control, account), count)| (hour, control, account, count))
            .collect()
    }

    /// When each kind of signal was last recorded of the account; nothing when it had none.
    #[inline]
    pub fn signals_of(&self, account: AccountNumber) -> Option<&SignalTimes> {
        if self.signals.len() == 0 {
            return None;
        }
        self.signals.find(self.hash_of_account(account), |(other, _)| *other == account).map(|(_, times)| times)
    }

    /// Every kind of signal and when it was last recorded, by account, then by kind; costs a sort of all of them.
    pub fn signals(&self) -> Vec<(AccountNumber, Signal, Timestamp)> {
        let mut all: Vec<_> = self.signals.iter().collect();
        all.sort_unstable_by_key(|(account, _)| *account);
        let each = |(account, times): &(AccountNumber, SignalTimes)| {
            let account = *account;
            times.iter().map(|(signal, at)| (account, signal.clone(), at)).collect::<Vec<_>>()
        };
        all.into_iter().flat_map(each).collect()
    }

    fn hash_of_account(&self, account: AccountNumber) -> u64 {
        self.seed.of_number(u64::from(account.0))
    }

    pub(super) fn set_signals(&mut self, account: AccountNumber, times: Option<SignalTimes>) {
        let hash = self.hash_of_account(account);
        let same = |(other, _): &(AccountNumber, SignalTimes)| *other == account;
        let Some(times) = times else {
            self.signals.remove(hash, same);
            return;
        };
        if let Some((_, known)) = self.signals.find_mut(hash, same) {
            *known = times;
            return;
        }
        let seed = &self.seed;
        self.signals.insert(hash, (account, times), |(account, _)| seed.of_number(u64::from(account.0)));
    }

    pub(super) fn record_signal(&mut self, sequence: Sequence, event: &SignalRecorded) {
        let account = event.link.account;
        self.touch_account(sequence, &event.link);
        let before = self.signals_of(account).cloned();
        let mut times = before.clone().unwrap_or_default();
        times.record(event.signal.clone(), self.last_recorded_at);
        self.set_signals(account, Some(times));
        self.undo.note(|| Change::Signals(account, before));
    }

    fn set_freeze(&mut self, id: CommandId, freeze: Option<Freeze>) {
        let before = self.freezes.set(&self.seed, id, freeze);
        self.undo.note(|| Change::Freeze(id, before));
    }

    pub(super) fn freeze_account(&mut self, id: CommandId, sequence: Sequence, event: &AccountFrozen) {
        let number = event.link.account;
        let now = self.last_recorded_at;
        let over: Vec<CommandId> =
            self.freezes_of(number).filter(|(_, freeze)| !freeze.stands(now)).map(|(id, _)| id).collect();
        for id in over {
            self.set_freeze(id, None);
        }
        let mut exceptions =
            event.exceptions.iter().map(|exception| UsableException { exception: *exception, used: None });
        let freeze = Freeze {
            account: number,
            directions: event.directions,
            reason: event.reason,
            expires_at: event.expires_at,
            frozen: sequence,
            exceptions: std::array::from_fn(|_| exceptions.next()),
        };
        self.set_freeze(id, Some(freeze));
        if let Some(account) = self.touch_account(sequence, &event.link) {
            account.set_frozen(true);
        }
    }

    pub(super) fn thaw_account(&mut self, sequence: Sequence, event: &AccountThawed) {
        self.set_freeze(event.freeze, None);
        let frozen = self.freezes_of(event.link.account).next().is_some();
        if let Some(account) = self.touch_account(sequence, &event.link) {
            account.set_frozen(frozen);
        }
    }

    pub(super) fn freeze_amount(&mut self, id: CommandId, sequence: Sequence, event: &AmountFrozen) {
        if let Some(account) = self.touch_account(sequence, &event.link) {
            let frozen = &mut account.balance.frozen_minor;
            *frozen = frozen.saturating_add(event.amount_minor);
        }
        let amount = FrozenAmount {
            account: event.link.account,
            remaining_minor: event.amount_minor,
            reason: event.reason,
            frozen: sequence,
        };
        self.set_frozen_amount(id, Some(amount));
    }

    pub(super) fn release_amount(&mut self, sequence: Sequence, event: &AmountReleased) {
        if let Some(account) = self.touch_account(sequence, &event.link) {
            let frozen = &mut account.balance.frozen_minor;
            *frozen = frozen.saturating_sub(event.amount_minor);
        }
        let rest = self.frozen_amount(event.freeze).copied().filter(|_| event.remaining_minor > 0);
        let rest = rest.map(|amount| FrozenAmount { remaining_minor: event.remaining_minor, ..amount });
        self.set_frozen_amount(event.freeze, rest);
    }

    fn set_frozen_amount(&mut self, id: CommandId, amount: Option<FrozenAmount>) {
        let before = self.freezes.set_amount(&self.seed, id, amount);
        self.undo.note(|| Change::FrozenAmount(id, before));
    }

    /// Uses up the exceptions that an operation needed: one of each freeze that would have stopped it.
    #[inline]
    pub(super) fn use_exceptions(&mut self, sequence: Sequence, operation: OperationKind, movement: &Movement) {
        if self.freezes.is_empty() {
            return;
        }
        self.use_exceptions_of(sequence, operation, &movement.debit, Side::Debit, movement.amount_minor);
        self.use_exceptions_of(sequence, operation, &movement.credit, Side::Credit, movement.amount_minor);
    }

    fn use_exceptions_of(
        &mut self,
        sequence: Sequence,
        operation: OperationKind,
        link: &Link,
        side: Side,
        amount_minor: u64,
    ) {
        let Some(account) = self.account(link.account).filter(|account| account.is_frozen()) else { return };
        let direction = Direction::of(side, account.normal_side());
        let now = self.last_recorded_at;
        let used: Vec<(CommandId, Freeze)> = self
            .freezes_of(link.account)
            .filter(|(_, freeze)| freeze.stops(direction, now))
            .filter_map(|(id, freeze)| {
                let place = freeze.exception_for(operation, amount_minor)?;
                let mut freeze = *freeze;
                if let Some(exception) = &mut freeze.exceptions[place] {
                    exception.used = Some(sequence);
                }
                Some((id, freeze))
            })
            .collect();
        for (id, freeze) in used {
            self.set_freeze(id, Some(freeze));
        }
    }

    pub(super) fn decline(&mut self, sequence: Sequence, event: &Declined, links: &[Link]) {
        for link in links {
            self.touch_account(sequence, link);
        }
        let key = (event.control.id, event.account);
        let before = &self.declines;
        self.undo.note(|| Change::Declines(Box::new(before.clone())));
        let hour = hour_of(self.last_recorded_at, self.utc_offset());
        let count = self.declines.count(&self.seed, hour, key);
        self.declines.set(&self.seed, hour, key, count.saturating_add(1));
    }
}
