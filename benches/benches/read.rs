//! Stage: questions about one account or event, and reading the journal from front to back.

#![allow(clippy::disallowed_methods, reason = "benchmarks read the clock")]

use std::hint::black_box;
use std::path::PathBuf;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use ledger::model::{AccountRef, Sequence};
use ledger::query::AsOf;
use ledger::storage::IoMode;
use ledger_benches::lab::{Lab, fill};
use ledger_benches::workload::{Kind, Workload};

/// Wallets, and transfers between them.
const ACCOUNTS: u32 = 10_000;
const TRANSFERS: u64 = 200_000;

fn read(criterion: &mut Criterion) {
    let home = tempfile::tempdir().expect("a temporary folder");
    let lab = lab(home.path().to_owned());
    let (_, ledger) = lab.funded("read", ACCOUNTS, None).expect("a ledger");
    let mut workload = Workload::new(ACCOUNTS, 1, None);
    fill(&ledger, TRANSFERS, |_| workload.transfer(Kind::Spread)).expect("the transfers are accepted");
    let reader = ledger.reader();
    let last = reader.through().0;

    let mut group = criterion.benchmark_group("read");
    group.bench_function("balance of a wallet", |bencher| {
        bencher.iter(|| {
            let wallet = AccountRef::Id(Workload::wallet(workload.number(ACCOUNTS)));
            reader.balance(black_box(&wallet), &AsOf::default())
        });
    });
    group.bench_function("a view", |bencher| bencher.iter(|| reader.view()));
    group.bench_function("an event by its sequence", |bencher| {
        bencher.iter(|| reader.event(Sequence(1 + u64::from(workload.number(last as u32)))));
    });
    group.throughput(Throughput::Elements(last)).sample_size(10);
    group.bench_function("all events in order", |bencher| {
        bencher.iter(|| {
            for event in reader.events(Sequence(1), Sequence(last)) {
                black_box(event.expect("the journal reads"));
            }
        });
    });
    group.finish();
    ledger.close().expect("the ledger closes");
}

fn lab(dir: PathBuf) -> Lab {
    Lab { dir, accounts: ACCOUNTS, transfers: 0, rounds: 1, io: IoMode::Direct, segment_bytes: 64 << 20 }
}

criterion_group!(benches, read);
criterion_main!(benches);
