//! What time does by itself, and what a refused command takes back of it.

use std::collections::BTreeMap;

use super::judge::Refusal;
use super::{Books, Deed};
use crate::command::{Action, Command};
use crate::model::Clock;

/// The most holds that expire in one commit.
const EXPIRED_MAX: usize = 1_000;

/// What was counted and not written yet: control and account, the control's place, the hour, how many.
pub(super) type Uncounted = BTreeMap<(u128, usize), (usize, i64, u64)>;

impl Books {
    /// What is refused does not make time go on. A refusal that is only counted stays counted, and then nothing of an
    /// earlier hour was left to be written: the refusals of this hour that stand on record came after it.
    pub(super) fn go_back(&mut self, (last, uncounted): (usize, Uncounted), code: &str) {
        self.facts.truncate(last);
        if code != "declined_too_often" {
            self.uncounted = uncounted;
        }
    }

    /// A clock that is to be accepted reads what is said, give or take 60 seconds.
    pub(super) fn clock_reads(&self, command: &Command, wall: i64) -> Result<(), Refusal> {
        match &command.action {
            Action::AcceptClock(accept)
                if self.clock == Clock::System && (accept.reading.0 - wall).abs() > 60_000_000 =>
            {
                Refusal::err("clock_reads_otherwise")
            }
            _ => Ok(()),
        }
    }

    /// Holds expire before a command that brings its own time; those of the system's time when the caller says so.
    pub(super) fn tick_for(&mut self, now: i64) {
        if self.clock == Clock::Commands && now >= self.last_at() {
            self.tick(now);
        }
    }

    /// Every hold whose time is over expires, the first to end first; then what was counted of an hour that is over.
    pub(crate) fn tick(&mut self, now: i64) {
        self.tick_holds(now);
        self.tick_counts(now);
    }

    fn tick_holds(&mut self, now: i64) {
        loop {
            let mut due: Vec<(i64, usize, i128)> = Vec::new();
            for (hold, left) in self.holds_left() {
                if let Deed::Held { until: Some(until), .. } = self.facts[hold - 1].deed
                    && until <= now
                {
                    due.push((until, hold, left));
                }
            }
            if due.is_empty() {
                return;
            }
            due.sort_unstable();
            due.truncate(EXPIRED_MAX);
            let sums = self.all_sums();
            for (_, hold, amount) in due {
                let touched = self.touch_hold(hold, &sums);
                self.add(None, now, None, (Deed::Expired { hold, amount }, touched));
                self.facts.last_mut().expect("just added").ends_commit = false;
            }
            self.facts.last_mut().expect("just added").ends_commit = true;
        }
    }
}
