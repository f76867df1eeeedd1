//! Ordinary life: registrations, top-ups, purchases, holds and transfers of people who are not in any plan. Pure.
//!
//! | source of a top-up | share | amounts in yen |
//! | --- | --- | --- |
//! | credit card | 41 % | 1,000 to 10,000, one in two hundred 20,000 or 30,000 |
//! | debit card | 9 % | the same |
//! | bank | 12 % | 1,000 to 10,000, one in twenty 20,000 to 50,000 |
//! | cash at a till | 25 % | 1,000 to 5,000 |
//! | cash at a machine | 10 % | 1,000 to 10,000 |
//! | points | 3 % | 100 to 2,000 |
//!
//! Purchases cost 80 to 3,000 yen, two in a hundred up to 10,000, and now and then somebody who has the money buys for more.

use ledger::command::{Action, Command, CommandContext, Group, OpenAccount, Spend, Submission, TopUp};
use ledger::model::{AccountKind, Category, Channel, Country, Overdraft, Reference, Timestamp};

use super::crude_rule::{LARGE_PURCHASE_OVER_MINOR, LARGE_TOP_UP_MINOR};
use super::due::Act;
use super::plan::Source;
use super::step::{Expected, Step};
use super::stream::{Stream, accepted, actor, rejected};
use super::timeline::{CARD_TOP_UPS_STOP, FIRST_ESTIMATE, TOP_UPS_STOP, tokyo};
use super::wallets::Mark;

pub(super) const JAPAN: Country = Country(*b"JP");
/// One wallet in two hundred changes its phone.
const NEW_PHONES: u32 = 200;

impl Stream {
    /// The next wallet is opened, some of them with a gift of points in the same group.
    pub(super) fn register(&mut self) -> Option<Step> {
        let wallet = self.wallets.open()?;
        let carried_over = self.now < tokyo(1, 0, 10);
        let (who, channel) = if carried_over { (actor::MIGRATION, Channel::Batch) } else { (actor::APP, Channel::App) };
        let mut context = CommandContext { channel: Some(channel), ..CommandContext::default() };
        if !carried_over {
            context.device = Some(self.names.device(wallet, false));
            context.country = Some(JAPAN);
        }
        let open = OpenAccount {
            account: self.names.wallet(wallet),
            kind: AccountKind::Liability,
            currency: self.yen,
            code: None,
            under: Some(self.wallets_code.clone()),
            overdraft: Overdraft::Never,
        };
        let open = self.command(who, context, Action::OpenAccount(open));
        if self.random.chance(30) && self.wallets.mark(wallet, Mark::Planned) {
            self.later(3_600, 86_400, Act::Close(wallet));
        }
        if carried_over || !self.random.chance(300) || self.wallets.has(wallet, Mark::Planned) {
            return Some(accepted(open));
        }
        let amount = 100 * self.random.between(3, 10) as u32;
        let mut gift = self.top_up_command(wallet, Source::Points, amount);
        gift.cause = Some(open.id);
        self.credit_top_up(wallet, Source::Points, amount);
        let id = self.group_id();
        Some(Step {
            submission: Submission::Group(Group { id, members: vec![open, gift] }),
            expected: Expected::Group(vec![Expected::Accepted, Expected::Accepted]),
        })
    }

    /// Something that an ordinary holder does now; `None` when nobody can do anything.
    pub(super) fn ordinary(&mut self) -> Option<Step> {
        for _ in 0..64 {
            let wallet = self.wallets.pick(&mut self.random)?;
            let available = self.wallets.available_minor(wallet);
            let poor = u64::from(available) < 300 + self.random.below(1_500);
            if self.now < TOP_UPS_STOP && (poor || available < 30_000 && self.random.chance(1_000)) {
                return Some(self.top_up(wallet));
            }
            if available < 100 {
                continue;
            }
            return Some(match self.random.below(10_000) {
                0..40 => self.refused(wallet, available),
                40..60 => self.split_bill(wallet, available),
                60..760 => self.transfer(wallet, available),
                760..1_460 if available >= 300 => self.place_hold(wallet, available),
                _ => self.purchase(wallet, available),
            });
        }
        None
    }

