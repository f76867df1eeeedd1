//! Where a page of a statement ended, as text that is good for that statement alone.

use std::fmt;
use std::str::FromStr;

use ledger::model::{AccountId, Date, LedgerId, Sequence};
use ledger::query::{Cursor, Known};
use ledger::{Reader, View};
use sha2::{Digest, Sha256};

use crate::failure::Failure;

/// What a cursor belongs to.
#[derive(Debug, Clone, Copy)]
pub struct Pages {
    /// Whose ledger.
    pub ledger: LedgerId,
    /// Which account.
    pub account: AccountId,
    /// The first effective date asked for.
    pub from: Option<Date>,
    /// The last one.
    pub to: Option<Date>,
}

/// A cursor as a user gives it back: `DATE/SEQUENCE/KNOWN/CHECK`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct After {
    cursor: Cursor,
    check: u32,
}

impl Pages {
    /// The cursor as text.
    pub fn text(&self, cursor: Cursor) -> String {
        After { cursor, check: self.check(cursor) }.to_string()
    }

    /// The first four bytes of a hash over everything that a cursor depends on.
    fn check(&self, cursor: Cursor) -> u32 {
        let date = |date: Option<Date>| date.map_or_else(String::new, |date| date.to_string());
        let of = format!(
            "ledger/statement-cursor/v1\n{}\n{}\n{}\n{}\n{}\n{}\n{}",
            self.ledger,
            self.account,
            date(self.from),
            date(self.to),
            cursor.effective,
            cursor.sequence.0,
            cursor.known.0
        );
        let hash: [u8; 32] = Sha256::digest(of.as_bytes()).into();
        hash.into_iter().take(4).fold(0, |sum, byte| sum << 8 | u32::from(byte))
    }

    /// The place that `after` names.
    ///
    /// # Errors
    /// [`Failure::Usage`] when it belongs to another statement, or to another moment of knowledge than `known`.
    pub fn resume(&self, after: After, known: Option<Known>, reader: &Reader) -> Result<Cursor, Failure> {
        let cursor = after.cursor;
        if after.check != self.check(cursor) {
            return Err(Failure::Usage(
                "--after is not from this statement: give the same ledger, account, --from and --to as for the page before"
                    .to_owned(),
            ));
        }
        if cursor.known > reader.through() {
            return Err(Failure::Usage(format!(
                "--after has seen sequence {}, but the events here end at {}",
                cursor.known.0,
                reader.through().0
            )));
        }
        if let Some(known) = known
            && reader.sequence_at(known)? != cursor.known
        {
            return Err(Failure::Usage(format!(
                "--after goes on with what was known at sequence {}, --known-at says otherwise: leave it out",
                cursor.known.0
            )));
        }
        Ok(cursor)
    }

    /// The statement of an account of the ledger in view.
    pub fn of(view: &View, account: AccountId, from: Option<Date>, to: Option<Date>) -> Self {
        Self { ledger: view.ledger(), account, from, to }
    }
}

impl fmt::Display for After {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { cursor: Cursor { effective, sequence, known }, check } = self;
        write!(f, "{effective}/{}/{}/{check:08x}", sequence.0, known.0)
    }
}

impl FromStr for After {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || "not a cursor: give what the page before said".to_owned();
        let mut parts = text.split('/');
        let mut part = || parts.next().ok_or_else(wrong);
        let (date, sequence, known, check) = (part()?, part()?, part()?, part()?);
        let number = |text: &str| text.parse().map(Sequence).map_err(|_| wrong());
        let effective = date.parse().map_err(|_| wrong())?;
        let cursor = Cursor { effective, sequence: number(sequence)?, known: number(known)? };
        let after = Self { cursor, check: u32::from_str_radix(check, 16).map_err(|_| wrong())? };
        if after.to_string() == text { Ok(after) } else { Err(wrong()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_reads_back_and_belongs_to_one_statement() {
        let cursor = Cursor { effective: "2019-07-03".parse().unwrap(), sequence: Sequence(7), known: Sequence(9) };
        let pages = Pages { ledger: LedgerId(1), account: AccountId(2), from: None, to: None };
        let text = pages.text(cursor);
        let read: After = text.parse().unwrap();
        assert_eq!((read.cursor, read.check), (cursor, pages.check(cursor)));
        for other in [
            Pages { ledger: LedgerId(2), ..pages },
            Pages { account: AccountId(3), ..pages },
            Pages { from: Some(cursor.effective), ..pages },
            Pages { to: Some(cursor.effective), ..pages },
        ] {
            assert_ne!(other.check(cursor), read.check);
        }
        assert_ne!(pages.check(Cursor { sequence: Sequence(8), ..cursor }), read.check);
        let more = format!("{text}/1");
        for wrong in
            ["", "7", "2019-07-03/7/9", "2019-07-03/7/9/+1234567", "2019-07-03/x/9/00000000", "x/7/9/00000000", &more]
        {
            assert!(wrong.parse::<After>().is_err(), "{wrong}");
        }
    }
}
