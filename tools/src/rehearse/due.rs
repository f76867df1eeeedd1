//! What follows later from what happened: a queue in order of time. Pure.

use std::cmp::Ordering;
use std::collections::BinaryHeap;

use ledger::command::Command;
use ledger::model::{CommandId, Timestamp};

use super::plan::{Scene, Source};

/// Something that is to happen at a later moment.
#[derive(Debug, Clone)]
pub enum Act {
    /// A part of a hold is paid, or all of it.
    Settle {
        /// The hold.
        hold: CommandId,
        /// Whose money it reserves.
        wallet: u32,
        /// Where it is spent.
        store: u16,
        /// What is still reserved, in yen.
        left_minor: u32,
        /// How many payments are still to come.
        parts: u8,
    },
    /// A hold is given up.
    Void {
        /// The hold.
        hold: CommandId,
        /// Whose money it reserves.
        wallet: u32,
        /// What it reserves, in yen.
        left_minor: u32,
    },
    /// A payment out of a hold that is closed is tried.
    SettleTooLate(CommandId),
    /// A spend is given back, in so many parts.
    Refund {
        /// The spend.
        spend: CommandId,
        /// Whose money it was.
        wallet: u32,
        /// Where it was spent.
        store: u16,
        /// What was not given back yet, in yen.
        left_minor: u32,
        /// How many refunds are still to come.
        parts: u8,
    },
    /// More is asked back than is left of a spend.
    RefundTooMuch {
        /// The spend.
        spend: CommandId,
        /// More than is left of it, in yen.
        amount_minor: u32,
    },
    /// A top-up is undone.
    ReverseTopUp {
        /// The top-up.
        transaction: CommandId,
        /// The wallet.
        wallet: u32,
        /// Where the money came from.
        source: Source,
        /// In yen.
        amount_minor: u32,
    },
    /// A transfer is undone.
    ReverseTransfer {
        /// The transfer.
        transaction: CommandId,
        /// Who gave.
        from: u32,
        /// Who got.
        to: u32,
        /// In yen.
        amount_minor: u32,
    },
    /// A command is sent again, because its answer was lost.
    Resend(Box<Command>),
    /// A wallet that was never used is closed.
    Close(u32),
    /// A moment of a planned life.
    Scene(Scene),
    /// The acquirer or collector of a source pays what it owes, less its fee.
    Settlement(Source),
    /// The stores from this place on are paid what they are owed.
    Payout(u16),
    /// Money arrives at the bank that nobody has claimed yet.
    Unclaimed,
}

/// An act, its moment and its place among the acts of one moment.
#[derive(Debug)]
struct Due {
    at: Timestamp,
    place: u64,
    act: Act,
}

/// Acts in order of time, and of arrival within a moment.
#[derive(Debug, Default)]
pub struct Agenda {
    heap: BinaryHeap<Due>,
    places: u64,
}

impl Agenda {
    /// Enters an act.
    pub fn enter(&mut self, at: Timestamp, act: Act) {
        self.places += 1;
        self.heap.push(Due { at, place: self.places, act });
    }

    /// Takes the first act that is due at `now`.
    pub fn take(&mut self, now: Timestamp) -> Option<Act> {
        if self.heap.peek()?.at > now {
            return None;
        }
        self.heap.pop().map(|due| due.act)
    }
}

// The heap gives the greatest first: the greatest is the one due first.
impl Ord for Due {
    fn cmp(&self, other: &Self) -> Ordering {
        (other.at, other.place).cmp(&(self.at, self.place))
    }
}

impl PartialOrd for Due {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Due {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Due {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn acts_come_in_order_of_time_and_of_arrival_and_never_early() {
        let mut agenda = Agenda::default();
        agenda.enter(Timestamp(20), Act::Payout(3));
        agenda.enter(Timestamp(10), Act::Payout(1));
        agenda.enter(Timestamp(10), Act::Payout(2));
        let mut take = |now| match agenda.take(Timestamp(now)) {
            Some(Act::Payout(store)) => store,
            _ => 0,
        };
        assert_eq!([take(9), take(15), take(15), take(15), take(20), take(99)], [0, 1, 2, 0, 3, 0]);
    }
}
