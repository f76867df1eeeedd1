//! What becomes of a command, in the order in which the rules come: form, known id, time, existence, controls, funds.

use super::{Books, Deed, Fact, Leg, Sums, Why, form, is_debit, pair};
use crate::command::{Action, Command, EntryLeg, Group, RefundSpend, Submission};
use crate::model::{AccountKind, AccountRef, Clock, CurrencyCode, Overdraft};

/// The most that may be posted and pending on one side of an account.
const TOTAL_MAX: i128 = (1 << 63) - 1;

/// What must be answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Answer {
    Accepted(Receipt),
    Replayed(Receipt),
    Declined(Receipt),
    Rejected(Refusal),
    Group(Vec<Self>),
}

/// Sequence, time, and the accounts with their posted net.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Receipt {
    pub(crate) sequence: usize,
    pub(crate) at: i64,
    pub(crate) balances: Vec<(usize, i128)>,
}

/// A code, and the numbers that come with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) code: &'static str,
    pub(crate) numbers: Vec<i128>,
}

impl Refusal {
    pub(super) fn err<T>(code: &'static str) -> Result<T, Self> {
        Self::with(code, &[])
    }

    pub(super) fn with<T>(code: &'static str, numbers: &[i128]) -> Result<T, Self> {
        Err(Self { code, numbers: numbers.to_vec() })
    }
}

impl Answer {
    /// A refusal without numbers.
    pub(crate) const fn refused(code: &'static str) -> Self {
        Self::Rejected(Refusal { code, numbers: Vec::new() })
    }

    /// Whether anything of it was refused.
    pub(crate) fn is_refusal(&self) -> bool {
        match self {
            Self::Rejected(_) | Self::Declined(_) => true,
            Self::Group(members) => members.iter().any(Self::is_refusal),
            Self::Accepted(_) | Self::Replayed(_) => false,
        }
    }
}

pub(super) type Judged = Result<(Deed, Vec<(usize, i128)>), Refusal>;

impl Books {
    /// What becomes of a submission when the wall clock reads `wall`.
    pub(crate) fn submit(&mut self, submission: &Submission, wall: i64) -> Answer {
        match submission {
            Submission::One(command) => self.one(command, wall).unwrap_or_else(Answer::Rejected),
            Submission::Group(group) => self.group(group, wall),
        }
    }

    /// The time at which a command happens, once its form is right.
    fn check(&self, command: &Command, wall: i64) -> Result<i64, Refusal> {
        let now = match (self.clock, command.at) {
            (Clock::Commands, None) => return Refusal::err("at_missing"),
            (Clock::System, Some(_)) => return Refusal::err("at_forbidden"),
            (Clock::Commands, Some(at)) => at.0,
            (Clock::System, None) => wall,
        };
        form::check(command, self.date(now))?;
        Ok(now)
    }

    fn one(&mut self, command: &Command, wall: i64) -> Result<Answer, Refusal> {
        let now = self.check(command, wall)?;
        if self.find(command.id.0).is_some() {
            return self.known(command);
        }
        self.clock_reads(command, wall)?;
        let before = (self.last(), self.uncounted.clone());
        self.tick_for(now);
        let taken = self.take(command, now);
        if let Err(refusal) = &taken {
            self.go_back(before, refusal.code);
        }
        taken
    }

    fn known(&self, command: &Command) -> Result<Answer, Refusal> {
        let (sequence, fact) = self.find(command.id.0).expect("a known id");
        if fact.said != Some(Command { at: None, ..command.clone() }) {
            return Refusal::with("id_reused", &[sequence as i128]);
        }
        let receipt = receipt(sequence, fact);
        Ok(if matches!(fact.deed, Deed::Declined { .. }) {
            Answer::Declined(receipt)
        } else {
            Answer::Replayed(receipt)
        })
    }

