//! Who sends commands: random ones that mostly fit the books, mistakes, and repetitions of everything sent before.

use super::books::Books;
use super::books::{Deed, Opened, Sums, Why};
use super::control::Hammer;
use super::rng::Rng;
use crate::command::EntryLeg;
use crate::command::{
    AcceptClock, Action, CloseAccount, Command, CommandContext, DefineCurrency, Group, OpenAccount, OpenStore,
    PlaceHold, PostJournalEntry, RefundSpend, RegisterActor, ReverseTransaction, SettleHold, Spend, Submission, TopUp,
    Transfer, VoidHold,
};
use crate::model::{
    AccountId, AccountKind, AccountRef, ActorKind, Authentication, Category, Clock, Code, CommandId, CurrencyCode,
    Date, Overdraft, Side, Timestamp,
};

const CURRENCIES: [&str; 2] = ["JPY", "PTS"];
const SECOND_US: i64 = 1_000_000;

/// What was sent so far, to be sent again.
#[derive(Debug, Default)]
pub(super) struct Sender {
    sent: Vec<Submission>,
    /// Sent, and never answered.
    unanswered: Vec<Submission>,
    /// The same again and again against a freeze.
    pub(super) hammer: Option<Hammer>,
}

/// One choice of a submission: the dice, the books as they are known, the time.
pub(super) struct Choice<'a> {
    pub(super) rng: &'a mut Rng,
    pub(super) books: &'a Books,
    sums: Vec<Sums>,
    pub(super) now: i64,
}

impl Sender {
    /// Something to ask for.
    pub(super) fn next(&mut self, rng: &mut Rng, books: &Books, now: i64) -> Submission {
        if let Some(command) = self.hammer(rng, books, now) {
            return Submission::One(command);
        }
        if rng.one_in(8)
            && let Some(submission) = self.again(rng, now)
        {
            return submission;
        }
        let mut choice = Choice { rng, books, sums: books.all_sums(), now };
        let submission =
            if choice.rng.one_in(12) { Submission::Group(choice.group()) } else { Submission::One(choice.command()) };
        self.sent.push(submission.clone());
        submission
    }

    pub(super) fn count(&self) -> usize {
        self.sent.len()
    }

    /// What will never be answered, since the writer is gone: whoever sent it will ask again.
    pub(super) fn lost(&mut self, submissions: Vec<Submission>) {
        self.unanswered.extend(submissions);
    }

    /// One of the former submissions, as it was or with a small difference.
    fn again(&mut self, rng: &mut Rng, now: i64) -> Option<Submission> {
        let known = if !self.unanswered.is_empty() && !rng.one_in(4) {
            let place = rng.below(self.unanswered.len() as u64) as usize;
            self.unanswered.swap_remove(place)
        } else if rng.one_in(2) {
            let recent = self.sent.len().saturating_sub(12);
            rng.pick(&self.sent[recent..])?.clone()
        } else {
            rng.pick(&self.sent)?.clone()
        };
        Some(match (rng.below(8), known) {
            (0, Submission::Group(group)) => Submission::One(rng.pick(&group.members)?.clone()),
            (1, Submission::Group(mut group)) if !group.members.is_empty() => {
                group.members.remove(rng.below(group.members.len() as u64) as usize);
                Submission::Group(group)
            }
            (2, Submission::Group(mut group)) => {
                let mut extra = rng.pick(&group.members)?.clone();
                extra.id = CommandId(rng.id());
                group.members.push(extra);
                Submission::Group(group)
            }
            (0..=2, Submission::One(command)) => Submission::One(other_content(command)),
            (3 | 4, Submission::One(mut command)) => {
                // The time is not part of what was said.
                command.at = command.at.map(|_| Timestamp(now));
                Submission::One(command)
            }
            (_, same) => same,
        })
    }
}

/// Another command under the same id.
fn other_content(mut command: Command) -> Command {
    match &mut command.action {
        Action::TopUp(action) => action.amount_minor ^= 1,
        Action::Transfer(action) => std::mem::swap(&mut action.debit, &mut action.credit),
        _ => command.context.description = Some("another".into()),
    }
    command
}

