//! What becomes of accounts and stores.

use super::judge::{Judged, Refusal};
use super::{Books, Deed, Opened};
use crate::command::OpenAccount;
use crate::model::{AccountKind, AccountRef, Code};

impl Books {
    pub(super) fn open_store(&self, code: &Code, payable: &AccountRef) -> Judged {
        if self.stores().any(|(known, _)| known == code) {
            return Refusal::err("store_exists");
        }
        let payable = self.named(payable)?;
        self.open(payable)?;
        self.kind(payable, AccountKind::Liability)?;
        Ok((Deed::Store { code: code.clone(), payable }, Vec::new()))
    }

    pub(super) fn open_account(&self, action: &OpenAccount) -> Judged {
        let under = action.under.clone().map(|code| self.named(&AccountRef::Code(code))).transpose()?;
        if self.accounts().any(|account| account.id == action.account.0) {
            return Refusal::err("account_exists");
        }
        if action.code.is_some() && self.accounts().any(|account| account.code == action.code) {
            return Refusal::err("code_exists");
        }
        if let Some(under) = under {
            self.open(under)?;
            self.kind(under, action.kind)?;
            self.kept_in(under, action.currency)?;
        }
        let opened = Opened {
            id: action.account.0,
            kind: action.kind,
            currency: action.currency,
            code: action.code.clone(),
            under,
            overdraft: action.overdraft,
        };
        Ok((Deed::Opened(opened), vec![(self.accounts().count(), 0)]))
    }

    pub(super) fn close_account(&self, given: &AccountRef, now: i64) -> Judged {
        let number = self.named(given)?;
        self.open(number)?;
        let sums = self.all_sums()[number];
        if sums.debited != sums.credited || sums.debit_pending + sums.credit_pending + sums.frozen != 0 {
            return Refusal::err("account_not_empty");
        }
        if self.standing(now).iter().any(|(_, frozen)| frozen.account == number) {
            return Refusal::err("account_frozen");
        }
        Ok((Deed::Closed, vec![(number, 0)]))
    }
}
