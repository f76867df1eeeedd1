//! The circumstances of an operation, typed so that an event stays small.

use std::fmt;
use std::str::FromStr;

use arrayvec::ArrayString;

use super::party::names;
use super::{ParseTextError, Pseudonym, StoreNumber};

/// How many tags an operation may carry.
pub const TAGS_MAX: usize = 8;
/// How many bytes all tags of an operation, names and values together, may take.
pub const TAGS_BYTES_MAX: usize = 256;

/// The way by which an operation reached the operator.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Channel {
    /// The wallet's application.
    App = 1,
    /// A web page.
    Web = 2,
    /// A till in a store.
    Store = 3,
    /// A cash machine.
    Atm = 4,
    /// A partner's interface.
    Api = 5,
    /// A run of the operator's own.
    Batch = 6,
    /// None of these.
    Other = 7,
}

names!(Channel {
    App = "app", Web = "web", Store = "store", Atm = "atm", Api = "api", Batch = "batch", Other = "other",
});

/// A country by its two capital letters (ISO 3166-1 alpha-2 in form; the list of countries is not checked).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Country(pub [u8; 2]);

/// The category of what was bought: a merchant category code of ISO 18245, 0 to 9999, such as 5993 for tobacco.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Category(pub u16);

/// Text by which the outside world knows an operation: 1 to 35 bytes (as in ISO 20022), indexed, not unique.
pub type Reference = ArrayString<35>;

/// The number of the paper behind a manual entry: 1 to 35 bytes.
pub type Voucher = ArrayString<35>;

/// A name and a value that the host adds.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Tag {
    /// 1 or more bytes.
    pub name: String,
    /// 1 or more bytes.
    pub value: String,
}

/// The text of manual acts; rare, so kept apart from the [`Context`] proper.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Notes {
    /// Why, in words: at most 200 bytes.
    pub description: Option<String>,
    /// The paper behind it.
    pub voucher: Option<Voucher>,
    /// At most [`TAGS_MAX`] tags of [`TAGS_BYTES_MAX`] bytes together, names unique, in the caller's order.
    pub tags: Vec<Tag>,
}

/// The circumstances of an operation as an event keeps them.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Context {
    /// The way it came.
    pub channel: Option<Channel>,
    /// Where it came from.
    pub country: Option<Country>,
    /// What was bought.
    pub category: Option<Category>,
    /// The store it happened in.
    pub store: Option<StoreNumber>,
    /// The device it came from.
    pub device: Option<Pseudonym>,
    /// The card that paid.
    pub card: Option<Pseudonym>,
    /// The outside world's name for it.
    pub reference: Option<Reference>,
    /// The text of manual acts.
    pub notes: Option<Box<Notes>>,
}

impl Context {
    /// Whether nothing is known of the circumstances.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

impl Notes {
    /// The longest description in bytes.
    pub const DESCRIPTION_BYTES_MAX: usize = 200;

    /// Whether there is no text.
    pub fn is_empty(&self) -> bool {
        self.description.is_none() && self.voucher.is_none() && self.tags.is_empty()
    }
}

impl FromStr for Country {
    type Err = ParseTextError;

    fn from_str(text: &str) -> Result<Self, ParseTextError> {
        match text.as_bytes() {
            &[first, second] if first.is_ascii_uppercase() && second.is_ascii_uppercase() => Ok(Self([first, second])),
            _ => Err(ParseTextError::Alphabet("two capital letters of ISO 3166-1")),
        }
    }
}

impl fmt::Display for Country {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.0[0] as char, self.0[1] as char)
    }
}

impl FromStr for Category {
    type Err = ParseTextError;

    fn from_str(text: &str) -> Result<Self, ParseTextError> {
        if text.len() != 4 || !text.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(ParseTextError::Alphabet("four digits of ISO 18245"));
        }
        Ok(Self(text.bytes().fold(0, |sum, digit| sum * 10 + u16::from(digit - b'0'))))
    }
}

impl fmt::Display for Category {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}", self.0)
    }
}
