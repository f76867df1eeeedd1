//! One step of a rehearsal: what is submitted, and what must come of it. Pure data.

use ledger::command::Submission;

/// A submission and the answer that the rules of the books must give.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// What is submitted.
    pub submission: Submission,
    /// What must be answered; for a group, what its members must be answered.
    pub expected: Expected,
}

/// The answer that must be given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Expected {
    /// It becomes an event.
    Accepted,
    /// It is known already: the first receipt comes back.
    Replayed,
    /// It is refused with this code.
    Rejected(&'static str),
    /// A group; what each member is answered.
    Group(Vec<Expected>),
}

/// What the steps so far must have led to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Commands, each member of a group counted.
    pub commands: u64,
    /// Commands that became events.
    pub accepted: u64,
    /// Commands that were known already.
    pub replayed: u64,
    /// Commands that were refused.
    pub rejected: u64,
    /// Holds that ended because their time was over: events without a command.
    pub expired: u64,
}

impl Counts {
    /// How many events there must be beside those of `init`.
    pub const fn events(&self) -> u64 {
        self.accepted + self.expired
    }

    /// Counts one answer that must be given.
    pub fn expect(&mut self, expected: &Expected) {
        match expected {
            Expected::Accepted => self.accepted += 1,
            Expected::Replayed => self.replayed += 1,
            Expected::Rejected(_) => self.rejected += 1,
            Expected::Group(members) => {
                for member in members {
                    self.expect(member);
                }
                return;
            }
        }
        self.commands += 1;
    }
}
