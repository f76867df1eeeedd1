//! Stage: the one fold of events, as it runs live and in replay.

#![allow(clippy::disallowed_methods, reason = "benchmarks read the clock")]

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use ledger::event::Event;
use ledger::state::State;
use ledger_benches::bare;
use ledger_benches::workload::{Kind, Workload};

/// Events applied in one measurement.
const EVENTS: u64 = 10_000;

fn apply(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("apply");
    group.throughput(Throughput::Elements(EVENTS));
    for accounts in [10_000, 1_000_000] {
        let state = bare::funded(accounts);
        for (name, kind) in [("spread", Kind::Spread), ("hot", Kind::Hot)] {
            let mut workload = Workload::new(accounts, 1, None);
            let mut scratch = Vec::new();
            let mut ahead = state.clone();
            let events: Vec<_> =
                (0..EVENTS).map(|_| bare::play(&mut ahead, &workload.transfer(kind), &mut scratch)).collect();
            drop(ahead);
            group.bench_function(format!("transfer, {name}, {accounts} accounts"), |bencher| {
                bencher.iter_batched_ref(
                    || {
                        // The copies are made before the clock runs: the first write to a piece of a copy copies the piece.
                        let mut copy = state.clone();
                        fold(&mut copy, &events);
                        copy
                    },
                    |copy| fold(copy, &events),
                    BatchSize::PerIteration,
                );
            });
        }
    }
    group.finish();
}

fn fold(state: &mut State, events: &[Event]) {
    for event in events {
        state.apply(event);
    }
}

criterion_group!(benches, apply);
criterion_main!(benches);
