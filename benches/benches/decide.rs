//! Stage: the rules, form and content hash included.

#![allow(clippy::disallowed_methods, reason = "benchmarks read the clock")]

use std::hint::black_box;

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use ledger_benches::bare;
use ledger_benches::workload::{Kind, Workload};

fn decide(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("decide");
    group.throughput(Throughput::Elements(1));
    for accounts in [10_000, 1_000_000] {
        let state = bare::funded(accounts);
        let mut workload = Workload::new(accounts, 1, None);
        let mut scratch = Vec::new();
        for (name, kind) in [("spread", Kind::Spread), ("hot", Kind::Hot), ("without context", Kind::Bare)] {
            group.bench_function(format!("transfer, {name}, {accounts} accounts"), |bencher| {
                bencher.iter_batched_ref(
                    || workload.transfer(kind),
                    |command| black_box(bare::decide_one(&state, command, &mut scratch)),
                    BatchSize::SmallInput,
                );
            });
        }
    }
    group.finish();
}

criterion_group!(benches, decide);
criterion_main!(benches);
