//! Moments and dates. The core never reads a clock; these values are handed to it.

use std::fmt;
use std::str::FromStr;

use jiff::civil;

/// Text that is not a time or date in the accepted form.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ParseTimeError {
    /// Not a moment.
    #[error("not a time: write RFC 3339 with an offset, such as 2019-07-03T09:15:00.000000Z")]
    Timestamp,
    /// Not a date.
    #[error("not a date: write YYYY-MM-DD, from 1900-01-01 to 9998-12-31")]
    Date,
    /// Not an offset from UTC.
    #[error("not an offset from UTC: write +HH:MM or -HH:MM, at most 18 hours")]
    Offset,
}

/// A moment in microseconds since 1970-01-01T00:00:00Z, written in UTC with six decimals.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Timestamp(pub i64);

/// A calendar date in days since 1970-01-01, read in the ledger's own offset from UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Date(pub i32);

/// A ledger's fixed offset from UTC in seconds, a whole number of minutes, at most 18 hours either way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct UtcOffset(pub i32);

/// Where a ledger's time comes from, fixed when it is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Clock {
    /// The wall clock of the machine that writes.
    System = 1,
    /// Each command carries its time in `at`; reports call it simulated time.
    Commands = 2,
}

const MICROSECONDS_PER_SECOND: i64 = 1_000_000;
const MICROSECONDS_PER_DAY: i64 = 86_400 * MICROSECONDS_PER_SECOND;

impl Timestamp {
    /// The date on which this moment falls in `offset`.
    pub const fn date(self, offset: UtcOffset) -> Date {
        let local = self.0 + offset.0 as i64 * MICROSECONDS_PER_SECOND;
        Date(local.div_euclid(MICROSECONDS_PER_DAY) as i32)
    }

    /// This moment moved by `seconds`, kept within what an `i64` of microseconds can hold.
    #[must_use]
    pub const fn plus_seconds(self, seconds: i64) -> Self {
        Self(self.0.saturating_add(seconds.saturating_mul(MICROSECONDS_PER_SECOND)))
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let date = Date(self.0.div_euclid(MICROSECONDS_PER_DAY) as i32);
        let within = self.0.rem_euclid(MICROSECONDS_PER_DAY);
        let (seconds, micros) = (within / MICROSECONDS_PER_SECOND, within % MICROSECONDS_PER_SECOND);
        write!(f, "{date}T{:02}:{:02}:{:02}.{micros:06}Z", seconds / 3600, seconds / 60 % 60, seconds % 60)
    }
}

impl FromStr for Timestamp {
    type Err = ParseTimeError;

    fn from_str(text: &str) -> Result<Self, ParseTimeError> {
        if !text.is_ascii() || text.len() < 20 || text.as_bytes()[10] != b'T' {
            return Err(ParseTimeError::Timestamp);
        }
        let moment: jiff::Timestamp = text.parse().map_err(|_| ParseTimeError::Timestamp)?;
        if moment.subsec_nanosecond() % 1000 != 0 {
            return Err(ParseTimeError::Timestamp);
        }
        Ok(Self(moment.as_microsecond()))
    }
}

impl Date {
    /// The first date the books accept: 1900-01-01.
    pub const MIN: Self = Self(-25_567);
    /// The last date the books accept: 9998-12-31.
    pub const MAX: Self = Self(2_932_531);

    /// The civil year, month (1 to 12) and day (1 to 31), by the proleptic Gregorian calendar.
    pub const fn civil(self) -> (i32, u8, u8) {
        // Days are counted from 0000-03-01, so that the leap day ends a year; 146,097 days make 400 years.
        let days = self.0 as i64 + 719_468;
        let era = days.div_euclid(146_097);
        let day_of_era = days.rem_euclid(146_097);
        let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let month_from_march = (5 * day_of_year + 2) / 153;
        let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
        let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
        let year = year_of_era + era * 400 + if month <= 2 { 1 } else { 0 };
        (year as i32, month as u8, day as u8)
    }

    /// The moment at which this date begins in `offset`.
    pub const fn start(self, offset: UtcOffset) -> Timestamp {
        Timestamp(self.0 as i64 * MICROSECONDS_PER_DAY - offset.0 as i64 * MICROSECONDS_PER_SECOND)
    }

    /// The next date.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = self.civil();
        write!(f, "{year:04}-{month:02}-{day:02}")
    }
}

impl FromStr for Date {
    type Err = ParseTimeError;

