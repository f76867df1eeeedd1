//! Freezes: of accounts, by the command that froze and by account; and of amounts.

use smallvec::SmallVec;

use super::table::{Seed, Table};
use crate::command::EXCEPTIONS_MAX;
use crate::model::{
    AccountNumber, CommandId, Direction, Directions, Exception, FreezeReason, OperationKind, Sequence, Timestamp,
};

/// What stops an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Freeze {
    /// The account.
    pub account: AccountNumber,
    /// What is stopped.
    pub directions: Directions,
    /// Why.
    pub reason: FreezeReason,
    /// When it ends by itself.
    pub expires_at: Option<Timestamp>,
    /// The event that froze.
    pub frozen: Sequence,
    /// What passes all the same, each once, in the order in which they are tried; none behind the first that is absent.
    pub exceptions: [Option<UsableException>; EXCEPTIONS_MAX],
}

/// An exception, and what became of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UsableException {
    /// What passes.
    pub exception: Exception,
    /// The event that used it up.
    pub used: Option<Sequence>,
}

/// Part of a balance that is frozen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FrozenAmount {
    /// The account.
    pub account: AccountNumber,
    /// Minor units still frozen, at least 1.
    pub remaining_minor: u64,
    /// Why.
    pub reason: FreezeReason,
    /// The event that froze.
    pub frozen: Sequence,
}

impl Freeze {
    /// Whether it stands at that moment, and stops that direction.
    #[inline]
    pub fn stops(&self, direction: Direction, now: Timestamp) -> bool {
        self.stands(now) && self.directions.cover(direction)
    }

    /// Whether it has not ended by itself at that moment.
    #[inline]
    pub fn stands(&self, now: Timestamp) -> bool {
        self.expires_at.is_none_or(|at| at > now)
    }

    /// The place of the first exception that lets the operation pass.
    pub fn exception_for(&self, operation: OperationKind, amount_minor: u64) -> Option<usize> {
        self.exceptions.iter().position(|known| {
            known.is_some_and(|known| {
                known.used.is_none()
                    && known.exception.operation == operation
                    && known.exception.amount_max_minor >= amount_minor
            })
        })
    }
}

/// The freezes of one account by age.
type OfAccount = (AccountNumber, SmallVec<[(Sequence, CommandId); 1]>);

/// The freezes of a ledger.
#[derive(Debug, Clone)]
pub(super) struct Freezes {
    by_id: Table<(CommandId, Freeze)>,
    by_account: Table<OfAccount>,
    amounts: Table<(CommandId, FrozenAmount)>,
}

impl Freezes {
    pub(super) fn new() -> Self {
        Self { by_id: Table::new(16), by_account: Table::new(16), amounts: Table::new(16) }
    }

    /// Whether no account is frozen, so that nobody need look.
    #[inline]
    pub(super) const fn is_empty(&self) -> bool {
        self.by_id.len() == 0
    }

    pub(super) fn get(&self, seed: &Seed, id: CommandId) -> Option<&Freeze> {
        self.by_id.find(seed.of_id(id.0), |(other, _)| *other == id).map(|(_, freeze)| freeze)
    }

    pub(super) fn amount(&self, seed: &Seed, id: CommandId) -> Option<&FrozenAmount> {
        self.amounts.find(seed.of_id(id.0), |(other, _)| *other == id).map(|(_, amount)| amount)
    }

    /// The freezes of an account, the oldest first, those included that ended by themselves.
    pub(super) fn of(&self, seed: &Seed, account: AccountNumber) -> impl Iterator<Item = (CommandId, &Freeze)> {
        let ids = self.by_account.find(hash(seed, account), |(other, _)| *other == account);
        ids.into_iter().flat_map(|(_, ids)| ids).filter_map(|(_, id)| Some((*id, self.get(seed, *id)?)))
    }

    /// Sets what is known of the freeze, or takes it away, and returns what was known before.
    pub(super) fn set(&mut self, seed: &Seed, id: CommandId, freeze: Option<Freeze>) -> Option<Freeze> {
        let before = put(&mut self.by_id, seed, id, freeze);
        match (before, freeze) {
            (None, Some(freeze)) => self.note(seed, id, &freeze),
            (Some(before), None) => self.forget(seed, id, before.account),
            _ => {}
        }
        before
    }

    /// The same for a frozen amount.
    pub(super) fn set_amount(
        &mut self,
        seed: &Seed,
        id: CommandId,
        amount: Option<FrozenAmount>,
    ) -> Option<FrozenAmount> {
        put(&mut self.amounts, seed, id, amount)
    }

    fn note(&mut self, seed: &Seed, id: CommandId, freeze: &Freeze) {
        let hash_of = |(account, _): &OfAccount| hash(seed, *account);
        let new = (freeze.frozen, id);
        let same = |(other, _): &OfAccount| *other == freeze.account;
        if let Some((_, ids)) = self.by_account.find_mut(hash(seed, freeze.account), same) {
            let place = ids.partition_point(|known| *known < new);
            ids.insert(place, new);
        } else {
            let of = (freeze.account, smallvec::smallvec![new]);
            self.by_account.insert(hash_of(&of), of, hash_of);
        }
    }

    fn forget(&mut self, seed: &Seed, id: CommandId, account: AccountNumber) {
        let same = |(other, _): &OfAccount| *other == account;
        let Some((_, ids)) = self.by_account.find_mut(hash(seed, account), same) else { return };
        ids.retain(|(_, known)| *known != id);
        if ids.is_empty() {
            self.by_account.remove(hash(seed, account), same);
        }
    }

    /// All freezes of accounts in the order of freezing.
    pub(super) fn sorted(&self) -> Vec<(CommandId, Freeze)> {
        let mut all: Vec<_> = self.by_id.iter().copied().collect();
        all.sort_unstable_by_key(|(_, freeze)| freeze.frozen);
        all
    }

    /// All frozen amounts in the order of freezing.
    pub(super) fn sorted_amounts(&self) -> Vec<(CommandId, FrozenAmount)> {
        let mut all: Vec<_> = self.amounts.iter().copied().collect();
        all.sort_unstable_by_key(|(_, amount)| amount.frozen);
        all
    }
}

fn hash(seed: &Seed, account: AccountNumber) -> u64 {
    seed.of_number(u64::from(account.0))
}

fn put<T: Copy>(table: &mut Table<(CommandId, T)>, seed: &Seed, id: CommandId, value: Option<T>) -> Option<T> {
    let hash = seed.of_id(id.0);
    let same = |(other, _): &(CommandId, T)| *other == id;
    let Some(value) = value else { return table.remove(hash, same).map(|(_, before)| before) };
    if let Some((_, known)) = table.find_mut(hash, same) {
        return Some(std::mem::replace(known, value));
    }
    table.insert(hash, (id, value), |(id, _)| seed.of_id(id.0));
    None
}
