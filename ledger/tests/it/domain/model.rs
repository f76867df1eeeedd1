//! A naive ledger: a list of what was accepted, from which everything is computed again for each question. It shares no code with
//! the library: only the commands are the same. It knows holds that ended by their time, not the events that say so.

use std::collections::BTreeMap;

use ledger::command::{Action, Command, EntryLeg, Submission};
use ledger::model::{AccountKind, AccountRef, CurrencyCode, Overdraft, Side};

const TOTAL_MAX: i128 = (1 << 63) - 1;

/// Debited and credited, posted and pending.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Sums {
    pub debited: i128,
    pub credited: i128,
    pub debit_pending: i128,
    pub credit_pending: i128,
}

#[derive(Clone)]
struct Leg {
    account: u128,
    debit: bool,
    amount: i128,
}

/// What an accepted command did.
#[derive(Clone)]
enum Deed {
    Made,
    Opened(Opened),
    Closed(u128),
    Posted { legs: Vec<Leg>, refunds: Option<u128>, is_spend: bool, reverses: Option<u128> },
    Held { debit: u128, credit: u128, amount: i128, until: Option<i64> },
    Paid { hold: u128, legs: Vec<Leg>, last: bool },
    Voided { hold: u128 },
}

#[derive(Clone)]
pub struct Opened {
    pub id: u128,
    pub kind: AccountKind,
    pub currency: CurrencyCode,
    /// No bound: nothing.
    pub overdraft: Option<i128>,
    code: Option<String>,
}

impl Opened {
    fn grows_by_debits(&self) -> bool {
        matches!(self.kind, AccountKind::Asset | AccountKind::Expense)
    }
}

#[derive(Clone, Default)]
pub struct Naive {
    deeds: Vec<(Command, Deed)>,
}

type Verdict<T> = Result<T, &'static str>;