    fn take(&mut self, command: &Command, now: i64) -> Result<Answer, Refusal> {
        let judged = match self.judge(command, now) {
            Ok(judged) => judged,
            Err(mut refusal) => {
                self.count(&mut refusal, now);
                return Err(refusal);
            }
        };
        self.add(Some(command), now, command.effective.map(|date| date.0), judged);
        let fact = &self.facts[self.last() - 1];
        let receipt = receipt(self.last(), fact);
        Ok(if matches!(fact.deed, Deed::Declined { .. }) {
            Answer::Declined(receipt)
        } else {
            Answer::Accepted(receipt)
        })
    }

    fn group(&mut self, group: &Group, wall: i64) -> Answer {
        if let Err(refusal) = form::group(group) {
            return Answer::Rejected(refusal);
        }
        let members = &group.members;
        match self.members(members, wall) {
            Ok(answers) => Answer::Group(answers),
            Err((failed, refused)) => {
                let others = Answer::Rejected(Refusal { code: "group_failed", numbers: vec![failed as i128] });
                let answer = |place| if place == failed { refused.clone() } else { others.clone() };
                Answer::Group((0..members.len()).map(answer).collect())
            }
        }
    }

    fn members(&mut self, members: &[Command], wall: i64) -> Result<Vec<Answer>, (usize, Answer)> {
        let rejected = |place: usize, refusal: Refusal| (place, Answer::Rejected(refusal));
        let mut now = wall;
        for (place, member) in members.iter().enumerate() {
            now = self.check(member, wall).map_err(|refusal| rejected(place, refusal))?;
        }
        let is_known = |member: &Command| self.find(member.id.0).map(|(sequence, _)| sequence);
        let known: Vec<_> = members.iter().enumerate().filter_map(|(nth, one)| Some((nth, is_known(one)?))).collect();
        if known.len() == members.len() {
            let again = |(nth, member)| self.known(member).map_err(|refusal| rejected(nth, refusal));
            return members.iter().enumerate().map(again).collect();
        }
        if let Some((nth, sequence)) = known.first() {
            if let Ok(declined @ Answer::Declined(_)) = self.known(&members[*nth]) {
                return Err((*nth, declined));
            }
            let numbers = vec![*nth as i128, *sequence as i128];
            return Err(rejected(*nth, Refusal { code: "group_partly_known", numbers }));
        }
        for (place, member) in members.iter().enumerate() {
            self.clock_reads(member, wall).map_err(|refusal| rejected(place, refusal))?;
        }
        let untouched = (self.last(), self.uncounted.clone());
        self.tick_for(now);
        let before = self.last();
        let mut answers = Vec::new();
        for (place, member) in members.iter().enumerate() {
            match self.take(member, now) {
                Ok(Answer::Declined(_)) => {
                    self.facts.truncate(before);
                    // What stood only within the group never was, so it refuses nothing that is on record.
                    if !matches!(self.judge(member, now), Ok((Deed::Declined { .. }, _))) {
                        let refusal = Refusal { code: "declined_within_group", numbers: Vec::new() };
                        self.go_back(untouched, refusal.code);
                        return Err(rejected(place, refusal));
                    }
                    let declined = self.take(member, now).expect("judged before");
                    return Err((place, declined));
                }
                Ok(answer) => answers.push(answer),
                Err(refusal) => {
                    self.go_back(untouched, refusal.code);
                    return Err(rejected(place, refusal));
                }
            }
        }
        let last = self.last();
        self.facts[before..last - 1].iter_mut().for_each(|fact| fact.ends_commit = false);
        Ok(answers)
    }

