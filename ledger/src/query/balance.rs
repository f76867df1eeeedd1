//! One account's balance.

use crate::model::{AccountId, AccountKind, AccountNumber, Balance, Code, Currency, Sequence};
use crate::state::State;

/// An account and what it holds at the moment of the question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountBalance {
    /// Its place in the order of opening.
    pub number: AccountNumber,
    /// Its id.
    pub id: AccountId,
    /// Its own place in the chart.
    pub code: Option<Code>,
    /// Its kind.
    pub kind: AccountKind,
    /// Its currency.
    pub currency: Currency,
    /// Whether it is closed.
    pub closed: bool,
    /// Gross totals in minor units. As of a past date, a hold counts by the dates of its placing and its ends.
    pub balance: Balance,
    /// How many events have touched the account, as known.
    pub events: u64,
    /// The last event that the answer could see.
    pub through: Sequence,
}

impl AccountBalance {
    /// The balance of an account in `state`; none when there is no such account.
    pub fn of(state: &State, number: AccountNumber) -> Option<Self> {
        let account = state.account(number)?;
        Some(Self {
            number,
            id: account.id,
            code: state.code_of(number).cloned(),
            kind: account.kind,
            currency: *state.currency(account.currency)?,
            closed: account.is_closed(),
            balance: account.balance,
            events: account.events,
            through: state.last_sequence(),
        })
    }

    /// Posted net on the account's normal side, in minor units.
    pub fn posted_net_minor(&self) -> i128 {
        self.balance.posted_net_minor(self.kind.normal_side())
    }

    /// What holds may take out of the account, in minor units.
    pub fn pending_out_minor(&self) -> u64 {
        self.balance.pending(self.kind.normal_side().opposite())
    }

    /// What may be spent, in minor units; the overdraft rule is left out.
    pub fn available_minor(&self) -> i128 {
        self.balance.available_minor(self.kind.normal_side())
    }
}
