//! Closings: what was posted on each recorded day, so that a question about a past date need not walk all that came since.
//!
//! In: the events of a finished recorded day. Out: for an account, what that day posted with an effective date behind a
//! given one. The balance as of date D is the current one less what the days behind D posted with an effective date
//! behind D; a posting is never effective after the day on which it was recorded, so days up to D need not be asked.
//! I/O through [`Storage`](crate::storage::Storage); no clock: the caller says when a day is over.
//!
//! Invariants: a closing is a pure function of its day's events; [`Closings`] take in every event from the first one to
//! [`Closings::through`], without a gap. Absent on purpose: balances (they follow from totals), and the days still open.

mod build;
mod day;
mod days;

pub use build::ClosingBuilder;
pub use day::{Closing, DayTotals, path};
pub use days::{Closings, sworn};

use crate::rebuildable::Kind;

/// The folder that holds the closings.
pub const DIR: &str = "closing";
/// What a closing's name ends in.
pub const SUFFIX: &str = ".cls";

/// The format of closings.
pub const KIND: Kind = Kind { magic: *b"LDGRCLOS", version: 1, page_bytes: 4096, sections: &[TOTALS, CURRENCIES] };

/// What was posted, reserved and frozen by account and effective date.
pub(crate) const TOTALS: u16 = 1;
/// What was posted by currency.
pub(crate) const CURRENCIES: u16 = 2;

pub(crate) const TOTALS_BYTES: usize = 64;
pub(crate) const CURRENCY_BYTES: usize = 40;

#[cfg(test)]
mod tests;
