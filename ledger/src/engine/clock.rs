//! The wall clock, and the guard against its jumps. The only place that reads a clock.

use std::time::{Instant, SystemTime, UNIX_EPOCH};

use crate::command::{Action, Command, Submission};
use crate::error::Error;
use crate::model::{Clock, Timestamp};
use crate::state::State;

/// How far the wall clock may depart from the monotonic one while the ledger is open, in microseconds: 60 s.
const STEP_MAX_US: i64 = 60_000_000;
/// How far behind the last recorded time the clock may read at start, in microseconds: 5 s.
const BEHIND_MAX_US: i64 = 5_000_000;
/// How far ahead of the last recorded time the clock may read at start, in microseconds: 90 days.
const AHEAD_MAX_US: i64 = 90 * 86_400 * 1_000_000;

/// What both clocks read at one moment.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Reading {
    /// Microseconds since 1970 by the wall clock.
    pub(crate) wall: Timestamp,
    /// Microseconds by a clock that only goes forward, from an arbitrary start.
    pub(crate) monotonic_us: i64,
}

/// Reads both clocks.
#[derive(Debug, Clone, Copy)]
pub(crate) struct WallClock {
    start: Instant,
}

impl WallClock {
    #[expect(clippy::disallowed_methods, reason = "the one place that reads a clock")]
    pub(crate) fn new() -> Self {
        Self { start: Instant::now() }
    }

    #[expect(clippy::disallowed_methods, reason = "the one place that reads a clock")]
    pub(crate) fn read(&self) -> Reading {
        let since = SystemTime::now().duration_since(UNIX_EPOCH);
        let wall = match since {
            Ok(after) => after.as_micros() as i64,
            Err(before) => -(before.duration().as_micros() as i64),
        };
        Reading { wall: Timestamp(wall), monotonic_us: self.start.elapsed().as_micros() as i64 }
    }
}

/// When a batch is decided.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Moment {
    /// The time to record, never before the last recorded one.
    pub(crate) now: Timestamp,
    /// What the wall clock reads; it may lie before that.
    pub(crate) wall: Timestamp,
    /// Whether that clock may be recorded. While it may not, its acceptance alone is decided.
    pub(crate) trusted: bool,
}

/// Whether it asks that the clock be accepted.
pub(crate) const fn accepts_clock(submission: &Submission) -> bool {
    matches!(submission, Submission::One(Command { action: Action::AcceptClock(_), .. }))
}

/// Says whether a reading of the wall clock may be recorded.
#[derive(Debug)]
pub(crate) struct Guard {
    trusted: Option<Reading>,
    last_recorded: Timestamp,
}

/// Whether a clock that reads `wall` reads what the operator says, give or take a minute.
pub(crate) const fn reads(wall: Timestamp, said: Timestamp) -> bool {
    wall.0.abs_diff(said.0) <= STEP_MAX_US.unsigned_abs()
}

impl Guard {
    /// The guard of a ledger in that state. One whose clock is its commands asks no clock, and trusts any.
    pub(crate) fn of(state: &State, reading: Reading) -> Self {
        let own = state.clock() == Clock::System && state.last_sequence().0 > 0;
        Self::new(own.then(|| state.last_recorded_at()), state.standing_clock(), reading)
    }

    /// The guard of a ledger whose last event was recorded then. A clock that was accepted and stands still as far as events
    /// tell is what the clock must go on from, since it may have been set back; it was said within a minute.
    fn new(last_recorded: Option<Timestamp>, accepted: Option<Timestamp>, reading: Reading) -> Self {
        let plausible = last_recorded.is_none_or(|last| {
            let from = accepted.map_or(last.0, |accepted| last.0.min(accepted.0.saturating_sub(STEP_MAX_US)));
            let ahead = reading.wall.0.saturating_sub(from);
            (-BEHIND_MAX_US..=AHEAD_MAX_US).contains(&ahead)
        });
        Self { trusted: plausible.then_some(reading), last_recorded: last_recorded.unwrap_or(reading.wall) }
    }

