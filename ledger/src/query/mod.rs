//! Questions and their answers: balance, statement, history, trial balance, each as of an effective date and as known at a
//! moment.
//!
//! Pure: what is folded here was read elsewhere. A question about the past is answered by taking back, newest first, what
//! did not count yet: an event never takes effect after the date on which it was recorded, so everything recorded on or
//! before a date counts on it.

mod balance;
mod preview;
mod statement;
mod trial_balance;

pub use balance::AccountBalance;
pub use preview::Preview;
pub(crate) use statement::Gathering;
pub use statement::{Cursor, Statement, StatementLine, StatementQuery};
pub use trial_balance::{CurrencyTotals, Detail, TrialBalance, TrialBalanceRow};

use crate::model::{Date, Sequence, Timestamp};

/// The moment of knowledge of a question.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Known {
    /// After the event of this sequence.
    Sequence(Sequence),
    /// After everything recorded at or before this moment.
    At(Timestamp),
}

/// The two times of a question; by default everything known now, whatever date it counts on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct AsOf {
    /// Count only what takes effect on or before this date.
    pub effective: Option<Date>,
    /// Count only what was known at this moment.
    pub known: Option<Known>,
}
