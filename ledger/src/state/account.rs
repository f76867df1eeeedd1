//! One account as the rules see it.

use crate::model::{AccountId, AccountKind, Balance, CurrencyNumber, Overdraft, Sequence, Side};

/// An account's slot: 96 bytes; its code is kept aside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AccountState {
    /// Its id.
    pub id: AccountId,
    /// What it holds.
    pub balance: Balance,
    /// The sequence of the last event that touched it.
    pub last_sequence: Sequence,
    /// How many events have touched it.
    pub events: u64,
    /// The event that opened it.
    pub opened: Sequence,
    overdraft_minor: u64,
    pub(super) rollup: u32,
    /// Its currency.
    pub currency: CurrencyNumber,
    /// Its kind.
    pub kind: AccountKind,
    flags: u8,
}

const CLOSED: u8 = 1;
const CODED: u8 = 2;
const UP_TO: u8 = 4;
const UNLIMITED: u8 = 8;
const FROZEN: u8 = 16;

impl AccountState {
    /// An account as its opening leaves it.
    pub fn new(
        id: AccountId,
        kind: AccountKind,
        currency: CurrencyNumber,
        overdraft: Overdraft,
        opened: Sequence,
    ) -> Self {
        let (flags, overdraft_minor) = match overdraft {
            Overdraft::Never => (0, 0),
            Overdraft::UpTo(minor) => (UP_TO, minor),
            Overdraft::Unlimited => (UNLIMITED, 0),
        };
        Self {
            id,
            balance: Balance::default(),
            last_sequence: opened,
            events: 1,
            opened,
            overdraft_minor,
            rollup: 0,
            currency,
            kind,
            flags,
        }
    }

    /// The side that increases it.
    #[inline]
    pub const fn normal_side(&self) -> Side {
        self.kind.normal_side()
    }

    /// How far below zero it may go.
    pub const fn overdraft(&self) -> Overdraft {
        match self.flags & (UP_TO | UNLIMITED) {
            UP_TO => Overdraft::UpTo(self.overdraft_minor),
            UNLIMITED => Overdraft::Unlimited,
            _ => Overdraft::Never,
        }
    }

    /// Whether it was closed.
    #[inline]
    pub const fn is_closed(&self) -> bool {
        self.flags & CLOSED != 0
    }

    /// The same account, closed or open again.
    pub const fn set_closed(&mut self, closed: bool) {
        self.flags = if closed { self.flags | CLOSED } else { self.flags & !CLOSED };
    }

    /// Whether a freeze is known of it, which may have ended by itself.
    #[inline]
    pub const fn is_frozen(&self) -> bool {
        self.flags & FROZEN != 0
    }

    pub(super) const fn set_frozen(&mut self, frozen: bool) {
        self.flags = if frozen { self.flags | FROZEN } else { self.flags & !FROZEN };
    }

    /// Whether it has a code of its own.
    pub const fn is_coded(&self) -> bool {
        self.flags & CODED != 0
    }

    pub(super) const fn set_coded(&mut self) {
        self.flags |= CODED;
    }

    /// Posted net in minor units on its normal side.
    #[inline]
    pub const fn posted_net_minor(&self) -> i128 {
        self.balance.posted_net_minor(self.normal_side())
    }

    /// What may be spent in minor units, its overdraft left out.
    #[inline]
    pub const fn available_minor(&self) -> i128 {
        self.balance.available_minor(self.normal_side())
    }

    /// Whether nothing was posted net and nothing is pending or frozen.
    pub const fn is_empty(&self) -> bool {
        let balance = &self.balance;
        balance.posted_debit_minor == balance.posted_credit_minor
            && balance.pending_debit_minor == 0
            && balance.pending_credit_minor == 0
            && balance.frozen_minor == 0
    }
}

impl Default for AccountState {
    /// The slot of no account yet.
    fn default() -> Self {
        Self::new(AccountId(0), AccountKind::Asset, CurrencyNumber(0), Overdraft::Never, Sequence(0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_takes_96_bytes() {
        assert_eq!(size_of::<AccountState>(), 96);
    }

    #[test]
    fn each_overdraft_rule_reads_back_as_it_was_given() {
        for rule in [Overdraft::Never, Overdraft::UpTo(0), Overdraft::UpTo(u64::MAX), Overdraft::Unlimited] {
            let mut account =
                AccountState::new(AccountId(1), AccountKind::Liability, CurrencyNumber(0), rule, Sequence(1));
            account.set_coded();
            account.set_closed(true);
            assert_eq!(account.overdraft(), rule);
            assert!(account.is_closed() && account.is_coded());
        }
    }
}
