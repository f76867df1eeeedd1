//! Events that make something known: the ledger itself, currencies, actors, stores, accounts, an accepted clock.

use crate::model::{
    AccountId, AccountKind, AccountNumber, Actor, ActorNumber, Clock, Code, Currency, CurrencyNumber, LedgerId, Link,
    Overdraft, Store, StoreNumber, Timestamp, UtcOffset,
};

/// The first event of every ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Genesis {
    /// This ledger among all.
    pub ledger: LedgerId,
    /// The format version under which it was made.
    pub format_version: u16,
    /// The offset to which its dates belong.
    pub utc_offset: UtcOffset,
    /// Where its time comes from.
    pub clock: Clock,
    /// SHA-256 of the salt key that `init` puts into `seal/`.
    pub salt_key_hash: [u8; 32],
}

/// A currency became known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CurrencyDefined {
    /// Its number, which accounts store.
    pub number: CurrencyNumber,
    /// Code and exponent.
    pub currency: Currency,
}

/// A principal became known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActorRegistered {
    /// Its number, which events store.
    pub number: ActorNumber,
    /// Who it is.
    pub actor: Actor,
}

/// A store became known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoreOpened {
    /// Its number, which events store.
    pub number: StoreNumber,
    /// Its code and payable account.
    pub store: Store,
}

/// The wall clock had stepped and was accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClockAccepted {
    /// The reading that was accepted.
    pub reading: Timestamp,
}

/// An account was opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountOpened {
    /// Its number and its first link.
    pub link: Link,
    /// Its id.
    pub account: AccountId,
    /// Its kind.
    pub kind: AccountKind,
    /// Its currency.
    pub currency: CurrencyNumber,
    /// Its own place in the chart.
    pub code: Option<Code>,
    /// The coded account under which it is summed up.
    pub under: Option<AccountNumber>,
    /// How far below zero it may go.
    pub overdraft: Overdraft,
}

/// An account was closed; it held nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountClosed {
    /// The account.
    pub link: Link,
}
