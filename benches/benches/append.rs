//! Stage: frames into the journal until the last is durable, on the disk of the temporary folder.

#![allow(clippy::disallowed_methods, reason = "benchmarks read the clock")]

use std::sync::Arc;

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use ledger::codec::{self, Layout};
use ledger::journal::{Entry, FOLDER, FrameInput, JournalOptions, JournalWriter, Witnesses, open_for_append};
use ledger::storage::{FileStorage, IoMode, Storage};
use ledger_benches::bare::{self, NOW};
use ledger_benches::workload::{Kind, Workload};

/// Frames of one measurement.
const FRAMES: u64 = 10_000;

fn append(criterion: &mut Criterion) {
    let (layout, payload) = transfer();
    let mut group = criterion.benchmark_group("append");
    group.throughput(Throughput::Elements(FRAMES)).sample_size(20);
    for (name, io) in [("direct", IoMode::Direct), ("buffered", IoMode::Buffered)] {
        let home = tempfile::tempdir().expect("a temporary folder");
        let storage = Arc::new(FileStorage::create(home.path(), io, 4).expect("a storage"));
        storage.create_dir(FOLDER).expect("a folder");
        let options = JournalOptions::new([1; 16]);
        let (mut journal, _) = open_for_append(storage, options, &Witnesses::none()).expect("an empty journal");
        group.bench_function(format!("{FRAMES} transfers until durable, {name}"), |bencher| {
            bencher.iter_batched(|| (), |()| frames(&mut journal, layout, &payload), BatchSize::PerIteration);
        });
        journal.close().expect("the journal closes");
    }
    group.finish();
}

fn transfer() -> (Layout, Vec<u8>) {
    let state = bare::funded(1_000);
    let command = Workload::new(1_000, 1, None).transfer(Kind::Spread);
    let event = bare::decide_one(&state, &command, &mut Vec::new());
    let mut payload = Vec::new();
    let layout = codec::encode(&event, &mut payload).expect("a transfer can be encoded");
    (layout, payload)
}

fn frames(journal: &mut JournalWriter<FileStorage>, layout: Layout, payload: &[u8]) {
    let first = journal.next_sequence();
    for place in 0..FRAMES {
        let entry = Entry { kind: layout.kind, schema: layout.schema, payload };
        let frame = FrameInput { first_sequence: first + place, recorded_at_us: NOW.0, entries: &[entry] };
        journal.append(frame).expect("the journal takes it");
        if place % 1_000 == 999 {
            journal.pump().expect("the disk works");
        }
    }
    journal.drain().expect("the disk works");
}

criterion_group!(benches, append);
criterion_main!(benches);
