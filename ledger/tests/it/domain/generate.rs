//! Random commands: few accounts, small amounts and many mistakes, so that every rule is met often.

use std::collections::BTreeSet;

use ledger::command::{
    Action, CloseAccount, Command, CommandContext, DefineCurrency, EntryLeg, FreezeAccount, FreezeAmount, Group,
    ImposeHalt, LiftHalt, OpenAccount, OpenStore, PlaceHold, PostJournalEntry, RecordSignal, RefundSpend,
    RegisterActor, ReleaseAmount, ReverseTransaction, SettleHold, Spend, Submission, ThawAccount, TopUp, Transfer,
    VoidHold,
};
use ledger::model::{
    AccountId, AccountKind, AccountRef, ActorKind, Authentication, CommandId, CurrencyCode, Date, Directions,
    FreezeReason, Overdraft, Side, Timestamp,
};
use proptest::prelude::*;

use super::halts::{EXCEPTS, SELECTORS};

/// One thing that happens.
#[derive(Debug, Clone)]
pub enum Step {
    /// So many seconds pass.
    Wait(u16),
    One(Draw),
    Group(Vec<Draw>),
}

/// Numbers from which a command is made.
#[derive(Debug, Clone, Copy)]
pub struct Draw {
    verb: u8,
    first: u8,
    second: u8,
    amount: u16,
    pick: u8,
    flags: u8,
}

fn draw() -> impl Strategy<Value = Draw> {
    (any::<u8>(), any::<u8>(), any::<u8>(), 0..400u16, 0..24u8, any::<u8>())
        .prop_map(|(verb, first, second, amount, pick, flags)| Draw { verb, first, second, amount, pick, flags })
}

/// A run of up to `steps_max` steps.
pub fn steps(steps_max: usize) -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        1 => (0..2000u16).prop_map(Step::Wait),
        12 => draw().prop_map(Step::One),
        1 => prop::collection::vec(draw(), 1..6).prop_map(Step::Group),
    ];
    prop::collection::vec(step, 1..steps_max)
}

/// Turns draws into commands: later ones may refer to earlier ones.
pub struct Maker {
    pub now: Timestamp,
    made: Vec<Command>,
    accepted: BTreeSet<CommandId>,
}

impl Maker {
    pub const fn new(now: Timestamp) -> Self {
        Self { now, made: Vec::new(), accepted: BTreeSet::new() }
    }

    /// Says that a command was accepted, so that later ones refer to it more often than to what was refused.
    pub fn accept(&mut self, id: CommandId) {
        self.accepted.insert(id);
    }

    /// What the step submits; nothing when time passes.
    pub fn submission(&mut self, step: &Step) -> Option<Submission> {
        match step {
            Step::Wait(seconds) => {
                self.now = self.now.plus_seconds(i64::from(*seconds));
                None
            }
            Step::One(draw) => Some(Submission::One(self.command(*draw))),
            Step::Group(draws) => {
                let members = draws.iter().map(|draw| self.command(*draw)).collect();
                Some(Submission::Group(Group { id: CommandId(0x6000), members }))
            }
        }
    }

    /// Wallets, stores' payables and what they need, in two currencies: enough that money can move.
    pub fn opening(&mut self) -> Vec<Command> {
        let mut actions = vec![Action::DefineCurrency(DefineCurrency { code: currency(1), exponent: 2 })];
        for (principal, kind) in
            [("keiko", ActorKind::Person), ("sato", ActorKind::Person), ("robot", ActorKind::Service)]
        {
            let authenticated_by = Authentication::OsUser;
            actions.push(Action::RegisterActor(RegisterActor { principal: principal.into(), kind, authenticated_by }));
        }
        actions.extend((0..6).map(open));
        for store in 0..2 {
            let payable = AccountRef::Id(account(4 + store));
            actions.push(Action::OpenStore(OpenStore { code: store_code(store), payable }));
        }
        actions.extend((0..4).map(|wallet| {
            Action::TopUp(TopUp {
                account: AccountRef::Id(account(wallet)),
                funding: "funding:bank".parse().unwrap(),
                amount_minor: 500,
                currency: currency(0),
            })
        }));
        actions.into_iter().map(|action| self.finish(action, CommandContext::default())).collect()
    }

    fn finish(&mut self, action: Action, context: CommandContext) -> Command {
        let id = CommandId(0x1000 + self.made.len() as u128);
        let command = Command { id, at: Some(self.now), effective: None, actor: None, cause: None, context, action };
        self.made.push(command.clone());
        command
    }

