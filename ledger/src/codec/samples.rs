//! One event of every layout, for the tests of this module and the golden files.

use smallvec::SmallVec;

use crate::event::{
    AccountClosed, AccountFrozen, AccountOpened, AccountThawed, ActorRegistered, AmountFrozen, AmountReleased, Body,
    ClockAccepted, CurrencyDefined, Declined, DeclinesCounted, Event, Genesis, HaltImposed, HaltLifted, Header,
    HoldExpired, HoldPlaced, HoldSettled, HoldVoided, JournalEntryPosted, SignalRecorded, SpendRefunded, Spent,
    StoreOpened, ToppedUp, TransactionReversed, Transferred,
};
use crate::model::{
    AccountId, AccountKind, AccountNumber, Actor, ActorKind, ActorNumber, Authentication, Category, Channel, Clock,
    CommandId, Context, Control, ControlKind, Country, Currency, CurrencyNumber, Date, Directions, Exception,
    FreezeReason, LedgerId, Leg, Link, Movement, Notes, OperationKind, Overdraft, Pseudonym, Reference, Sequence, Side,
    Store, StoreNumber, Tag, Timestamp, UtcOffset, Voucher,
};
use crate::selector::Written;

fn link(account: u32) -> Link {
    Link {
        account: AccountNumber(account),
        previous: Sequence(0x1122_3344_5566 + u64::from(account)),
        event_number: 7 + u64::from(account),
        net_after_minor: -1_234_567 - i64::from(account),
    }
}

fn movement() -> Movement {
    Movement { debit: link(3), credit: link(1_499_999), amount_minor: 100_000 }
}

/// A context with every field that an ordinary operation has.
pub(super) fn ordinary_context() -> Context {
    Context {
        channel: Some(Channel::Store),
        country: Some(Country(*b"JP")),
        category: Some(Category(5993)),
        store: Some(StoreNumber(20_001)),
        device: Some(Pseudonym(0xD0D1_D2D3_D4D5_D6D7_D8D9_DADB_DCDD_DEDF)),
        card: Some(Pseudonym(0xC0C1_C2C3_C4C5_C6C7_C8C9_CACB_CCCD_CECF)),
        reference: Some(Reference::from("20190703-0001").unwrap()),
        notes: None,
    }
}

fn whole_context() -> Context {
    let notes = Notes {
        description: Some("settlement of the card acquirer for 3 July".to_owned()),
        voucher: Some(Voucher::from("V-2019-0042").unwrap()),
        tags: vec![Tag { name: "batch".to_owned(), value: "17".to_owned() }],
    };
    Context { notes: Some(Box::new(notes)), ..ordinary_context() }
}