impl Naive {
    /// The answer, member by member: `ok`, `replayed`, or a refusal's code.
    pub fn submit(&mut self, submission: &Submission) -> Vec<&'static str> {
        match submission {
            Submission::One(command) => vec![self.one(command).unwrap_or_else(|code| code)],
            Submission::Group(group) => self.group(&group.members),
        }
    }

    fn one(&mut self, command: &Command) -> Verdict<&'static str> {
        check_form(command)?;
        if let Some((known, _)) = self.find(command.id.0) {
            let same = Command { at: None, ..known.clone() } == Command { at: None, ..command.clone() };
            return if same { Ok("replayed") } else { Err("id_reused") };
        }
        let deed = self.judge(command)?;
        self.deeds.push((command.clone(), deed));
        Ok("ok")
    }

    fn group(&mut self, members: &[Command]) -> Vec<&'static str> {
        let failed = |code| {
            let mut answers = vec!["group_failed"; members.len()];
            answers[0] = code;
            answers
        };
        for (place, member) in members.iter().enumerate() {
            if members[..place].iter().any(|other| other.id == member.id) {
                return failed("group_id_twice");
            }
        }
        if let Some(code) = members.iter().find_map(|member| check_form(member).err()) {
            return failed(code);
        }
        let known = members.iter().filter(|member| self.find(member.id.0).is_some()).count();
        if known > 0 && known < members.len() {
            return failed("group_partly_known");
        }
        let before = self.deeds.clone();
        let mut answers = Vec::new();
        for member in members {
            match self.one(member) {
                Ok(answer) => answers.push(answer),
                Err(code) => {
                    self.deeds = before;
                    return failed(code);
                }
            }
        }
        answers
    }

    fn find(&self, id: u128) -> Option<&(Command, Deed)> {
        self.deeds.iter().find(|(command, _)| command.id.0 == id)
    }

    pub fn opened(&self) -> impl Iterator<Item = &Opened> {
        self.deeds.iter().filter_map(|(_, deed)| match deed {
            Deed::Opened(opened) => Some(opened),
            _ => None,
        })
    }

    fn account(&self, given: &AccountRef) -> Verdict<Opened> {
        let named = |opened: &&Opened| match given {
            AccountRef::Id(id) => opened.id == id.0,
            AccountRef::Code(code) => opened.code.as_deref() == Some(code.as_str()),
        };
        self.opened().find(named).cloned().ok_or("account_unknown")
    }

    fn by_id(&self, id: u128) -> Opened {
        self.opened().find(|opened| opened.id == id).cloned().unwrap()
    }

    fn is_closed(&self, id: u128) -> bool {
        self.deeds.iter().any(|(_, deed)| matches!(deed, Deed::Closed(closed) if *closed == id))
    }

    fn open(&self, id: u128) -> Verdict<()> {
        if self.is_closed(id) { Err("account_closed") } else { Ok(()) }
    }

    /// What a hold still holds at `now`.
    fn left(&self, hold: u128, now: i64) -> i128 {
        let Some((_, Deed::Held { amount, until, .. })) = self.find(hold) else { return 0 };
        if until.is_some_and(|until| until <= now) {
            return 0;
        }
        let mut left = *amount;
        for (_, deed) in &self.deeds {
            match deed {
                Deed::Paid { hold: of, legs, .. } if *of == hold => left -= legs[0].amount,
                Deed::Voided { hold: of } if *of == hold => return 0,
                _ => {}
            }
            if matches!(deed, Deed::Paid { hold: of, last: true, .. } if *of == hold) {
                return 0;
            }
        }
        left
    }

    /// What was ever posted to an account, and what is pending at `now`.
    pub fn sums(&self, id: u128, now: i64) -> Sums {
        let mut sums = Sums::default();
        for (command, deed) in &self.deeds {
            if let Deed::Posted { legs, .. } | Deed::Paid { legs, .. } = deed {
                for leg in legs.iter().filter(|leg| leg.account == id) {
                    *if leg.debit { &mut sums.debited } else { &mut sums.credited } += leg.amount;
                }
            }
            if let Deed::Held { debit, credit, .. } = deed {
                let left = self.left(command.id.0, now);
                sums.debit_pending += if *debit == id { left } else { 0 };
                sums.credit_pending += if *credit == id { left } else { 0 };
            }
        }
        sums
    }

    pub fn available(&self, opened: &Opened, now: i64) -> i128 {
        let sums = self.sums(opened.id, now);
        if opened.grows_by_debits() {
            sums.debited - sums.credited - sums.credit_pending
        } else {
            sums.credited - sums.debited - sums.debit_pending
        }
    }

    /// Whether all legs together leave every account within its rule; each leg's amount is posted or reserved.
    fn bear(&self, legs: &[Leg], now: i64) -> Verdict<()> {
        let mut changes: BTreeMap<u128, (i128, i128)> = BTreeMap::new();
        for leg in legs {
            let change = changes.entry(leg.account).or_default();
            *if leg.debit { &mut change.0 } else { &mut change.1 } += leg.amount;
        }
        for (id, (debited, credited)) in &changes {
            let opened = self.by_id(*id);
            let growth = if opened.grows_by_debits() { debited - credited } else { credited - debited };
            let after = self.available(&opened, now) + growth;
            if growth < 0 && opened.overdraft.is_some_and(|overdraft| after < -overdraft) {
                return Err("insufficient_funds");
            }
        }
        for (id, (debited, credited)) in &changes {
            let sums = self.sums(*id, now);
            if sums.debited + sums.debit_pending + debited > TOTAL_MAX
                || sums.credited + sums.credit_pending + credited > TOTAL_MAX
            {
                return Err("total_overflow");
            }
        }
        Ok(())
    }

    fn refunded(&self, spend: u128) -> i128 {
        let refund = |(command, deed): &(Command, Deed)| match deed {
            Deed::Posted { refunds: Some(of), legs, .. } if *of == spend && !self.is_reversed(command.id.0) => {
                legs[0].amount
            }
            _ => 0,
        };
        self.deeds.iter().map(refund).sum()
    }

    fn is_reversed(&self, id: u128) -> bool {
        self.deeds.iter().any(|(_, deed)| matches!(deed, Deed::Posted { reverses: Some(of), .. } if *of == id))
    }

    fn has_currency(&self, code: CurrencyCode) -> Verdict<()> {
        let defines =
            |command: &Command| matches!(&command.action, Action::DefineCurrency(action) if action.code == code);
        if self.deeds.iter().any(|(command, _)| defines(command)) { Ok(()) } else { Err("currency_unknown") }
    }

    fn payable(&self, store: &str) -> Option<Opened> {
        self.deeds.iter().find_map(|(command, _)| match &command.action {
            Action::OpenStore(action) if action.code.as_str() == store => self.account(&action.payable).ok(),
            _ => None,
        })
    }

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
        self.bear(&legs, now)?;
        Ok(Deed::Posted { legs, refunds: None, is_spend: false, reverses: None })
    }

    fn judge(&self, command: &Command) -> Verdict<Deed> {
        let now = command.at.unwrap().0;
        if matches!(&command.action, Action::PlaceHold(action) if action.expires_at.is_some_and(|until| until.0 <= now))
        {
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
                let Deed::Posted { legs, refunds, reverses, .. } = deed else { unreachable!() };
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
                self.bear(&move_legs(debit.id, credit.id, amount), now)?;
                let until = action.expires_at.map(|until| until.0);
                Ok(Deed::Held { debit: debit.id, credit: credit.id, amount, until })
            }
            Action::SettleHold(action) => {
                let (debit, credit, left) = self.open_hold(action.hold.0, now)?;
                if action.currency.is_some_and(|currency| currency != self.by_id(debit).currency) {
                    return Err("currency_mismatch");
                }
                let amount = action.amount_minor.map_or(left, i128::from);
                if amount > left {
                    return Err("settlement_exceeds_hold");
                }
                let last = !action.more_to_come || amount == left;
                Ok(Deed::Paid { hold: action.hold.0, legs: move_legs(debit, credit, amount), last })
            }
            Action::VoidHold(action) => {
                self.open_hold(action.hold.0, now)?;
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
                if sums.debited != sums.credited || sums.debit_pending + sums.credit_pending != 0 {
                    return Err("account_not_empty");
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
            _ => Ok(Deed::Made),
        }
    }

    fn open_account(&self, action: &ledger::command::OpenAccount) -> Verdict<Deed> {
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

    fn open_hold(&self, id: u128, now: i64) -> Verdict<(u128, u128, i128)> {
        match self.find(id) {
            Some((_, Deed::Held { debit, credit, .. })) => match self.left(id, now) {
                0 => Err("hold_closed"),
                left => Ok((*debit, *credit, left)),
            },
            _ => Err("hold_unknown"),
        }
    }

    fn refund(&self, action: &ledger::command::RefundSpend, now: i64) -> Verdict<Deed> {
        let spend = action.spend.0;
        let legs = match &self.find(spend).ok_or("transaction_unknown")?.1 {
            Deed::Posted { legs, is_spend: true, .. } | Deed::Paid { legs, .. } => legs,
            _ => return Err("not_possible"),
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
        if amount > left || left == 0 {
            return Err("refund_exceeds_spend");
        }
        let legs = move_legs(payable, wallet, amount);
        self.bear(&legs, now)?;
        Ok(Deed::Posted { legs, refunds: Some(spend), is_spend: false, reverses: None })
    }

    fn reverse(&self, id: u128, now: i64) -> Verdict<Deed> {
        let legs = match &self.find(id).ok_or("transaction_unknown")?.1 {
            Deed::Posted { legs, reverses: None, .. } | Deed::Paid { legs, .. } => legs,
            _ => return Err("not_possible"),
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

fn move_legs(debit: u128, credit: u128, amount: i128) -> Vec<Leg> {
    vec![Leg { account: debit, debit: true, amount }, Leg { account: credit, debit: false, amount }]
}

/// The rules of form that the generated commands can break.
fn check_form(command: &Command) -> Verdict<()> {
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