    /// An earlier command: mostly one of the latest four that were accepted and fit, seldom any other or none.
    fn earlier(&self, pick: u8, fits: impl Fn(&Action) -> bool) -> CommandId {
        if pick > 22 {
            return self.made.get(usize::from(pick)).map_or(CommandId(0x9999), |command| command.id);
        }
        let accepted = || self.made.iter().rev().filter(|command| self.accepted.contains(&command.id));
        let fitting = accepted().filter(|command| fits(&command.action)).take(1 + usize::from(pick % 4)).last();
        fitting.or_else(|| accepted().nth(usize::from(pick))).map_or(CommandId(0x9999), |command| command.id)
    }

    fn command(&mut self, draw: Draw) -> Command {
        let Draw { flags, pick, .. } = draw;
        let mut context = CommandContext::default();
        let names_store = (draw.verb % 40) < 18 || flags % 2 == 0;
        context.store = names_store.then(|| store_code(if flags % 16 == 1 { 7 } else { flags / 16 % 2 }));
        if draw.verb % 40 == 31 {
            // The same again, or another command under a used id.
            let place = self.made.len().saturating_sub(1 + usize::from(pick));
            let mut command = self.made[place].clone();
            command.at = Some(self.now);
            if flags % 4 == 0 {
                command.context.description = Some("another command".into());
            }
            return command;
        }
        let action = self.action(draw);
        let mut command = self.finish(action, context);
        if flags % 32 == 3 {
            command.actor = Some(if flags > 128 { "keiko".into() } else { "nobody".into() });
        }
        if matches!(command.action, Action::LiftHalt(_)) && flags % 8 != 0 {
            command.actor = Some("keiko".into());
        }
        if flags % 8 == 5 {
            let today = self.now.date(ledger::model::UtcOffset(9 * 3600));
            command.effective = Some(Date(today.0 - i32::from(pick)));
        }
        *self.made.last_mut().unwrap() = command.clone();
        command
    }

    fn action(&self, draw: Draw) -> Action {
        let Draw { verb, first, second, amount, pick, flags } = draw;
        let amount_minor = u64::from(amount);
        let currency = currency(u8::from(flags % 16 == 7));
        let part = (flags % 4 != 0).then_some(amount_minor / 2);
        let part_currency = part.map(|_| currency);
        match verb % 40 {
            0..=3 => Action::TopUp(TopUp { account: target(first), funding: funding(second), amount_minor, currency }),
            4..=8 => Action::Spend(Spend { account: target(first), amount_minor, currency }),
            9..=12 => {
                Action::Transfer(Transfer { debit: target(first), credit: target(second), amount_minor, currency })
            }
            13..=16 => Action::PlaceHold(PlaceHold {
                debit: target(first),
                credit: (flags % 3 == 0).then(|| target(second)),
                amount_minor,
                currency,
                expires_at: (flags % 4 < 3).then(|| self.now.plus_seconds(i64::from(amount) * 5)),
            }),
            17..=19 => Action::SettleHold(SettleHold {
                hold: self.earlier(pick, |action| matches!(action, Action::PlaceHold(_))),
                amount_minor: part,
                currency: part_currency,
                more_to_come: flags > 100,
            }),
            20 => {
                Action::VoidHold(VoidHold { hold: self.earlier(pick, |action| matches!(action, Action::PlaceHold(_))) })
            }
            21..=23 => Action::RefundSpend(RefundSpend {
                spend: self.earlier(pick, |action| matches!(action, Action::Spend(_) | Action::SettleHold(_))),
                amount_minor: part,
                currency: part_currency,
            }),
            24..=26 => Action::ReverseTransaction(ReverseTransaction {
                transaction: self.earlier(pick, |action| {
                    let spends = matches!(action, Action::Spend(_) | Action::SettleHold(_) | Action::RefundSpend(_));
                    spends || (flags % 2 == 0 && !matches!(action, Action::OpenAccount(_)))
                }),
            }),
            27 | 28 => Action::PostJournalEntry(PostJournalEntry { legs: legs(draw) }),
            32 => Action::RecordSignal(RecordSignal {
                account: target(first),
                signal: ["new_device", "foreign_login", "sim_swap"][usize::from(flags % 3)].parse().unwrap(),
            }),
            33 => Action::FreezeAccount(FreezeAccount {
                account: target(first),
                directions: Directions::ALL[usize::from(flags % 3)],
                reason: FreezeReason::ALL[usize::from(second % 6)],
                expires_at: (flags % 4 > 0).then(|| self.now.plus_seconds(i64::from(amount) * 5)),
                exceptions: Vec::new(),
            }),
            34 | 35 => Action::ThawAccount(ThawAccount {
                freeze: self.earlier(pick, |action| matches!(action, Action::FreezeAccount(_))),
            }),
            36 => Action::FreezeAmount(FreezeAmount {
                account: target(first),
                amount_minor: amount_minor / 2,
                currency,
                reason: FreezeReason::CourtOrder,
            }),
            37 => Action::ReleaseAmount(ReleaseAmount {
                freeze: self.earlier(pick, |action| matches!(action, Action::FreezeAmount(_))),
                amount_minor: part,
                currency: part_currency,
            }),
            38 => Action::ImposeHalt(ImposeHalt {
                selector: SELECTORS[usize::from(first) % SELECTORS.len()].into(),
                reason: "a drill".into(),
                incident: None,
                starts_at: None,
                ends_at: Some(self.now.plus_seconds(i64::from(amount) * 5)),
            }),
            39 => Action::LiftHalt(LiftHalt {
                halt: self.earlier(pick, |action| matches!(action, Action::ImposeHalt(_))),
                except: (flags % 3 > 0).then(|| EXCEPTS[usize::from(second) % EXCEPTS.len()].into()),
                approved_by: (first % 8 > 0)
                    .then(|| ["sato", "sato", "sato", "keiko", "robot"][usize::from(second) % 5].into()),
            }),
            29 => Action::CloseAccount(CloseAccount { account: target(first) }),
            _ => match flags % 3 {
                0 => Action::OpenStore(OpenStore { code: store_code(first % 4), payable: target(second) }),
                _ => open(first % 10),
            },
        }
    }
}

