//! Stage: statements of accounts with few lines and with many, and trial balances.

#![allow(clippy::disallowed_methods, reason = "benchmarks read the clock")]

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use ledger::model::AccountRef;
use ledger::query::{AsOf, Detail, StatementQuery};
use ledger::storage::IoMode;
use ledger_benches::lab::{Lab, fill};
use ledger_benches::workload::{Kind, Workload};

/// Wallets; the last two have statements of 100 and of 2,000 lines.
const ACCOUNTS: u32 = 10_000;
const OTHERS: u32 = ACCOUNTS - 2;

fn statement(criterion: &mut Criterion) {
    let home = tempfile::tempdir().expect("a temporary folder");
    let dir = home.path().to_owned();
    let lab = Lab { dir, accounts: ACCOUNTS, transfers: 0, rounds: 1, io: IoMode::Direct, segment_bytes: 64 << 20 };
    let (_, ledger) = lab.funded("statement", ACCOUNTS, None).expect("a ledger");
    let mut workload = Workload::new(ACCOUNTS, 1, None);
    fill(&ledger, 200_000, |place| match place {
        // One line is the wallet's funding; the others lie apart among those of other wallets.
        place if place % 100 == 0 => {
            let to = if place < 9_900 { OTHERS } else { OTHERS + 1 };
            workload.transfer_between(Kind::Spread, (place / 100) as u32, to)
        }
        _ => workload.transfer_between_first(Kind::Spread, OTHERS),
    })
    .expect("the transfers are accepted");
    let reader = ledger.reader();

    let mut group = criterion.benchmark_group("statement");
    for (lines, place) in [(100, OTHERS), (1_900, OTHERS + 1)] {
        let wallet = AccountRef::Id(Workload::wallet(place));
        let query = StatementQuery { lines_max: lines, ..StatementQuery::default() };
        group.throughput(Throughput::Elements(lines as u64));
        group.bench_function(format!("statement of {lines} lines"), |bencher| {
            bencher.iter(|| {
                let statement = reader.statement(black_box(&wallet), &query).expect("the journal reads");
                assert_eq!(statement.map(|statement| statement.lines.len()), Some(lines), "the statement is whole");
            });
        });
    }
    group.throughput(Throughput::Elements(1));
    for (name, detail) in [("by code", Detail::ByCode), ("of every account", Detail::EveryAccount)] {
        group.bench_function(format!("trial balance {name}, {ACCOUNTS} wallets"), |bencher| {
            bencher.iter(|| reader.trial_balance(&AsOf::default(), detail));
        });
    }
    group.finish();
    ledger.close().expect("the ledger closes");
}

criterion_group!(benches, statement);
criterion_main!(benches);
