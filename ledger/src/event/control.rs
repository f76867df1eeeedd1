//! Events of controls: signals, freezes, and what controls refused. Nothing here posts.

use super::Body;
use crate::model::{AccountNumber, CommandId, Control, Directions, Exception, FreezeReason, Link, Signal, Timestamp};

/// A security fact about an account was noted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignalRecorded {
    /// The account.
    pub link: Link,
    /// What happened.
    pub signal: Signal,
}

/// An account was stopped. The id of the command names the freeze.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountFrozen {
    /// The account.
    pub link: Link,
    /// What is stopped.
    pub directions: Directions,
    /// Why.
    pub reason: FreezeReason,
    /// When it ends by itself; that is no event.
    pub expires_at: Option<Timestamp>,
    /// What passes all the same, each once. The first that fits an operation is used up by it.
    pub exceptions: Vec<Exception>,
}

/// One freeze of an account was lifted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountThawed {
    /// The account.
    pub link: Link,
    /// The freeze.
    pub freeze: CommandId,
}

/// Part of what an account had available was put out of reach. The id of the command names the freeze.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AmountFrozen {
    /// The account. Its posted net is unchanged.
    pub link: Link,
    /// Minor units.
    pub amount_minor: u64,
    /// Why.
    pub reason: FreezeReason,
}

/// Part or all of a frozen amount was given back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AmountReleased {
    /// The account. Its posted net is unchanged.
    pub link: Link,
    /// The freeze.
    pub freeze: CommandId,
    /// Minor units given back.
    pub amount_minor: u64,
    /// Minor units of this freeze that stay frozen; 0 when it is over.
    pub remaining_minor: u64,
}

/// A control refused an operation. It posted and reserved nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Declined {
    /// The control that refused it: the first that did.
    pub control: Control,
    /// The account under which the refusal is counted: the frozen one, or the one that the operation is about; absent where
    /// that is not open.
    pub account: Option<AccountNumber>,
    /// What the command would have become; its links are those of this event.
    pub operation: Box<Body>,
}

/// More of an account's operations were refused by one control within an hour than are recorded one by one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeclinesCounted {
    /// The control.
    pub control: Control,
    /// The account; absent where the operations were about none that is open.
    pub link: Option<Link>,
    /// When the hour began, in the ledger's offset.
    pub hour: Timestamp,
    /// How many more were refused.
    pub count: u64,
}
