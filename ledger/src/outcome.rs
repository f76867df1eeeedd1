//! Answers: what became of a command.

use smallvec::SmallVec;

use crate::event::{Body, Event};
use crate::model::{AccountNumber, CommandId, Control, Sequence, Timestamp};
use crate::rejection::Rejection;

/// What became of one submission. Released only when everything that the decision could see is durable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It happened, just now.
    Accepted(Receipt),
    /// It had happened before: this is the first receipt again.
    Replayed(Receipt),
    /// A control refused it, now or when it was first sent, and that is journalled: the id is used up. Sent again it is answered
    /// so again, with the first receipt.
    Declined(Receipt),
    /// A rule of the books refused it; nothing was journalled and the id stays unused.
    Rejected(Rejection),
    /// The outcomes of a linked group's members, in their order: all accepted, all known from before, or none accepted; of
    /// these, one may be declined.
    Group(Vec<Outcome>),
}

/// Where a command's event stands and what it left behind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// The command.
    pub command: CommandId,
    /// Its event's place in the journal.
    pub sequence: Sequence,
    /// When the event was appended.
    pub recorded_at: Timestamp,
    /// What each account touched had posted after it.
    pub balances: SmallVec<[BalanceAfter; 2]>,
    /// The control that refused it, when it was declined.
    pub declined_by: Option<Control>,
}

/// An account's posted net after an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BalanceAfter {
    /// The account.
    pub account: AccountNumber,
    /// Posted net on its normal side in minor units; negative when overdrawn.
    pub net_after_minor: i64,
}

impl Receipt {
    /// The receipt of an event.
    pub fn of(event: &Event) -> Self {
        let after =
            |link: &crate::model::Link| BalanceAfter { account: link.account, net_after_minor: link.net_after_minor };
        Self {
            command: event.header.command,
            sequence: event.sequence,
            recorded_at: event.recorded_at,
            balances: event.body.links().iter().map(after).collect(),
            declined_by: match &event.body {
                Body::Declined(declined) => Some(declined.control),
                _ => None,
            },
        }
    }
}

impl Outcome {
    /// Whether it stands in the journal as asked, now or before.
    pub fn is_done(&self) -> bool {
        match self {
            Self::Accepted(_) | Self::Replayed(_) => true,
            Self::Declined(_) | Self::Rejected(_) => false,
            Self::Group(members) => members.iter().all(Self::is_done),
        }
    }
}
