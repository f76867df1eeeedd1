//! What an account is.

use std::fmt;
use std::str::FromStr;

use smol_str::SmolStr;

use super::{AccountId, ParseTextError};

/// An account's place in the order of opening, from 0; what postings store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct AccountNumber(pub u32);

/// The five kinds of account in double entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum AccountKind {
    /// What the operator owns or is owed; increased by debits.
    Asset = 1,
    /// What the operator owes, wallets above all; increased by credits.
    Liability = 2,
    /// The owners' share; increased by credits.
    Equity = 3,
    /// What was earned; increased by credits.
    Income = 4,
    /// What was used up, compensation paid included; increased by debits.
    Expense = 5,
}

/// The side of a posting.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Side {
    /// Left.
    Debit = 1,
    /// Right.
    Credit = 2,
}

/// How far an account's available amount may go below zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Overdraft {
    /// Not at all: the rule for wallets.
    #[default]
    Never,
    /// By at most this many minor units.
    UpTo(u64),
    /// Without bound: the rule for the operator's own accounts.
    Unlimited,
}

/// An account's place in the chart: lower-case words of letters, digits and `-`, joined by `:` from the root of the tree
/// outwards, such as `funding:credit-card`; at most 64 bytes, unique in a ledger, and nothing that reads as an id.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Code(SmolStr);

/// An account as a command names it: by its id or by its code.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum AccountRef {
    /// By id.
    Id(AccountId),
    /// By code.
    Code(Code),
}

impl AccountKind {
    /// All kinds, in the order of their numbers.
    pub const ALL: [Self; 5] = [Self::Asset, Self::Liability, Self::Equity, Self::Income, Self::Expense];

    /// The side that increases an account of this kind.
    pub const fn normal_side(self) -> Side {
        match self {
            Self::Asset | Self::Expense => Side::Debit,
            Self::Liability | Self::Equity | Self::Income => Side::Credit,
        }
    }

    /// The name used in JSON and tables.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Asset => "asset",
            Self::Liability => "liability",
            Self::Equity => "equity",
            Self::Income => "income",
            Self::Expense => "expense",
        }
    }

    /// The kind that `number` stands for on disk.
    pub fn from_u8(number: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| *kind as u8 == number)
    }

    /// The kind of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

impl Side {
    /// The other side.
    #[must_use]
    pub const fn opposite(self) -> Self {
        match self {
            Self::Debit => Self::Credit,
            Self::Credit => Self::Debit,
        }
    }

    /// The name used in JSON and tables.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Debit => "debit",
            Self::Credit => "credit",
        }
    }

    /// The side that `number` stands for on disk.
    pub const fn from_u8(number: u8) -> Option<Self> {
        match number {
            1 => Some(Self::Debit),
            2 => Some(Self::Credit),
            _ => None,
        }
    }
}

impl Code {
    /// The longest code in bytes.
    pub const BYTES_MAX: usize = 64;

    /// The code as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The code one step nearer the root: `funding` of `funding:credit-card`.
    pub fn parent(&self) -> Option<Self> {
        self.0.rsplit_once(':').map(|(parent, _)| Self(SmolStr::new(parent)))
    }
}

impl FromStr for Code {
    type Err = ParseTextError;

    fn from_str(text: &str) -> Result<Self, ParseTextError> {
        if text.len() > Self::BYTES_MAX {
            return Err(ParseTextError::TooLong(Self::BYTES_MAX));
        }
        if text.split(':').any(str::is_empty) {
            return Err(ParseTextError::Empty);
        }
        let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-' || byte == b':';
        if !text.bytes().all(allowed) {
            return Err(ParseTextError::Alphabet("a-z, 0-9, '-', words joined by ':'"));
        }
        if text.parse::<AccountId>().is_ok() {
            return Err(ParseTextError::ReadsAsId);
        }
        Ok(Self(SmolStr::new(text)))
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl fmt::Debug for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<AccountId> for AccountRef {
    fn from(id: AccountId) -> Self {
        Self::Id(id)
    }
}

impl From<Code> for AccountRef {
    fn from(code: Code) -> Self {
        Self::Code(code)
    }
}

impl FromStr for AccountRef {
    type Err = ParseTextError;

    /// Text of 26, 32 or 36 characters that reads as an id is one; anything else must be a code.
    fn from_str(text: &str) -> Result<Self, ParseTextError> {
        match text.parse::<AccountId>() {
            Ok(id) => Ok(Self::Id(id)),
            Err(_) => text.parse().map(Self::Code),
        }
    }
}

impl fmt::Display for AccountRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Id(id) => id.fmt(f),
            Self::Code(code) => code.fmt(f),
        }
    }
}
