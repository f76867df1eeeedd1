//! Events that move money for good.

use crate::model::{Leg, Link, Movement, Sequence};

/// A wallet was loaded: the funding source debited, the wallet credited.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToppedUp {
    /// Funding source and wallet.
    pub movement: Movement,
}

/// A wallet paid in a store (named by the context): the wallet debited, the store's payable credited.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spent {
    /// Wallet and payable.
    pub movement: Movement,
}

/// Part or all of a spend was given back: the payable debited, the wallet credited.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SpendRefunded {
    /// Payable and wallet.
    pub movement: Movement,
    /// The `Spent` that is refunded.
    pub spend: Sequence,
}

/// Money moved between two accounts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transferred {
    /// The two accounts.
    pub movement: Movement,
}

/// A transaction was undone by its mirror image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TransactionReversed {
    /// The event that is undone.
    pub reversed: Sequence,
    /// When that event was a refund: the spend, which may be refunded again by what the refund had given back.
    pub refund_of: Option<Sequence>,
    /// The accounts touched, each once, in the order in which the original names them.
    pub links: Vec<Link>,
    /// The original's legs with sides exchanged.
    pub legs: Vec<Leg>,
}

/// An entry with any number of legs was posted; it balances in each currency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JournalEntryPosted {
    /// The accounts touched, each once, in the order of first mention.
    pub links: Vec<Link>,
    /// The legs in the caller's order.
    pub legs: Vec<Leg>,
}
