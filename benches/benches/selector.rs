//! Stage: what a control costs an operation, and a rule an event.

#![allow(clippy::disallowed_methods, reason = "benchmarks read the clock")]
#![allow(clippy::unwrap_used, reason = "a measurement that cannot begin gives up")]

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use ledger::model::{
    AccountId, AccountNumber, Category, Channel, Country, CurrencyNumber, OperationKind, Sequence, Signal, SignalTimes,
    Timestamp,
};
use ledger::selector::{Accumulators, Operation, Rule, Selector, Version};
use ledger_benches::bare;
use ledger_benches::workload::{Kind, Workload};

const NOW: Timestamp = Timestamp(1_562_112_000_000_000);

const SELECTORS: [(&str, &str); 6] = [
    ("another operation", "operation = spend and category = 5993"),
    ("operation and amount", "operation = top_up and amount > 10000 JPY"),
    ("operation and country", "operation = top_up and country is present and country != JP"),
    (
        "a list of 20 categories",
        "category in (5400, 5401, 5402, 5403, 5404, 5405, 5406, 5407, 5408, 5409, 5410, 5411, 5412, 5413, 5414, 5415, 5416, 5417, 5418, 5419)",
    ),
    ("signal", "operation = top_up and signal credential_reset within 24 h"),
    ("cohort", "cohort >= 20"),
];

const RULE: &str = "accounts where sum(operation = top_up) >= 30000 JPY and max(operation = spend) > 10000 JPY \
    and exists(signal credential_reset within 24 h); loss = operation in (spend, settle_hold)";

fn top_up(number: u32, signals: &SignalTimes) -> Operation<'_> {
    let mut operation = Operation::new(OperationKind::TopUp, Sequence(u64::from(number) + 1), NOW);
    operation.account = Some((AccountNumber(number), AccountId(u128::from(number) + 1)));
    operation.amount_minor = Some(30_000);
    operation.currency = Some(CurrencyNumber(0));
    operation.channel = Some(Channel::App);
    operation.country = Some(Country(*b"CN"));
    operation.category = Some(Category(5_411));
    operation.with_signals(Some(signals))
}

fn selector(criterion: &mut Criterion) {
    let state = bare::funded(10_000);
    let mut signals = SignalTimes::default();
    signals.record(Signal::NewDevice, NOW.plus_seconds(-60));
    signals.record(Signal::CredentialReset, NOW.plus_seconds(-600));

    let mut group = criterion.benchmark_group("selector");
    group.throughput(Throughput::Elements(1));
    for (name, text) in SELECTORS {
        let matcher = Selector::parse(text, Version::V1).unwrap().compile(&state).unwrap();
        let operation = top_up(7, &signals);
        group.bench_function(format!("match, {name}"), |bencher| {
            bencher.iter(|| black_box(matcher.matches(black_box(&operation))));
        });
    }
    let command = Workload::new(10_000, 1, None).transfer(Kind::Spread);
    let guess = state.touch(&command);
    group.bench_function("view of a transfer", |bencher| {
        bencher.iter(|| black_box(Operation::of_command(&state, black_box(&command), None, NOW, &guess)));
    });
    let rule = Rule::parse(RULE, Version::V1).unwrap().compile(&state).unwrap();
    for accounts in [1_000, 1_000_000] {
        let mut known = Accumulators::default();
        let mut number = 0;
        group.bench_function(format!("rule, {accounts} accounts"), |bencher| {
            bencher.iter(|| {
                number = (number + 7_919) % accounts;
                rule.observe(&mut known, black_box(&top_up(number, &signals)));
            });
        });
    }
    group.finish();
}

criterion_group!(benches, selector);
criterion_main!(benches);
