//! One event of each type, and the names their numbers stand for: the examples of `docs/commands.md`.

use arrayvec::ArrayString;

use crate::event::{
    AccountClosed, AccountFrozen, AccountOpened, AccountThawed, ActorRegistered, AmountFrozen, AmountReleased, Body,
    ClockAccepted, CurrencyDefined, Declined, DeclinesCounted, Event, Genesis, HaltImposed, HaltLifted, Header,
    HoldExpired, HoldPlaced, HoldSettled, HoldVoided, JournalEntryPosted, SignalRecorded, SpendRefunded, Spent,
    StoreOpened, ToppedUp, TransactionReversed, Transferred,
};
use crate::json::Names;
use crate::model::{
    AccountId, AccountKind, AccountNumber, Actor, ActorKind, ActorNumber, Authentication, Category, Channel, Clock,
    Code, CommandId, Context, Control, ControlKind, Country, Currency, CurrencyCode, CurrencyNumber, Directions,
    Exception, FreezeReason, LedgerId, Leg, Link, Movement, Notes, OperationKind, Overdraft, Pseudonym, Sequence, Side,
    Signal, Store, StoreNumber, Tag, Timestamp, UtcOffset,
};
use crate::selector::Written;

const FUNDING: AccountNumber = AccountNumber(0);
const WALLET: AccountNumber = AccountNumber(1);
const PAYABLE: AccountNumber = AccountNumber(2);
const FEES: AccountNumber = AccountNumber(3);
const WALLETS: AccountNumber = AccountNumber(4);

/// The names of a ledger with five accounts, one currency, one store and one actor.
pub(super) struct Few {
    codes: [Code; 5],
    store: Code,
}

impl Few {
    pub(super) fn new() -> Self {
        let code = |text: &str| text.parse().unwrap();
        Self {
            codes: [
                code("funding:credit-card"),
                code("none"),
                code("store-payables"),
                code("fees:acquirer"),
                code("wallets"),
            ],
            store: code("shibuya-1"),
        }
    }
}

fn id(number: AccountNumber) -> AccountId {
    AccountId(0xa000_0000_0000_4000_8000_0000_0000_0000 + u128::from(number.0))
}

fn jpy() -> CurrencyCode {
    "JPY".parse().unwrap()
}

impl Names for Few {
    fn account(&self, number: AccountNumber) -> Option<(AccountId, CurrencyCode)> {
        (number.0 < 5).then(|| (id(number), jpy()))
    }
    fn account_code(&self, number: AccountNumber) -> Option<&Code> {
        if number == WALLET { None } else { self.codes.get(number.0 as usize) }
    }
    fn currency(&self, number: CurrencyNumber) -> Option<CurrencyCode> {
        (number.0 == 0).then(jpy)
    }
    fn store(&self, number: StoreNumber) -> Option<&Code> {
        (number.0 == 1).then_some(&self.store)
    }
    fn principal(&self, number: ActorNumber) -> Option<&str> {
        (number.0 == 1).then_some("mori")
    }
}

fn link(account: AccountNumber, previous: u64, event_number: u64, net_after_minor: i64) -> Link {
    Link { account, previous: Sequence(previous), event_number, net_after_minor }
}

fn movement(debit: Link, credit: Link, amount_minor: u64) -> Movement {
    Movement { debit, credit, amount_minor }
}

