//! The wall clock, and the guard against its jumps. The only place that reads a clock.

use std::time::{Instant, SystemTime, UNIX_EPOCH};

use crate::error::Error;
use crate::model::Timestamp;

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

/// Says whether a reading of the wall clock may be recorded.
#[derive(Debug)]
pub(crate) struct Guard {
    trusted: Option<Reading>,
    last_recorded: Timestamp,
}

impl Guard {
    /// The guard of a ledger whose last event was recorded then; a ledger without a history of its own trusts any clock.
    pub(crate) fn new(last_recorded: Option<Timestamp>, reading: Reading) -> Self {
        let plausible = last_recorded.is_none_or(|last| {
            let ahead = reading.wall.0.saturating_sub(last.0);
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

    /// Accepts what the clock reads, if it lies within a minute of what the operator says it should read.
    pub(crate) fn accept(&mut self, reading: Reading, said: Timestamp) -> bool {
        let accepted = (reading.wall.0 - said.0).abs() <= STEP_MAX_US;
        if accepted {
            self.trusted = Some(reading);
        }
        accepted
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
        let mut guard = Guard::new(Some(Timestamp(1000 * SECOND)), reading(1000, 0));
        assert_eq!(guard.check(reading(1010, 10)).unwrap(), Timestamp(1010 * SECOND));
        assert_eq!(guard.check(reading(1005, 11)).unwrap(), Timestamp(1010 * SECOND));
    }

    #[test]
    fn a_step_over_a_minute_stops_writing_until_it_is_accepted() {
        let mut guard = Guard::new(None, reading(1000, 0));
        assert!(guard.check(reading(1062, 1)).is_err());
        assert!(guard.check(reading(1063, 2)).is_err());
        assert!(!guard.accept(reading(1064, 3), Timestamp(2000 * SECOND)));
        assert!(guard.accept(reading(1065, 4), Timestamp(1060 * SECOND)));
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
            assert_eq!(Guard::new(last, now).check(now).is_ok(), plausible, "{wall}");
        }
    }
}
