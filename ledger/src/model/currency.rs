//! Currencies: a code, and how many decimals its minor unit stands behind.

use std::fmt;
use std::str::FromStr;

use arrayvec::ArrayString;

use super::ParseTextError;

/// The largest exponent: a minor unit is never smaller than 10⁻⁸ of the unit.
pub const EXPONENT_MAX: u8 = 8;

/// A currency's code: 1 to 8 of A–Z and 0–9. Points that are not yen are a currency of their own.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct CurrencyCode(ArrayString<8>);

/// A currency's place in the order of definition, from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct CurrencyNumber(pub u16);

/// A currency as defined by an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Currency {
    /// Its code.
    pub code: CurrencyCode,
    /// Decimals of the unit that one minor unit is: 0 for the yen, 2 for the euro; at most [`EXPONENT_MAX`].
    pub exponent: u8,
}

impl CurrencyCode {
    /// The code as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for CurrencyCode {
    type Err = ParseTextError;

    fn from_str(text: &str) -> Result<Self, ParseTextError> {
        if text.is_empty() {
            return Err(ParseTextError::Empty);
        }
        if !text.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit()) {
            return Err(ParseTextError::Alphabet("A-Z and 0-9"));
        }
        ArrayString::from(text).map(Self).map_err(|_| ParseTextError::TooLong(8))
    }
}

impl fmt::Display for CurrencyCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl fmt::Debug for CurrencyCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