    fn top_up(&mut self, wallet: u32) -> Step {
        let sources: &[_] = if self.now < CARD_TOP_UPS_STOP { &CARD_DAYS } else { &CARDLESS_DAYS };
        let source = self.random.one_of(sources);
        let thousands = match source {
            Source::CreditCard | Source::DebitCard if self.random.chance(50) => self.random.between(2, 3) * 10,
            Source::Bank if self.random.chance(500) => self.random.between(2, 5) * 10,
            Source::CreditCard | Source::DebitCard | Source::Bank | Source::Atm => {
                self.random.one_of(&[(30, 1), (22, 2), (20, 3), (20, 5), (8, 10)])
            }
            Source::CashRegister => self.random.one_of(&[(45, 1), (25, 2), (20, 3), (10, 5)]),
            Source::Points => 0,
        };
        let mut amount = 1_000 * thousands as u32;
        if source == Source::Points {
            amount = self.random.between(100, 2_000) as u32;
        }
        if source.is_card() && u64::from(amount) >= LARGE_TOP_UP_MINOR && self.now < FIRST_ESTIMATE {
            if self.wallets.has(wallet, Mark::LargePurchase) {
                amount = 10_000;
            } else {
                self.wallets.mark(wallet, Mark::LargeCardTopUp);
            }
        }
        let command = self.top_up_command(wallet, source, amount);
        self.credit_top_up(wallet, source, amount);
        if self.random.chance(3) {
            let transaction = command.id;
            let act = Act::ReverseTopUp { transaction, wallet, source, amount_minor: amount };
            self.later(60, 3_600, act);
        }
        if self.random.chance(5) {
            self.later(1, 90, Act::Resend(Box::new(command.clone())));
        }
        accepted(command)
    }

    pub(super) fn top_up_command(&mut self, wallet: u32, source: Source, amount: u32) -> Command {
        let (who, channel) = match source {
            Source::CashRegister => (actor::TILL, Channel::Store),
            Source::Atm => (actor::ATM, Channel::Atm),
            Source::CreditCard | Source::DebitCard | Source::Bank | Source::Points => (actor::APP, Channel::App),
        };
        let mut context = CommandContext { channel: Some(channel), country: Some(JAPAN), ..CommandContext::default() };
        if channel == Channel::App {
            context.device = Some(self.holder_device(wallet));
            // Now and then somebody is travelling.
            if self.random.chance(60) {
                let countries = [(3, *b"US"), (3, *b"KR"), (2, *b"TW"), (2, *b"CN"), (1, *b"TH")];
                context.country = Some(Country(self.random.one_of(&countries)));
            }
        }
        match source {
            Source::CreditCard | Source::DebitCard => context.card = Some(self.names.card(wallet)),
            Source::CashRegister => {
                let store = self.pick_store();
                context.store = Some(self.stores[usize::from(store)].clone());
            }
            Source::Bank => {
                let number = self.random.below(1 << 40);
                context.reference = Reference::from(&format!("bt-{number:010x}")).ok();
            }
            Source::Atm | Source::Points => {}
        }
        let action = TopUp {
            account: self.names.wallet(wallet).into(),
            funding: self.funding[source as usize].clone(),
            amount_minor: amount.into(),
            currency: self.yen,
        };
        self.command(who, context, Action::TopUp(action))
    }

    pub(super) fn credit_top_up(&mut self, wallet: u32, source: Source, amount: u32) {
        self.wallets.add(wallet, amount);
        self.receivable_minor[source as usize] += u64::from(amount);
    }

    pub(super) fn purchase(&mut self, wallet: u32, available: u32) -> Step {
        let amount = self.price(wallet, available);
        let store = self.pick_store();
        let category = self.random.one_of(&CATEGORIES);
        let context = self.at_till(wallet, store, category);
        let step = self.spend_step(wallet, store, amount, context);
        let Submission::One(command) = &step.submission else { return step };
        let spend = command.id;
        if self.random.chance(150) {
            let parts = self.random.one_of(&[(60, 0), (35, 1), (5, 2)]);
            let act = Act::Refund { spend, wallet, store, left_minor: amount, parts };
            self.later(300, 86_400, act);
        } else if self.random.chance(5) {
            let act = Act::Resend(Box::new(command.clone()));
            self.later(1, 90, act);
        } else if self.random.chance(2) {
            self.later(60, 3_600, Act::RefundTooMuch { spend, amount_minor: amount + 1 });
        }
        step
    }

