//! Decimal amounts to minor units, without a floating-point number.

use super::spec::Column;

/// The amount in minor units of a currency with that exponent, as digits.
///
/// # Errors
/// When it is negative, has more decimals than the currency, or is no number in the form that the mapping describes.
pub fn to_minor(text: &str, column: &Column, decimal: char, exponent: u8) -> Result<String, String> {
    let refuse = |why: &str| Err(format!("`{}` {why}", crate::output::shown(text)));
    if text.starts_with(['-', '(', '−']) {
        return refuse("is negative: amounts have a side instead of a sign; use `when` to tell such rows apart");
    }
    let (whole, fraction) = text.split_once(decimal).unwrap_or((text, ""));
    let mut digits = String::with_capacity(text.len() + usize::from(exponent));
    match column.thousands {
        None => digits.push_str(whole),
        Some(mark) => {
            let groups: Vec<&str> = whole.split(mark).collect();
            let (first, rest) = groups.split_first().map_or(("", &[][..]), |(first, rest)| (*first, rest));
            if !rest.is_empty() && (first.is_empty() || first.len() > 3 || rest.iter().any(|group| group.len() != 3)) {
                return refuse("has thousands that do not stand in threes");
            }
            digits.extend(groups);
        }
    }
    if digits.is_empty() || !digits.bytes().chain(fraction.bytes()).all(|byte| byte.is_ascii_digit()) {
        return refuse("is not an amount in the form that the mapping describes");
    }
    if text.ends_with(decimal) {
        return refuse("ends with its decimal mark");
    }
    let exponent = usize::from(exponent);
    let (kept, rest) = fraction.split_at(fraction.len().min(exponent));
    if rest.bytes().any(|digit| digit != b'0') {
        return Err(format!("`{}` has more than the currency's {exponent} decimals", crate::output::shown(text)));
    }
    digits.push_str(kept);
    digits.extend(std::iter::repeat_n('0', exponent - kept.len()));
    let digits = digits.trim_start_matches('0');
    Ok(if digits.is_empty() { "0".to_owned() } else { digits.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn minor(text: &str, thousands: Option<char>, decimal: char, exponent: u8) -> Result<String, String> {
        to_minor(text, &Column { thousands, ..Column::default() }, decimal, exponent)
    }

    #[test]
    fn decimals_become_minor_units_by_the_currency_s_exponent() {
        for (text, exponent, expected) in [
            ("15", 2, "1500"),
            ("15.5", 2, "1550"),
            ("15.50", 2, "1550"),
            ("15.500", 2, "1550"),
            ("0.01", 2, "1"),
            ("0", 2, "0"),
            ("0.00", 0, "0"),
            ("1500", 0, "1500"),
            ("1500.0", 0, "1500"),
            ("0.1", 8, "10000000"),
            ("184467440737095516.15", 2, "18446744073709551615"),
        ] {
            assert_eq!(minor(text, None, '.', exponent).as_deref(), Ok(expected), "{text}");
        }
        assert_eq!(minor("1.234.567,89", Some('.'), ',', 2).as_deref(), Ok("123456789"));
        assert_eq!(minor("1,500", Some(','), '.', 0).as_deref(), Ok("1500"));
        assert_eq!(minor("1500", Some(','), '.', 0).as_deref(), Ok("1500"));
    }

    #[test]
    fn what_would_have_to_be_rounded_or_guessed_is_refused() {
        for (text, why) in [
            ("15.005", "more than the currency's 2 decimals"),
            ("-1", "is negative"),
            ("(1)", "is negative"),
            ("", "is not an amount"),
            (".5", "is not an amount"),
            ("5.", "ends with its decimal mark"),
            ("1e3", "is not an amount"),
            ("1.2.3", "is not an amount"),
            ("12a", "is not an amount"),
            ("+5", "is not an amount"),
            ("NaN", "is not an amount"),
            ("１２", "is not an amount"),
        ] {
            let reason = minor(text, None, '.', 2).unwrap_err();
            assert!(reason.contains(why), "{text}: {reason}");
        }
        for text in ["1,50", "1,5000", ",500", "1500,000"] {
            assert!(minor(text, Some(','), '.', 0).unwrap_err().contains("in threes"), "{text}");
        }
    }
}
