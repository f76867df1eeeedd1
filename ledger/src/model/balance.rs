//! What an account holds at one moment.

use super::Side;

/// Gross totals of one account in minor units of its currency; never a signed net.
///
/// The invariant that the rules keep: `available_minor` is never below zero by more than the account's overdraft rule allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Balance {
    /// Everything ever debited, final.
    pub posted_debit_minor: u64,
    /// Everything ever credited, final.
    pub posted_credit_minor: u64,
    /// Reserved to be debited by open holds.
    pub pending_debit_minor: u64,
    /// Reserved to be credited by open holds.
    pub pending_credit_minor: u64,
    /// Frozen.
    pub frozen_minor: u64,
}

impl Balance {
    /// Posted total on `side`.
    pub const fn posted(&self, side: Side) -> u64 {
        match side {
            Side::Debit => self.posted_debit_minor,
            Side::Credit => self.posted_credit_minor,
        }
    }

    /// Pending total on `side`.
    pub const fn pending(&self, side: Side) -> u64 {
        match side {
            Side::Debit => self.pending_debit_minor,
            Side::Credit => self.pending_credit_minor,
        }
    }

    /// Posted net in minor units, seen from `normal`, the account's normal side.
    pub const fn posted_net_minor(&self, normal: Side) -> i128 {
        self.posted(normal) as i128 - self.posted(normal.opposite()) as i128
    }

    /// What may be spent: posted net less what holds may take out and less what is frozen, seen from the normal side.
    pub const fn available_minor(&self, normal: Side) -> i128 {
        self.posted_net_minor(normal) - self.pending(normal.opposite()) as i128 - self.frozen_minor as i128
    }
}