    /// The time to record, never before the last one given.
    ///
    /// # Errors
    /// [`Error::Clock`] when the clock stepped by more than a minute, or was implausible from the start, until it is accepted.
    pub(crate) fn check(&mut self, reading: Reading) -> Result<Timestamp, Error> {
        let Some(trusted) = self.trusted else { return Err(self.refusal(reading)) };
        let expected = trusted.wall.0 + (reading.monotonic_us - trusted.monotonic_us);
        if (reading.wall.0 - expected).abs() > STEP_MAX_US {
            self.trusted = None;
            return Err(self.refusal(reading));
        }
        self.trusted = Some(reading);
        self.last_recorded = self.last_recorded.max(reading.wall);
        Ok(self.last_recorded)
    }

    /// Trusts the clock from this reading on: its acceptance was decided, and stands in the journal.
    pub(crate) const fn accept(&mut self, reading: Reading) {
        self.trusted = Some(reading);
    }

    fn refusal(&self, reading: Reading) -> Error {
        Error::Clock { clock: reading.wall.to_string(), last: self.last_recorded.to_string() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: i64 = 1_000_000;

    fn reading(wall_seconds: i64, monotonic_seconds: i64) -> Reading {
        Reading { wall: Timestamp(wall_seconds * SECOND), monotonic_us: monotonic_seconds * SECOND }
    }

    #[test]
    fn a_clock_that_goes_on_is_recorded_and_small_steps_back_do_not_turn_time_back() {
        let mut guard = Guard::new(Some(Timestamp(1000 * SECOND)), None, reading(1000, 0));
        assert_eq!(guard.check(reading(1010, 10)).unwrap(), Timestamp(1010 * SECOND));
        assert_eq!(guard.check(reading(1005, 11)).unwrap(), Timestamp(1010 * SECOND));
    }

    #[test]
    fn a_step_over_a_minute_stops_writing_until_it_is_accepted() {
        let mut guard = Guard::new(None, None, reading(1000, 0));
        assert!(guard.check(reading(1062, 1)).is_err());
        assert!(guard.check(reading(1063, 2)).is_err());
        guard.accept(reading(1065, 4));
        assert_eq!(guard.check(reading(1066, 5)).unwrap(), Timestamp(1066 * SECOND));
    }

    #[test]
    fn at_start_five_seconds_behind_and_ninety_days_ahead_are_the_bounds() {
        let last = Some(Timestamp(100_000_000 * SECOND));
        for (wall, plausible) in [
            (99_999_995, true),
            (99_999_994, false),
            (100_000_000 + 90 * 86_400, true),
            (100_000_001 + 90 * 86_400, false),
        ] {
            let now = reading(wall, 0);
            assert_eq!(Guard::new(last, None, now).check(now).is_ok(), plausible, "{wall}");
        }
    }

    #[test]
    fn a_clock_reads_what_is_said_within_a_minute() {
        let clock = Timestamp(1000 * SECOND);
        for (said, right) in [(1000, true), (940, true), (1060, true), (939, false), (1061, false), (-1_000, false)] {
            assert_eq!(reads(clock, Timestamp(said * SECOND)), right, "{said}");
        }
        assert!(!reads(clock, Timestamp(i64::MIN)));
    }

    #[test]
    fn at_start_a_clock_that_was_accepted_goes_on_even_behind_the_last_recorded_time() {
        let year = 365 * 86_400;
        let (last, accepted) = (Some(Timestamp(2 * year * SECOND)), Some(Timestamp(year * SECOND)));
        // The bad clock that was left behind is no longer believed.
        for (wall, plausible) in
            [(year, true), (year - 65, true), (year - 66, false), (year + 89 * 86_400, true), (2 * year, false)]
        {
            let now = reading(wall, 0);
            assert_eq!(Guard::new(last, accepted, now).check(now).is_ok(), plausible, "{wall}");
        }
        // One that was accepted ahead does not have to be there at once.
        let now = reading(2 * year, 0);
        assert!(Guard::new(last, Some(Timestamp((2 * year + 60) * SECOND)), now).check(now).is_ok());
    }
}
