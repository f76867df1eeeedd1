//! All accounts at one moment: debits equal credits in each currency, or something is wrong.

use std::collections::BTreeMap;

use super::AsOf;
use crate::model::{AccountId, AccountKind, AccountNumber, Code, Currency, CurrencyNumber, Date, Sequence};
use crate::state::{Rollup, State};

/// How fine a trial balance is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Detail {
    /// One row a code; accounts without one are summed up under the code they were opened under, or by kind.
    #[default]
    ByCode,
    /// One row an account.
    EveryAccount,
}

/// One row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrialBalanceRow {
    /// The code; none for accounts that stand under none.
    pub code: Option<Code>,
    /// The account, in a trial balance of every account.
    pub account: Option<(AccountNumber, AccountId)>,
    /// The kind.
    pub kind: AccountKind,
    /// The currency.
    pub currency: CurrencyNumber,
    /// Everything debited, in minor units.
    pub debit_minor: u128,
    /// Everything credited, in minor units.
    pub credit_minor: u128,
}

/// A currency's sums over all rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CurrencyTotals {
    /// The currency.
    pub number: CurrencyNumber,
    /// Its code and exponent.
    pub currency: Currency,
    /// Everything debited, in minor units.
    pub debit_minor: u128,
    /// Everything credited, in minor units.
    pub credit_minor: u128,
}

/// A trial balance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrialBalance {
    /// What was asked.
    pub as_of: AsOf,
    /// The last event that the answer could see.
    pub through: Sequence,
    /// Rows by currency, kind and code (or account number); those on which nothing was posted are left out.
    pub rows: Vec<TrialBalanceRow>,
    /// Sums by currency; debits equal credits in each.
    pub totals: Vec<CurrencyTotals>,
}

impl TrialBalanceRow {
    /// Net on the row's normal side, in minor units.
    pub fn net_minor(&self) -> i128 {
        let (debit, credit) = (self.debit_minor as i128, self.credit_minor as i128);
        match self.kind.normal_side() {
            crate::model::Side::Debit => debit - credit,
            crate::model::Side::Credit => credit - debit,
        }
    }
}

impl TrialBalance {
    /// Whether debits equal credits in every currency.
    pub fn balances(&self) -> bool {
        self.totals.iter().all(|total| total.debit_minor == total.credit_minor)
    }

    /// The trial balance by code of a state, as of a date.
    pub(crate) fn by_code(state: &State, as_of: AsOf) -> Self {
        let mut sums: BTreeMap<Rollup, (u128, u128)> = BTreeMap::new();
        let counts = |date: Date| as_of.effective.is_none_or(|effective| date <= effective);
        for (date, rollup, totals) in state.day_totals() {
            if counts(date) {
                let sum = sums.entry(rollup).or_default();
                sum.0 += totals.debit_minor;
                sum.1 += totals.credit_minor;
            }
        }
        let row = |(rollup, (debit_minor, credit_minor)): (Rollup, (u128, u128))| {
            let (kind, currency, code) = match rollup {
                Rollup::Coded(number) => {
                    let account = state.account(number)?;
                    (account.kind, account.currency, state.code_of(number).cloned())
                }
                Rollup::Uncoded(kind, currency) => (kind, currency, None),
            };
            Some(TrialBalanceRow { code, account: None, kind, currency, debit_minor, credit_minor })
        };
        Self::of_rows(state, as_of, sums.into_iter().filter_map(row).collect())
    }

    /// The trial balance of every account of a state; `totals` are gross debits and credits by account number.
    pub(crate) fn every_account(state: &State, as_of: AsOf, totals: impl Fn(AccountNumber) -> (u64, u64)) -> Self {
        let row = |(number, account): (AccountNumber, &crate::state::AccountState)| {
            let (debit, credit) = totals(number);
            (debit != 0 || credit != 0).then(|| TrialBalanceRow {
                code: state.code_of(number).cloned(),
                account: Some((number, account.id)),
                kind: account.kind,
                currency: account.currency,
                debit_minor: u128::from(debit),
                credit_minor: u128::from(credit),
            })
        };
        Self::of_rows(state, as_of, state.accounts().filter_map(row).collect())
    }

    fn of_rows(state: &State, as_of: AsOf, mut rows: Vec<TrialBalanceRow>) -> Self {
        rows.retain(|row| row.debit_minor != 0 || row.credit_minor != 0);
        rows.sort_by(|a, b| {
            let key = |row: &TrialBalanceRow| (row.currency, row.kind, row.account.map(|(number, _)| number));
            key(a).cmp(&key(b)).then_with(|| a.code.cmp(&b.code))
        });
        let mut totals: Vec<CurrencyTotals> = state
            .currencies()
            .map(|(number, currency)| CurrencyTotals { number, currency: *currency, debit_minor: 0, credit_minor: 0 })
            .collect();
        for row in &rows {
            if let Some(total) = totals.get_mut(usize::from(row.currency.0)) {
                total.debit_minor += row.debit_minor;
                total.credit_minor += row.credit_minor;
            }
        }
        Self { as_of, through: state.last_sequence(), rows, totals }
    }
}
