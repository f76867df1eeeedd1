//! The naive ledger's rules: what a command becomes.

use ledger::command::{Action, Command, EntryLeg, OpenAccount, RefundSpend};
use ledger::model::{AccountKind, AccountRef, CurrencyCode, Directions, Overdraft, Side};

use super::model::{Deed, Leg, Naive, Opened, Verdict};

impl Naive {
    /// Two accounts that differ, are open, of the kinds and the currency asked for.
    fn pair(
        &self,
        first: &Opened,
        second: &Opened,
        kinds: [Option<AccountKind>; 2],
        currency: CurrencyCode,
    ) -> Verdict<()> {
        if first.id == second.id {
            return Err("accounts_must_differ");
        }
        self.open(first.id)?;
        self.open(second.id)?;
        for (opened, kind) in [(first, kinds[0]), (second, kinds[1])] {
            if kind.is_some_and(|kind| kind != opened.kind) {
                return Err("kind_not_allowed");
            }
        }
        if first.currency != currency || second.currency != currency { Err("currency_mismatch") } else { Ok(()) }
    }

    fn post(&self, debit: u128, credit: u128, amount: i128, now: i64) -> Verdict<Deed> {
        let legs = move_legs(debit, credit, amount);
        if self.is_stopped(&legs, now) {
            return Ok(Deed::Declined);
        }
        self.bear(&legs, now)?;
        Ok(Deed::Posted { legs, refunds: None, is_spend: false, reverses: None })
    }

    /// What a halt stops is declined, unless something is wrong with it that comes before.
    pub fn judge(&self, command: &Command) -> Verdict<Deed> {
        let judged = self.judge_without_halts(command);
        let comes_before = matches!(judged, Err(code) if !AFTER_CONTROLS.contains(&code));
        if !comes_before && self.is_halted(command) { Ok(Deed::Declined) } else { judged }
    }

