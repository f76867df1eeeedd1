//! Events of holds. The id of the command that placed a hold names it.

use crate::model::{CommandId, Movement, Timestamp};

/// Money was reserved: pending on the debit account's debit side and on the credit account's credit side.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HoldPlaced {
    /// The accounts and the amount reserved. Posted nets are unchanged.
    pub movement: Movement,
    /// When it ends by itself.
    pub expires_at: Option<Timestamp>,
}

/// Reserved money was paid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HoldSettled {
    /// The hold.
    pub hold: CommandId,
    /// The accounts and the amount posted by this settlement.
    pub movement: Movement,
    /// Minor units that were reserved and are given back, because no more will come; 0 while more may.
    pub released_minor: u64,
    /// Minor units that stay reserved; 0 when the hold is closed by this event.
    pub remaining_minor: u64,
}

/// What a hold still held was given back at somebody's command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HoldVoided {
    /// The hold.
    pub hold: CommandId,
    /// The accounts and the amount given back. Posted nets are unchanged.
    pub movement: Movement,
}

/// What a hold still held was given back because its time was over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HoldExpired {
    /// The hold.
    pub hold: CommandId,
    /// The accounts and the amount given back. Posted nets are unchanged.
    pub movement: Movement,
}