    fn judge(&self, command: &Command, now: i64) -> Judged {
        if now < self.last_at() {
            return Refusal::err("at_before_last");
        }
        if matches!(command.action, Action::AcceptClock(_)) && self.clock == Clock::Commands {
            return Refusal::err("clock_of_commands");
        }
        let until = match &command.action {
            Action::PlaceHold(hold) => hold.expires_at,
            Action::FreezeAccount(freeze) => freeze.expires_at,
            _ => None,
        };
        if until.is_some_and(|at| at.0 <= now) {
            return Refusal::err("expiry_not_after_now");
        }
        if command.actor.as_deref().is_some_and(|actor| self.actors().all(|known| known != actor)) {
            return Refusal::err("actor_unknown");
        }
        if let Some(code) = currency_of(&command.action) {
            self.defined(code)?;
        }
        let store = command.context.store.as_ref();
        let payable = store.map(|code| self.stores().find(|(known, _)| *known == code).map(|(_, payable)| payable));
        if payable == Some(None) {
            return Refusal::err("store_unknown");
        }
        self.act(command, payable.flatten(), now)
    }

    fn act(&self, command: &Command, payable: Option<usize>, now: i64) -> Judged {
        match &command.action {
            Action::DefineCurrency(action) if self.defined(action.code).is_ok() => Refusal::err("currency_exists"),
            Action::DefineCurrency(action) => Ok((Deed::Currency(action.code, action.exponent), Vec::new())),
            Action::RegisterActor(action) if self.actors().any(|known| *known == *action.principal) => {
                Refusal::err("actor_exists")
            }
            Action::RegisterActor(action) => Ok((Deed::Actor(action.principal.clone()), Vec::new())),
            Action::OpenStore(action) => self.open_store(&action.code, &action.payable),
            Action::AcceptClock(_) => Ok((Deed::Clock, Vec::new())),
            Action::OpenAccount(action) => self.open_account(action),
            Action::CloseAccount(action) => self.close_account(&action.account, now),
            Action::TopUp(action) => {
                let (wallet, funding) = (self.named(&action.account)?, self.named(&action.funding)?);
                let kinds = [Some(AccountKind::Liability), Some(AccountKind::Asset)];
                self.fit([wallet, funding], kinds, action.currency)?;
                self.post(Why::TopUp, pair(funding, wallet, action.amount_minor.into()), Some(now))
            }
            Action::Spend(action) => {
                let wallet = self.named(&action.account)?;
                let payable = payable.expect("form asks for a store");
                self.fit([wallet, payable], [Some(AccountKind::Liability), None], action.currency)?;
                self.post(Why::Spend, pair(wallet, payable, action.amount_minor.into()), Some(now))
            }
            Action::Transfer(action) => {
                let (debit, credit) = (self.named(&action.debit)?, self.named(&action.credit)?);
                self.fit([debit, credit], [None, None], action.currency)?;
                self.post(Why::Transfer, pair(debit, credit, action.amount_minor.into()), Some(now))
            }
            Action::PostJournalEntry(action) => self.entry(&action.legs),
            Action::RefundSpend(action) => self.refund(action, now),
            Action::ReverseTransaction(action) => self.reverse(action.transaction.0),
            Action::PlaceHold(action) => self.hold(action, payable, now),
            Action::SettleHold(action) => self.settle(command, action, now),
            Action::VoidHold(action) => {
                let (hold, amount) = self.open_hold(command, action.hold.0, now)?;
                Ok((Deed::Voided { hold, amount }, self.touch_hold(hold, &self.all_sums())))
            }
            Action::RecordSignal(action) => {
                let account = self.named(&action.account)?;
                self.open(account)?;
                self.note(account, Deed::Signal(action.signal.clone()))
            }
            Action::FreezeAccount(action) => self.freeze_account(action, now),
            Action::ThawAccount(action) => self.thaw(action.freeze.0, now),
            Action::FreezeAmount(action) => self.freeze_amount(action),
            Action::ReleaseAmount(action) => self.release(action),
        }
    }

    pub(super) fn defined(&self, code: CurrencyCode) -> Result<(), Refusal> {
        if self.currencies().any(|(known, _)| known == code) { Ok(()) } else { Refusal::err("currency_unknown") }
    }

    pub(super) fn named(&self, given: &AccountRef) -> Result<usize, Refusal> {
        self.resolve(given).map_or_else(|| Refusal::err("account_unknown"), Ok)
    }

