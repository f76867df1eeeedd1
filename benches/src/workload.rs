//! What is played: wallets in the operator's chart, funded, and endless transfers between them.
//!
//! Pure and seeded. Every command has an id of its own; transfers come with the context that a payment has, or without.

use ledger::command::{Action, Command, CommandContext, OpenAccount, Submission, TopUp, Transfer};
use ledger::model::{
    AccountId, AccountKind, AccountRef, Category, Channel, Code, CommandId, Country, CurrencyCode, Overdraft,
    Pseudonym, Timestamp,
};

/// What each wallet is funded with, in yen: more than any run takes out of it.
const FUNDS_MINOR: u64 = 100_000_000;

/// Which transfers are made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Between two wallets chosen evenly, with context.
    Spread,
    /// The same without context.
    Bare,
    /// From one account of the operator's to a wallet, with context: that account takes part in every transfer.
    Hot,
}

/// Time of the commands, for a ledger whose clock is its commands.
#[derive(Debug, Clone, Copy)]
pub struct Times {
    /// The first command's time.
    pub from: Timestamp,
    /// Microseconds from one command to the next.
    pub step: i64,
}

/// Makes commands, each different from all before it.
#[derive(Debug)]
pub struct Workload {
    accounts: u32,
    seed: u64,
    made: u64,
    numbers: u64,
    times: Option<Times>,
    yen: CurrencyCode,
    wallets: Code,
    bank: AccountRef,
}

impl Workload {
    /// Over so many wallets. Two workloads of different seeds make different commands for the same wallets.
    pub fn new(accounts: u32, seed: u64, times: Option<Times>) -> Self {
        Self {
            accounts,
            seed,
            made: 0,
            numbers: mix(seed),
            times,
            yen: "JPY".parse().expect("a currency code"),
            wallets: "wallets".parse().expect("a code of the chart"),
            bank: AccountRef::Code("funding:bank".parse().expect("a code of the chart")),
        }
    }

    /// The id of a wallet.
    pub const fn wallet(place: u32) -> AccountId {
        AccountId((mix(place as u64) as u128) << 64 | mix(place as u64 ^ 0x77) as u128 | 1)
    }

    /// Opens a wallet.
    pub fn open(&mut self, place: u32) -> Command {
        let open = OpenAccount {
            account: Self::wallet(place),
            kind: AccountKind::Liability,
            currency: self.yen,
            code: None,
            under: Some(self.wallets.clone()),
            overdraft: Overdraft::Never,
        };
        self.command(CommandContext::default(), Action::OpenAccount(open))
    }

    /// Gives a wallet money enough for every run.
    pub fn fund(&mut self, place: u32) -> Command {
        let fund = TopUp {
            account: Self::wallet(place).into(),
            funding: self.bank.clone(),
            amount_minor: FUNDS_MINOR,
            currency: self.yen,
        };
        self.command(CommandContext::default(), Action::TopUp(fund))
    }

    /// A transfer of 1 to 100 yen.
    pub fn transfer(&mut self, kind: Kind) -> Command {
        self.transfer_between_first(kind, self.accounts)
    }

    /// A transfer of 1 to 100 yen between these wallets; a hot one takes the operator's account in place of the first.
    pub fn transfer_between(&mut self, kind: Kind, from: u32, to: u32) -> Command {
        let debit = if kind == Kind::Hot { self.bank.clone() } else { Self::wallet(from).into() };
        let context = match kind {
            Kind::Bare => CommandContext::default(),
            Kind::Spread | Kind::Hot => CommandContext {
                channel: Some(Channel::App),
                country: Some(Country(*b"JP")),
                category: Some(Category(5_411)),
                device: Some(Pseudonym(u128::from(mix(u64::from(from))) << 3 | 1)),
                card: Some(Pseudonym(u128::from(mix(u64::from(from))) << 5 | 2)),
                ..CommandContext::default()
            },
        };
        let transfer = Transfer {
            debit,
            credit: Self::wallet(to).into(),
            amount_minor: 1 + u64::from(self.number(100)),
            currency: self.yen,
        };
        self.command(context, Action::Transfer(transfer))
    }

    /// A transfer between the first so many wallets.
    pub fn transfer_between_first(&mut self, kind: Kind, wallets: u32) -> Command {
        let from = self.number(wallets);
        let to = (from + 1 + self.number(wallets - 1)) % wallets;
        self.transfer_between(kind, from, to)
    }

    /// So many transfers in batches of `size`.
    pub fn batches(&mut self, kind: Kind, transfers: usize, size: usize) -> Vec<Vec<Submission>> {
        let mut left = transfers;
        let mut batches = Vec::with_capacity(transfers / size + 1);
        while left > 0 {
            let count = size.min(left);
            batches.push((0..count).map(|_| Submission::One(self.transfer(kind))).collect());
            left -= count;
        }
        batches
    }

    fn command(&mut self, context: CommandContext, action: Action) -> Command {
        self.made += 1;
        let high = mix(self.seed << 40 ^ self.made);
        let id = CommandId(u128::from(high) << 64 | u128::from(self.seed << 40 | self.made));
        let at = self.times.map(|times| Timestamp(times.from.0 + times.step * self.made as i64));
        Command { id, at, effective: None, actor: None, cause: None, context, action }
    }

    /// A number below `bound`.
    pub const fn number(&mut self, bound: u32) -> u32 {
        self.numbers = self.numbers.wrapping_add(0x9e37_79b9_7f4a_7c15);
        (((mix(self.numbers) >> 32) * bound as u64) >> 32) as u32
    }
}

/// Scatters a number over 64 bits (the finalizer of splitmix64).
const fn mix(value: u64) -> u64 {
    let value = value.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ (value >> 31)
}
