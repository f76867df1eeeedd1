//! Postings, and the links by which each event names the accounts it touches.

use smallvec::{SmallVec, smallvec};

use super::{AccountNumber, Side};

/// An event's place in the journal: 1, 2, 3 … without a gap; 0 stands for "before the first".
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Sequence(pub u64);

/// One leg: so many minor units on one side of one account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Posting {
    /// The account.
    pub account: AccountNumber,
    /// The side.
    pub side: Side,
    /// Minor units of the account's currency, at least 1.
    pub amount_minor: u64,
}

/// An event's entry for an account it touches: the account's history is a chain of these, walked backwards.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Link {
    /// The account.
    pub account: AccountNumber,
    /// The sequence of the account's event before this one; 0 when this is the first.
    pub previous: Sequence,
    /// This event's number among the account's events, from 1 without a gap.
    pub event_number: u64,
    /// Posted net on the account's normal side after this event, in minor units; negative when overdrawn.
    pub net_after_minor: i64,
}

/// Two links and an amount that goes from one to the other: the debit account is debited, the credit account credited.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Movement {
    /// The account debited.
    pub debit: Link,
    /// The account credited.
    pub credit: Link,
    /// Minor units, at least 1.
    pub amount_minor: u64,
}

/// One leg of an entry with many: a side and an amount of the account in the entry's list of links.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Leg {
    /// Index into the entry's links, from 0.
    pub link: u16,
    /// The side.
    pub side: Side,
    /// Minor units of the account's currency, at least 1.
    pub amount_minor: u64,
}

impl Movement {
    /// Its two postings, debit first.
    pub fn postings(&self) -> SmallVec<[Posting; 2]> {
        smallvec![
            Posting { account: self.debit.account, side: Side::Debit, amount_minor: self.amount_minor },
            Posting { account: self.credit.account, side: Side::Credit, amount_minor: self.amount_minor },
        ]
    }
}