/// One event of each type in a plausible order; the names must be those of [`Few`].
pub(super) fn events() -> Vec<Event> {
    let hold = CommandId(0xc000_0000_0000_4000_8000_0000_0000_000e);
    let freeze = Control { kind: ControlKind::Freeze, id: CommandId(0xc000_0000_0000_4000_8000_0000_0000_0015) };
    let at = |text: &str| text.parse::<Timestamp>().unwrap();
    let leg = |link, side, amount_minor| Leg { link, side, amount_minor };
    let bodies = vec![
        Body::Genesis(Genesis {
            ledger: LedgerId(0x1ed6_0000_0000_4000_8000_0000_0000_0001),
            format_version: 1,
            utc_offset: UtcOffset(9 * 3600),
            clock: Clock::System,
            salt_key_hash: std::array::from_fn(|place| place as u8),
        }),
        Body::CurrencyDefined(CurrencyDefined {
            number: CurrencyNumber(0),
            currency: Currency { code: jpy(), exponent: 0 },
        }),
        Body::ActorRegistered(ActorRegistered {
            number: ActorNumber(1),
            actor: Actor {
                principal: "mori".into(),
                kind: ActorKind::Person,
                authenticated_by: Authentication::OsUser,
            },
        }),
        Body::AccountOpened(AccountOpened {
            link: link(FUNDING, 0, 1, 0),
            account: id(FUNDING),
            kind: AccountKind::Asset,
            currency: CurrencyNumber(0),
            code: Some("funding:credit-card".parse().unwrap()),
            under: None,
            overdraft: Overdraft::Unlimited,
        }),
        Body::AccountOpened(AccountOpened {
            link: link(WALLET, 0, 1, 0),
            account: id(WALLET),
            kind: AccountKind::Liability,
            currency: CurrencyNumber(0),
            code: None,
            under: Some(WALLETS),
            overdraft: Overdraft::Never,
        }),
        Body::StoreOpened(StoreOpened {
            number: StoreNumber(1),
            store: Store { code: "shibuya-1".parse().unwrap(), payable: PAYABLE },
        }),
        Body::ToppedUp(ToppedUp {
            movement: movement(link(FUNDING, 4, 2, 30_000), link(WALLET, 5, 2, 30_000), 30_000),
        }),
        Body::Spent(Spent { movement: movement(link(WALLET, 7, 3, 28_500), link(PAYABLE, 0, 2, 1_500), 1_500) }),
        Body::SpendRefunded(SpendRefunded {
            movement: movement(link(PAYABLE, 8, 3, 1_000), link(WALLET, 8, 4, 29_000), 500),
            spend: Sequence(8),
        }),
        Body::Transferred(Transferred { movement: movement(link(PAYABLE, 9, 4, 900), link(FEES, 0, 2, -100), 100) }),
        Body::TransactionReversed(TransactionReversed {
            reversed: Sequence(10),
            refund_of: None,
            links: vec![link(PAYABLE, 10, 5, 1_000), link(FEES, 10, 3, 0)],
            legs: vec![leg(0, Side::Credit, 100), leg(1, Side::Debit, 100)],
        }),
        Body::JournalEntryPosted(JournalEntryPosted {
            links: vec![link(PAYABLE, 11, 6, 0), link(FEES, 11, 4, 30), link(FUNDING, 7, 3, 29_030)],
            legs: vec![
                leg(0, Side::Debit, 1_000),
                leg(1, Side::Debit, 30),
                leg(2, Side::Credit, 970),
                leg(2, Side::Credit, 60),
            ],
        }),
        Body::ClockAccepted(ClockAccepted { reading: at("2019-07-03T01:00:00Z") }),
        Body::HoldPlaced(HoldPlaced {
            movement: movement(link(WALLET, 9, 5, 29_000), link(PAYABLE, 12, 7, 0), 5_000),
            expires_at: Some(at("2019-07-10T00:00:00Z")),
        }),
        Body::HoldSettled(HoldSettled {
            hold,
            movement: movement(link(WALLET, 14, 6, 26_000), link(PAYABLE, 14, 8, 3_000), 3_000),
            released_minor: 0,
            remaining_minor: 2_000,
        }),
        Body::HoldVoided(HoldVoided {
            hold,
            movement: movement(link(WALLET, 15, 7, 26_000), link(PAYABLE, 15, 9, 3_000), 2_000),
        }),
        Body::HoldExpired(HoldExpired {
            hold,
            movement: movement(link(WALLET, 16, 8, 26_000), link(PAYABLE, 16, 10, 3_000), 2_000),
        }),
        Body::TransactionReversed(TransactionReversed {
            reversed: Sequence(9),
            refund_of: Some(Sequence(8)),
            links: vec![link(PAYABLE, 17, 11, 3_500), link(WALLET, 17, 9, 25_500)],
            legs: vec![leg(0, Side::Credit, 500), leg(1, Side::Debit, 500)],
        }),
        Body::AccountClosed(AccountClosed { link: link(WALLETS, 5, 2, 0) }),
        Body::SignalRecorded(SignalRecorded { link: link(WALLET, 18, 10, 25_500), signal: Signal::NewDevice }),
        Body::AccountFrozen(AccountFrozen {
            link: link(WALLET, 20, 11, 25_500),
            directions: Directions::Out,
            reason: FreezeReason::CourtOrder,
            expires_at: Some(at("2019-08-01T00:00:00Z")),
            exceptions: vec![Exception { operation: OperationKind::Transfer, amount_max_minor: 12_000 }],
        }),
        Body::Declined(Declined {
            control: freeze,
            account: Some(WALLET),
            operation: Box::new(Body::Spent(Spent {
                movement: movement(link(WALLET, 21, 12, 25_500), link(PAYABLE, 18, 12, 3_500), 1_500),
            })),
        }),
        Body::DeclinesCounted(DeclinesCounted {
            control: freeze,
            link: Some(link(WALLET, 22, 13, 25_500)),
            hour: at("2019-07-03T00:00:00Z"),
            count: 1_234,
        }),
        Body::AccountThawed(AccountThawed { link: link(WALLET, 23, 14, 25_500), freeze: freeze.id }),
        Body::AmountFrozen(AmountFrozen {
            link: link(WALLET, 24, 15, 25_500),
            amount_minor: 5_000,
            reason: FreezeReason::SuspectedFraud,
        }),
        Body::AmountReleased(AmountReleased {
            link: link(WALLET, 25, 16, 25_500),
            freeze: CommandId(0xc000_0000_0000_4000_8000_0000_0000_0019),
            amount_minor: 2_000,
            remaining_minor: 3_000,
        }),
        Body::HaltImposed(HaltImposed {
            selector: Written::latest("operation = top_up and funding in (funding:credit-card, funding:debit-card)"),
            reason: "top-ups from stolen logins".into(),
            incident: Some(CommandId(0x1c1d_0000_0000_4000_8000_0000_0000_0001)),
            starts_at: None,
            ends_at: Some(at("2019-08-01T00:00:00Z")),
        }),
        Body::HaltLifted(HaltLifted {
            halt: CommandId(0xc000_0000_0000_4000_8000_0000_0000_001b),
            except: Some(Written::latest("cohort < 10")),
            approved_by: ActorNumber(1),
        }),
    ];
    bodies.into_iter().zip(1u64..).map(|(body, sequence)| event(sequence, body)).collect()
}

