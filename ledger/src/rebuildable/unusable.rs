//! Why a file that can be rebuilt must be.

use std::fmt;

use crate::error::Error;

/// What came of opening a file that can be rebuilt.
#[derive(Debug)]
pub enum Opened<T> {
    /// Its header and structure hold; its pages are checked as they are read.
    Usable(T),
    /// It is there and must be made again.
    Unusable(Unusable),
    /// It is not there.
    Missing,
}

/// A file that must be made again, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unusable {
    /// The file, relative to the ledger.
    pub path: String,
    /// Why.
    pub reason: Reason,
}

/// Why a file is not usable.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Reason {
    /// The device would not give its bytes.
    Unreadable(String),
    /// It is shorter or longer than it says, or too short to say.
    Length {
        /// What it has.
        found: u64,
        /// What it must have.
        expected: u64,
    },
    /// It is some other kind of file, or garbage.
    Magic,
    /// Its header fails its CRC.
    HeaderCrc,
    /// Its header contradicts itself.
    Structure(&'static str),
    /// It belongs to another ledger.
    Ledger,
    /// It describes something else than its name says, or another history.
    Subject(&'static str),
    /// A section that must be understood is not known here.
    UnknownSection(u16),
    /// A page fails its CRC.
    PageCrc {
        /// The page's first byte.
        offset: u64,
    },
    /// Records that pass their CRC contradict each other.
    Records(&'static str),
}

impl<T> Opened<T> {
    /// The file, when it is usable.
    pub fn usable(self) -> Option<T> {
        match self {
            Self::Usable(file) => Some(file),
            Self::Unusable(_) | Self::Missing => None,
        }
    }

    /// The same, with what is usable changed by `change`.
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Opened<U> {
        match self {
            Self::Usable(file) => Opened::Usable(change(file)),
            Self::Unusable(why) => Opened::Unusable(why),
            Self::Missing => Opened::Missing,
        }
    }

    pub(crate) fn unusable(path: &str, reason: Reason) -> Self {
        Self::Unusable(Unusable { path: path.to_owned(), reason })
    }
}

impl Reason {
    /// Why a file of which a page could not be read is not usable.
    pub(crate) fn of(error: &Error) -> Self {
        match error {
            Error::Corrupt { offset, .. } => Self::PageCrc { offset: *offset },
            other => Self::Unreadable(other.to_string()),
        }
    }
}

impl fmt::Display for Unusable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} must be made again: {}", self.path, self.reason)
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable(why) => write!(f, "it cannot be read ({why})"),
            Self::Length { found, expected } => write!(f, "it has {found} bytes where {expected} are due"),
            Self::Magic => f.write_str("it is some other kind of file"),
            Self::HeaderCrc => f.write_str("its header is damaged"),
            Self::Structure(what) => write!(f, "its header contradicts itself ({what})"),
            Self::Ledger => f.write_str("it belongs to another ledger"),
            Self::Subject(what) => write!(f, "it describes something else ({what})"),
            Self::UnknownSection(number) => write!(f, "its section {number} is not known to this version"),
            Self::PageCrc { offset } => write!(f, "the page at byte {offset} is damaged"),
            Self::Records(what) => write!(f, "its records contradict each other ({what})"),
        }
    }
}
