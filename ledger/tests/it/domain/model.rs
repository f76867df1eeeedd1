//! A naive ledger: a list of what was accepted, from which everything is computed again for each question. It shares no code with
//! the library: only the commands are the same. It knows holds that ended by their time, not the events that say so.

use std::collections::BTreeMap;

use ledger::command::{Action, Command, Submission};
use ledger::model::{AccountKind, AccountRef, CurrencyCode};

use super::judge::check_form;

const TOTAL_MAX: i128 = (1 << 63) - 1;

/// Debited and credited, posted and pending.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Sums {
    pub debited: i128,
    pub credited: i128,
    pub debit_pending: i128,
    pub credit_pending: i128,
    pub frozen: i128,
}

#[derive(Clone)]
pub struct Leg {
    pub account: u128,
    pub debit: bool,
    pub amount: i128,
}

/// What an accepted command did.
#[derive(Clone)]
pub enum Deed {
    Made,
    Opened(Opened),
    Closed(u128),
    Posted { legs: Vec<Leg>, refunds: Option<u128>, is_spend: bool, reverses: Option<u128> },
    Held { debit: u128, credit: u128, amount: i128, until: Option<i64> },
    Paid { hold: u128, legs: Vec<Leg>, last: bool },
    Voided { hold: u128 },
    Frozen { account: u128, into: bool, out: bool, until: Option<i64> },
    Thawed { freeze: u128 },
    FrozenAmount { account: u128, amount: i128 },
    Released { freeze: u128, amount: i128 },
    Halted { until: i64 },
    HaltLifted { halt: u128, whole: bool },
    Declined,
}

#[derive(Clone)]
pub struct Opened {
    pub id: u128,
    pub kind: AccountKind,
    pub currency: CurrencyCode,
    /// No bound: nothing.
    pub overdraft: Option<i128>,
    pub code: Option<String>,
}

impl Opened {
    fn grows_by_debits(&self) -> bool {
        matches!(self.kind, AccountKind::Asset | AccountKind::Expense)
    }
}

#[derive(Clone, Default)]
pub struct Naive {
    pub deeds: Vec<(Command, Deed)>,
}

