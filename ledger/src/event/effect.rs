//! What one event does to one account's balance, for taking it back.

use super::{Body, Event};
use crate::model::{AccountNumber, Balance, Movement, Side};

/// Changes of an account's gross totals in minor units.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Effect {
    /// Added to posted debit.
    pub posted_debit_minor: i128,
    /// Added to posted credit.
    pub posted_credit_minor: i128,
    /// Added to pending debit.
    pub pending_debit_minor: i128,
    /// Added to pending credit.
    pub pending_credit_minor: i128,
    /// Added to frozen.
    pub frozen_minor: i128,
}

impl Effect {
    /// What `event` does to `account`; all zeros when it only names the account or does not touch it.
    pub fn of(event: &Event, account: AccountNumber) -> Self {
        let (debit, credit) = event.body.posted_to(account);
        let mut effect =
            Self { posted_debit_minor: i128::from(debit), posted_credit_minor: i128::from(credit), ..Self::default() };
        let mut pending = |movement: &Movement, minor: i128| {
            if movement.debit.account == account {
                effect.pending_debit_minor += minor;
            }
            if movement.credit.account == account {
                effect.pending_credit_minor += minor;
            }
        };
        match &event.body {
            Body::HoldPlaced(hold) => pending(&hold.movement, i128::from(hold.movement.amount_minor)),
            Body::HoldSettled(hold) => {
                pending(&hold.movement, -(i128::from(hold.movement.amount_minor) + i128::from(hold.released_minor)));
            }
            Body::HoldVoided(hold) => pending(&hold.movement, -i128::from(hold.movement.amount_minor)),
            Body::HoldExpired(hold) => pending(&hold.movement, -i128::from(hold.movement.amount_minor)),
            Body::AmountFrozen(frozen) if frozen.link.account == account => {
                effect.frozen_minor += i128::from(frozen.amount_minor);
            }
            Body::AmountReleased(released) if released.link.account == account => {
                effect.frozen_minor -= i128::from(released.amount_minor);
            }
            _ => {}
        }
        effect
    }

    /// What it adds to the posted net on `normal`.
    pub const fn net_minor(&self, normal: Side) -> i128 {
        match normal {
            Side::Debit => self.posted_debit_minor - self.posted_credit_minor,
            Side::Credit => self.posted_credit_minor - self.posted_debit_minor,
        }
    }

    /// Adds another effect.
    pub const fn add(&mut self, other: &Self) {
        self.posted_debit_minor += other.posted_debit_minor;
        self.posted_credit_minor += other.posted_credit_minor;
        self.pending_debit_minor += other.pending_debit_minor;
        self.pending_credit_minor += other.pending_credit_minor;
        self.frozen_minor += other.frozen_minor;
    }

    /// The balance before this effect; none when that would be below zero, which no true history makes.
    pub fn taken_from(&self, balance: &Balance) -> Option<Balance> {
        let less = |total: u64, change: i128| u64::try_from(i128::from(total) - change).ok();
        Some(Balance {
            posted_debit_minor: less(balance.posted_debit_minor, self.posted_debit_minor)?,
            posted_credit_minor: less(balance.posted_credit_minor, self.posted_credit_minor)?,
            pending_debit_minor: less(balance.pending_debit_minor, self.pending_debit_minor)?,
            pending_credit_minor: less(balance.pending_credit_minor, self.pending_credit_minor)?,
            frozen_minor: less(balance.frozen_minor, self.frozen_minor)?,
        })
    }
}