/// Two legs that balance, sometimes four of which two share an account, sometimes a mistake.
fn legs(draw: Draw) -> Vec<EntryLeg> {
    let amount_minor = u64::from(draw.amount);
    let leg = |account, side, amount_minor| EntryLeg { account, side, amount_minor, currency: currency(0) };
    let mut legs = vec![
        leg(target(draw.first), Side::Debit, amount_minor),
        leg(target(draw.second), Side::Credit, amount_minor + u64::from(draw.flags == 200)),
    ];
    if draw.flags.is_multiple_of(2) {
        legs.push(leg(target(draw.pick), Side::Debit, 40));
        legs.push(leg(target(draw.first), Side::Credit, 40));
    }
    legs
}

fn account(number: u8) -> AccountId {
    AccountId(0xA000 + u128::from(number))
}

/// Mostly a wallet, sometimes an account of the chart, seldom one that does not exist.
fn target(number: u8) -> AccountRef {
    match number % 32 {
        0..=23 => AccountRef::Id(account(number % 4)),
        24 | 25 => AccountRef::Id(account(4 + number % 2)),
        26 => AccountRef::Id(account(6 + number / 32 % 4)),
        27 => "bank".parse().unwrap(),
        28 => "funding:atm".parse().unwrap(),
        29 => "fees:acquirer".parse().unwrap(),
        30 => "recoveries".parse().unwrap(),
        _ => "nowhere".parse().unwrap(),
    }
}

fn funding(number: u8) -> AccountRef {
    match number % 16 {
        0..=7 => "funding:bank".parse().unwrap(),
        8..=13 => "funding:credit-card".parse().unwrap(),
        14 => "opening-balances".parse().unwrap(),
        _ => target(number),
    }
}

fn currency(number: u8) -> CurrencyCode {
    ["JPY", "EUR", "XPT"][usize::from(number)].parse().unwrap()
}

fn store_code(number: u8) -> ledger::model::Code {
    format!("store-{number}").parse().unwrap()
}

/// The opening of an account; each number has its own kind of account.
fn open(number: u8) -> Action {
    let (kind, overdraft) = match number {
        3 => (AccountKind::Liability, Overdraft::UpTo(200)),
        6 => (AccountKind::Asset, Overdraft::Never),
        7 => (AccountKind::Asset, Overdraft::UpTo(50)),
        8 => (AccountKind::Expense, Overdraft::Unlimited),
        _ => (AccountKind::Liability, Overdraft::Never),
    };
    let under = match number {
        0..=2 => Some("wallets"),
        4 => Some("store-payables"),
        9 => Some("bank"),
        _ => None,
    };
    Action::OpenAccount(OpenAccount {
        account: account(number),
        kind,
        currency: currency(u8::from(number == 8)),
        code: (number == 7).then(|| "till:one".parse().unwrap()),
        under: under.map(|code| code.parse().unwrap()),
        overdraft,
    })
}
