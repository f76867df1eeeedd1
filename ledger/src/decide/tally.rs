//! Refusals by controls beyond those that are recorded one by one, counted until their hour is over.
//!
//! Not part of the state, because what was rejected is not in the journal: whoever decides keeps it. What a crash takes from it
//! was never said to be recorded.

use std::collections::BTreeMap;

use smallvec::smallvec;

use super::tick::{Chains, own_header};
use crate::event::{Body, Commit, DeclinesCounted, Event};
use crate::model::{AccountNumber, CommandId, Control, Sequence, Timestamp};
use crate::rejection::Rejection;
use crate::state::{State, hour_end, hour_of};

/// The counts of one hour; at most one for each account and control that were refused together more often than is recorded.
#[derive(Debug, Clone, Default)]
pub struct Tally {
    hour: Option<Timestamp>,
    counts: BTreeMap<(Control, Option<AccountNumber>), u64>,
}

impl Tally {
    /// Counts a rejection made at `now`, if it stands for a refusal by a control.
    pub fn note(&mut self, rejection: &Rejection, state: &State, now: Timestamp) {
        if let Rejection::DeclinedTooOften { control, account } = rejection {
            self.hour = Some(hour_of(now, state.utc_offset()));
            *self.counts.entry((*control, *account)).or_default() += 1;
        }
    }

    /// When counts are to be written.
    pub fn due(&self) -> Option<Timestamp> {
        self.hour.filter(|_| !self.counts.is_empty()).map(hour_end)
    }

    /// The next count as a commit, once its hour is over at `now`; nothing when none is due.
    pub fn tick(&mut self, state: &State, now: Timestamp) -> Option<Commit> {
        self.due().filter(|due| *due <= now)?;
        let hour = self.hour?;
        let ((control, account), count) = self.counts.pop_first()?;
        let sequence = Sequence(state.last_sequence().0 + 1);
        let link = account.map(|account| Chains::new(state).link(account, sequence));
        // Named by its place: after a restart within the hour the same control and account may be counted once more.
        let command = CommandId::derived("ledger/declines-counted/v1", &sequence.0.to_le_bytes());
        let header = own_header(command, now.date(state.utc_offset()));
        let body = Body::DeclinesCounted(DeclinesCounted { control, link, hour, count });
        Some(Commit { events: smallvec![Event { sequence, recorded_at: now, header, body }] })
    }
}