    /// What an ordinary purchase costs: at most what there is, and large only where the first estimate is not concerned.
    fn price(&mut self, wallet: u32, available: u32) -> u32 {
        let rich = available >= 15_000 && self.random.chance(500);
        if rich && (self.now >= FIRST_ESTIMATE || !self.wallets.has(wallet, Mark::LargeCardTopUp)) {
            let price = self.random.between(LARGE_PURCHASE_OVER_MINOR + 1, u64::from(available).min(80_000));
            if self.now < FIRST_ESTIMATE {
                self.wallets.mark(wallet, Mark::LargePurchase);
            }
            return price as u32;
        }
        let price = match self.random.below(1_000) {
            0..850 => 80 + self.random.below(500) + self.random.below(700),
            850..980 => self.random.between(1_000, 3_000),
            _ => self.random.between(3_000, 10_000),
        };
        (price as u32).min(available)
    }

    pub(super) fn spend_step(&mut self, wallet: u32, store: u16, amount: u32, context: CommandContext) -> Step {
        let there = self.wallets.take(wallet, amount);
        debug_assert!(there, "a purchase costs at most what there is");
        self.payable_minor[usize::from(store)] += i64::from(amount);
        let spend =
            Spend { account: self.names.wallet(wallet).into(), amount_minor: amount.into(), currency: self.yen };
        self.step(actor::TILL, context, Action::Spend(spend))
    }

    /// The circumstances of a purchase: the holder shows a phone at a till.
    pub(super) fn at_till(&self, wallet: u32, store: u16, category: u16) -> CommandContext {
        CommandContext {
            channel: Some(Channel::Store),
            country: Some(JAPAN),
            category: Some(Category(category)),
            store: Some(self.stores[usize::from(store)].clone()),
            device: Some(self.holder_device(wallet)),
            ..CommandContext::default()
        }
    }

    /// Something that the rules of the books refuse.
    fn refused(&mut self, wallet: u32, available: u32) -> Step {
        let store = self.pick_store();
        let context = self.at_till(wallet, store, 5_411);
        let mut spend = Spend {
            account: self.names.wallet(wallet).into(),
            amount_minor: u64::from(available) + self.random.between(1, 3_000),
            currency: self.yen,
        };
        let mut code = "insufficient_funds";
        if self.random.chance(1_000) {
            // A wallet that nobody has registered.
            spend.account = self.names.wallet(u32::MAX - wallet).into();
            code = "account_unknown";
        }
        let command = self.command(actor::TILL, context, Action::Spend(spend));
        rejected(command, code)
    }

    pub(super) const fn holder_device(&self, wallet: u32) -> ledger::model::Pseudonym {
        let renewed = wallet % NEW_PHONES == 77 && self.now.0 > tokyo(2, 20, 0).0;
        self.names.device(wallet, renewed)
    }

    /// A store; the first ones are the busiest.
    pub(super) fn pick_store(&mut self) -> u16 {
        let stores = self.stores.len() as u64;
        self.random.below(stores).min(self.random.below(stores)) as u16
    }

    /// Enters an act for a moment between so many seconds from now.
    pub(super) fn later(&mut self, from_seconds: u64, to_seconds: u64, act: Act) {
        let seconds = self.random.between(from_seconds, to_seconds) as i64;
        let at: Timestamp = self.now.plus_seconds(seconds);
        self.agenda.enter(at, act);
    }
}

const CARD_DAYS: [(u64, Source); 6] = [
    (41, Source::CreditCard),
    (9, Source::DebitCard),
    (12, Source::Bank),
    (25, Source::CashRegister),
    (10, Source::Atm),
    (3, Source::Points),
];
/// The shares without the cards, on the fourth day.
const CARDLESS_DAYS: [(u64, Source); 4] =
    [(12, Source::Bank), (25, Source::CashRegister), (10, Source::Atm), (3, Source::Points)];

/// Categories of purchases: groceries, other food, fast food, tobacco, newspapers, drinks.
const CATEGORIES: [(u64, u16); 6] = [(45, 5_411), (30, 5_499), (10, 5_814), (8, 5_993), (4, 5_994), (3, 5_921)];