    pub(super) fn open(&self, number: usize) -> Result<(), Refusal> {
        if self.is_closed(number) { Refusal::err("account_closed") } else { Ok(()) }
    }

    pub(super) fn kind(&self, number: usize, kind: AccountKind) -> Result<(), Refusal> {
        if self.account(number).kind == kind { Ok(()) } else { Refusal::err("kind_not_allowed") }
    }

    pub(super) fn kept_in(&self, number: usize, currency: CurrencyCode) -> Result<(), Refusal> {
        if self.account(number).currency == currency { Ok(()) } else { Refusal::err("currency_mismatch") }
    }

    pub(super) fn fit(
        &self,
        pair: [usize; 2],
        kinds: [Option<AccountKind>; 2],
        currency: CurrencyCode,
    ) -> Result<(), Refusal> {
        if pair[0] == pair[1] {
            return Refusal::err("accounts_must_differ");
        }
        pair.iter().try_for_each(|number| self.open(*number))?;
        pair.iter().zip(kinds).try_for_each(|(number, kind)| kind.map_or(Ok(()), |kind| self.kind(*number, kind)))?;
        pair.iter().try_for_each(|number| self.kept_in(*number, currency))
    }

    /// Whether every account can bear what all legs do to it together, posted or reserved.
    pub(super) fn bear(&self, legs: &[Leg], sums: &[Sums]) -> Result<(), Refusal> {
        let total = |account: usize, debit: bool| -> i128 {
            legs.iter().filter(|leg| leg.account == account && leg.debit == debit).map(|leg| leg.amount).sum()
        };
        for account in in_order(legs) {
            let (debits, credits) = (total(account, true), total(account, false));
            let opened = self.account(account);
            let taken = if opened.grows_by_debits() { credits - debits } else { debits - credits };
            let allowed = match opened.overdraft {
                Overdraft::Never => 0,
                Overdraft::UpTo(minor) => i128::from(minor),
                Overdraft::Unlimited => i128::MAX / 2,
            };
            let available = self.available(account, &sums[account]);
            if taken > 0 && taken > available + allowed {
                return Refusal::with("insufficient_funds", &[available, taken.min(u64::MAX.into())]);
            }
        }
        for account in in_order(legs) {
            let now = &sums[account];
            if now.debited + now.debit_pending + total(account, true) > TOTAL_MAX
                || now.credited + now.credit_pending + total(account, false) > TOTAL_MAX
            {
                return Refusal::err("total_overflow");
            }
        }
        Ok(())
    }

    /// Freezes are asked where a moment is given, and then funds.
    fn post(&self, why: Why, legs: Vec<Leg>, now: Option<i64>) -> Judged {
        let would = Deed::Posted { why, legs: legs.clone() };
        if let Some(declined) = now.and_then(|now| self.gate(would, now)) {
            return declined;
        }
        let sums = self.all_sums();
        self.bear(&legs, &sums)?;
        let touched = self.after(&legs, sums);
        Ok((Deed::Posted { why, legs }, touched))
    }

    /// The accounts of the legs, and what they have after them.
    pub(super) fn after(&self, legs: &[Leg], mut sums: Vec<Sums>) -> Vec<(usize, i128)> {
        legs.iter().for_each(|leg| sums[leg.account].post(*leg));
        in_order(legs).into_iter().map(|account| (account, self.net(account, &sums[account]))).collect()
    }

    pub(super) fn touch_hold(&self, hold: usize, sums: &[Sums]) -> Vec<(usize, i128)> {
        let (debit, credit) = self.hold_accounts(hold);
        [debit, credit].map(|account| (account, self.net(account, &sums[account]))).to_vec()
    }