pub type Verdict<T> = Result<T, &'static str>;

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
            return match (same, self.find(command.id.0)) {
                (true, Some((_, Deed::Declined))) => Ok("declined"),
                (true, _) => Ok("replayed"),
                (false, _) => Err("id_reused"),
            };
        }
        let deed = self.judge(command)?;
        let answer = if matches!(deed, Deed::Declined) { "declined" } else { "ok" };
        self.deeds.push((command.clone(), deed));
        Ok(answer)
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
            let first = members.iter().find(|member| self.find(member.id.0).is_some()).unwrap();
            return failed(if self.one(first) == Ok("declined") { "declined" } else { "group_partly_known" });
        }
        let before = self.deeds.clone();
        let mut answers = Vec::new();
        for member in members {
            match self.one(member) {
                Ok("declined") if known == 0 => {
                    self.deeds = before;
                    // It is judged once more by itself: what stood only within the group refuses nothing on record.
                    if matches!(self.judge(member), Ok(Deed::Declined)) {
                        self.deeds.push((member.clone(), Deed::Declined));
                        return failed("declined");
                    }
                    return failed("declined_within_group");
                }
                Ok(answer) => answers.push(answer),
                Err(code) => {
                    self.deeds = before;
                    return failed(code);
                }
            }
        }
        answers
    }

    pub fn find(&self, id: u128) -> Option<&(Command, Deed)> {
        self.deeds.iter().find(|(command, _)| command.id.0 == id)
    }

    pub fn opened(&self) -> impl Iterator<Item = &Opened> {
        self.deeds.iter().filter_map(|(_, deed)| match deed {
            Deed::Opened(opened) => Some(opened),
            _ => None,
        })
    }

    pub fn account(&self, given: &AccountRef) -> Verdict<Opened> {
        let named = |opened: &&Opened| match given {
            AccountRef::Id(id) => opened.id == id.0,
            AccountRef::Code(code) => opened.code.as_deref() == Some(code.as_str()),
        };
        self.opened().find(named).cloned().ok_or("account_unknown")
    }

    pub fn by_id(&self, id: u128) -> Opened {
        self.opened().find(|opened| opened.id == id).cloned().unwrap()
    }

    fn is_closed(&self, id: u128) -> bool {
        self.deeds.iter().any(|(_, deed)| matches!(deed, Deed::Closed(closed) if *closed == id))
    }

    pub fn open(&self, id: u128) -> Verdict<()> {
        if self.is_closed(id) { Err("account_closed") } else { Ok(()) }
    }

    /// What a hold still holds at `now`.
    pub fn left(&self, hold: u128, now: i64) -> i128 {
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

    /// The freezes that stand on an account: which way each stops.
    pub fn standing(&self, id: u128, now: i64) -> impl Iterator<Item = (u128, bool, bool)> {
        self.deeds.iter().filter_map(move |(command, deed)| match deed {
            Deed::Frozen { account, into, out, until } => {
                let lifted = self
                    .deeds
                    .iter()
                    .any(|(_, deed)| matches!(deed, Deed::Thawed { freeze } if *freeze == command.id.0));
                let stands = *account == id && !lifted && until.is_none_or(|until| until > now);
                stands.then_some((command.id.0, *into, *out))
            }
            _ => None,
        })
    }

    /// Whether a freeze is in the way of any leg; freezes made by the generator have no exceptions.
    pub fn is_stopped(&self, legs: &[Leg], now: i64) -> bool {
        legs.iter().any(|leg| {
            let comes_in = self.by_id(leg.account).grows_by_debits() == leg.debit;
            self.standing(leg.account, now).any(|(_, into, out)| if comes_in { into } else { out })
        })
    }

    /// What is left of a frozen amount.
    pub fn frozen_left(&self, freeze: u128) -> i128 {
        let Some((_, Deed::FrozenAmount { amount, .. })) = self.find(freeze) else { return 0 };
        let released = self.deeds.iter().map(|(_, deed)| match deed {
            Deed::Released { freeze: of, amount } if *of == freeze => *amount,
            _ => 0,
        });
        amount - released.sum::<i128>()
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
            match deed {
                Deed::FrozenAmount { account, amount } if *account == id => sums.frozen += amount,
                Deed::Released { freeze, amount } => {
                    let of = |deed: &Deed| matches!(deed, Deed::FrozenAmount { account, .. } if *account == id);
                    sums.frozen -= if self.find(*freeze).is_some_and(|(_, deed)| of(deed)) { *amount } else { 0 };
                }
                _ => {}
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
            sums.debited - sums.credited - sums.credit_pending - sums.frozen
        } else {
            sums.credited - sums.debited - sums.debit_pending - sums.frozen
        }
    }

    /// Whether all legs together leave every account within its rule; each leg's amount is posted or reserved.
    pub fn bear(&self, legs: &[Leg], now: i64) -> Verdict<()> {
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

    pub fn refunded(&self, spend: u128) -> i128 {
        let refund = |(command, deed): &(Command, Deed)| match deed {
            Deed::Posted { refunds: Some(of), legs, .. } if *of == spend && !self.is_reversed(command.id.0) => {
                legs[0].amount
            }
            _ => 0,
        };
        self.deeds.iter().map(refund).sum()
    }

    pub fn is_reversed(&self, id: u128) -> bool {
        self.deeds.iter().any(|(_, deed)| matches!(deed, Deed::Posted { reverses: Some(of), .. } if *of == id))
    }

    pub fn has_currency(&self, code: CurrencyCode) -> Verdict<()> {
        let defines =
            |command: &Command| matches!(&command.action, Action::DefineCurrency(action) if action.code == code);
        if self.deeds.iter().any(|(command, _)| defines(command)) { Ok(()) } else { Err("currency_unknown") }
    }

    pub fn payable(&self, store: &str) -> Option<Opened> {
        self.deeds.iter().find_map(|(command, deed)| match (&command.action, deed) {
            (_, Deed::Declined) => None,
            (Action::OpenStore(action), _) if action.code.as_str() == store => self.account(&action.payable).ok(),
            _ => None,
        })
    }
}
