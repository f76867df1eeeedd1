//! Random conditions, rules and operations over a few names, so that they meet often.

use proptest::prelude::*;
use proptest::sample::select;

use crate::model::{
    AccountId, AccountNumber, AccountRef, Category, Channel, Code, Country, CurrencyCode, CurrencyNumber,
    OperationKind, Pseudonym, Sequence, Signal, SignalTimes, StoreNumber, Timestamp,
};
use crate::selector::clause::{Amount, Clause, Placed, Value};
use crate::selector::condition::Condition;
use crate::selector::field::{Field, Relation};
use crate::selector::measure::{Aggregate, Bound, Measure};
use crate::selector::rule::Span;
use crate::selector::{Lookup, Operation};

/// Accounts 0 to 3 of ids 0xA000 and up, of which 0 has a code; stores 1 and 2; two currencies.
pub struct Table;

pub const ACCOUNTS: [AccountId; 4] = [AccountId(0xA000), AccountId(0xA001), AccountId(0xA002), AccountId(0xA003)];

impl Lookup for Table {
    fn account(&self, account: &AccountRef) -> Option<AccountNumber> {
        let number = match account {
            AccountRef::Id(id) => ACCOUNTS.iter().position(|known| known == id)?,
            AccountRef::Code(code) => (code.as_str() == "funding:credit-card").then_some(0)?,
        };
        Some(AccountNumber(number as u32))
    }

    fn store(&self, code: &Code) -> Option<StoreNumber> {
        ["shop-1", "shop-2"].iter().position(|known| *known == code.as_str()).map(|place| StoreNumber(place as u32 + 1))
    }

    fn currency(&self, code: CurrencyCode) -> Option<CurrencyNumber> {
        ["JPY", "EUR"].iter().position(|known| *known == code.as_str()).map(|place| CurrencyNumber(place as u16))
    }
}

fn placed<T>(value: T) -> Placed<T> {
    Placed { value, place: 0 }
}

fn code(text: &str) -> CurrencyCode {
    text.parse().unwrap()
}

fn currency() -> impl Strategy<Value = CurrencyCode> {
    select(vec![code("JPY"), code("EUR")])
}

pub fn signal() -> impl Strategy<Value = Signal> {
    select(vec![Signal::NewDevice, Signal::CredentialReset, "sim_swap".parse().unwrap()])
}

fn country() -> impl Strategy<Value = Country> {
    select(vec![Country(*b"JP"), Country(*b"CN"), Country(*b"US")])
}

fn amount() -> impl Strategy<Value = Amount> {
    (0..6u64, currency()).prop_map(|(minor, code)| Amount { minor, currency: placed(code) })
}

fn account() -> impl Strategy<Value = AccountRef> {
    prop_oneof![
        select(ACCOUNTS.to_vec()).prop_map(AccountRef::Id),
        Just(AccountRef::Code("funding:credit-card".parse().unwrap())),
    ]
}

fn value(field: Field) -> BoxedStrategy<Value> {
    match field {
        Field::Operation => select(OperationKind::ALL).prop_map(Value::Operation).boxed(),
        Field::Channel => select(Channel::ALL).prop_map(Value::Channel).boxed(),
        Field::Country => country().prop_map(Value::Country).boxed(),
        Field::Store => select(vec!["shop-1", "shop-2"]).prop_map(|code| Value::Store(code.parse().unwrap())).boxed(),
        Field::Category => (5990..5995u16).prop_map(|category| Value::Category(Category(category))).boxed(),
        Field::Card | Field::Device => (1..4u128).prop_map(|id| Value::Pseudonym(Pseudonym(id))).boxed(),
        Field::Funding | Field::Account | Field::Debit | Field::Credit => account().prop_map(Value::Account).boxed(),
        Field::Cohort => (0..=100u8).prop_map(Value::Cohort).boxed(),
        Field::Amount => amount().prop_map(Value::Amount).boxed(),
        Field::Currency => currency().prop_map(Value::Currency).boxed(),
        Field::At => (-3..9i64).prop_map(|at| Value::Time(Timestamp(at * 1_000_000))).boxed(),
    }
}

fn listed_field() -> impl Strategy<Value = Field> {
    select(Field::ALL).prop_filter("it may be listed", |field| field.is_listed())
}

