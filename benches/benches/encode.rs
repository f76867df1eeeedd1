//! Stage: from event to bytes and back.

#![allow(clippy::disallowed_methods, reason = "benchmarks read the clock")]

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use ledger::codec;
use ledger_benches::bare;
use ledger_benches::workload::{Kind, Workload};

fn encode(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("codec");
    group.throughput(Throughput::Elements(1));
    let state = bare::funded(1_000);
    let mut workload = Workload::new(1_000, 1, None);
    let mut scratch = Vec::new();
    for (name, kind) in [("with context", Kind::Spread), ("without context", Kind::Bare)] {
        let event = bare::decide_one(&state, &workload.transfer(kind), &mut scratch);
        let mut payload = Vec::new();
        let layout = codec::encode(&event, &mut payload).expect("a transfer can be encoded");
        group.bench_function(format!("encode a transfer {name} ({} bytes)", payload.len()), |bencher| {
            let mut into = Vec::with_capacity(1 << 10);
            bencher.iter(|| {
                into.clear();
                codec::encode(black_box(&event), &mut into)
            });
        });
        group.bench_function(format!("decode a transfer {name}"), |bencher| {
            bencher.iter(|| codec::decode(layout, black_box(&payload), event.sequence, event.recorded_at));
        });
    }
    let command = workload.transfer(Kind::Spread);
    group.bench_function("hash of a command's content", |bencher| {
        bencher.iter(|| codec::content_hash(black_box(&command), &mut scratch));
    });
    group.finish();
}

criterion_group!(benches, encode);
criterion_main!(benches);
