//! Dates and times in other programs' forms.

use jiff::fmt::strtime;
use jiff::tz::{Offset, TimeZone};
use ledger::model::UtcOffset;

/// A date in the form `format` as `YYYY-MM-DD`.
pub fn date(text: &str, format: &str) -> Result<String, String> {
    let parsed = parse(text, format)?;
    parsed.to_date().map(|date| date.to_string()).map_err(|error| wrong(text, format, &error))
}

/// A moment in the form `format` as RFC 3339; `offset` holds where the text names none.
pub fn moment(text: &str, format: &str, offset: UtcOffset) -> Result<String, String> {
    let parsed = parse(text, format)?;
    if parsed.offset().is_some() {
        return parsed.to_timestamp().map(|time| time.to_string()).map_err(|error| wrong(text, format, &error));
    }
    let local = parsed.to_datetime().map_err(|error| wrong(text, format, &error))?;
    let offset = Offset::from_seconds(offset.0).map_err(|error| wrong(text, format, &error))?;
    offset.to_timestamp(local).map(|time| time.to_string()).map_err(|error| wrong(text, format, &error))
}

/// Whether texts of the form `format` can be read as dates, or else as moments.
///
/// # Errors
/// Why not.
pub fn check(format: &str, is_date: bool) -> Result<(), String> {
    let told = |reason: String| format!("format `{}`: {reason}", crate::output::shown(format));
    let local = jiff::civil::date(2019, 7, 1).at(9, 15, 0, 0).to_zoned(TimeZone::fixed(Offset::UTC));
    let text = local.and_then(|local| strtime::format(format, &local)).map_err(|error| told(error.to_string()))?;
    let read = if is_date { date(&text, format) } else { moment(&text, format, UtcOffset(0)) };
    read.map(drop).map_err(told)
}

fn parse(text: &str, format: &str) -> Result<strtime::BrokenDownTime, String> {
    strtime::parse(format, text).map_err(|error| wrong(text, format, &error))
}

fn wrong(text: &str, format: &str, error: &jiff::Error) -> String {
    format!("`{}` does not read as {format}: {error}", crate::output::shown(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn local_times_are_read_in_the_offset_given() {
        let tokyo = UtcOffset(9 * 3600);
        assert_eq!(moment("2019/07/03 09:15:00", "%Y/%m/%d %H:%M:%S", tokyo).as_deref(), Ok("2019-07-03T00:15:00Z"));
        let named = moment("2019-07-03 09:15 +0200", "%Y-%m-%d %H:%M %z", tokyo);
        assert_eq!(named.as_deref(), Ok("2019-07-03T07:15:00Z"));
        assert_eq!(date("03.07.2019", "%d.%m.%Y").as_deref(), Ok("2019-07-03"));
    }

    #[test]
    fn what_does_not_fit_the_form_is_refused() {
        assert!(date("2019-07-03", "%d.%m.%Y").is_err());
        assert!(date("30.02.2019", "%d.%m.%Y").is_err());
        assert!(moment("2019/07/03", "%Y/%m/%d %H:%M:%S", UtcOffset(0)).is_err());
    }
}