impl Choice<'_> {
    fn group(&mut self) -> Group {
        if self.rng.one_in(3) {
            return self.long_group();
        }
        let count = 1 + self.rng.below(4);
        let mut members: Vec<Command> = (0..count).map(|_| self.command()).collect();
        if self.rng.one_in(3)
            && let Some(hold) = members.iter().find(|member| matches!(member.action, Action::PlaceHold(_)))
        {
            let settle =
                SettleHold { hold: hold.id, amount_minor: None, currency: None, more_to_come: self.rng.one_in(2) };
            members.push(self.finish(Action::SettleHold(settle)));
        }
        if self.rng.one_in(2)
            && let Some(spend) = members.iter().find(|member| matches!(member.action, Action::Spend(_)))
        {
            let refund = RefundSpend { spend: spend.id, amount_minor: None, currency: None };
            members.push(self.finish(Action::RefundSpend(refund)));
        }
        match self.rng.below(20) {
            0 => members.push(members[0].clone()),
            1 => members.clear(),
            2 => members[0].at = Some(Timestamp(self.now + 1)),
            _ => {}
        }
        Group { id: CommandId(if self.rng.one_in(30) { 0 } else { self.rng.id() }), members }
    }

    /// Many members that mostly fit: long enough to need several writes if it were not one frame.
    fn long_group(&mut self) -> Group {
        let (wallets, funding) = (self.wallets(), self.numbers(|account| account.kind == AccountKind::Asset));
        let count = 4 + self.rng.below(12);
        let top_up = |choice: &mut Self| {
            let (wallet, funding) = (choice.rng.pick(&wallets).copied(), choice.rng.pick(&funding).copied());
            let (wallet, funding) = (choice.books.account(wallet?), choice.books.account(funding?));
            let (account, funding) = (AccountId(wallet.id).into(), AccountId(funding.id).into());
            let currency = wallet.currency;
            let amount_minor = 1 + choice.rng.below(100);
            Some(Action::TopUp(TopUp { account, funding, amount_minor, currency }))
        };
        let members = (0..count).filter_map(|_| top_up(self).map(|action| self.finish(action))).collect();
        Group { id: CommandId(self.rng.id()), members }
    }

    fn finish(&mut self, action: Action) -> Command {
        let mut context = CommandContext::default();
        if matches!(action, Action::Spend(_) | Action::PlaceHold(_)) || self.rng.one_in(6) {
            let stores: Vec<Code> = self.books.stores().map(|(code, _)| code.clone()).collect();
            context.store = self.rng.pick(&stores).cloned();
        }
        let at = (self.books.clock == Clock::Commands).then_some(Timestamp(self.now));
        let id = if self.rng.one_in(40) { self.id_of_an_expiry() } else { CommandId(self.rng.id()) };
        let has_date = !super::control::is_control(&action) || self.rng.one_in(20);
        let mut command = Command { id, at, effective: None, actor: None, cause: None, context, action };
        let actors: Vec<&str> = self.books.actors().collect();
        if self.rng.one_in(4) {
            command.actor = self.rng.pick(&actors).map(|actor| (*actor).into());
        }
        if has_date && self.rng.one_in(5) {
            let today = (self.now + self.books.offset_seconds * SECOND_US).div_euclid(86_400 * SECOND_US) as i32;
            command.effective = Some(Date(today - self.rng.below(3) as i32));
        }
        if self.rng.one_in(10) {
            command.cause = Some(CommandId(1 + u128::from(self.rng.below(9))));
        }
        if self.rng.one_in(16) {
            self.spoil(&mut command);
        }
        command
    }

    /// Makes a mistake that has nothing to do with the action.
    fn spoil(&mut self, command: &mut Command) {
        match self.rng.below(7) {
            0 => command.id = CommandId(0),
            1 => command.context.store = "nowhere".parse().ok(),
            2 => {
                // Later holds would be over by then, but nothing happens.
                command.actor = Some("nobody".into());
                command.at = command.at.map(|at| Timestamp(at.0 + 400_000 * SECOND_US));
            }
            3 => command.effective = Some(Date(90_000)),
            4 => command.context.category = Some(Category(10_000)),
            5 => command.context.store = None,
            _ => command.at = self.rng.choose([None, Some(Timestamp(self.now)), Some(Timestamp(self.now - SECOND_US))]),
        }
    }

    fn command(&mut self) -> Command {
        let action = match self.missing() {
            Some(action) if !self.rng.one_in(4) => action,
            _ => self.action(),
        };
        self.finish(action)
    }

    /// What the books lack before much can happen in them.
    fn missing(&mut self) -> Option<Action> {
        let books = self.books;
        let lacks =
            |code: &str| books.accounts().all(|account| account.code.as_ref().is_none_or(|c| c.as_str() != code));
        if books.currencies().count() == 0 || (books.currencies().count() == 1 && self.rng.one_in(30)) {
            let code = CURRENCIES[books.currencies().count()].parse().ok()?;
            return Some(Action::DefineCurrency(DefineCurrency { code, exponent: 0 }));
        }
        for (code, kind, overdraft) in [
            ("wallets", AccountKind::Liability, Overdraft::Never),
            ("funding:bank", AccountKind::Asset, Overdraft::Unlimited),
            ("store-payables", AccountKind::Liability, Overdraft::UpTo(500)),
        ] {
            if lacks(code) {
                return Some(self.open(kind, overdraft, code.parse().ok(), None));
            }
        }
        if books.stores().count() == 0 {
            let payable = AccountRef::Code("store-payables".parse().ok()?);
            return Some(Action::OpenStore(OpenStore { code: "store-1".parse().ok()?, payable }));
        }
        if self.wallets().len() < 3 {
            return Some(self.open_wallet());
        }
        None
    }

    fn open(&mut self, kind: AccountKind, overdraft: Overdraft, code: Option<Code>, under: Option<Code>) -> Action {
        let second = self.rng.one_in(8);
        let currency = self.currency(usize::from(second));
        Action::OpenAccount(OpenAccount { account: AccountId(self.rng.id()), kind, currency, code, under, overdraft })
    }

    fn open_wallet(&mut self) -> Action {
        let overdraft = self.rng.choose([Overdraft::Never, Overdraft::Never, Overdraft::UpTo(100)]);
        let under = if self.rng.one_in(4) { None } else { "wallets".parse().ok() };
        self.open(AccountKind::Liability, overdraft, None, under)
    }

    fn currency(&self, place: usize) -> CurrencyCode {
        CURRENCIES[place].parse().expect("a currency's code")
    }

    /// Accounts by what they are.
    fn numbers(&self, fits: impl Fn(&Opened) -> bool) -> Vec<usize> {
        self.books.accounts().enumerate().filter(|(_, account)| fits(account)).map(|(number, _)| number).collect()
    }

    fn wallets(&self) -> Vec<usize> {
        self.numbers(|account| account.kind == AccountKind::Liability && account.code.is_none())
    }

    /// One of these accounts and its currency, by its id or its code; seldom one that does not exist.
    pub(super) fn named(&mut self, numbers: &[usize]) -> (AccountRef, CurrencyCode, u64) {
        let Some(number) = self.rng.pick(numbers).copied().filter(|_| !self.rng.one_in(60)) else {
            return (AccountRef::Id(AccountId(self.rng.id())), self.currency(0), 10);
        };
        let account = self.books.account(number);
        let currency = if self.rng.one_in(60) { self.currency(1) } else { account.currency };
        let given = match &account.code {
            Some(code) if self.rng.one_in(2) => AccountRef::Code(code.clone()),
            _ => AccountRef::Id(AccountId(account.id)),
        };
        let available = self.books.available(number, &self.sums[number]).clamp(0, 100_000) as u64;
        (given, currency, available)
    }

    /// One of `seldom` once in `n` times, else one of `often`.
    fn one_of(&mut self, n: u64, seldom: &[usize], often: &[usize]) -> (AccountRef, CurrencyCode, u64) {
        if self.rng.one_in(n) { self.named(seldom) } else { self.named(often) }
    }

    pub(super) fn amount(&mut self, available: u64) -> u64 {
        match self.rng.below(40) {
            0 => 0,
            1 => available + 1,
            2 => available,
            3 if self.rng.one_in(6) => i64::MAX as u64 - self.rng.below(2_000),
            4 if self.rng.one_in(6) => u64::MAX,
            5..=9 => 1 + self.rng.below(2_000),
            _ => 1 + self.rng.below(available / 2),
        }
    }

    /// The id of an earlier command of a certain kind, mostly a recent one; now and then of any other, or of none.
    pub(super) fn earlier(&mut self, fits: impl Fn(&Deed) -> bool) -> CommandId {
        let any = self.rng.one_in(15);
        let said = |fact: &super::books::Fact| fact.said.as_ref().map(|said| said.id);
        let fitting: Vec<CommandId> =
            self.books.facts.iter().filter(|fact| any || fits(&fact.deed)).filter_map(said).collect();
        let recent = if self.rng.one_in(3) { 0 } else { fitting.len().saturating_sub(6) };
        match self.rng.pick(&fitting[recent..]) {
            Some(id) if !self.rng.one_in(50) => *id,
            _ => CommandId(self.rng.id()),
        }
    }

    /// The id that the expiry of a hold has or will have.
    fn id_of_an_expiry(&mut self) -> CommandId {
        let hold = self.earlier(|deed| matches!(deed, Deed::Held { .. }));
        CommandId::derived("ledger/hold-expired/v1", &hold.to_bytes())
    }

    /// Part of something, with its currency, or all of it.
    pub(super) fn part(&mut self) -> (Option<u64>, Option<CurrencyCode>) {
        match self.rng.below(12) {
            0 => (Some(self.rng.below(3)), None),
            1 => (None, Some(self.currency(0))),
            2 => (Some(self.rng.below(20)), Some(self.currency(1))),
            3..=7 => (Some(self.rng.below(200)), Some(self.currency(0))),
            _ => (None, None),
        }
    }

    fn action(&mut self) -> Action {
        let (wallets, all) = (self.wallets(), self.numbers(|_| true));
        match self.rng.below(112) {
            0..=17 => {
                let funding = self.numbers(|account| account.kind == AccountKind::Asset);
                let (account, currency, _) = self.named(&wallets);
                let (funding, ..) = self.one_of(30, &wallets, &funding);
                let amount_minor = self.amount(800);
                Action::TopUp(TopUp { account, funding, amount_minor, currency })
            }
            18..=33 => {
                let (account, currency, available) = self.named(&wallets);
                let amount_minor = self.amount(available);
                Action::Spend(Spend { account, amount_minor, currency })
            }
            34..=43 => {
                let (debit, currency, available) = self.one_of(4, &all, &wallets);
                let (credit, ..) = self.one_of(4, &all, &wallets);
                let amount_minor = self.amount(available);
                Action::Transfer(Transfer { debit, credit, amount_minor, currency })
            }
            44..=57 => {
                let (debit, currency, available) = self.named(&wallets);
                let credit = if self.rng.one_in(3) { Some(self.named(&all).0) } else { None };
                let amount_minor = self.amount(available);
                let wait = self.rng.choose([0, 1, 30, 600, 3_600, 90_000]) * SECOND_US;
                let expires_at = (!self.rng.one_in(5)).then_some(Timestamp(self.now + wait));
                Action::PlaceHold(PlaceHold { debit, credit, amount_minor, currency, expires_at })
            }
            58..=65 => {
                let hold = self.earlier(|deed| matches!(deed, Deed::Held { .. }));
                let (amount_minor, currency) = self.part();
                Action::SettleHold(SettleHold { hold, amount_minor, currency, more_to_come: self.rng.one_in(2) })
            }
            66..=69 => Action::VoidHold(VoidHold { hold: self.earlier(|deed| matches!(deed, Deed::Held { .. })) }),
            70..=77 => {
                let spends = |deed: &Deed| matches!(deed, Deed::Posted { why: Why::Spend, .. } | Deed::Paid { .. });
                let spend = self.earlier(spends);
                let (amount_minor, currency) = self.part();
                Action::RefundSpend(RefundSpend { spend, amount_minor, currency })
            }
            78..=84 => {
                let posts = |deed: &Deed| matches!(deed, Deed::Posted { .. } | Deed::Paid { .. });
                Action::ReverseTransaction(ReverseTransaction { transaction: self.earlier(posts) })
            }
            85..=90 => Action::PostJournalEntry(PostJournalEntry { legs: self.entry(&all) }),
            91..=93 if wallets.len() < 8 => self.open_wallet(),
            94..=96 => Action::CloseAccount(CloseAccount { account: self.named(&wallets).0 }),
            100..=111 => self.control(&wallets, &all),
            _ => self.party(&all),
        }
    }

    fn entry(&mut self, all: &[usize]) -> Vec<EntryLeg> {
        let mut legs = Vec::new();
        for _ in 0..1 + self.rng.below(3) {
            let (first, currency, available) = self.named(all);
            let same: Vec<usize> = self.numbers(|account| account.currency == currency);
            let (second, ..) = self.named(&same);
            let amount_minor = self.amount(available.max(50));
            for (account, side) in [(first, Side::Debit), (second, Side::Credit)] {
                legs.push(EntryLeg { account, side, amount_minor, currency });
            }
        }
        if self.rng.one_in(20) {
            legs.pop();
        }
        legs
    }

    /// Names of currencies, stores, actors and operator's accounts.
    fn party(&mut self, all: &[usize]) -> Action {
        let number = self.rng.below(5);
        match self.rng.below(5) {
            0 => Action::DefineCurrency(DefineCurrency {
                code: self.currency(number as usize % 2),
                exponent: self.rng.choose([0, 0, 2, 9]),
            }),
            1 => Action::RegisterActor(RegisterActor {
                principal: format!("actor-{number}").into(),
                kind: ActorKind::Person,
                authenticated_by: Authentication::OsUser,
            }),
            2 => Action::OpenStore(OpenStore {
                code: format!("store-{number}").parse().expect("a code"),
                payable: self.named(all).0,
            }),
            3 => {
                let kind = self.rng.choose(AccountKind::ALL);
                let overdraft = self.rng.choose([Overdraft::Never, Overdraft::UpTo(50), Overdraft::Unlimited]);
                let code = format!("other:{number}").parse().ok();
                let under = if self.rng.one_in(20) { "wallets".parse().ok() } else { None };
                self.open(kind, overdraft, code, under)
            }
            _ => {
                let off = self.rng.choose([0, 0, 60, -60, 61, -61, 86_400]) * SECOND_US;
                Action::AcceptClock(AcceptClock { reading: Timestamp(self.now + off) })
            }
        }
    }
}