    fn judge_without_halts(&self, command: &Command) -> Verdict<Deed> {
        let now = command.at.unwrap().0;
        if matches!(&command.action, Action::ImposeHalt(action) if action.ends_at.is_some_and(|at| at.0 <= now)) {
            return Err("period_invalid");
        }
        let until = match &command.action {
            Action::PlaceHold(action) => action.expires_at,
            Action::FreezeAccount(action) => action.expires_at,
            _ => None,
        };
        if until.is_some_and(|until| until.0 <= now) {
            return Err("expiry_not_after_now");
        }
        if let Some(principal) = &command.actor {
            let registers = |known: &Command| matches!(&known.action, Action::RegisterActor(action) if action.principal == *principal);
            if !self.deeds.iter().any(|(known, _)| registers(known)) {
                return Err("actor_unknown");
            }
        }
        match &command.action {
            Action::TopUp(action) => self.has_currency(action.currency)?,
            Action::Spend(action) => self.has_currency(action.currency)?,
            Action::Transfer(action) => self.has_currency(action.currency)?,
            Action::PlaceHold(action) => self.has_currency(action.currency)?,
            Action::OpenAccount(action) => self.has_currency(action.currency)?,
            Action::RefundSpend(action) => action.currency.map_or(Ok(()), |code| self.has_currency(code))?,
            Action::SettleHold(action) => action.currency.map_or(Ok(()), |code| self.has_currency(code))?,
            Action::FreezeAmount(action) => self.has_currency(action.currency)?,
            Action::ReleaseAmount(action) => action.currency.map_or(Ok(()), |code| self.has_currency(code))?,
            _ => {}
        }
        let payable = match &command.context.store {
            Some(code) => Some(self.payable(code.as_str()).ok_or("store_unknown")?),
            None => None,
        };
        match &command.action {
            Action::TopUp(action) => {
                let wallet = self.account(&action.account)?;
                let funding = self.account(&action.funding)?;
                let kinds = [Some(AccountKind::Liability), Some(AccountKind::Asset)];
                self.pair(&wallet, &funding, kinds, action.currency)?;
                self.post(funding.id, wallet.id, action.amount_minor.into(), now)
            }
            Action::Spend(action) => {
                let wallet = self.account(&action.account)?;
                let payable = payable.unwrap();
                self.pair(&wallet, &payable, [Some(AccountKind::Liability), None], action.currency)?;
                let deed = self.post(wallet.id, payable.id, action.amount_minor.into(), now)?;
                let Deed::Posted { legs, refunds, reverses, .. } = deed else { return Ok(deed) };
                Ok(Deed::Posted { legs, refunds, is_spend: true, reverses })
            }
            Action::Transfer(action) => {
                let debit = self.account(&action.debit)?;
                let credit = self.account(&action.credit)?;
                self.pair(&debit, &credit, [None, None], action.currency)?;
                self.post(debit.id, credit.id, action.amount_minor.into(), now)
            }
            Action::PlaceHold(action) => {
                let debit = self.account(&action.debit)?;
                let credit = match &action.credit {
                    Some(credit) => self.account(credit)?,
                    None => payable.unwrap(),
                };
                self.pair(&debit, &credit, [None, None], action.currency)?;
                let amount = action.amount_minor.into();
                if self.is_stopped(&move_legs(debit.id, credit.id, amount), now) {
                    return Ok(Deed::Declined);
                }
                self.bear(&move_legs(debit.id, credit.id, amount), now)?;
                let until = action.expires_at.map(|until| until.0);
                Ok(Deed::Held { debit: debit.id, credit: credit.id, amount, until })
            }
            Action::SettleHold(action) => {
                let (debit, credit, left) = self.open_hold(command, action.hold.0, now)?;
                if action.currency.is_some_and(|currency| currency != self.by_id(debit).currency) {
                    return Err("currency_mismatch");
                }
                let amount = action.amount_minor.map_or(left, i128::from);
                if self.is_stopped(&move_legs(debit, credit, amount), now) {
                    return Ok(Deed::Declined);
                }
                if amount > left {
                    return Err("settlement_exceeds_hold");
                }
                let last = !action.more_to_come || amount == left;
                Ok(Deed::Paid { hold: action.hold.0, legs: move_legs(debit, credit, amount), last })
            }
            Action::VoidHold(action) => {
                self.open_hold(command, action.hold.0, now)?;
                Ok(Deed::Voided { hold: action.hold.0 })
            }
            Action::RefundSpend(action) => self.refund(action, now),
            Action::ReverseTransaction(action) => self.reverse(action.transaction.0, now),
            Action::PostJournalEntry(action) => self.entry(&action.legs, now),
            Action::OpenAccount(action) => self.open_account(action),
            Action::CloseAccount(action) => {
                let opened = self.account(&action.account)?;
                self.open(opened.id)?;
                let sums = self.sums(opened.id, now);
                if sums.debited != sums.credited || sums.debit_pending + sums.credit_pending + sums.frozen != 0 {
                    return Err("account_not_empty");
                }
                if self.standing(opened.id, now).next().is_some() {
                    return Err("account_frozen");
                }
                Ok(Deed::Closed(opened.id))
            }
            Action::OpenStore(action) => {
                if self.payable(action.code.as_str()).is_some() {
                    return Err("store_exists");
                }
                let payable = self.account(&action.payable)?;
                self.open(payable.id)?;
                if payable.kind == AccountKind::Liability { Ok(Deed::Made) } else { Err("kind_not_allowed") }
            }
            Action::RecordSignal(action) => {
                let opened = self.account(&action.account)?;
                self.open(opened.id).map(|()| Deed::Made)
            }
            Action::FreezeAccount(action) => {
                let opened = self.account(&action.account)?;
                self.open(opened.id)?;
                if self.standing(opened.id, now).count() >= 16 {
                    return Err("freezes_exhausted");
                }
                let way = |this| action.directions == this || action.directions == Directions::Both;
                let until = action.expires_at.map(|until| until.0);
                Ok(Deed::Frozen { account: opened.id, into: way(Directions::In), out: way(Directions::Out), until })
            }
            Action::ThawAccount(action) => {
                let freeze = action.freeze.0;
                let Some((_, Deed::Frozen { account, .. })) = self.find(freeze) else { return Err("freeze_unknown") };
                let stands = self.standing(*account, now).any(|(id, ..)| id == freeze);
                if stands { Ok(Deed::Thawed { freeze }) } else { Err("freeze_over") }
            }
            Action::FreezeAmount(action) => {
                let opened = self.account(&action.account)?;
                self.open(opened.id)?;
                if opened.currency != action.currency {
                    return Err("currency_mismatch");
                }
                let amount = i128::from(action.amount_minor);
                if amount > self.available(&opened, now) {
                    return Err("insufficient_funds");
                }
                Ok(Deed::FrozenAmount { account: opened.id, amount })
            }
            Action::ReleaseAmount(action) => {
                let freeze = action.freeze.0;
                let Some((_, Deed::FrozenAmount { account, .. })) = self.find(freeze) else {
                    return Err("freeze_unknown");
                };
                let left = self.frozen_left(freeze);
                if left == 0 {
                    return Err("freeze_over");
                }
                if action.currency.is_some_and(|currency| currency != self.by_id(*account).currency) {
                    return Err("currency_mismatch");
                }
                let amount = action.amount_minor.map_or(left, i128::from);
                if amount > left { Err("release_exceeds_freeze") } else { Ok(Deed::Released { freeze, amount }) }
            }
            Action::ImposeHalt(action) => Self::impose(action),
            Action::LiftHalt(action) => self.lift(command, action),
            _ => Ok(Deed::Made),
        }
    }