    fn entry(&self, legs: &[EntryLeg]) -> Judged {
        legs.iter().try_for_each(|leg| self.defined(leg.currency))?;
        let accounts = legs.iter().map(|leg| self.named(&leg.account)).collect::<Result<Vec<_>, _>>()?;
        accounts.iter().try_for_each(|number| self.open(*number))?;
        accounts.iter().zip(legs).try_for_each(|(number, leg)| self.kept_in(*number, leg.currency))?;
        let leg = |(account, leg): (usize, &EntryLeg)| Leg {
            account,
            debit: is_debit(leg.side),
            amount: leg.amount_minor.into(),
        };
        self.post(Why::Entry, accounts.into_iter().zip(legs).map(leg).collect(), None)
    }

    fn refund(&self, action: &RefundSpend, now: i64) -> Judged {
        let Some((spend, fact)) = self.find(action.spend.0) else { return Refusal::err("transaction_unknown") };
        let (wallet, payable, amount) = match &fact.deed {
            Deed::Posted { why: Why::Spend, legs } => (legs[0].account, legs[1].account, legs[0].amount),
            Deed::Paid { hold, amount, .. } => {
                let (debit, credit) = self.hold_accounts(*hold);
                (debit, credit, *amount)
            }
            _ => return Refusal::err("not_possible"),
        };
        self.open(wallet)?;
        self.open(payable)?;
        action.currency.map_or(Ok(()), |currency| self.kept_in(wallet, currency))?;
        if let Some(sequence) = self.reversed(spend) {
            return Refusal::with("already_reversed", &[sequence as i128]);
        }
        let left = amount - self.refunded(spend);
        let wanted = action.amount_minor.map_or(left, i128::from);
        let (why, legs) = (Why::Refund { of: spend }, pair(payable, wallet, wanted));
        if let Some(declined) = self.gate(Deed::Posted { why, legs: legs.clone() }, now) {
            return declined;
        }
        if wanted > left || left == 0 {
            return Refusal::with("refund_exceeds_spend", &[left]);
        }
        self.post(why, legs, None)
    }

    fn reverse(&self, id: u128) -> Judged {
        let Some((of, fact)) = self.find(id) else { return Refusal::err("transaction_unknown") };
        let refund_of = match &fact.deed {
            Deed::Posted { why: Why::Reversal { .. }, .. } => return Refusal::err("not_possible"),
            Deed::Posted { why: Why::Refund { of }, .. } => Some(*of),
            Deed::Posted { .. } | Deed::Paid { .. } => None,
            _ => return Refusal::err("not_possible"),
        };
        let legs: Vec<Leg> = self.legs(&fact.deed).iter().map(|leg| Leg { debit: !leg.debit, ..*leg }).collect();
        legs.iter().try_for_each(|leg| self.open(leg.account))?;
        if let Some(sequence) = self.reversed(of) {
            return Refusal::with("already_reversed", &[sequence as i128]);
        }
        let refunded = self.refunded(of);
        if refunded > 0 {
            return Refusal::with("already_refunded", &[refunded]);
        }
        self.post(Why::Reversal { of, refund_of }, legs, None)
    }
}

fn receipt(sequence: usize, fact: &Fact) -> Receipt {
    Receipt { sequence, at: fact.at, balances: fact.touched.clone() }
}

/// The accounts of the legs, each once.
fn in_order(legs: &[Leg]) -> Vec<usize> {
    let mut accounts = Vec::new();
    for leg in legs {
        if !accounts.contains(&leg.account) {
            accounts.push(leg.account);
        }
    }
    accounts
}

/// The one currency of an action that has one.
const fn currency_of(action: &Action) -> Option<CurrencyCode> {
    match action {
        Action::OpenAccount(action) => Some(action.currency),
        Action::TopUp(action) => Some(action.currency),
        Action::Spend(action) => Some(action.currency),
        Action::Transfer(action) => Some(action.currency),
        Action::PlaceHold(action) => Some(action.currency),
        Action::RefundSpend(action) => action.currency,
        Action::SettleHold(action) => action.currency,
        Action::FreezeAmount(action) => Some(action.currency),
        Action::ReleaseAmount(action) => action.currency,
        _ => None,
    }
}