fn clause() -> impl Strategy<Value = Clause> {
    let relation = |field: Field| {
        let all = if field.is_ordered() { &Relation::ALL[..] } else { &Relation::ALL[..2] };
        select(all)
    };
    let compared = select(Field::ALL).prop_flat_map(move |field| {
        (relation(field), value(field))
            .prop_map(move |(relation, value)| Clause::Compared(field, relation, placed(value)))
    });
    let listed = listed_field().prop_flat_map(|field| {
        (any::<bool>(), prop::collection::vec(value(field).prop_map(placed), 1..4))
            .prop_map(move |(not, values)| Clause::Listed { field, not, values })
    });
    let within = prop_oneof![Just(None), select(vec![1u64, 2, 3, 60, 3_600, 86_400, 90_000]).prop_map(Some)];
    prop_oneof![
        1 => Just(Clause::Everything),
        8 => compared,
        4 => listed,
        2 => (select(Field::ALL), any::<bool>()).prop_map(|(field, present)| Clause::Present(field, present)),
        3 => (signal(), within).prop_map(|(signal, within)| Clause::Signalled(signal, within)),
    ]
}

fn tree<T: Clone + std::fmt::Debug + 'static>(
    leaf: impl Strategy<Value = T> + 'static,
) -> impl Strategy<Value = Condition<T>> {
    leaf.prop_map(Condition::Leaf).prop_recursive(4, 16, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 1..4).prop_map(Condition::all),
            prop::collection::vec(inner.clone(), 1..4).prop_map(Condition::any),
            inner.prop_map(|inner| Condition::Not(Box::new(inner))),
        ]
    })
}

pub fn condition() -> impl Strategy<Value = Condition<Clause>> {
    tree(clause())
}

fn measure() -> impl Strategy<Value = Measure> {
    let aggregate = prop_oneof![
        Just(Aggregate::Count),
        Just(Aggregate::Sum),
        Just(Aggregate::Max),
        Just(Aggregate::Exists),
        listed_field().prop_map(Aggregate::Distinct),
    ];
    (aggregate, any::<bool>(), condition(), select(&Relation::ALL[..]), 0..5u64, amount()).prop_map(
        |(aggregate, declined, of, relation, number, amount)| {
            let (relation, bound) = match aggregate {
                Aggregate::Exists => (Relation::AtLeast, Bound::Number(1)),
                Aggregate::Sum | Aggregate::Max => (relation, Bound::Amount(amount)),
                Aggregate::Count | Aggregate::Distinct(_) => (relation, Bound::Number(number)),
            };
            Measure { aggregate, declined, of, relation, bound }
        },
    )
}

fn span() -> impl Strategy<Value = Span> {
    let bound = |seconds: i64| Timestamp(seconds * 1_000_000);
    (prop::option::of(0..3i64), prop::option::of(3..7i64))
        .prop_map(move |(from, to)| Span { from: from.map(bound), to: to.map(bound) })
}

pub fn rule() -> impl Strategy<Value = (Condition<Measure>, Span, Condition<Clause>)> {
    (tree(measure()), span(), condition())
}

/// An operation that owns its signals.
#[derive(Debug, Clone)]
pub struct Drawn {
    pub operation: Operation<'static>,
    pub signals: Option<SignalTimes>,
}

impl Drawn {
    pub fn view(&self) -> Operation<'_> {
        self.operation.with_signals(self.signals.as_ref())
    }
}

pub fn operation() -> impl Strategy<Value = Drawn> {
    let number = || prop::option::of((0..4u32).prop_map(AccountNumber));
    let pseudonym = || prop::option::of((1..4u128).prop_map(Pseudonym));
    let accounts = (prop::option::of(0..4u32), number(), number(), number());
    let money = prop::option::of((1..6u64, 0..2u16));
    let context = (
        prop::option::of(select(Channel::ALL)),
        prop::option::of(country()),
        prop::option::of((5990..5995u16).prop_map(Category)),
        prop::option::of((1..3u32).prop_map(StoreNumber)),
        (pseudonym(), pseudonym()),
    );
    let signals = prop::option::of(prop::collection::vec((signal(), 0..7_000_000i64), 0..4));
    let moment = (1..1000u64, 0..7i64, any::<bool>());
    (select(OperationKind::ALL), moment, accounts, money, context, signals).prop_map(
        |(kind, (sequence, at, declined), accounts, money, context, signals)| {
            let operation = Operation {
                declined,
                account: accounts.0.map(|number| (AccountNumber(number), ACCOUNTS[number as usize])),
                debit: accounts.1,
                credit: accounts.2,
                funding: accounts.3,
                amount_minor: money.map(|(minor, _)| minor),
                currency: money.map(|(_, currency)| CurrencyNumber(currency)),
                channel: context.0,
                country: context.1,
                category: context.2,
                store: context.3,
                card: context.4.0,
                device: context.4.1,
                ..Operation::new(kind, Sequence(sequence), Timestamp(at * 1_000_000))
            };
            let signals = signals.map(|all| {
                let mut times = SignalTimes::default();
                for (signal, at) in all {
                    times.record(signal, Timestamp(at));
                }
                times
            });
            Drawn { operation, signals }
        },
    )
}