    fn open_account(&self, action: &OpenAccount) -> Verdict<Deed> {
        let under = match &action.under {
            Some(code) => Some(self.account(&AccountRef::Code(code.clone()))?),
            None => None,
        };
        if self.opened().any(|opened| opened.id == action.account.0) {
            return Err("account_exists");
        }
        let code = action.code.as_ref().map(ToString::to_string);
        if code.is_some() && self.opened().any(|opened| opened.code == code) {
            return Err("code_exists");
        }
        if let Some(under) = under {
            self.open(under.id)?;
            if under.kind != action.kind {
                return Err("kind_not_allowed");
            }
            if under.currency != action.currency {
                return Err("currency_mismatch");
            }
        }
        let overdraft = match action.overdraft {
            Overdraft::Never => Some(0),
            Overdraft::UpTo(bound) => Some(bound.into()),
            Overdraft::Unlimited => None,
        };
        Ok(Deed::Opened(Opened { id: action.account.0, kind: action.kind, currency: action.currency, overdraft, code }))
    }

    fn open_hold(&self, command: &Command, id: u128, now: i64) -> Verdict<(u128, u128, i128)> {
        let date = |one: &Command| {
            let day = |at: i64| (at + 9 * 3_600_000_000).div_euclid(86_400_000_000) as i32;
            one.effective.map_or_else(|| day(one.at.unwrap().0), |date| date.0)
        };
        match self.find(id) {
            Some((placed, Deed::Held { debit, credit, .. })) => match self.left(id, now) {
                0 => Err("hold_closed"),
                _ if date(command) < date(placed) => Err("effective_before_hold"),
                left => Ok((*debit, *credit, left)),
            },
            _ => Err("hold_unknown"),
        }
    }

    fn refund(&self, action: &RefundSpend, now: i64) -> Verdict<Deed> {
        let spend = action.spend.0;
        let (_, deed) = self.find(spend).ok_or("transaction_unknown")?;
        let (Deed::Posted { legs, is_spend: true, .. } | Deed::Paid { legs, .. }) = deed else {
            return Err("not_possible");
        };
        let (wallet, payable) = (legs[0].account, legs[1].account);
        self.open(wallet)?;
        self.open(payable)?;
        if action.currency.is_some_and(|currency| currency != self.by_id(wallet).currency) {
            return Err("currency_mismatch");
        }
        if self.is_reversed(spend) {
            return Err("already_reversed");
        }
        let left = legs[0].amount - self.refunded(spend);
        let amount = action.amount_minor.map_or(left, i128::from);
        let legs = move_legs(payable, wallet, amount);
        if self.is_stopped(&legs, now) {
            return Ok(Deed::Declined);
        }
        if amount > left || left == 0 {
            return Err("refund_exceeds_spend");
        }
        self.bear(&legs, now)?;
        Ok(Deed::Posted { legs, refunds: Some(spend), is_spend: false, reverses: None })
    }