/// One body of every kind, in the order of their numbers.
pub(super) fn bodies() -> Vec<Body> {
    let links = vec![link(1), link(2), link(4)];
    let legs = vec![
        Leg { link: 0, side: Side::Debit, amount_minor: 970 },
        Leg { link: 1, side: Side::Debit, amount_minor: 30 },
        Leg { link: 2, side: Side::Credit, amount_minor: 1_000 },
    ];
    let hold = CommandId(0xABCD);
    vec![
        Body::Genesis(Genesis {
            ledger: LedgerId(0x0102_0304_0506_0708_090A_0B0C_0D0E_0F10),
            format_version: 1,
            utc_offset: UtcOffset(32_400),
            clock: Clock::Commands,
            salt_key_hash: [0x5A; 32],
        }),
        Body::CurrencyDefined(CurrencyDefined {
            number: CurrencyNumber(0),
            currency: Currency { code: "JPY".parse().unwrap(), exponent: 0 },
        }),
        Body::ActorRegistered(ActorRegistered {
            number: ActorNumber(1),
            actor: Actor {
                principal: "sato".to_owned(),
                kind: ActorKind::Person,
                authenticated_by: Authentication::OsUser,
            },
        }),
        Body::StoreOpened(StoreOpened {
            number: StoreNumber(1),
            store: Store { code: "store-00001".parse().unwrap(), payable: AccountNumber(9) },
        }),
        Body::ClockAccepted(ClockAccepted { reading: Timestamp(1_562_112_000_000_000) }),
        Body::AccountOpened(AccountOpened {
            link: link(5),
            account: AccountId(0xFEDC),
            kind: AccountKind::Liability,
            currency: CurrencyNumber(0),
            code: Some("funding:credit-card".parse().unwrap()),
            under: Some(AccountNumber(2)),
            overdraft: Overdraft::UpTo(5_000),
        }),
        Body::AccountClosed(AccountClosed { link: link(5) }),
        Body::ToppedUp(ToppedUp { movement: movement() }),
        Body::Spent(Spent { movement: movement() }),
        Body::SpendRefunded(SpendRefunded { movement: movement(), spend: Sequence(99) }),
        Body::Transferred(Transferred { movement: movement() }),
        Body::TransactionReversed(TransactionReversed {
            reversed: Sequence(98),
            refund_of: Some(Sequence(97)),
            links: links.clone(),
            legs: legs.clone(),
        }),
        Body::JournalEntryPosted(JournalEntryPosted { links, legs }),
        Body::HoldPlaced(HoldPlaced { movement: movement(), expires_at: Some(Timestamp(1_562_112_000_000_001)) }),
        Body::HoldSettled(HoldSettled { hold, movement: movement(), released_minor: 5, remaining_minor: 0 }),
        Body::HoldVoided(HoldVoided { hold, movement: movement() }),
        Body::HoldExpired(HoldExpired { hold, movement: movement() }),
        Body::SignalRecorded(SignalRecorded { link: link(6), signal: "sim_swap".parse().unwrap() }),
        Body::AccountFrozen(AccountFrozen {
            link: link(7),
            directions: Directions::Out,
            reason: FreezeReason::CourtOrder,
            expires_at: Some(Timestamp(1_564_531_200_000_000)),
            exceptions: vec![Exception { operation: OperationKind::Transfer, amount_max_minor: 12_000 }],
        }),
        Body::AccountThawed(AccountThawed { link: link(7), freeze: hold }),
        Body::AmountFrozen(AmountFrozen { link: link(8), amount_minor: 55_000, reason: FreezeReason::SuspectedFraud }),
        Body::AmountReleased(AmountReleased {
            link: link(8),
            freeze: hold,
            amount_minor: 5_000,
            remaining_minor: 50_000,
        }),
        Body::Declined(Declined {
            control: Control { kind: ControlKind::Freeze, id: hold },
            account: Some(AccountNumber(3)),
            operation: Box::new(Body::Spent(Spent { movement: movement() })),
        }),
        Body::DeclinesCounted(DeclinesCounted {
            control: Control { kind: ControlKind::Freeze, id: hold },
            link: Some(link(7)),
            hour: Timestamp(1_562_112_000_000_000),
            count: 1_234,
        }),
        Body::HaltImposed(HaltImposed {
            selector: Written::latest("operation = top_up and funding = funding:credit-card"),
            reason: "top-ups by strangers".into(),
            incident: Some(CommandId(0x1001)),
            starts_at: None,
            ends_at: Some(Timestamp(1_564_531_200_000_000)),
        }),
        Body::HaltLifted(HaltLifted {
            halt: hold,
            except: Some(Written::latest("cohort < 10")),
            approved_by: ActorNumber(2),
        }),
    ]
}

/// Every body without context, with the ordinary one, and with everything a header can hold.
pub(super) fn events() -> Vec<Event> {
    let headers = [(None, None), (Some(ordinary_context()), None), (Some(whole_context()), Some(CommandId(0xCAFE)))];
    let mut events: SmallVec<[Event; 64]> = SmallVec::new();
    for body in bodies() {
        for (context, cause) in &headers {
            events.push(Event {
                sequence: Sequence(42),
                recorded_at: Timestamp(1_562_112_000_000_000),
                header: Header {
                    command: CommandId(0x0F0E_0D0C_0B0A_0908_0706_0504_0302_0100),
                    command_hash: 0xA5A5_5A5A_0102_0304,
                    effective: Date(18_080),
                    actor: ActorNumber(1),
                    cause: *cause,
                    context: context.clone(),
                },
                body: body.clone(),
            });
        }
    }
    events.into_vec()
}