fn event(sequence: u64, body: Body) -> Event {
    let own = matches!(body, Body::Genesis(_) | Body::HoldExpired(_) | Body::DeclinesCounted(_));
    let recorded_at = Timestamp(1_562_112_900_000_000 + sequence as i64 * 1_000_250);
    Event {
        sequence: Sequence(sequence),
        recorded_at,
        header: Header {
            command: CommandId(0xc000_0000_0000_4000_8000_0000_0000_0000 + u128::from(sequence)),
            command_hash: if own { 0 } else { 0x9e37_79b9_7f4a_7c15_u64.wrapping_mul(sequence) },
            effective: recorded_at.date(UtcOffset(9 * 3600)),
            actor: ActorNumber(u32::from(matches!(body, Body::JournalEntryPosted(_) | Body::Transferred(_)))),
            cause: matches!(body, Body::SpendRefunded(_))
                .then_some(CommandId(0xc000_0000_0000_4000_8000_0000_0000_0008)),
            context: context(&body),
        },
        body,
    }
}

fn context(body: &Body) -> Option<Context> {
    match body {
        Body::ToppedUp(_) => Some(Context {
            channel: Some(Channel::App),
            country: Some(Country(*b"JP")),
            device: Some(Pseudonym(0xd000_0000_0000_4000_8000_0000_0000_0001)),
            card: Some(Pseudonym(0xca00_0000_0000_4000_8000_0000_0000_0001)),
            ..Context::default()
        }),
        Body::Spent(_) => Some(Context {
            channel: Some(Channel::Store),
            category: Some(Category(5993)),
            store: Some(StoreNumber(1)),
            reference: ArrayString::from("till-4/000123").ok(),
            ..Context::default()
        }),
        Body::JournalEntryPosted(_) => Some(Context {
            notes: Some(Box::new(Notes {
                description: Some("settlement of 3 July, \"fees\" deducted".into()),
                voucher: ArrayString::from("V-2019-0703-17").ok(),
                tags: vec![Tag { name: "batch".into(), value: "0703".into() }],
            })),
            ..Context::default()
        }),
        _ => None,
    }
}