    fn from_str(text: &str) -> Result<Self, ParseTimeError> {
        let bytes = text.as_bytes();
        if bytes.len() != 10 || bytes[4] != b'-' || bytes[7] != b'-' {
            return Err(ParseTimeError::Date);
        }
        let number = |from: usize, to: usize| -> Result<i16, ParseTimeError> {
            let digits = &text.as_bytes()[from..to];
            if !digits.iter().all(u8::is_ascii_digit) {
                return Err(ParseTimeError::Date);
            }
            Ok(digits.iter().fold(0, |sum, digit| sum * 10 + i16::from(digit - b'0')))
        };
        let (year, month, day) = (number(0, 4)?, number(5, 7)?, number(8, 10)?);
        let date = civil::Date::new(year, month as i8, day as i8).map_err(|_| ParseTimeError::Date)?;
        let days = civil::date(1970, 1, 1).until(date).map_err(|_| ParseTimeError::Date)?.get_days();
        let date = Self(days);
        if date < Self::MIN || date > Self::MAX { Err(ParseTimeError::Date) } else { Ok(date) }
    }
}

impl fmt::Display for UtcOffset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { '-' } else { '+' };
        let minutes = self.0.abs() / 60;
        write!(f, "{sign}{:02}:{:02}", minutes / 60, minutes % 60)
    }
}

impl FromStr for UtcOffset {
    type Err = ParseTimeError;

    fn from_str(text: &str) -> Result<Self, ParseTimeError> {
        let bytes = text.as_bytes();
        let &[sign, h1, h2, b':', m1, m2] = bytes else { return Err(ParseTimeError::Offset) };
        if ![h1, h2, m1, m2].iter().all(u8::is_ascii_digit) || (sign != b'+' && sign != b'-') {
            return Err(ParseTimeError::Offset);
        }
        let pair = |high: u8, low: u8| i32::from(high - b'0') * 10 + i32::from(low - b'0');
        let (hours, minutes) = (pair(h1, h2), pair(m1, m2));
        if minutes > 59 || hours * 60 + minutes > 18 * 60 {
            return Err(ParseTimeError::Offset);
        }
        let seconds = (hours * 60 + minutes) * 60;
        Ok(Self(if sign == b'-' { -seconds } else { seconds }))
    }
}

impl Clock {
    /// The name used in `ledger.toml` and JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::Commands => "commands",
        }
    }

    /// The clock that `number` stands for on disk.
    pub const fn from_u8(number: u8) -> Option<Self> {
        match number {
            1 => Some(Self::System),
            2 => Some(Self::Commands),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_written_in_utc_with_six_decimals_and_reads_back() {
        let moment: Timestamp = "2019-07-04T06:00:00+09:00".parse().unwrap();
        assert_eq!(moment.to_string(), "2019-07-03T21:00:00.000000Z");
        assert_eq!(moment.to_string().parse(), Ok(moment));
        assert_eq!(Timestamp(-1).to_string(), "1969-12-31T23:59:59.999999Z");
    }

    #[test]
    fn the_date_of_a_moment_belongs_to_the_ledger_s_offset() {
        let tokyo: UtcOffset = "+09:00".parse().unwrap();
        let moment: Timestamp = "2019-09-30T15:00:00Z".parse().unwrap();
        assert_eq!(moment.date(tokyo).to_string(), "2019-10-01");
        assert_eq!(moment.date(UtcOffset(0)).to_string(), "2019-09-30");
        assert_eq!(moment.date(tokyo).start(tokyo), moment);
    }

    #[test]
    fn dates_agree_with_the_calendar_library_over_the_whole_range() {
        for days in (Date::MIN.0..=Date::MAX.0).step_by(97).chain([Date::MAX.0]) {
            let date = Date(days);
            let text = date.to_string();
            assert_eq!(text.parse(), Ok(date), "{text}");
        }
        assert_eq!(Date::MIN.to_string(), "1900-01-01");
        assert_eq!(Date::MAX.to_string(), "9998-12-31");
    }

    #[test]
    fn text_that_is_no_date_or_time_is_refused() {
        for text in ["2019-02-29", "2019-13-01", "19-01-01", "2019-1-01", "2019/01/01", "1899-12-31", "é019-01-01"] {
            assert!(text.parse::<Date>().is_err(), "{text}");
        }
        for text in ["2019-07-04", "2019-07-04T06:00:00", "yesterday", "2019-07-04T06:00:00.0000001Z"] {
            assert!(text.parse::<Timestamp>().is_err(), "{text}");
        }
        for text in ["09:00", "+9:00", "+18:01", "+09:60"] {
            assert!(text.parse::<UtcOffset>().is_err(), "{text}");
        }
        assert_eq!("-03:30".parse::<UtcOffset>().unwrap().to_string(), "-03:30");
    }
}