    fn reverse(&self, id: u128, now: i64) -> Verdict<Deed> {
        let (_, deed) = self.find(id).ok_or("transaction_unknown")?;
        let (Deed::Posted { legs, reverses: None, .. } | Deed::Paid { legs, .. }) = deed else {
            return Err("not_possible");
        };
        legs.iter().try_for_each(|leg| self.open(leg.account))?;
        if self.is_reversed(id) {
            return Err("already_reversed");
        }
        if self.refunded(id) > 0 {
            return Err("already_refunded");
        }
        let legs: Vec<_> = legs.iter().map(|leg| Leg { debit: !leg.debit, ..leg.clone() }).collect();
        self.bear(&legs, now)?;
        Ok(Deed::Posted { legs, refunds: None, is_spend: false, reverses: Some(id) })
    }

    fn entry(&self, legs: &[EntryLeg], now: i64) -> Verdict<Deed> {
        legs.iter().try_for_each(|leg| self.has_currency(leg.currency))?;
        let accounts = legs.iter().map(|leg| self.account(&leg.account)).collect::<Result<Vec<_>, _>>()?;
        accounts.iter().try_for_each(|opened| self.open(opened.id))?;
        if accounts.iter().zip(legs).any(|(opened, leg)| opened.currency != leg.currency) {
            return Err("currency_mismatch");
        }
        let legs: Vec<_> = accounts
            .iter()
            .zip(legs)
            .map(|(opened, leg)| Leg {
                account: opened.id,
                debit: leg.side == Side::Debit,
                amount: leg.amount_minor.into(),
            })
            .collect();
        self.bear(&legs, now)?;
        Ok(Deed::Posted { legs, refunds: None, is_spend: false, reverses: None })
    }
}

/// The refusals that come after controls.
const AFTER_CONTROLS: [&str; 6] = [
    "insufficient_funds",
    "total_overflow",
    "refund_exceeds_spend",
    "settlement_exceeds_hold",
    "account_not_empty",
    "account_frozen",
];

fn move_legs(debit: u128, credit: u128, amount: i128) -> Vec<Leg> {
    vec![Leg { account: debit, debit: true, amount }, Leg { account: credit, debit: false, amount }]
}

/// The rules of form that the generated commands can break.
pub fn check_form(command: &Command) -> Verdict<()> {
    own_form(command)?;
    let has_no_date = matches!(
        command.action,
        Action::RecordSignal(_)
            | Action::FreezeAccount(_)
            | Action::ThawAccount(_)
            | Action::FreezeAmount(_)
            | Action::ReleaseAmount(_)
            | Action::ImposeHalt(_)
            | Action::LiftHalt(_)
    );
    if has_no_date && command.effective.is_some() { Err("effective_forbidden") } else { Ok(()) }
}

fn own_form(command: &Command) -> Verdict<()> {
    let store = command.context.store.is_some();
    match &command.action {
        Action::TopUp(action) => form(action.amount_minor, action.account == action.funding, false),
        Action::Spend(action) => form(action.amount_minor, false, !store),
        Action::Transfer(action) => form(action.amount_minor, action.debit == action.credit, false),
        Action::PlaceHold(action) => {
            let same = action.credit.as_ref() == Some(&action.debit);
            form(action.amount_minor, same, !store && action.credit.is_none())
        }
        Action::SettleHold(action) => form(action.amount_minor.unwrap_or(1), false, false),
        Action::RefundSpend(action) => form(action.amount_minor.unwrap_or(1), false, false),
        Action::FreezeAmount(action) => form(action.amount_minor, false, false),
        Action::ReleaseAmount(action) => form(action.amount_minor.unwrap_or(1), false, false),
        Action::PostJournalEntry(action) => {
            action.legs.iter().try_for_each(|leg| form(leg.amount_minor, false, false))?;
            let sum = |side| -> u128 {
                action.legs.iter().filter(|leg| leg.side == side).map(|leg| u128::from(leg.amount_minor)).sum()
            };
            if sum(Side::Debit) == sum(Side::Credit) { Ok(()) } else { Err("unbalanced") }
        }
        _ => Ok(()),
    }
}

const fn form(amount: u64, same: bool, without_store: bool) -> Verdict<()> {
    match (amount, same, without_store) {
        (0, ..) => Err("amount_zero"),
        (_, true, _) => Err("accounts_must_differ"),
        (_, _, true) => Err("store_missing"),
        _ => Ok(()),
    }
}
